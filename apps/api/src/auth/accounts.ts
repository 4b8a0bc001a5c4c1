/**
 * Console accounts: the first administrator, logging in, and changes to users. Every rule about who may become or stop being
 * what stands here; routes only translate.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { ConsoleUser, CreateUserRequest, UpdateUserRequest } from '@sluice/protocol/console';
import type { Clock } from '../env/clock.ts';
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
  readonly #changes = new Serial();
  #checks = 0;

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  /** True until somebody could log in as an administrator. */
  isSetupRequired(): boolean {
    return !this.#options.store.users().some((user) => user.role === 'admin' && !user.isDisabled);
  }

  /** Creates the first administrator with the token of the one-time link, which works once. */
  setUp(token: string, username: string, password: string, address: string): Promise<AccountResult<StoredUser>> {
    return this.#changes.run(async () => {
      const { addressBackoff } = this.#options;
      const waitMs = addressBackoff.waitMs(address);
      if (waitMs > 0) return refuse({ kind: 'wait', waitMs });
      if (!this.isSetupRequired()) return refuse({ kind: 'not_open' });
      if (!sameSecret(token, this.#options.setupToken)) {
        addressBackoff.fail(address);
        return refuse({ kind: 'not_open' });
      }
      return this.#add({ username, password, role: 'admin' });
    });
  }

  /** Creates `admin` for automation when there is no administrator yet. Resolves to true when it did. */
  async ensureAdmin(password: string): Promise<boolean> {
    if (!this.isSetupRequired()) return false;
    const { store } = this.#options;
    await store.putUser(this.#fresh({ username: 'admin', role: 'admin' }, await hashPassword(password)));
    return true;
  }

  /** Checks a pair of name and password. Wrong name, wrong password and disabled are one answer and take the same time. */
  async logIn(username: string, password: string, address: string): Promise<AccountResult<StoredUser>> {
    const { accountBackoff, addressBackoff, store, clock } = this.#options;
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
    const seen = { ...user, lastLoginAtMs: clock.nowMs() };
    await this.#changes.run(async () => {
      if (store.user(username) !== undefined) await store.putUser(seen);
    });
    return { ok: true, value: seen };
  }

  create(request: CreateUserRequest): Promise<AccountResult<StoredUser>> {
    return this.#changes.run(() => this.#add(request));
  }

  update(username: string, request: UpdateUserRequest): Promise<AccountResult<{ before: StoredUser; after: StoredUser }>> {
    return this.#changes.run(async () => {
      const { store, clock, sessions } = this.#options;
      const before = store.user(username);
      if (before === undefined) return refuse({ kind: 'unknown_user' });
      const problem = request.password === undefined ? undefined : passwordProblem(request.password, username);
      if (problem !== undefined) return refuse({ kind: 'weak_password', message: problem });
      const after: StoredUser = {
        ...before,
        role: request.role ?? before.role,
        isDisabled: request.isDisabled ?? before.isDisabled,
        passwordHash: request.password === undefined ? before.passwordHash : await hashPassword(request.password),
        updatedAtMs: clock.nowMs(),
      };
      if (isAdmin(before) && !isAdmin(after) && this.#isLastAdmin(username)) return refuse({ kind: 'last_admin' });
      await store.putUser(after);
      sessions.endAllOf(username);
      return { ok: true, value: { before, after } };
    });
  }

  remove(username: string): Promise<AccountResult<StoredUser>> {
    return this.#changes.run(async () => {
      const { store, sessions } = this.#options;
      const user = store.user(username);
      if (user === undefined) return refuse({ kind: 'unknown_user' });
      if (isAdmin(user) && this.#isLastAdmin(username)) return refuse({ kind: 'last_admin' });
      await store.removeUser(username);
      sessions.endAllOf(username);
      return { ok: true, value: user };
    });
  }

  /** Changes one's own password, with the present one as proof. The caller ends other sessions. */
  async changeOwnPassword(username: string, current: string, next: string, address: string): Promise<AccountResult<void>> {
    const proof = await this.logIn(username, current, address);
    if (!proof.ok) return proof;
    const problem = passwordProblem(next, username);
    if (problem !== undefined) return refuse({ kind: 'weak_password', message: problem });
    const passwordHash = await hashPassword(next);
    return this.#changes.run(async () => {
      const { store, clock } = this.#options;
      const user = store.user(username);
      if (user === undefined) return refuse({ kind: 'unknown_user' });
      await store.putUser({ ...user, passwordHash, updatedAtMs: clock.nowMs() });
      return { ok: true, value: undefined };
    });
  }

  /** A user as lists show it. */
  shown(user: StoredUser): ConsoleUser {
    const { passwordHash: _hash, ...rest } = user;
    return { ...rest, activeSessions: this.#options.sessions.countOf(user.username) };
  }

  async #add(request: CreateUserRequest): Promise<AccountResult<StoredUser>> {
    const { store } = this.#options;
    const problem = passwordProblem(request.password, request.username);
    if (problem !== undefined) return refuse({ kind: 'weak_password', message: problem });
    if (store.user(request.username) !== undefined) return refuse({ kind: 'exists' });
    const user = this.#fresh(request, await hashPassword(request.password));
    await store.putUser(user);
    return { ok: true, value: user };
  }

  #fresh(user: { username: string; role: StoredUser['role'] }, passwordHash: string): StoredUser {
    const now = this.#options.clock.nowMs();
    const { username, role } = user;
    return { username, role, passwordHash, isDisabled: false, createdAtMs: now, updatedAtMs: now, lastLoginAtMs: null };
  }

  #isLastAdmin(username: string): boolean {
    return !this.#options.store.users().some((user) => isAdmin(user) && user.username !== username);
  }
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
