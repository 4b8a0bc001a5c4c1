/**
 * Filtering, sorting, cutting and counting of connection rows; pure, and quick enough for 100,000 rows: one pass of filters over
 * the rows, then only the wanted page is put in order.
 */
import {
  type ConnectionFacets,
  type ConnectionPreset,
  type ConnectionRow,
  type ConnectionSortKey,
  type ConnectionsQuery,
  connectionPresets,
  connectionSortKeys,
  type FacetValue,
  PAGE_LIMIT_DEFAULT,
  type SortOrder,
} from '@sluice/protocol/console';
import { sortRange } from './select-range.ts';

/** A connection without traffic for this long is idle; one younger than that is new. */
export const IDLE_AFTER_MS = 60 * 60_000;
export const NEW_WITHIN_MS = 5 * 60_000;
const MAX_FACET_VALUES = 50;

/** Whether a row belongs to a preset. */
export function isInPreset(row: ConnectionRow, preset: ConnectionPreset, nowMs: number): boolean {
  const isClosed = row.stoppedAtMs !== null;
  switch (preset) {
    case 'all':
      return !isClosed;
    case 'slow':
      return !isClosed && row.isSlow;
    case 'talkers':
      return !isClosed && (row.inMsgsPerS ?? 0) + (row.outMsgsPerS ?? 0) > 0;
    case 'idle':
      return !isClosed && nowMs - row.lastActivityAtMs >= IDLE_AFTER_MS;
    case 'new':
      return !isClosed && nowMs - row.startedAtMs < NEW_WITHIN_MS;
    case 'closed':
      return isClosed;
  }
}

/** How many open rows each preset holds; `closed` is what the server told. */
export function countPresets(
  rows: readonly ConnectionRow[],
  closedTotal: number,
  nowMs: number,
): Record<ConnectionPreset, number> {
  const counts = { all: 0, slow: 0, talkers: 0, idle: 0, new: 0, closed: closedTotal };
  for (const row of rows) {
    for (const preset of connectionPresets) if (preset !== 'closed' && isInPreset(row, preset, nowMs)) counts[preset] += 1;
  }
  return counts;
}

export interface ConnectionPage {
  readonly items: ConnectionRow[];
  readonly total: number;
  readonly offset: number;
  readonly limit: number;
}

/** The page a query asks for. */
export function selectConnections(rows: readonly ConnectionRow[], query: ConnectionsQuery, nowMs: number): ConnectionPage {
  const { offset = 0, limit = PAGE_LIMIT_DEFAULT } = query;
  const tests = [presetTest(query, nowMs), ...Object.values(facetTests(query)).filter((test) => test !== undefined)];
  const matching = new Uint32Array(rows.length);
  let total = 0;
  rows.forEach((row, index) => {
    if (tests.every((test) => test(row))) matching[total++] = index;
  });
  const order = matching.subarray(0, total);
  sortRange(order, comparator(rows, query), offset, Math.min(total, offset + limit));
  const items: ConnectionRow[] = [];
  for (const index of order.subarray(offset, offset + limit)) {
    const row = rows[index];
    if (row !== undefined) items.push(row);
  }
  return { items, total, offset, limit };
}

/** Counts per value; each facet counts with every filter but its own. */
export function countFacets(rows: readonly ConnectionRow[], query: ConnectionsQuery, nowMs: number): ConnectionFacets {
  const tests = facetTests(query);
  const base = presetTest(query, nowMs);
  const counts = new Map(facetNames.map((name) => [name, new Map<string, number>()]));
  for (const row of rows) {
    if (!base(row)) continue;
    const failed = facetNames.filter((name) => tests[name] !== undefined && tests[name]?.(row) !== true);
    if (failed.length > 1) continue;
    for (const name of failed.length === 1 ? failed : facetNames) {
      const values = counts.get(name);
      const value = facetValue(row, name);
      if (value !== null) values?.set(value, (values.get(value) ?? 0) + 1);
    }
  }
  const top = (name: FacetName): FacetValue[] =>
    [...(counts.get(name) ?? [])]
      .map(([value, count]) => ({ value, count }))
      .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      .slice(0, MAX_FACET_VALUES);
  return {
    account: top('account'),
    user: top('user'),
    lang: top('lang'),
    kind: top('kind'),
    serverId: top('serverId'),
    tls: top('tls'),
    reason: top('reason'),
  };
}

