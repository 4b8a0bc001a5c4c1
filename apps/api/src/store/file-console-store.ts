/**
 * The console's store in files: `users.json`, replaced in one step at each change, and the audit log. Users are few (at most
 * 1000) and live in memory.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AuditEntry, type Role, roles } from '@sluice/protocol/console';
import type { Clock } from '../env/clock.ts';
import { replaceFile } from './atomic-file.ts';
import { AuditLog } from './audit-log.ts';
import type { AuditFilter, AuditRecord, AuditSlice, ConsoleStore, StoredUser } from './console-store.ts';
import { Serial } from './serial.ts';

/** Most console users there may be. */
export const MAX_USERS = 1000;

const USERS_FILE = 'users.json';

export class FileConsoleStore implements ConsoleStore {
  readonly #path: string;
  readonly #audit: AuditLog;
  readonly #serial = new Serial();
  #users: ReadonlyMap<string, StoredUser>;

  private constructor(path: string, audit: AuditLog, users: ReadonlyMap<string, StoredUser>) {
    this.#path = path;
    this.#audit = audit;
    this.#users = users;
  }

  /** Opens or creates the store. Rejects when `users.json` is damaged: guessing there would let the wrong people in. */
  static async open(options: { folder: string; clock: Clock }): Promise<FileConsoleStore> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    const path = join(options.folder, USERS_FILE);
    const users = parseUsers(await readIfPresent(path), path);
    return new FileConsoleStore(path, await AuditLog.open(options), users);
  }

  users(): readonly StoredUser[] {
    return [...this.#users.values()].sort((a, b) => (a.username < b.username ? -1 : 1));
  }

  user(username: string): StoredUser | undefined {
    return this.#users.get(username);
  }

  putUser(user: StoredUser): Promise<void> {
    return this.#change((users) => users.set(user.username, user));
  }

  removeUser(username: string): Promise<void> {
    return this.#change((users) => users.delete(username));
  }

  appendAudit(record: AuditRecord): Promise<AuditEntry> {
    return this.#audit.append(record);
  }

  readAudit(filter: AuditFilter, page: { offset: number; limit: number; isAscending: boolean }): Promise<AuditSlice> {
    return this.#audit.read(filter, page);
  }

  exportAudit(): AsyncIterable<string> {
    return this.#audit.export();
  }

  async close(): Promise<void> {
    await this.#serial.idle();
    await this.#audit.close();
  }

  #change(edit: (users: Map<string, StoredUser>) => void): Promise<void> {
    return this.#serial.run(async () => {
      const users = new Map(this.#users);
      edit(users);
      if (users.size > MAX_USERS) throw new Error(`there can be at most ${MAX_USERS} console users`);
      await replaceFile(this.#path, `${JSON.stringify({ version: 1, users: [...users.values()] }, null, 2)}\n`);
      this.#users = users;
    });
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseUsers(text: string | undefined, path: string): Map<string, StoredUser> {
  const users = new Map<string, StoredUser>();
  if (text === undefined) return users;
  const root: unknown = JSON.parse(text);
  const list = typeof root === 'object' && root !== null && 'users' in root ? root.users : undefined;
  if (!Array.isArray(list) || !list.every(isStoredUser)) throw new Error(`${path} is damaged: it does not hold a list of users`);
  for (const user of list) users.set(user.username, user);
  return users;
}

function isStoredUser(value: unknown): value is StoredUser {
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

function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}
