/** Refused logins: one row for who tries again and again, the broker's own reasons, and what the configuration says of each. */
import type { ConsoleConfig } from '@sluice/protocol/console';
import { describe, expect, it } from 'vitest';
import { AuthFailures, hintFor, type RefusedLogin } from '../../src/nats/auth-failures.ts';

const login: RefusedLogin = {
  cid: 7,
  serverId: 'S1',
  user: 'shop',
  name: 'old-cron-job',
  address: '10.0.0.9',
  client: 'nats.js 3.4.0',
  reason: 'Authentication Failure',
  atMs: 1000,
};
const config: ConsoleConfig = {
  revision: 1,
  loadedAtMs: 0,
  configFile: null,
  configDigest: '',
  settings: [],
  users: [
    { username: 'shop', account: 'SHOP', hasPassword: true, source: 'file', permissions: null, connections: null },
    { username: 'UKEY', account: 'SHOP', hasPassword: false, source: 'file', permissions: null, connections: null },
  ],
  noAuthUser: null,
  isAnonymousAllowed: false,
};

describe('refused logins', () => {
  it('are one row for each client that tries, however often', () => {
    const failures = new AuthFailures();
    for (let n = 0; n < 5; n++) failures.add({ ...login, cid: 10 + n, atMs: 1000 + n });
    failures.add({ ...login, name: 'other', atMs: 2000 });
    expect(failures.rows(undefined)).toMatchObject([
      { name: 'old-cron-job', tries: 5, firstAtMs: 1000, lastAtMs: 1004, client: 'nats.js 3.4.0', hint: null },
      { name: 'other', tries: 1 },
    ]);
  });

  it('take the reason that the broker noted, and what it noted before anybody listened', () => {
    const failures = new AuthFailures();
    failures.add(login);
    const noted = { cid: 7, user: 'shop', name: 'old-cron-job', host: '10.0.0.9', reason: 'address not allowed', atMs: 999 };
    const earlier = { ...noted, cid: 3, name: 'night-job', atMs: 500 };
    const counted = { ...noted, cid: 2, atMs: 400 };
    for (const again of [1, 2]) {
      failures.learn('S1', [noted, earlier, counted]);
      const rows = failures.rows(undefined);
      expect(rows, `read ${again} times`).toHaveLength(2);
      expect(rows.find(({ name }) => name === 'old-cron-job')).toMatchObject({ tries: 1, reason: 'address not allowed' });
      expect(rows.find(({ name }) => name === 'night-job')).toMatchObject({ tries: 1, lastAtMs: 500, client: null });
    }
  });

  it('are bounded: of too many, those whose last try is longest ago go', () => {
    const failures = new AuthFailures();
    for (let n = 0; n < 1500; n++) failures.add({ ...login, name: `client-${n}`, atMs: n });
    failures.add({ ...login, name: 'client-500', atMs: 5000 });
    const rows = failures.rows(undefined);
    expect(rows).toHaveLength(1000);
    expect(rows[0]?.name).toBe('client-501');
    expect(rows.at(-1)).toMatchObject({ name: 'client-500', tries: 2 });
  });

  it('say what the configuration knows of the user', () => {
    const hint = (user: string | null, reason = 'wrong credentials') => hintFor({ user, reason }, config);
    expect(hint('shop')).toBe('There is a user shop in account SHOP: the password is wrong.');
    expect(hint('UKEY')).toBe('There is a user UKEY in account SHOP: its signature does not fit.');
    expect(hint('nobody')).toMatch(/^The configuration has no user nobody/);
    expect(hint(null)).toMatch(/lets nobody in without credentials/);
    expect(hint('shop', 'too many wrong credentials')).toMatch(/slowed down/);
    expect(hintFor({ user: 'shop', reason: 'wrong credentials' }, { ...config, users: [] })).toBeNull();
    expect(hintFor({ user: 'shop', reason: 'wrong credentials' }, undefined)).toBeNull();
  });
});
