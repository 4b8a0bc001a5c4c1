/** Users and saved messages in their buckets: across restarts, between two writers, and while nothing can be stored. */
import { connect } from '@nats-io/transport-node';
import type { SavedMessageContent } from '@sluice/protocol/console';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JetStreamConsoleStore } from '../../src/store/jetstream-console-store.ts';
import { eventually, storedUser } from '../support/console-harness.ts';
import { StateServer } from '../support/state-server.ts';

let server: StateServer;
let store: JetStreamConsoleStore;
beforeEach(async () => {
  server = await new StateServer().start();
  store = await server.open();
});
afterEach(() => server.stop());

const put = (username: string, to = store): Promise<void> =>
  to.changeUsers(() => ({ put: storedUser(username), result: undefined }));
const names = (of: JetStreamConsoleStore): string[] => of.users().map((user) => user.username);
const entry = { actor: 'a', address: '-', action: 'test', target: 't', outcome: 'ok' as const, detail: 'd' };

describe('console users', () => {
  it('are there after the server and the console were started again', async () => {
    for (const name of ['b', 'a', 'c', 'kim.lee@example', '..']) await put(name);
    await store.changeUsers(() => ({ remove: 'b', result: undefined }));
    await server.halt();
    await server.start();
    expect(names(await server.open())).toEqual(['..', 'a', 'c', 'kim.lee@example']);
  });

  it('hold to a rule about all of them when two consoles change different ones at the same time', async () => {
    await put('ann');
    await put('bob');
    const other = await server.open();
    const removeUnlessLast = (from: JetStreamConsoleStore, username: string): Promise<string> =>
      from.changeUsers((users) => (users.size === 1 ? { result: 'refused' } : { remove: username, result: 'removed' }));
    const results = await Promise.all([removeUnlessLast(store, 'ann'), removeUnlessLast(other, 'bob')]);
    expect(results.sort()).toEqual(['refused', 'removed']);
    expect(names(await server.open())).toHaveLength(1);
  });

  it('lose no change when two consoles edit many users at once', async () => {
    const other = await server.open();
    await Promise.all(Array.from({ length: 40 }, (_, index) => put(`user-${index}`, index % 2 === 0 ? store : other)));
    expect(names(await server.open())).toHaveLength(40);
  });

  it('are not guessed at when one of them is damaged', async () => {
    await put('ann');
    const client = await server.client();
    await client.request('$KV.users.bob', JSON.stringify({ username: 'bob' }));
    await expect(server.open()).rejects.toThrow('bob in the bucket "users" is no user');
    await client.request('$KV.users.bob', 'no json');
    await expect(server.open()).rejects.toThrow('$KV.users.bob holds no JSON');
  });

  it('stay as they are when the change cannot be stored, and the reason is said', async () => {
    await put('ann');
    await server.reconfigure('KV_users', { max_bytes: 300 });
    await expect(put('bob')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/cannot store this: max/),
    });
    expect(names(store)).toEqual(['ann']);
    await server.reconfigure('KV_users', { max_bytes: 1_000_000 });
    await put('bob');
    expect(names(store)).toEqual(['ann', 'bob']);
  });

  it('are changed once a server that was started again is back, at another address', async () => {
    await put('ann');
    await server.halt();
    const change = put('bob');
    await server.start();
    await change;
    expect(names(await server.open())).toEqual(['ann', 'bob']);
  });

  it('are still known while the server is away, and changes say why they fail', { timeout: 15_000 }, async () => {
    await put('ann');
    await server.halt();
    await expect(put('bob')).rejects.toMatchObject({ code: 'unavailable' });
    const startedMs = performance.now();
    await expect(store.appendAudit(entry)).rejects.toMatchObject({ code: 'unavailable' });
    expect(performance.now() - startedMs).toBeLessThan(1000);
    expect(names(store)).toEqual(['ann']);
    await server.start();
    await eventually(async () =>
      put('carl').then(
        () => true,
        () => undefined,
      ),
    );
    expect((await store.appendAudit(entry)).seq).toBe(1);
  });

  it('leave no old password behind: only the newest value is kept', async () => {
    await put('ann');
    await put('ann');
    const { state } = (await server.api('STREAM.INFO.KV_users')) as { state: { messages: number } };
    expect(state.messages).toBe(1);
  });
});

describe('the private account', () => {
  it('lets nobody in without its password, not into the global account either', async () => {
    await expect(connect({ servers: server.url, reconnect: false })).rejects.toThrow();
    await expect(connect({ servers: server.url, user: 'console', pass: 'guess', reconnect: false })).rejects.toThrow();
  });
});

const content = (subject: string): SavedMessageContent => ({
  mode: 'publish',
  subject,
  reply: '',
  headers: [['a', 'b']],
  encoding: 'utf8',
  payload: '{"id":"{{uuid}}"}',
  timeoutMs: 2000,
  maxReplies: 1,
  repeat: null,
});

describe('saved messages', () => {
  it('belong to one user and go with the user', async () => {
    const { messages } = store;
    await messages.save('kim', 'Größe?', content('a'), undefined);
    await messages.save('kim', 'a.b.>', content('b'), undefined);
    await messages.save('lee', 'other', content('c'), undefined);
    const [kims, lees] = [await messages.of('kim'), await messages.of('lee')];
    expect(kims.map(({ name, content: { subject } }) => [name, subject])).toEqual([
      ['a.b.>', 'b'],
      ['Größe?', 'a'],
    ]);
    expect(lees).toHaveLength(1);
    await messages.removeAllOf('kim');
    expect(await messages.of('kim')).toEqual([]);
    expect(await messages.of('lee')).toHaveLength(1);
  });

  it('are replaced over the revision that is expected only', async () => {
    const { messages } = store;
    const first = await messages.save('kim', 'greeting', content('one'), 0);
    await expect(messages.save('kim', 'greeting', content('two'), 0)).rejects.toMatchObject({ code: 'conflict' });
    const second = await messages.save('kim', 'greeting', content('two'), first.revision);
    const stale = messages.save('kim', 'greeting', content('three'), first.revision);
    await expect(stale).rejects.toThrow(`you expected revision ${first.revision}, it is at ${second.revision}`);
    await expect(messages.remove('kim', 'greeting', first.revision)).rejects.toMatchObject({ code: 'conflict' });
    await messages.remove('kim', 'greeting', second.revision);
    await expect(messages.remove('kim', 'greeting', undefined)).rejects.toMatchObject({ code: 'not_found' });
    expect((await messages.save('kim', 'greeting', content('again'), 0)).revision).toBeGreaterThan(second.revision);
  });

  it('are won by one of two who save at the same moment over the same revision', async () => {
    const other = await server.open();
    const { revision } = await store.messages.save('kim', 'x', content('start'), 0);
    const saves = await Promise.allSettled([
      store.messages.save('kim', 'x', content('mine'), revision),
      other.messages.save('kim', 'x', content('theirs'), revision),
    ]);
    expect(saves.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});
