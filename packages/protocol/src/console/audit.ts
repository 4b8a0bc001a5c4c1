/**
 * The audit log: append-only, each entry holding the hash of the one before. No secrets and no payloads.
 *
 *   GET /api/audit          operator   AuditQuery → AuditPage, newest first
 *   GET /api/audit/export   operator   → NDJSON of everything kept, oldest first
 */
import type { Page, PageQuery } from './common.ts';

export const auditOutcomes = ['ok', 'denied', 'failed'] as const;
export type AuditOutcome = (typeof auditOutcomes)[number];

export interface AuditEntry {
  /** From 1, without gaps. */
  seq: number;
  atMs: number;
  /** Console user, or `-` where nobody was logged in; `system` for what Sluice did by itself. */
  actor: string;
  /** Where the request came from. */
  address: string;
  /** For example `session.login`, `connection.kick`, `config.apply`, `user.create`. */
  action: string;
  /** What it was done to, for example `cid 1902` or a user name. */
  target: string;
  outcome: AuditOutcome;
  /** One sentence. */
  detail: string;
  before?: unknown;
  after?: unknown;
  /** Hex SHA-256 over the entry and the previous hash. */
  hash: string;
}

export interface AuditQuery extends PageQuery {
  actor?: string;
  action?: string;
  outcome?: AuditOutcome;
  fromMs?: number;
  toMs?: number;
}

export interface AuditPage extends Page<AuditEntry> {
  chain: {
    isIntact: boolean;
    /** First entry whose hash does not fit; null while intact. */
    brokenAtSeq: number | null;
    /** Oldest entry still kept; older ones were rotated away. */
    firstSeq: number;
    lastSeq: number;
  };
}
