/** What goes into an audit entry and how entries are looked for: texts and values are bounded, so that one entry cannot fill the disk. */
import type { AuditEntry } from '@sluice/protocol/console';
import type { AuditFilter, AuditRecord } from './console-store.ts';

const MAX_TEXT = 512;
/** `before` and `after` are cut to a note when their JSON is longer than this. */
const MAX_VALUE_JSON = 16_384;

/** True when an entry is what the filter asks for; `text` in lower case. */
export function matchesFilter(entry: AuditEntry, filter: AuditFilter, text: string | undefined): boolean {
  if (filter.actor !== undefined && entry.actor !== filter.actor) return false;
  if (filter.action !== undefined && entry.action !== filter.action && !entry.action.startsWith(`${filter.action}.`))
    return false;
  if (filter.outcome !== undefined && entry.outcome !== filter.outcome) return false;
  if (filter.fromMs !== undefined && entry.atMs < filter.fromMs) return false;
  if (filter.toMs !== undefined && entry.atMs > filter.toMs) return false;
  if (text === undefined || text === '') return true;
  return [entry.actor, entry.action, entry.target, entry.detail].some((field) => field.toLowerCase().includes(text));
}

/** The record with every part cut to its bound. */
export function boundedRecord(record: Omit<AuditRecord, 'atMs'>): Omit<AuditRecord, 'atMs'> {
  const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
  return {
    actor: cut(record.actor),
    address: cut(record.address),
    action: cut(record.action),
    target: cut(record.target),
    outcome: record.outcome,
    detail: cut(record.detail),
    ...(record.before === undefined ? {} : { before: boundedValue(record.before) }),
    ...(record.after === undefined ? {} : { after: boundedValue(record.after) }),
  };
}

function boundedValue(value: unknown): unknown {
  const json = JSON.stringify(value) ?? 'null';
  return json.length <= MAX_VALUE_JSON ? JSON.parse(json) : { note: `left out: ${json.length} characters of JSON` };
}
