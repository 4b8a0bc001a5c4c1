/**
 * Letting somebody in again who lost the last administrator's password. Whoever can write into the data folder leaves a request there, with
 * the new password's hash; the console carries it out at its next start, or within a second while it runs. A request is removed after it
 * has been carried out, so that one whose process died on the way is carried out again, to the same end.
 */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type AuditTrail, systemActor } from '../audit-trail.ts';
import type { Clock, Timer } from '../env/clock.ts';
import { parseJson } from '../nats/json-fields.ts';
import { readIfPresent, replaceFile, syncFolder } from '../store/atomic-file.ts';
import type { Accounts } from './accounts.ts';
import { isPasswordHash } from './passwords.ts';

const FILE = 'admin-reset.json';
const LOOK_INTERVAL_MS = 1000;
/** The same names that the console takes. */
const USERNAME = /^[A-Za-z0-9._@-]{1,64}$/;

export interface AdminReset {
  readonly username: string;
  readonly passwordHash: string;
}

/** Path of the request in the console's folder. */
export function adminResetPath(folder: string): string {
  return join(folder, FILE);
}

/** Leaves a request, replacing one that waits. */
export function requestAdminReset(folder: string, reset: AdminReset): Promise<void> {
  return replaceFile(adminResetPath(folder), `${JSON.stringify(reset)}\n`);
}

/** Why nobody can have that name, or undefined. */
export function usernameProblem(username: string): string | undefined {
  return USERNAME.test(username) ? undefined : 'a user name has 1 to 64 letters, digits and . _ - @';
}

export interface AdminResetsOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly audit: AuditTrail;
  onNotice(text: string): void;
}

export class AdminResets {
  readonly #options: AdminResetsOptions;
  #timer: Timer | undefined;
  #isLooking = false;

  constructor(options: AdminResetsOptions) {
    this.#options = options;
  }

  /** Carries out what waits, and then looks again and again. */
  async start(): Promise<void> {
    await this.look();
    this.#timer = this.#options.clock.setRepeatingTimer(LOOK_INTERVAL_MS, () => {
      this.look().catch((error: unknown) => this.#options.onNotice(`the administrator is not reset yet: ${String(error)}`));
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Carries out the request that is there, if any. Rejects when that cannot be stored now; the request stays then. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const text = await readIfPresent(adminResetPath(this.#options.folder));
      if (text !== undefined) await this.#carryOut(text);
    } finally {
      this.#isLooking = false;
    }
  }

  async #carryOut(text: string): Promise<void> {
    const { folder, accounts, audit, onNotice } = this.#options;
    const path = adminResetPath(folder);
    const reset = parseReset(text);
    if (reset === undefined) {
      await rename(path, `${path}.refused`);
      onNotice(`${path} is no request to reset an administrator; it is called *.refused now`);
      return;
    }
    await accounts.resetAdmin(reset.username, reset.passwordHash);
    await audit.record(systemActor, {
      action: 'user.reset',
      target: reset.username,
      detail: 'made an enabled administrator with a new password, by "sluice reset-admin"',
    });
    // One that was left meanwhile is carried out at the next look.
    if ((await readIfPresent(path)) === text) await rm(path, { force: true });
    await syncFolder(folder);
    onNotice(`${reset.username} is an administrator with a new password now`);
  }
}

function parseReset(text: string): AdminReset | undefined {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || !('username' in value) || !('passwordHash' in value)) return undefined;
  const { username, passwordHash } = value;
  if (typeof username !== 'string' || usernameProblem(username) !== undefined) return undefined;
  return typeof passwordHash === 'string' && isPasswordHash(passwordHash) ? { username, passwordHash } : undefined;
}
