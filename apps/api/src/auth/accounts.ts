/**
 * Console accounts: the first administrator, logging in, and changes to users. Every rule about who may become or stop being
 * what stands here; routes only translate.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { ConsoleUser, CreateUserRequest, UpdateUserRequest } from '@sluice/protocol/console';
import type { Clock } from '../env/clock.ts';
import { isUnavailable } from '../http-failure.ts';
import type { ConsoleStore, StoredUser } from '../store/console-store.ts';
import { Serial } from '../store/serial.ts';
import type { LoginBackoff } from './login-backoff.ts';
import { hashPassword, passwordProblem, verifyPassword } from './passwords.ts';
import type { Sessions } from './sessions.ts';

/** Expected refusals; routes turn them into statuses. */
export type AccountRefusal =
  | { kind: 'wrong_credentials' }
  | { kind: 'wait'; waitMs: number }
  | { kind: 'weak_password'; message: string }
  | { kind: 'exists' }
  | { kind: 'unknown_user' }
  | { kind: 'last_admin' }
  | { kind: 'changed' }
  | { kind: 'not_open' };

export type AccountResult<T> = { ok: true; value: T } | { ok: false; error: AccountRefusal };

export interface AccountsOptions {
  readonly store: ConsoleStore;
  readonly sessions: Sessions;
  readonly accountBackoff: LoginBackoff;
  readonly addressBackoff: LoginBackoff;
  readonly clock: Clock;
  readonly setupToken: string;
}

/** Passwords are checked this many at a time: each takes 32 MiB for a moment. */
const MAX_PARALLEL_CHECKS = 4;

export class Accounts {
  readonly #options: AccountsOptions;
  /** One at a time, so that a guess counts before the next is looked at. */
  readonly #setups = new Serial();
  #checks = 0;

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  /** True until somebody could log in as an administrator. */
  isSetupRequired(): boolean {
    return !this.#options.store.users().some(isAdmin);
  }

