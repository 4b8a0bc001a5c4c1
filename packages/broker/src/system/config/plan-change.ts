/** A checked change against the options in force: the options it leads to, what differs, and what is wrong with it. Changes nothing. */
import type { ConfigReport, ConfigValue } from '@sluice/protocol';
import { GLOBAL_ACCOUNT } from '../../account/accounts.ts';
import type { ResolvedOptions, UserOptions } from '../../options.ts';
import { type CheckedChange, type Problem, pointerToken, type UserChange } from './change-request.ts';
import { type ConfigKey, configKeys } from './config-keys.ts';
import type { ConfigState } from './config-state.ts';
import { configPermissions, visibleUsers } from './running-config.ts';

type Change = ConfigReport['changes'][number];

export interface ChangePlan {
  readonly options: ResolvedOptions;
  readonly changes: Change[];
  readonly problems: Problem[];
  readonly overriddenKeys: Set<string>;
  readonly overriddenUsers: Set<string>;
}

export function planChange(state: ConfigState, change: CheckedChange): ChangePlan {
  const plan: Planner = new Planner(state);
  if (change.revision !== undefined && change.revision !== state.revision) {
    plan.fail('/revision', `the configuration has changed meanwhile: it is at revision ${state.revision}`);
  }
  for (const { key, value } of change.set) plan.setKey(key, value);
  change.users.forEach((user, index) => {
    plan.changeUser(user, `/users/${index}`);
  });
  change.removeUsers.forEach((user, index) => {
    plan.removeUser(user, `/remove_users/${index}`);
  });
  plan.checkWhole();
  return plan;
}

class Planner implements ChangePlan {
  options: ResolvedOptions;
  readonly changes: Change[] = [];
  readonly problems: Problem[] = [];
  readonly overriddenKeys: Set<string>;
  readonly overriddenUsers: Set<string>;
  private readonly state: ConfigState;

  constructor(state: ConfigState) {
    this.state = state;
    this.options = state.current;
    this.overriddenKeys = new Set(state.overriddenKeys);
    this.overriddenUsers = new Set(state.overriddenUsers);
  }

  fail(path: string, message: string): void {
    this.problems.push({ path, message });
  }

  setKey(name: string, value: ConfigValue): void {
    const path = `/set/${pointerToken(name)}`;
    const key = configKeys.find((candidate) => candidate.key === name);
    if (key === undefined) return this.fail(path, 'no such key');
    if (key.write === undefined)
      return this.fail(path, 'this key is taken at the start only; change it in the configuration file');
    const isReset = value === null && !(key.isOptional === true && !this.overriddenKeys.has(name));
    const wanted = isReset ? key.read(this.state.base) : value;
    const problem = valueProblem(key, wanted);
    if (problem !== undefined) return this.fail(path, problem);
    const before = key.read(this.options);
    this.options = key.write(this.options, wanted);
    if (isReset) this.overriddenKeys.delete(name);
    else this.overriddenKeys.add(name);
    if (before !== wanted) this.changes.push({ path, before, after: wanted, effect: key.effect, consequence: key.consequence });
  }

  changeUser(change: UserChange, path: string): void {
    const { account } = change;
    if (account !== undefined && account === this.options.systemAccount) {
      return this.fail(`${path}/account`, 'users of the system account are set in the configuration file');
    }
    if (this.isHidden(change.user)) return this.fail(`${path}/user`, 'this name is taken by a user of the system account');
    const before = visibleUsers(this.options).find((user) => user.user === change.user);
    if (before === undefined && change.password === undefined)
      return this.fail(`${path}/password`, 'a new user needs a password');
    if (before?.nkey !== undefined && change.password !== undefined) {
      return this.fail(`${path}/password`, 'a user with an nkey has no password');
    }
    const after = changedUser(before ?? { user: change.user }, change);
    const users =
      before === undefined ? [...this.options.auth.users, after] : replaceUser(this.options.auth.users, before, after);
    this.setUsers(users);
    this.overriddenUsers.add(change.user);
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    this.changes.push({
      path,
      before: before === undefined ? null : shown(before),
      after: { ...shown(after), ...(change.password === undefined ? {} : { password: 'changed' }) },
      effect: 'reload',
      consequence: before === undefined ? `User ${after.user} may connect.` : userConsequence(before, after),
    });
  }

  removeUser(name: string, path: string): void {
    const before = visibleUsers(this.options).find((user) => user.user === name);
    if (before === undefined) return this.fail(path, 'no such user');
    this.setUsers(this.options.auth.users.filter((user) => user !== before));
    this.overriddenUsers.add(name);
    this.changes.push({
      path,
      before: shown(before),
      after: null,
      effect: 'reload',
      consequence: `Connections of ${name} are closed.`,
    });
  }

  /** What only the whole shows. */
  checkWhole(): void {
    const { noAuthUser, users, user } = this.options.auth;
    if (noAuthUser !== undefined && user !== noAuthUser && !users.some((candidate) => candidate.user === noAuthUser)) {
      this.fail('/set/no_auth_user', `user ${JSON.stringify(noAuthUser)} does not exist`);
    }
    if (this.options.lameDuckGracePeriodMs > this.options.lameDuckDurationMs) {
      this.fail('/set/lame_duck_grace_period', 'must not be longer than lame_duck_duration');
    }
    if (
      this.options.maxControlLineBytes > this.options.maxPendingBytes ||
      this.options.maxPayloadBytes > this.options.maxPendingBytes
    ) {
      this.fail('/set/max_payload', 'must not be larger than max_pending');
    }
  }

  private isHidden(name: string): boolean {
    const { auth } = this.options;
    return (
      auth.user === name ||
      (auth.users.some((user) => user.user === name) && !visibleUsers(this.options).some((user) => user.user === name))
    );
  }

  private setUsers(users: readonly UserOptions[]): void {
    this.options = { ...this.options, auth: { ...this.options.auth, users } };
  }
}

function valueProblem(key: ConfigKey, value: ConfigValue): string | undefined {
  if (value === null) return key.isOptional === true ? undefined : 'must not be null';
  if (key.kind === 'text') return typeof value === 'string' && value !== '' ? undefined : 'must be text';
  if (typeof value !== 'number' || !Number.isInteger(value)) return 'must be a whole number';
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = key;
  return value < min || value > max ? `must be from ${min} to ${max}` : undefined;
}

function changedUser(before: UserOptions, change: UserChange): UserOptions {
  const { permissions: ownPermissions, ...rest } = before;
  const permissions = change.permissions === undefined ? ownPermissions : (change.permissions ?? undefined);
  return {
    ...rest,
    ...(change.password === undefined ? {} : { password: change.password }),
    ...(change.account === undefined ? {} : { account: change.account }),
    ...(permissions === undefined ? {} : { permissions }),
  };
}

function replaceUser(users: readonly UserOptions[], before: UserOptions, after: UserOptions): UserOptions[] {
  return users.map((user) => (user === before ? after : user));
}

/** A user without secrets. */
function shown(user: UserOptions): { user: string; account: string; permissions: unknown } {
  return { user: user.user, account: user.account ?? GLOBAL_ACCOUNT, permissions: configPermissions(user.permissions) ?? null };
}

function userConsequence(before: UserOptions, after: UserOptions): string {
  if ((before.account ?? GLOBAL_ACCOUNT) !== (after.account ?? GLOBAL_ACCOUNT))
    return `Connections of ${after.user} are closed: another account.`;
  if (before.password !== after.password) return `Connections of ${after.user} with the old password are closed.`;
  return `Connections of ${after.user} go on with the new permissions; subscriptions they forbid end.`;
}
