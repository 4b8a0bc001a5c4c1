import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredUser } from '../../src/store/console-store.ts';
import { FileConsoleStore } from '../../src/store/file-console-store.ts';
import { ManualClock } from '../support/manual-clock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = () => FileConsoleStore.open({ folder, clock: new ManualClock() });
const user = (username: string): StoredUser => ({
  username,
  role: 'viewer',
  passwordHash: 'scrypt$x',
  isDisabled: false,
  createdAtMs: 1,
  updatedAtMs: 1,
  lastLoginAtMs: null,
});

describe('the store of console users', () => {
  it('keeps users across a restart, readable by the owner only, with no temporary file left', async () => {
    const store = await open();
    await Promise.all(['b', 'a', 'c'].map((name) => store.putUser(user(name))));
    await store.removeUser('b');
    await store.close();
    const again = await open();
    expect(again.users().map((known) => known.username)).toEqual(['a', 'c']);
    await again.close();
    expect((await stat(join(folder, 'users.json'))).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).sort()).toEqual(['audit.jsonl', 'users.json']);
  });

  it.each(['{', '[]', '{"users":[{"username":"kim"}]}', '{"users":{}}'])(
    'refuses to start from a damaged file: %s',
    async (text) => {
      await writeFile(join(folder, 'users.json'), text);
      await expect(open()).rejects.toThrow();
    },
  );

  it('changes nothing in memory when the file cannot be written', async () => {
    const store = await open();
    await store.putUser(user('a'));
    await rm(folder, { recursive: true });
    await expect(store.putUser(user('b'))).rejects.toThrow();
    expect(store.user('b')).toBeUndefined();
    await store.close();
  });
});