  /** Creates the first administrator with the token of the one-time link, which works once. */
  setUp(token: string, username: string, password: string, address: string): Promise<AccountResult<StoredUser>> {
    return this.#setups.run(async () => {
      const { addressBackoff } = this.#options;
      const waitMs = addressBackoff.waitMs(address);
      if (waitMs > 0) return refuse({ kind: 'wait', waitMs });
      if (!this.isSetupRequired()) return refuse({ kind: 'not_open' });
      if (!sameSecret(token, this.#options.setupToken)) {
        addressBackoff.fail(address);
        return refuse({ kind: 'not_open' });
      }
      return this.#add({ username, password, role: 'admin' }, (users) => (hasAdmin(users) ? { kind: 'not_open' } : undefined));
    });
  }

  /** Creates `admin` for automation when there is no administrator yet. Resolves to true when it did. */
  async ensureAdmin(password: string): Promise<boolean> {
    if (!this.isSetupRequired()) return false;
    const put = this.#fresh({ username: 'admin', role: 'admin' }, await hashPassword(password));
    return this.#options.store.changeUsers((users) => (hasAdmin(users) ? { result: false } : { put, result: true }));
  }

  /** Whoever owns the data folder is let in again: the user becomes an enabled administrator with that password, made if need be. */
  async resetAdmin(username: string, passwordHash: string): Promise<void> {
    const { store, sessions } = this.#options;
    await store.changeUsers((users) => {
      const known = users.get(username);
      const fresh = this.#fresh({ username, role: 'admin' }, passwordHash);
      if (known === undefined) return { put: fresh, result: undefined };
      const put: StoredUser = { ...known, passwordHash, role: 'admin', isDisabled: false, updatedAtMs: this.#laterThan(known) };
      return { put, result: undefined };
    });
    sessions.endAllOf(username);
  }

  /** Checks a pair of name and password. Wrong name, wrong password and disabled are one answer and take the same time. */
  async logIn(username: string, password: string, address: string): Promise<AccountResult<StoredUser>> {
    const { accountBackoff, addressBackoff, store } = this.#options;
    const account = username.slice(0, 64);
    const waitMs = Math.max(accountBackoff.waitMs(account), addressBackoff.waitMs(address));
    if (waitMs > 0) return refuse({ kind: 'wait', waitMs });
    if (this.#checks >= MAX_PARALLEL_CHECKS) return refuse({ kind: 'wait', waitMs: 1000 });
    accountBackoff.fail(account);
    addressBackoff.fail(address);
    const user = store.user(username);
    this.#checks += 1;
    let isRight: boolean;
    try {
      isRight = await verifyPassword(password, user?.passwordHash);
    } finally {
      this.#checks -= 1;
    }
    if (!isRight || user === undefined || user.isDisabled) return refuse({ kind: 'wrong_credentials' });
    // Only what was aimed at this account is forgiven: knowing one password does not help to guess another.
    addressBackoff.forgive(address, accountBackoff.count(account));
    accountBackoff.clear(account);
    return this.#noteLogin(user);
  }

  create(request: CreateUserRequest): Promise<AccountResult<StoredUser>> {
    return this.#add(request);
  }

  async update(username: string, request: UpdateUserRequest): Promise<AccountResult<{ before: StoredUser; after: StoredUser }>> {
    const { store, sessions } = this.#options;
    const known = store.user(username);
    if (known === undefined) return refuse({ kind: 'unknown_user' });
    if (isOther(known, request.expectedRevision)) return refuse({ kind: 'changed' });
    const problem = request.password === undefined ? undefined : passwordProblem(request.password, username);
    if (problem !== undefined) return refuse({ kind: 'weak_password', message: problem });
    const passwordHash = request.password === undefined ? undefined : await hashPassword(request.password);
    const result = await store.changeUsers<AccountResult<{ before: StoredUser; after: StoredUser }>>((users) => {
      const before = users.get(username);
      if (before === undefined) return { result: refuse({ kind: 'unknown_user' }) };
      if (isOther(before, request.expectedRevision)) return { result: refuse({ kind: 'changed' }) };
      const after: StoredUser = {
        ...before,
        role: request.role ?? before.role,
        isDisabled: request.isDisabled ?? before.isDisabled,
        passwordHash: passwordHash ?? before.passwordHash,
        updatedAtMs: this.#laterThan(before),
      };
      if (isAdmin(before) && !isAdmin(after) && !hasAdmin(users, username)) return { result: refuse({ kind: 'last_admin' }) };
      return { put: after, result: { ok: true, value: { before, after } } };
    });
    if (result.ok) sessions.endAllOf(username);
    return result;
  }

  async remove(username: string, expectedRevision?: number): Promise<AccountResult<StoredUser>> {
    const { store, sessions } = this.#options;
    const result = await store.changeUsers<AccountResult<StoredUser>>((users) => {
      const user = users.get(username);
      if (user === undefined) return { result: refuse({ kind: 'unknown_user' }) };
      if (isOther(user, expectedRevision)) return { result: refuse({ kind: 'changed' }) };
      if (isAdmin(user) && !hasAdmin(users, username)) return { result: refuse({ kind: 'last_admin' }) };
      return { remove: username, result: { ok: true, value: user } };
    });
    if (!result.ok) return result;
    sessions.endAllOf(username);
    await store.messages.removeAllOf(username);
    return result;
  }

  /** Changes one's own password, with the present one as proof. The caller ends other sessions. */
  async changeOwnPassword(username: string, current: string, next: string, address: string): Promise<AccountResult<StoredUser>> {
    const proof = await this.logIn(username, current, address);
    if (!proof.ok) return proof;
    const problem = passwordProblem(next, username);
    if (problem !== undefined) return refuse({ kind: 'weak_password', message: problem });
    const passwordHash = await hashPassword(next);
    return this.#options.store.changeUsers<AccountResult<StoredUser>>((users) => {
      const user = users.get(username);
      // Somebody else may have changed the user while this was hashed: the proof no longer holds then.
      if (user === undefined || user.updatedAtMs !== proof.value.updatedAtMs)
        return { result: refuse({ kind: 'wrong_credentials' }) };
      const put: StoredUser = { ...user, passwordHash, updatedAtMs: this.#laterThan(user) };
      return { put, result: { ok: true, value: put } };
    });
  }

  /** A user as lists show it. */
  shown(user: StoredUser): ConsoleUser {
    const { passwordHash: _hash, ...rest } = user;
    return { ...rest, activeSessions: this.#options.sessions.countOf(user.username), revision: user.updatedAtMs };
  }

  /** When the last login was is good to know, but nothing to keep somebody out for while nothing can be stored. */
  async #noteLogin(user: StoredUser): Promise<AccountResult<StoredUser>> {
    const { store, clock } = this.#options;
    try {
      return await store.changeUsers<AccountResult<StoredUser>>((users) => {
        const known = users.get(user.username);
        // What was checked is not in force any more.
        if (known === undefined || known.updatedAtMs !== user.updatedAtMs)
          return { result: refuse({ kind: 'wrong_credentials' }) };
        const put = { ...known, lastLoginAtMs: clock.nowMs() };
        return { put, result: { ok: true, value: put } };
      });
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      return { ok: true, value: user };
    }
  }

  async #add(
    request: CreateUserRequest,
    refusalOf: (users: ReadonlyMap<string, StoredUser>) => AccountRefusal | undefined = () => undefined,
  ): Promise<AccountResult<StoredUser>> {
    const { store } = this.#options;
    const problem = passwordProblem(request.password, request.username);
    if (problem !== undefined) return refuse({ kind: 'weak_password', message: problem });
    if (store.user(request.username) !== undefined) return refuse({ kind: 'exists' });
    const put = this.#fresh(request, await hashPassword(request.password));
    return store.changeUsers<AccountResult<StoredUser>>((users) => {
      const refusal = users.has(put.username) ? { kind: 'exists' as const } : refusalOf(users);
      return refusal === undefined ? { put, result: { ok: true, value: put } } : { result: refuse(refusal) };
    });
  }

  #fresh(user: { username: string; role: StoredUser['role'] }, passwordHash: string): StoredUser {
    const now = this.#options.clock.nowMs();
    const { username, role } = user;
    return { username, role, passwordHash, isDisabled: false, createdAtMs: now, updatedAtMs: now, lastLoginAtMs: null };
  }

  /** Sessions hold to this time, so that two changes never have the same. */
  #laterThan({ updatedAtMs }: StoredUser): number {
    return Math.max(this.#options.clock.nowMs(), updatedAtMs + 1);
  }
}

/** True when somebody (but `except`) can log in as an administrator. */
function hasAdmin(users: ReadonlyMap<string, StoredUser>, except?: string): boolean {
  for (const user of users.values()) if (isAdmin(user) && user.username !== except) return true;
  return false;
}

/** Every change moves this time, so it is the revision. */
function isOther({ updatedAtMs }: StoredUser, expectedRevision: number | undefined): boolean {
  return expectedRevision !== undefined && expectedRevision !== updatedAtMs;
}

function isAdmin(user: StoredUser): boolean {
  return user.role === 'admin' && !user.isDisabled;
}

function refuse(error: AccountRefusal): { ok: false; error: AccountRefusal } {
  return { ok: false, error };
}

/** Compares in constant time, whatever the lengths. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
