/**
 * The hash chain of the audit log: each entry's hash covers the entry and the hash before it, so that a line that was edited,
 * removed or put in shows at the next one. Pure.
 */
import { createHash } from 'node:crypto';
import { type AuditEntry, type AuditOutcome, auditOutcomes } from '@sluice/protocol/console';
import { parseJson } from '../nats/json-fields.ts';

/** What the first entry ever points back to. */
export const CHAIN_START = '0'.repeat(64);

/** Hash of `entry` after `previousHash`, 64 hex digits. */
export function chainHash(previousHash: string, entry: Omit<AuditEntry, 'hash'>): string {
  const { seq, atMs, actor, address, action, target, outcome, detail, before, after } = entry;
  const canonical = JSON.stringify([seq, atMs, actor, address, action, target, outcome, detail, before ?? null, after ?? null]);
  return createHash('sha256').update(previousHash).update('\n').update(canonical).digest('hex');
}

/** True when `entry` comes right after `before`. Without one only the very first entry can be checked; older ones were let go. */
export function fitsChain(entry: AuditEntry, before: AuditEntry | undefined): boolean {
  if (before === undefined) return entry.seq !== 1 || entry.hash === chainHash(CHAIN_START, entry);
  return entry.seq === before.seq + 1 && entry.hash === chainHash(before.hash, entry);
}

/** A line of the log as an entry, or undefined when it is not one. */
export function parseAuditLine(line: string): AuditEntry | undefined {
  const value = parseJson(line);
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const { seq, atMs, actor, address, action, target, outcome, detail, hash } = fields;
  if (typeof seq !== 'number' || typeof atMs !== 'number' || typeof hash !== 'string') return undefined;
  const texts = [actor, address, action, target, detail];
  if (!texts.every((text) => typeof text === 'string') || !isOutcome(outcome)) return undefined;
  return fields as unknown as AuditEntry;
}

function isOutcome(value: unknown): value is AuditOutcome {
  return auditOutcomes.some((outcome) => outcome === value);
}
