/**
 * What the console keeps: its users and the audit log. One small interface, so that both can move into the broker later
 * without a change above it. The file-backed one is `file-console-store.ts`.
 */
import type { AuditEntry, AuditOutcome, Role } from '@sluice/protocol/console';

/** A person who may use the console. */
export interface StoredUser {
  readonly username: string;
  readonly role: Role;
  /** `scrypt$…`, see `auth/passwords.ts`. */
  readonly passwordHash: string;
  readonly isDisabled: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly lastLoginAtMs: number | null;
}

/** An audit entry before it has a place in the chain. */
export interface AuditRecord {
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
  /** Every user, in order of name. */
  users(): readonly StoredUser[];
  user(username: string): StoredUser | undefined;
  /** Adds or replaces; resolves when it is on disk. Rejects with the system's error, and then nothing has changed. */
  putUser(user: StoredUser): Promise<void>;
  removeUser(username: string): Promise<void>;
  /** Appends one entry; resolves when it is on disk. */
  appendAudit(record: AuditRecord): Promise<AuditEntry>;
  /** Newest first, or oldest first with `isAscending`. */
  readAudit(filter: AuditFilter, page: { offset: number; limit: number; isAscending: boolean }): Promise<AuditSlice>;
  /** Everything kept as NDJSON, oldest first, file by file. */
  exportAudit(): AsyncIterable<string>;
  close(): Promise<void>;
}
