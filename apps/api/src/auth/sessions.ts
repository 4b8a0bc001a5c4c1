/**
 * Sessions of the console: an opaque 256-bit id in the cookie, its SHA-256 here and on disk, so that this table is of no use to whoever
 * reads it. Idle for 30 minutes or 12 hours old ends one; so do logout, a new password, a new role, disabling. Ending a session
 * tells its live sockets at once. A restarted console knows its sessions again; when somebody was last seen it knows to the minute.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Role, SessionRow } from '@sluice/protocol/console';
import type { Clock, Timer } from '../env/clock.ts';
import type { StoredUser } from '../store/console-store.ts';
import { Serial } from '../store/serial.ts';
import type { SessionRecord, SessionRecords } from '../store/session-records.ts';

export const IDLE_TIMEOUT_MS = 30 * 60_000;
export const ABSOLUTE_TIMEOUT_MS = 12 * 60 * 60_000;
const MAX_SESSIONS = 10_000;
const MAX_PER_USER = 50;
const SWEEP_INTERVAL_MS = 30_000;
/** Activity is written down when it is this much newer than what is on disk. */
const SEEN_GRAIN_MS = 60_000;

export interface Session {
  /** Public, for lists and audit. */
  readonly publicId: string;
  readonly username: string;
  readonly role: Role;
  /** Made from the cookie, so that it is kept nowhere either; empty until a restarted console has seen the cookie again. */
  csrfToken: string;
  readonly address: string;
  readonly userAgent: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  lastSeenAtMs: number;
  /** The user's state that the session was made for; undefined binds it to none. */
  userUpdatedAtMs: number | undefined;
  /** Called once when the session ends. */
  readonly whenEnded: Set<() => void>;
}

/** What a session takes of a user. */
export type SessionUser = Pick<StoredUser, 'username' | 'role'> & { readonly updatedAtMs?: number };

/** Where sessions are written down. */
export type SessionKeeping = Pick<SessionRecords, 'load' | 'put' | 'remove'>;

export interface SessionsOptions {
  readonly clock: Clock;
  readonly records: SessionKeeping;
  onNotice(text: string): void;
}

export class Sessions {
  readonly #clock: Clock;
  readonly #records: SessionKeeping;
  readonly #onNotice: (text: string) => void;
  readonly #byHash = new Map<string, Session>();
  /** `lastSeenAtMs` on disk, by hash; a session that is not here has to be written. */
  readonly #writtenSeen = new Map<string, number>();
  /** Hashes of ended sessions that are still on disk. */
  readonly #unremoved = new Set<string>();
  readonly #writes = new Serial();
  readonly #sweep: Timer;
  #isFlushing = false;

  constructor({ clock, records, onNotice }: SessionsOptions) {
    this.#clock = clock;
    this.#records = records;
    this.#onNotice = onNotice;
    this.#sweep = clock.setRepeatingTimer(SWEEP_INTERVAL_MS, () => this.#tidy());
  }

