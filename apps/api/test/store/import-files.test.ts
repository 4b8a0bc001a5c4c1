/** Taking in the files of an earlier version: once, whole, and again after a crash at any point. */
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHAIN_START, chainHash } from '../../src/store/audit-chain.ts';
import { storedUser } from '../support/console-harness.ts';
import { StateServer } from '../support/state-server.ts';

let server: StateServer;
beforeEach(async () => {
  server = await new StateServer().start();
});
afterEach(() => server.stop());

const at = (name: string): string => join(server.folder, name);
const names = (): string[] =>
  readdirSync(server.folder)
    .filter((name) => name !== 'jetstream')
    .sort();

/** Lines of an intact log, from entry 1 on. */
function auditLines(count: number): string[] {
  let hash = CHAIN_START;
  return Array.from({ length: count }, (_, index) => {
    const open = {
      seq: index + 1,
      atMs: 1,
      actor: 'kim',
      address: '-',
      action: 'user.create',
      target: 't',
      outcome: 'ok' as const,
    };
    const entry = { ...open, detail: `entry ${index + 1}` };
    hash = chainHash(hash, entry);
    return JSON.stringify({ ...entry, hash });
  });
}

function writeUsers(...users: string[]): void {
  writeFileSync(at('users.json'), JSON.stringify({ version: 1, users: users.map((name) => storedUser(name)) }));
}

const page = { offset: 0, limit: 500, isAscending: true };
const entry = { actor: 'a', address: '-', action: 'test', target: 't', outcome: 'ok' as const, detail: 'd' };

describe('the files of an earlier version', () => {
  it('are taken in at the first start and renamed', async () => {
    writeUsers('ann', 'bob');
    const lines = auditLines(600);
    writeFileSync(at('audit-000000000001.jsonl'), `${lines.slice(0, 300).join('\n')}\n`);
    writeFileSync(at('audit-000000000301.jsonl'), `${lines.slice(300, 550).join('\n')}\n`);
    writeFileSync(at('audit.jsonl'), `${lines.slice(550).join('\n')}\n{"seq":601,"atMs":1,"act`);
    const store = await server.open();
    expect(store.users().map((user) => user.username)).toEqual(['ann', 'bob']);
    const { total, chain } = await store.readAudit({}, page);
    expect([total, chain]).toEqual([600, { isIntact: true, brokenAtSeq: null, firstSeq: 1, lastSeq: 600 }]);
    expect((await store.appendAudit(entry)).seq).toBe(601);
    expect((await store.readAudit({}, page)).chain.isIntact).toBe(true);
    expect(names()).toEqual([
      'audit-000000000001.jsonl.migrated',
      'audit-000000000301.jsonl.migrated',
      'audit.jsonl.migrated',
      'users.json.migrated',
    ]);
    expect(server.notices).toEqual([expect.stringContaining('took in 2 users and 600 audit entries')]);
    expect(server.progress).toBe(3);
  });

  it('say the same about tampering as they did before', async () => {
    const lines = auditLines(6);
    writeFileSync(at('audit.jsonl'), `${lines.toSpliced(2, 1, 'no entry').toSpliced(4, 1).join('\n')}\n`);
    const store = await server.open();
    expect((await store.readAudit({}, page)).chain).toMatchObject({ isIntact: false, brokenAtSeq: 3, lastSeq: 6 });
  });

  it('keep the numbers of a log whose oldest files were moved away', async () => {
    writeFileSync(at('audit.jsonl'), `${auditLines(9).slice(5).join('\n')}\n`);
    const store = await server.open();
    expect((await store.appendAudit(entry)).seq).toBe(10);
    expect((await store.readAudit({}, page)).chain).toEqual({ isIntact: true, brokenAtSeq: null, firstSeq: 6, lastSeq: 10 });
    const { state } = (await server.api('STREAM.INFO.AUDIT')) as { state: { first_seq: number; last_seq: number } };
    expect(state).toMatchObject({ first_seq: 6, last_seq: 10 });
  });

  it.each(['{', '[]', '{"users":[{"username":"kim"}]}', '{"users":{}}'])(
    'stop the start when the users are damaged, and stay: %s',
    async (text) => {
      writeFileSync(at('users.json'), text);
      await expect(server.open()).rejects.toThrow();
      expect(readFileSync(at('users.json'), 'utf8')).toBe(text);
    },
  );

  it.each([0, 1, 255, 256, 400])('are taken in once by a start after one that died having stored %i entries', async (stored) => {
    const lines = auditLines(400);
    // What a start leaves that dies in the middle: the first entries, no note that it is done, the files as they were.
    await (await server.open()).close();
    await server.api('STREAM.DELETE.KV_meta');
    const client = await server.client();
    for (const line of lines.slice(0, stored)) await client.request('audit.user.create', line);
    writeUsers('ann');
    writeFileSync(at('audit.jsonl'), `${lines.join('\n')}\n`);
    const store = await server.open();
    expect((await store.readAudit({}, page)).chain).toEqual({ isIntact: true, brokenAtSeq: null, firstSeq: 1, lastSeq: 400 });
    expect((await store.readAudit({}, page)).total).toBe(400);
    expect(store.users()).toHaveLength(1);
    expect(names()).toEqual(['audit.jsonl.migrated', 'users.json.migrated']);
  });

  it('are only renamed by a start after one that died before that, and do not bring back what was removed', async () => {
    writeUsers('ann', 'bob');
    const first = await server.open();
    await first.changeUsers(() => ({ remove: 'bob', result: undefined }));
    renameSync(at('users.json.migrated'), at('users.json'));
    const store = await server.open();
    expect(store.users().map((user) => user.username)).toEqual(['ann']);
    expect(names()).toEqual(['users.json.migrated']);
  });

  it('are left alone and told about when they come back later', async () => {
    writeUsers('ann');
    await server.open();
    writeUsers('eve');
    const store = await server.open();
    expect(store.users().map((user) => user.username)).toEqual(['ann']);
    expect(names()).toEqual(['users.json', 'users.json.migrated']);
    expect(server.notices.at(-1)).toContain('users.json is not read');
  });
});
