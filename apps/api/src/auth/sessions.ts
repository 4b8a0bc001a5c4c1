/**
 * Sessions of the console: an opaque 256-bit id in the cookie, its SHA-256 here, so that this table is of no use to whoever
 * reads it. Idle for 30 minutes or 12 hours old ends one; so do logout, a new password, a new role, disabling. Ending a session
 * tells its live sockets at once. Sessions live in memory: a restarted console asks for the password again.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Role, SessionRow } from '@sluice/protocol/console';
import type { Clock, Timer } from '../env/clock.ts';

export const IDLE_TIMEOUT_MS = 30 * 60_000;
export const ABSOLUTE_TIMEOUT_MS = 12 * 60 * 60_000;
const MAX_SESSIONS = 10_000;
const MAX_PER_USER = 50;
const SWEEP_INTERVAL_MS = 30_000;

export interface Session {
  /** Public, for lists and audit. */
  readonly publicId: string;
  readonly username: string;
  readonly role: Role;
  readonly csrfToken: string;
  readonly address: string;
  readonly userAgent: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  lastSeenAtMs: number;
  /** Called once when the session ends. */
  readonly whenEnded: Set<() => void>;
}

export class Sessions {
  readonly #clock: Clock;
  readonly #byHash = new Map<string, Session>();
  readonly #sweep: Timer;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sweep = clock.setRepeatingTimer(SWEEP_INTERVAL_MS, () => this.#removeExpired());
  }

  /** A new session with a fresh id; the id is returned once and kept nowhere. */
  create(
    user: { username: string; role: Role },
    client: { address: string; userAgent: string },
  ): { id: string; session: Session } {
    this.#makeRoom(user.username);
    const id = randomBytes(32).toString('base64url');
    const now = this.#clock.nowMs();
    const session: Session = {
      publicId: randomBytes(9).toString('base64url'),
      username: user.username,
      role: user.role,
      csrfToken: randomBytes(32).toString('base64url'),
      address: client.address,
      userAgent: client.userAgent.slice(0, 256),
      createdAtMs: now,
      expiresAtMs: now + ABSOLUTE_TIMEOUT_MS,
      lastSeenAtMs: now,
      whenEnded: new Set(),
    };
    this.#byHash.set(hashId(id), session);
    return { id, session };
  }

  /** The live session of a cookie value; `isUse` counts as activity. */
  find(id: string, isUse = true): Session | undefined {
    const hash = hashId(id);
    const session = this.#byHash.get(hash);
    if (session === undefined) return undefined;
    if (this.#isExpired(session)) {
      this.#end(hash, session);
      return undefined;
    }
    if (isUse) session.lastSeenAtMs = this.#clock.nowMs();
    return session;
  }

  end(session: Session): void {
    for (const [hash, known] of this.#byHash) if (known === session) this.#end(hash, known);
  }

  /** Ends the sessions of a user, except `keep`; returns how many. */
  endAllOf(username: string, keep?: Session): number {
    let count = 0;
    for (const [hash, session] of this.#byHash) {
      if (session.username !== username || session === keep) continue;
      this.#end(hash, session);
      count += 1;
    }
    return count;
  }

  byPublicId(publicId: string): Session | undefined {
    for (const session of this.#byHash.values()) if (session.publicId === publicId) return session;
    return undefined;
  }

  /** Live sessions, of one user or of all, newest first. */
  list(current: Session, username: string | undefined): SessionRow[] {
    const rows: SessionRow[] = [];
    for (const session of this.#byHash.values()) {
      if (this.#isExpired(session) || (username !== undefined && session.username !== username)) continue;
      const { publicId, whenEnded, csrfToken: _csrf, ...shown } = session;
      rows.push({ id: publicId, ...shown, isCurrent: session === current, liveSockets: whenEnded.size });
    }
    return rows.sort((a, b) => b.createdAtMs - a.createdAtMs);
  }

  countOf(username: string): number {
    let count = 0;
    for (const session of this.#byHash.values()) if (session.username === username && !this.#isExpired(session)) count += 1;
    return count;
  }

  close(): void {
    this.#sweep.cancel();
    for (const [hash, session] of this.#byHash) this.#end(hash, session);
  }

  #isExpired(session: Session): boolean {
    const now = this.#clock.nowMs();
    return now >= session.expiresAtMs || now - session.lastSeenAtMs >= IDLE_TIMEOUT_MS;
  }

  #removeExpired(): void {
    for (const [hash, session] of this.#byHash) if (this.#isExpired(session)) this.#end(hash, session);
  }

  #end(hash: string, session: Session): void {
    this.#byHash.delete(hash);
    for (const callback of [...session.whenEnded]) callback();
    session.whenEnded.clear();
  }

  /** The oldest goes, first of the same user, then of all. */
  #makeRoom(username: string): void {
    const own = [...this.#byHash].filter(([, session]) => session.username === username);
    const excess = own.length - MAX_PER_USER + 1;
    for (const [hash, session] of own.slice(0, Math.max(0, excess))) this.#end(hash, session);
    for (const [hash, session] of this.#byHash) {
      if (this.#byHash.size < MAX_SESSIONS) return;
      this.#end(hash, session);
    }
  }
}

function hashId(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}
