/**
 * Reading JSON that came from outside: fields are taken by name with a fallback, nothing is assumed. The presenters build the
 * console's shapes with these, so that a server that leaves a field out, or sends another type, cannot break a page.
 */

export type JsonRecord = Readonly<Record<string, unknown>>;

/** What a text holds as JSON; undefined when it holds none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `value` as an object, or an empty one. */
export function recordOf(value: unknown): JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : {};
}

export function recordAt(record: JsonRecord, key: string): JsonRecord {
  return recordOf(record[key]);
}

/** Objects of the list at `key`. */
export function recordsAt(record: JsonRecord, key: string): JsonRecord[] {
  const value = record[key];
  return Array.isArray(value) ? value.map(recordOf) : [];
}

export function numberAt(record: JsonRecord, key: string, fallback = 0): number {
  const value = record[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : fallback;
}

export function numberOrNull(record: JsonRecord, key: string): number | null {
  const value = record[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function stringAt(record: JsonRecord, key: string, fallback = ''): string {
  const value = record[key];
  return typeof value === 'string' ? value : fallback;
}

/** A text that is there and not empty, else null. */
export function textOrNull(record: JsonRecord, key: string): string | null {
  const value = record[key];
  return typeof value === 'string' && value !== '' ? value : null;
}

export function booleanAt(record: JsonRecord, key: string): boolean {
  return record[key] === true;
}

export function stringsAt(record: JsonRecord, key: string): string[] {
  const value = record[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** Milliseconds since the epoch of an RFC 3339 time, or null. Go's zero time counts as unknown. */
export function timeAt(record: JsonRecord, key: string): number | null {
  const value = record[key];
  if (typeof value !== 'string') return null;
  const ms = Date.parse(value);
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

const durationUnits: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  µs: 0.001,
  us: 0.001,
  ns: 1e-6,
};

/** Milliseconds of a duration as Go prints it (`1m2.5s`, `412µs`), or null. */
export function durationMs(text: string): number | null {
  let total = 0;
  let hasAny = false;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|µs|us|ns|d|h|m|s)/g)) {
    total += Number(amount) * (durationUnits[unit ?? ''] ?? 0);
    hasAny = true;
  }
  // To the nanosecond, which is all that Go prints.
  return hasAny ? Math.round(total * 1e6) / 1e6 : null;
}
