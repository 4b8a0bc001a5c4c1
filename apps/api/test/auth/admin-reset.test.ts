/** Letting somebody in again: what a request in the data folder does, and when it stays. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdminResets, adminResetPath, requestAdminReset } from '../../src/auth/admin-reset.ts';
import { hashPassword } from '../../src/auth/passwords.ts';
import { type Harness, post, startHarness, storedUser, visitor } from '../support/console-harness.ts';
import { ManualClock } from '../support/manual-clock.ts';

const PASSWORD = 'a new odd passphrase';
let harness: Harness;
let resets: AdminResets;
let notices: string[];
beforeEach(async () => {
  harness = await startHarness({ clock: new ManualClock() });
  notices = [];
  const { accounts, audit, clock } = harness.console;
  resets = new AdminResets({ folder: harness.folder, clock, accounts, audit, onNotice: (text) => notices.push(text) });
});
afterEach(async () => {
  resets.stop();
  await harness.stop();
});

const put = (username: string, more: object = {}): Promise<void> =>
  harness.console.store.changeUsers(() => ({ put: storedUser(username, more), result: undefined }));
const logIn = async (username: string): Promise<number> =>
  (await harness.app.inject(post('/api/session', visitor, { username, password: PASSWORD }))).statusCode;
const request = async (username: string): Promise<void> =>
  requestAdminReset(harness.folder, { username, passwordHash: await hashPassword(PASSWORD) });

describe('a request to reset an administrator', () => {
  it('makes a disabled viewer an administrator who can log in, ends the sessions, and is gone then', async () => {
    await put('kim', { isDisabled: true });
    const { session } = harness.as('viewer', 'kim');
    let isEnded = false;
    session.whenEnded.add(() => {
      isEnded = true;
    });
    await request('kim');
    expect(statSync(adminResetPath(harness.folder)).mode & 0o777).toBe(0o600);
    await resets.look();
    expect(isEnded).toBe(true);
    expect(harness.console.store.user('kim')).toMatchObject({ role: 'admin', isDisabled: false });
    expect(await logIn('kim')).toBe(200);
    expect(existsSync(adminResetPath(harness.folder))).toBe(false);
    expect(notices).toEqual(['kim is an administrator with a new password now']);
  });

  it('makes the user where there is none, and comes to the same end when it is carried out twice', async () => {
    await request('admin');
    const text = readFileSync(adminResetPath(harness.folder), 'utf8');
    await resets.look();
    writeFileSync(adminResetPath(harness.folder), text);
    await resets.look();
    expect(harness.console.store.users().map((user) => user.username)).toEqual(['admin']);
    expect(await logIn('admin')).toBe(200);
  });

  it.each(['', '{', '{"username":"kim"}', '{"username":"a b","passwordHash":"x"}', '{"username":"kim","passwordHash":"plain"}'])(
    'is put aside when it is none: %j',
    async (text) => {
      writeFileSync(adminResetPath(harness.folder), text);
      await resets.look();
      expect(harness.console.store.users()).toEqual([]);
      expect(existsSync(`${adminResetPath(harness.folder)}.refused`)).toBe(true);
      expect(notices[0]).toContain('is no request');
    },
  );

  it('stays while nothing can be stored, and is carried out afterwards', { timeout: 20_000 }, async () => {
    await request('admin');
    await harness.haltState();
    await expect(resets.look()).rejects.toMatchObject({ code: 'unavailable' });
    expect(existsSync(adminResetPath(harness.folder))).toBe(true);
    await harness.resumeState();
    await expect
      .poll(
        () =>
          resets.look().then(
            () => existsSync(adminResetPath(harness.folder)),
            () => true,
          ),
        { timeout: 8000 },
      )
      .toBe(false);
    expect(await logIn('admin')).toBe(200);
  });
});
