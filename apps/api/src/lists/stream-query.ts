/** Streams and consumers filtered, sorted and cut to a page. Pure. */
import { subjectsOverlap } from '@sluice/protocol';
import {
  type ConsumerPreset,
  type ConsumerRow,
  type ConsumersQuery,
  consumerPresets,
  consumerSortKeys,
  type Page,
  type StreamRow,
  type StreamsQuery,
  streamSortKeys,
} from '@sluice/protocol/console';
import { isInPreset } from '../presenters/consumers.ts';
import { compareValues, cut } from './page.ts';

export function selectStreams(rows: readonly StreamRow[], query: StreamsQuery): Page<StreamRow> {
  const text = query.q?.trim().toLowerCase() ?? '';
  const found = rows.filter((row) => {
    if (query.kind !== undefined && row.kind !== query.kind) return false;
    const { matching } = query;
    if (matching !== undefined && !row.subjectPatterns.some((pattern) => subjectsOverlap(matching, pattern))) return false;
    return contains([row.name, row.description, ...row.subjectPatterns], text);
  });
  const key = streamSortKeys.find((known) => known === query.sort) ?? 'name';
  const order = query.order ?? (key === 'name' ? 'asc' : 'desc');
  return cut(
    found.sort((a, b) => compareValues(streamValue(a, key), streamValue(b, key), order) || (a.name < b.name ? -1 : 1)),
    query,
  );
}

function streamValue(row: StreamRow, key: (typeof streamSortKeys)[number]): string | number | null {
  if (key === 'messages' || key === 'bytes') return row[key].used;
  return row[key];
}

export function selectConsumers(
  rows: readonly ConsumerRow[],
  query: ConsumersQuery,
): Page<ConsumerRow> & { presetCounts: Record<ConsumerPreset, number> } {
  const text = query.q?.trim().toLowerCase() ?? '';
  const preset = query.preset ?? 'all';
  const matching = rows.filter((row) => contains([row.name, row.stream, row.description, ...row.filters], text));
  const found = matching.filter((row) => isInPreset(row, preset));
  const key = consumerSortKeys.find((known) => known === query.sort) ?? 'name';
  const order = query.order ?? (key === 'name' || key === 'stream' ? 'asc' : 'desc');
  const sorted = found.sort((a, b) => compareValues(a[key], b[key], order) || compareIdentity(a, b));
  const counts = consumerPresets.map((name) => [name, matching.filter((row) => isInPreset(row, name)).length] as const);
  return { ...cut(sorted, query), presetCounts: Object.fromEntries(counts) as Record<ConsumerPreset, number> };
}

function compareIdentity(a: ConsumerRow, b: ConsumerRow): number {
  return `${a.stream} ${a.name}` < `${b.stream} ${b.name}` ? -1 : 1;
}

function contains(fields: readonly (string | null)[], text: string): boolean {
  return text === '' || fields.some((field) => field?.toLowerCase().includes(text) === true);
}
