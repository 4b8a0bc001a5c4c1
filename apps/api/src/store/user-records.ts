/**
 * The console's users: one key each, and a copy in memory, since they are few and every request asks for one. A change names the newest
 * message of the whole bucket, so that rules about all users together (the last administrator) hold whoever else is writing.
 */
import { type Role, roles } from '@sluice/protocol/console';
import { HttpFailure } from '../http-failure.ts';
import type { StoredUser, UserChange } from './console-store.ts';
import { Serial } from './serial.ts';
import type { StateAccount } from './state-account.ts';
import { keyOf, StateBucket } from './state-bucket.ts';

/** Most console users there may be. */
export const MAX_USERS = 1000;
const MAX_BYTES = 16_777_216;
/** Others may write in between this often. */
const MAX_TRIES = 100;

export class UserRecords {
  readonly #bucket: StateBucket;
  readonly #serial = new Serial();
  #users: ReadonlyMap<string, StoredUser> = new Map();
  #lastSeq = 0;

  constructor(state: StateAccount) {
    this.#bucket = new StateBucket(state, { name: 'users', description: 'People who may use the console', maxBytes: MAX_BYTES });
  }

  /** Rejects when an entry is no user: guessing there would let the wrong people in. */
  async open(): Promise<void> {
    await this.#bucket.ensure();
    await this.#load();
  }

  /** Reads everything again, after changes under way. */
  reload(): Promise<void> {
    return this.#serial.run(() => this.#load());
  }

  /** In order of name. */
  all(): readonly StoredUser[] {
    return [...this.#users.values()].sort((a, b) => (a.username < b.username ? -1 : 1));
  }

  get(username: string): StoredUser | undefined {
    return this.#users.get(username);
  }

  /** Decides on the newest users and writes; asked again when somebody else has written meanwhile. */
  change<Result>(decide: (users: ReadonlyMap<string, StoredUser>) => UserChange<Result>): Promise<Result> {
    return this.#serial.run(async () => {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const { put, remove, result } = decide(this.#users);
        if (put === undefined && remove === undefined) return result;
        const users = new Map(this.#users);
        if (put !== undefined) users.set(put.username, put);
        if (remove !== undefined) users.delete(remove);
        if (users.size > MAX_USERS) throw new HttpFailure('conflict', `there can be at most ${MAX_USERS} console users`);
        const expected = { lastSeq: this.#lastSeq };
        const stored =
          put === undefined
            ? await this.#bucket.remove(keyOf(remove ?? ''), expected)
            : await this.#bucket.put(keyOf(put.username), put, expected);
        if (stored.ok) {
          this.#users = users;
          this.#lastSeq = stored.seq;
          return result;
        }
        await this.#load();
      }
      throw new HttpFailure('conflict', 'the console users are being changed by somebody else; try again');
    });
  }

  idle(): Promise<void> {
    return this.#serial.idle();
  }

  async #load(): Promise<void> {
    const { entries, lastSeq } = await this.#bucket.load();
    const users = new Map<string, StoredUser>();
    for (const { key, value } of entries) {
      if (!isStoredUser(value)) throw new Error(`the console's state is damaged: ${key} in the bucket "users" is no user`);
      users.set(value.username, value);
    }
    this.#users = users;
    this.#lastSeq = lastSeq;
  }
}

export function isStoredUser(value: unknown): value is StoredUser {
  if (typeof value !== 'object' || value === null) return false;
  const user = value as Record<string, unknown>;
  return (
    typeof user['username'] === 'string' &&
    typeof user['passwordHash'] === 'string' &&
    typeof user['isDisabled'] === 'boolean' &&
    typeof user['createdAtMs'] === 'number' &&
    typeof user['updatedAtMs'] === 'number' &&
    isRole(user['role'])
  );
}

export function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}