  /** Knows the sessions on disk again: those whose time is not over and whose user is as it was. */
  async load(userOf: (username: string) => StoredUser | undefined): Promise<void> {
    for (const [hash, record] of await this.#records.load()) {
      const session: Session = { ...record, csrfToken: '', whenEnded: new Set() };
      this.#byHash.set(hash, session);
      this.#writtenSeen.set(hash, record.lastSeenAtMs);
      if (this.#isExpired(session)) this.#forget(hash, session);
    }
    this.endStale(userOf);
  }

  /** Ends the sessions of users who are gone, disabled, or changed since. */
  endStale(userOf: (username: string) => StoredUser | undefined): void {
    for (const [hash, session] of this.#byHash) {
      if (session.userUpdatedAtMs === undefined) continue;
      const user = userOf(session.username);
      if (user === undefined || user.isDisabled || user.updatedAtMs !== session.userUpdatedAtMs) this.#forget(hash, session);
    }
  }

  /** A new session with a fresh id; the id is returned once and kept nowhere. It is in memory until `keep`. */
  create(user: SessionUser, client: { address: string; userAgent: string }): { id: string; session: Session } {
    this.#makeRoom(user.username);
    const id = randomBytes(32).toString('base64url');
    const now = this.#clock.nowMs();
    const session: Session = {
      publicId: randomBytes(9).toString('base64url'),
      username: user.username,
      role: user.role,
      csrfToken: csrfTokenOf(id),
      address: client.address,
      userAgent: client.userAgent.slice(0, 256),
      createdAtMs: now,
      expiresAtMs: now + ABSOLUTE_TIMEOUT_MS,
      lastSeenAtMs: now,
      userUpdatedAtMs: user.updatedAtMs,
      whenEnded: new Set(),
    };
    this.#byHash.set(hashId(id), session);
    return { id, session };
  }

  /** Writes a session down; resolves when it is on disk. Rejects when it cannot be: it is tried again then until it can. */
  keep(session: Session): Promise<void> {
    const hash = this.#hashOf(session);
    return hash === undefined ? Promise.resolve() : this.#write(hash, session);
  }

  /** The session goes on although its user has changed: the change was made in it. */
  async rebind(session: Session, user: Pick<StoredUser, 'updatedAtMs'>): Promise<void> {
    session.userUpdatedAtMs = user.updatedAtMs;
    await this.keep(session);
  }

  /** The live session of a cookie value; `isUse` counts as activity. */
  find(id: string, isUse = true): Session | undefined {
    const hash = hashId(id);
    const session = this.#byHash.get(hash);
    if (session === undefined) return undefined;
    if (this.#isExpired(session)) {
      this.#forget(hash, session);
      return undefined;
    }
    if (session.csrfToken === '') session.csrfToken = csrfTokenOf(id);
    if (isUse) session.lastSeenAtMs = this.#clock.nowMs();
    return session;
  }

  /** Ends a session at once; resolves when it is off the disk too. Rejects when that has to wait: a restart might bring it back till then. */
  end(session: Session): Promise<void> {
    const hash = this.#hashOf(session);
    if (hash === undefined) return Promise.resolve();
    this.#end(hash, session);
    this.#unremoved.add(hash);
    return this.#removeFromDisk(hash);
  }

  /** Ends the sessions of a user, except `keep`; returns how many. */
  endAllOf(username: string, keep?: Session): number {
    let count = 0;
    for (const [hash, session] of this.#byHash) {
      if (session.username !== username || session === keep) continue;
      this.#forget(hash, session);
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
      const { publicId, whenEnded, csrfToken: _csrf, userUpdatedAtMs: _bound, ...shown } = session;
      rows.push({ id: publicId, ...shown, isCurrent: session === current, liveSockets: whenEnded.size });
    }
    return rows.sort((a, b) => b.createdAtMs - a.createdAtMs);
  }

  countOf(username: string): number {
    let count = 0;
    for (const session of this.#byHash.values()) if (session.username === username && !this.#isExpired(session)) count += 1;
    return count;
  }

  /** Stops; sessions stay on disk. Resolves when what was under way is written. */
  async close(): Promise<void> {
    this.#sweep.cancel();
    for (const [hash, session] of this.#byHash) this.#end(hash, session);
    await this.#writes.idle();
  }

  #hashOf(session: Session): string | undefined {
    for (const [hash, known] of this.#byHash) if (known === session) return hash;
    return undefined;
  }

  #isExpired(session: Session): boolean {
    const now = this.#clock.nowMs();
    return now >= session.expiresAtMs || now - session.lastSeenAtMs >= IDLE_TIMEOUT_MS;
  }

  #tidy(): void {
    for (const [hash, session] of this.#byHash) if (this.#isExpired(session)) this.#forget(hash, session);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#flush().then(
      () => {
        this.#isFlushing = false;
      },
      (error: unknown) => {
        this.#isFlushing = false;
        this.#onNotice(`sessions cannot be written: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
  }

  /** Brings the disk up to date: what has ended, what is new there, who was active. Stops at the first that cannot be written. */
  async #flush(): Promise<void> {
    for (const hash of [...this.#unremoved]) await this.#removeFromDisk(hash);
    for (const [hash, session] of [...this.#byHash]) {
      const isBehind = session.lastSeenAtMs - (this.#writtenSeen.get(hash) ?? 0) >= SEEN_GRAIN_MS;
      if (isBehind && this.#byHash.get(hash) === session && session.userUpdatedAtMs !== undefined)
        await this.#write(hash, session);
    }
  }

  #write(hash: string, session: Session): Promise<void> {
    const { csrfToken: _csrf, whenEnded: _ended, userUpdatedAtMs = 0, ...rest } = session;
    const record: SessionRecord = { ...rest, userUpdatedAtMs };
    return this.#writes.run(async () => {
      // It may have ended while others were written.
      if (this.#byHash.get(hash) !== session) return;
      await this.#records.put(hash, record);
      this.#writtenSeen.set(hash, record.lastSeenAtMs);
    });
  }

  #removeFromDisk(hash: string): Promise<void> {
    return this.#writes.run(async () => {
      await this.#records.remove(hash);
      this.#unremoved.delete(hash);
    });
  }

  /** Ends a session whose record says by itself that it is over: it goes from the disk in time. */
  #forget(hash: string, session: Session): void {
    this.#end(hash, session);
    this.#unremoved.add(hash);
  }

  #end(hash: string, session: Session): void {
    this.#byHash.delete(hash);
    this.#writtenSeen.delete(hash);
    for (const callback of [...session.whenEnded]) callback();
    session.whenEnded.clear();
  }

  /** The oldest goes, first of the same user, then of all. */
  #makeRoom(username: string): void {
    const own = [...this.#byHash].filter(([, session]) => session.username === username);
    const excess = own.length - MAX_PER_USER + 1;
    for (const [hash, session] of own.slice(0, Math.max(0, excess))) this.#forget(hash, session);
    for (const [hash, session] of this.#byHash) {
      if (this.#byHash.size < MAX_SESSIONS) return;
      this.#forget(hash, session);
    }
  }
}

function hashId(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}

/** Whoever knows the cookie's hash alone cannot make it. */
function csrfTokenOf(id: string): string {
  return createHash('sha256').update(`csrf ${id}`).digest('base64url');
}
