/** What differs between two configurations, key by key. Pure. */
import type { DocumentChange, NatsDocument } from '@sluice/protocol/console';
import { recordOf } from '../json-fields.ts';

/** `changes` laid over `present`; null takes a key away. */
export function overlay(present: NatsDocument, changes: NatsDocument): NatsDocument {
  const next: NatsDocument = { ...present };
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) delete next[key];
    else next[key] = value;
  }
  return next;
}

/** Changed keys in the order of their names; what the server itself adds to `metadata` is no change. */
export function documentChanges(before: NatsDocument, after: NatsDocument, fixedKeys: readonly string[]): DocumentChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys
    .filter((key) => canonical(plain(key, before[key])) !== canonical(plain(key, after[key])))
    .map((path) => ({
      path,
      before: before[path] ?? null,
      after: after[path] ?? null,
      isChangeable: !fixedKeys.includes(path),
    }));
}

/** Keys of `expected` that have another value in `present`, in the order of their names. */
export function differingKeys(present: NatsDocument, expected: NatsDocument): string[] {
  const seen = Object.fromEntries(Object.keys(expected).map((key) => [key, present[key]]));
  return documentChanges(seen, expected, []).map(({ path }) => path);
}

function plain(key: string, value: unknown): unknown {
  if (key !== 'metadata') return value;
  return Object.fromEntries(Object.entries(recordOf(value)).filter(([name]) => !name.startsWith('_nats.')));
}

/** Equal for values that a server takes as the same: keys in any order, and nothing, false, 0, -1 (no limit), '' and empty lists alike. */
function canonical(value: unknown): string {
  if (value === undefined || value === null || value === false || value === 0 || value === -1 || value === '') return '';
  if (Array.isArray(value)) return value.length === 0 ? '' : `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const parts = Object.entries(value)
    .map(([key, item]): [string, string] => [key, canonical(item)])
    .filter(([, text]) => text !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return parts.length === 0 ? '' : `{${parts.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
}
