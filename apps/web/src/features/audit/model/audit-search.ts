/** What the audit page keeps in its URL, and the question it asks. */
import { type AuditOutcome, type AuditQuery, auditOutcomes } from '@sluice/protocol/console';
import { type RawSearch, searchNumber, searchOneOf, searchText } from '../../../lib/url-state.ts';

/** Entries asked for at once. */
export const AUDIT_PAGE = 200;

export interface AuditSearch {
  readonly q: string;
  readonly actor: string;
  readonly action: string;
  readonly outcome: AuditOutcome | null;
  readonly order: 'asc' | 'desc';
  /** Entry whose detail is open. */
  readonly seq: number | null;
}

export function parseAuditSearch(search: RawSearch): AuditSearch {
  return {
    q: searchText(search, 'q') ?? '',
    actor: searchText(search, 'actor') ?? '',
    action: searchText(search, 'action') ?? '',
    outcome: searchOneOf(search, 'outcome', auditOutcomes) ?? null,
    order: searchOneOf(search, 'order', ['asc', 'desc']) ?? 'desc',
    seq: searchNumber(search, 'seq') ?? null,
  };
}

export function auditQueryOf(search: AuditSearch, offset: number): AuditQuery {
  return {
    offset,
    limit: AUDIT_PAGE,
    order: search.order,
    ...(search.q === '' ? {} : { q: search.q }),
    ...(search.actor === '' ? {} : { actor: search.actor }),
    ...(search.action === '' ? {} : { action: search.action }),
    ...(search.outcome === null ? {} : { outcome: search.outcome }),
  };
}
