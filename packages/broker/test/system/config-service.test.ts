/** CONFIG, CHECK and APPLY: read without secrets, checked with pointers to what is wrong, applied with what it does said before. */
import type { ConfigEntry, ConfigReport, RunningConfig } from '@sluice/protocol';
import { describe, expect, it } from 'vitest';
import { useSystem } from '../support/use-system.ts';

const system = useSystem({ maxPayloadBytes: 5000 });

async function running(): Promise<RunningConfig> {
  return (await system.ask('CONFIG')).data as unknown as RunningConfig;
}

async function report(verb: 'CHECK' | 'APPLY', change: unknown): Promise<ConfigReport> {
  const answer = await system.ask(`CONFIG.${verb}`, change);
  expect(answer.error).toBeUndefined();
  return answer.data as unknown as ConfigReport;
}

async function entry(key: string): Promise<ConfigEntry | undefined> {
  return (await running()).entries.find((one) => one.key === key);
}

describe('the running configuration', () => {
  it('says value, default, bounds, origin and effect of each key', async () => {
    expect(await entry('max_payload')).toMatchObject({
      value: 5000,
      default: 1_048_576,
      unit: 'bytes',
      min: 1024,
      origin: 'command_line',
      effect: 'live',
      editable: true,
    });
    expect(await entry('ping_max')).toMatchObject({ value: 2, default: 2, origin: 'default' });
    expect(await entry('port')).toMatchObject({ effect: 'restart', editable: false });
  });

  it('lists users without passwords and without those of the system account', async () => {
    const config = await running();
    expect(config.users.map((user) => [user.user, user.account, user.has_password])).toEqual([
      ['a', 'A', true],
      ['b', 'B', true],
    ]);
    expect(JSON.stringify(config)).not.toMatch(/"password"/);
    expect(config.anonymous).toBe(false);
  });
});

describe('checking a change', () => {
  it('says before and after and changes nothing', async () => {
    const checked = await report('CHECK', { set: { max_payload: 9000 } });
    expect(checked).toMatchObject({ valid: true, applied: false, dropped_total: 0 });
    expect(checked.changes).toMatchObject([{ path: '/set/max_payload', before: 5000, after: 9000, effect: 'live' }]);
    expect((await entry('max_payload'))?.value).toBe(5000);
  });

  it('collects all problems, each with a pointer', async () => {
    const { valid, problems } = await report('CHECK', {
      revision: 99,
      set: { max_payload: 0, zork: 1, port: 5, ping_max: 'many', no_auth_user: 'ghost' },
      users: [{ user: 'new' }, { user: 'sys', password: 'x' }, { user: 'a', account: '$SYS' }],
      remove_users: ['ghost'],
    });
    expect(valid).toBe(false);
    expect(problems.map((problem) => problem.path)).toEqual([
      '/revision',
      '/set/max_payload',
      '/set/zork',
      '/set/port',
      '/set/ping_max',
      '/users/0/password',
      '/users/1/user',
      '/users/2/account',
      '/remove_users/0',
      '/set/no_auth_user',
    ]);
    expect(problems[1]?.message).toBe('must be from 1024 to 67108864');
  });

  it('refuses rules that are no subjects, with a pointer to the rule', async () => {
    const { problems } = await report('CHECK', {
      users: [{ user: 'a', permissions: { publish: { allow: ['ok', 'a..b'] }, subscribe: { deny: ['q workers', 'a b c'] } } }],
    });
    expect(problems.map((problem) => problem.path)).toEqual([
      '/users/0/permissions/publish/allow/1',
      '/users/0/permissions/subscribe/deny/1',
    ]);
  });

  it('names who would be disconnected', async () => {
    const [a, b] = [await system.client('a', 'first'), await system.client('b', 'second')];
    const { dropped, dropped_total } = await report('CHECK', { users: [{ user: 'a', password: 'other' }], remove_users: ['b'] });
    expect(dropped_total).toBe(2);
    expect(dropped).toEqual([
      { cid: a.info?.client_id, name: 'first', user: 'a', why: 'the password of a changes' },
      { cid: b.info?.client_id, name: 'second', user: 'b', why: 'user b is removed' },
    ]);
  });
});

describe('applying a change', () => {
  it('takes limits into force, counts the revision up, and takes them back with null', async () => {
    const before = await running();
    const applied = await report('APPLY', { revision: before.revision, set: { max_payload: 2000, ping_interval: 30_000 } });
    expect(applied).toMatchObject({ valid: true, applied: true, revision: before.revision + 1 });
    expect(await entry('max_payload')).toMatchObject({ value: 2000, origin: 'override' });
    const a = await system.client('a');
    expect(a.info?.max_payload).toBe(2000);
    const reset = await report('APPLY', { set: { max_payload: null, ping_interval: null } });
    expect(reset.changes).toMatchObject([
      { before: 2000, after: 5000 },
      { before: 30_000, after: 120_000 },
    ]);
    expect(await entry('max_payload')).toMatchObject({ value: 5000, origin: 'command_line' });
  });

  it('adds a user, changes what it may do, and closes its connections when it is removed', async () => {
    await report('APPLY', { users: [{ user: 'new', password: 'x', account: 'A' }] });
    const client = await system.client('new');
    const limited = await report('APPLY', { users: [{ user: 'new', permissions: { publish: { allow: ['ok'], deny: [] } } }] });
    expect(limited).toMatchObject({ applied: true, dropped_total: 0 });
    await expect(client.request('forbidden', '', { timeout: 5000 })).rejects.toThrow(/Permissions Violation/);
    const user = (await running()).users.find((one) => one.user === 'new');
    expect(user).toMatchObject({ origin: 'override', permissions: { publish: { allow: ['ok'] } } });
    const removed = await report('APPLY', { remove_users: ['new'] });
    expect(removed.dropped).toMatchObject([{ user: 'new', why: 'user new is removed' }]);
    await client.closed();
    await expect(system.client('new')).rejects.toThrow('Authorization Violation');
  });

  it('lets clients in without credentials once there is a user for them', async () => {
    await report('APPLY', { set: { no_auth_user: 'a' } });
    const config = await running();
    expect([config.no_auth_user, config.anonymous]).toEqual(['a', true]);
    const removed = await report('APPLY', { remove_users: ['a'] });
    expect(removed.problems).toMatchObject([{ path: '/set/no_auth_user' }]);
    await report('APPLY', { set: { no_auth_user: null } });
    expect((await running()).anonymous).toBe(false);
  });

  it('changes nothing when anything is wrong', async () => {
    const { revision } = await running();
    const refused = await report('APPLY', { set: { max_payload: 7000, ping_max: -1 } });
    expect(refused).toMatchObject({ valid: false, applied: false, revision });
    expect((await entry('max_payload'))?.value).toBe(5000);
  });

  it('notices a reload from elsewhere: its own overrides are gone', async () => {
    await report('APPLY', { set: { ping_max: 5 } });
    const { revision } = await running();
    system.broker.reload({ pingMax: 7 });
    const config = await running();
    expect(config.revision).toBe(revision + 1);
    expect(config.entries.find((one) => one.key === 'ping_max')).toMatchObject({ value: 7, origin: 'command_line' });
  });
});
