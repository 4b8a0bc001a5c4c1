/** What goes into an audit entry: texts and values are bounded, so that one entry cannot fill the disk. */
import type { AuditRecord } from './console-store.ts';

const MAX_TEXT = 512;
/** `before` and `after` are cut to a note when their JSON is longer than this. */
const MAX_VALUE_JSON = 16_384;

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
