/**
 * What the console keeps: users, sessions, saved messages and the audit log, all in JetStream of its private account. Everything is
 * on disk before a promise here resolves; what cannot be stored rejects with a 503 that says why.
 */
import type { AuditEntry, AuditOutcome, Role } from '@sluice/protocol/console';
import type { MessageRecords } from './message-records.ts';
import type { SessionRecords } from './session-records.ts';

/** A person who may use the console. */
export interface StoredUser {
  readonly username: string;
  readonly role: Role;
  /** `scrypt$…`, see `auth/passwords.ts`. */
  readonly passwordHash: string;
  readonly isDisabled: boolean;
  readonly createdAtMs: number;
  /** Rises with every change of password, role or state; sessions hold to it. A login leaves it alone. */
  readonly updatedAtMs: number;
  readonly lastLoginAtMs: number | null;
}

/** What is to be written after a look at all users: at most one of the two; and what to answer. */
export interface UserChange<Result> {
  readonly put?: StoredUser;
  readonly remove?: string;
  readonly result: Result;
}

/** An audit entry before it has a place in the chain. */
export interface AuditRecord {
  /** When it happened; now unless given. */
  readonly atMs?: number;
  readonly actor: string;
  readonly address: string;
  readonly action: string;
  readonly target: string;
  readonly outcome: AuditOutcome;
  readonly detail: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Looked for in actor, action, target and detail, without regard to case. */
  readonly text?: string | undefined;
}

export interface AuditChain {
  readonly isIntact: boolean;
  readonly brokenAtSeq: number | null;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

export interface AuditSlice {
  readonly items: AuditEntry[];
  readonly total: number;
  readonly chain: AuditChain;
}

export interface ConsoleStore {
  readonly sessions: SessionRecords;
  readonly messages: MessageRecords;
  /** Why the last change could not be stored, as far as that still holds; null when all is well. */
  readonly problem: string | null;
  /** Called when what is kept was read again, after the connection was lost. */
  onReloaded: () => void;
  /** Every user, in order of name. */
  users(): readonly StoredUser[];
  user(username: string): StoredUser | undefined;
  /** Decides on the newest users and writes; asked again when somebody else has written meanwhile. */
  changeUsers<Result>(decide: (users: ReadonlyMap<string, StoredUser>) => UserChange<Result>): Promise<Result>;
  /** Appends one entry; resolves when it is on disk. */
  appendAudit(record: AuditRecord): Promise<AuditEntry>;
  /** Newest first, or oldest first with `isAscending`. */
  readAudit(filter: AuditFilter, page: { offset: number; limit: number; isAscending: boolean }): Promise<AuditSlice>;
  /** Everything kept as NDJSON, oldest first. */
  exportAudit(): AsyncIterable<string>;
  close(): Promise<void>;
}