const facetNames = ['account', 'user', 'lang', 'kind', 'serverId', 'tls', 'reason'] as const;
type FacetName = (typeof facetNames)[number];
type RowTest = (row: ConnectionRow) => boolean;

function facetValue(row: ConnectionRow, name: FacetName): string | null {
  return name === 'tls' ? (row.tlsVersion === null ? 'no' : 'yes') : row[name];
}

function facetTests(query: ConnectionsQuery): Partial<Record<FacetName, RowTest>> {
  const tests: Partial<Record<FacetName, RowTest>> = {};
  for (const name of facetNames) {
    const wanted = query[name];
    if (wanted === undefined || wanted === '') continue;
    const values = new Set(wanted.split(','));
    tests[name] = (row) => values.has(facetValue(row, name) ?? '');
  }
  return tests;
}

/** Preset and free text. */
function presetTest(query: ConnectionsQuery, nowMs: number): RowTest {
  const preset = query.preset ?? 'all';
  const text = query.q?.trim().toLowerCase() ?? '';
  if (text === '') return (row) => isInPreset(row, preset, nowMs);
  return (row) => isInPreset(row, preset, nowMs) && hasText(row, text);
}

function hasText(row: ConnectionRow, text: string): boolean {
  return (
    includes(row.name, text) ||
    includes(row.user, text) ||
    includes(row.account, text) ||
    `${row.ip}:${row.port}`.includes(text) ||
    String(row.cid) === text ||
    includes(row.lang, text) ||
    includes(row.version, text) ||
    includes(row.reason, text)
  );
}

function includes(field: string | null, text: string): boolean {
  return field?.toLowerCase().includes(text) === true;
}

/** Where the query names no order, text and cids rise and other numbers fall: the largest are what one looks for. */
function comparator(rows: readonly ConnectionRow[], query: ConnectionsQuery): (a: number, b: number) => number {
  const key = connectionSortKeys.find((known) => known === query.sort) ?? (query.preset === 'closed' ? 'stoppedAtMs' : 'cid');
  const order: SortOrder = query.order ?? (textKeys.has(key) || key === 'cid' ? 'asc' : 'desc');
  const sign = order === 'asc' ? 1 : -1;
  if (textKeys.has(key)) {
    const keys = rows.map((row) => textOf(sortValue(row, key)));
    return (a, b) => compareText(keys[a] ?? null, keys[b] ?? null, sign) || a - b;
  }
  const keys = new Float64Array(rows.length);
  rows.forEach((row, index) => {
    const value = sortValue(row, key);
    // Unknown goes last either way.
    keys[index] = typeof value === 'number' ? value * sign : Number.POSITIVE_INFINITY;
  });
  return (a, b) => compareNumbers(keys[a] ?? 0, keys[b] ?? 0) || a - b;
}

const textKeys: ReadonlySet<ConnectionSortKey> = new Set(['name', 'user', 'account', 'address', 'client', 'reason']);

function sortValue(row: ConnectionRow, key: ConnectionSortKey): string | number | null {
  if (key === 'address') return `${row.ip}:${row.port}`;
  if (key === 'client') return row.lang === null ? null : `${row.lang} ${row.version ?? ''}`;
  return row[key];
}

function textOf(value: string | number | null): string | null {
  return typeof value === 'string' ? value.toLowerCase() : null;
}

function compareText(a: string | null, b: string | null, sign: number): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return (a < b ? -1 : 1) * sign;
}

function compareNumbers(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
