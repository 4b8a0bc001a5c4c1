/** The console while its state cannot be stored: people still get in and look around, changes say why they fail. */
import type { ApiError, SavedMessage } from '@sluice/protocol/console';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, type Harness, HOST, post, SETUP_TOKEN, startHarness, visitor } from '../support/console-harness.ts';

const PASSWORD = 'a long and odd passphrase';
let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
  const answer = await harness.app.inject(
    post('/api/setup', visitor, { token: SETUP_TOKEN, username: 'kim', password: PASSWORD }),
  );
  expect(answer.statusCode).toBe(201);
});
afterEach(() => harness.stop());

const logIn = (password = PASSWORD) => harness.app.inject(post('/api/session', visitor, { username: 'kim', password }));
const wholeAudit = () => harness.console.store.readAudit({}, { offset: 0, limit: 100, isAscending: true });

describe('while nothing can be stored', { timeout: 30_000 }, () => {
  it('people log in, look and log out, and their traces are written afterwards, in order', async () => {
    await harness.haltState();
    const login = await logIn();
    expect(login.statusCode).toBe(200);
    const cookie = String(login.headers['set-cookie']).split(';', 1)[0] ?? '';
    expect((await logIn('wrong')).statusCode).toBe(401);
    const headers = { host: HOST, cookie };
    expect((await harness.app.inject({ method: 'GET', url: '/api/overview', headers })).statusCode).toBe(200);
    expect((await harness.app.inject({ method: 'GET', url: '/api/users', headers })).statusCode).toBe(200);
    const csrf = login.json<{ csrfToken: string }>().csrfToken;
    const all = { ...headers, origin: visitor.headers['origin'] ?? '', 'x-csrf-token': csrf };
    expect((await harness.app.inject({ method: 'DELETE', url: '/api/session', headers: all })).statusCode).toBe(204);
    expect((await harness.app.inject({ method: 'GET', url: '/api/session', headers })).statusCode).toBe(401);
    await harness.resumeState();
    const slice = await eventually(async () => {
      const read = await wholeAudit().catch(() => undefined);
      return read !== undefined && read.total >= 4 ? read : undefined;
    });
    expect(slice.items.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['setup', 'ok'],
      ['session.login', 'ok'],
      ['session.login', 'failed'],
      ['session.logout', 'ok'],
    ]);
    expect(slice.chain.isIntact).toBe(true);
  });

  it('changes are refused with the reason, and nothing has changed', async () => {
    const admin = harness.as('admin', 'kim');
    await harness.haltState();
    const changes = [
      post('/api/users', admin, { username: 'lee', role: 'viewer', password: PASSWORD }),
      post('/api/users/kim', admin, { password: 'something else entirely' }, 'PATCH'),
    ];
    for (const change of changes) {
      const answer = await harness.app.inject(change);
      expect(answer.statusCode).toBe(503);
      expect(answer.json<ApiError>().error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('broker') });
    }
    expect(harness.console.store.users().map((user) => user.username)).toEqual(['kim']);
    expect((await logIn()).statusCode).toBe(200);
  });
});

describe('saved messages', () => {
  const content = {
    mode: 'publish',
    subject: 'orders.eu',
    reply: '',
    headers: [],
    encoding: 'utf8',
    payload: 'canary-payload',
    timeoutMs: 2000,
    maxReplies: 1,
    repeat: null,
  };
  const save = (from: { headers: Record<string, string> }, body: object) =>
    harness.app.inject({ ...post('/api/saved-messages', from, body), method: 'PUT' });
  const list = async (from: { headers: Record<string, string> }): Promise<SavedMessage[]> =>
    (await harness.app.inject({ method: 'GET', url: '/api/saved-messages', headers: from.headers })).json<{
      items: SavedMessage[];
    }>().items;

  it('are one’s own, replaced over the expected revision only, and leave their names in the audit log', async () => {
    const [kim, lee] = [harness.as('operator', 'kim'), harness.as('operator', 'lee')];
    const saved = (await save(kim, { name: 'a', content, expectedRevision: 0 })).json<SavedMessage>();
    expect(await list(kim)).toEqual([saved]);
    expect(await list(lee)).toEqual([]);
    expect((await save(kim, { name: 'a', content, expectedRevision: 0 })).statusCode).toBe(409);
    expect((await save(kim, { name: 'a', content, expectedRevision: saved.revision })).statusCode).toBe(200);
    const remove = (from: { headers: Record<string, string> }) =>
      harness.app.inject({ method: 'DELETE', url: '/api/saved-messages?name=a', headers: from.headers });
    expect((await remove(lee)).statusCode).toBe(404);
    expect((await remove(kim)).statusCode).toBe(204);
    expect(await list(kim)).toEqual([]);
    const { items } = await harness.console.store.readAudit({ action: 'message' }, { offset: 0, limit: 10, isAscending: true });
    expect(items.map(({ action, target }) => [action, target])).toEqual([
      ['message.save', 'a'],
      ['message.save', 'a'],
      ['message.delete', 'a'],
    ]);
    expect(JSON.stringify(items)).not.toContain('canary');
  });

  it('are bounded in number, name and payload', async () => {
    const kim = harness.as('operator', 'kim');
    const saves = await Promise.all(Array.from({ length: 200 }, (_, index) => save(kim, { name: `m${index}`, content })));
    expect(saves.filter((answer) => answer.statusCode === 200)).toHaveLength(200);
    expect((await save(kim, { name: 'one more', content })).statusCode).toBe(409);
    expect((await save(kim, { name: 'm0', content })).statusCode).toBe(200);
    expect((await save(kim, { name: 'x'.repeat(81), content })).statusCode).toBe(400);
    expect((await save(kim, { name: 'm1', content: { ...content, payload: 'x'.repeat(262_145) } })).statusCode).toBe(400);
    expect((await save(kim, { name: 'm1', content: { ...content, runAs: 'somebody' } })).statusCode).toBe(400);
  });
});
