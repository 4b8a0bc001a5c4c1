/** Tracked subjects and those that are only subscribed, as one numbered list: rows of the table first, the others behind them. */
import { PUBLISHERS_KEPT, type SubjectTable } from './subject-table.ts';

export type SubjectFigure = 'rate' | 'bytes_rate' | 'messages' | 'bytes' | 'last_seen';

export interface SubjectSource {
  readonly size: number;
  /** One char per byte. */
  subject(row: number): string;
  /** 0 for a subject that was not published. `last_seen` is in milliseconds. */
  figure(row: number, figure: SubjectFigure): number;
  publishers(row: number): { readonly publishers: number[]; readonly hasMore: boolean };
  isEstimate(row: number): boolean;
}

export function subjectSource(table: SubjectTable, subscribed: ReadonlySet<string>): SubjectSource {
  const published = new Set<string>();
  for (let row = 0; row < table.used; row++) published.add(table.subjects[row] ?? '');
  const others: string[] = [];
  for (const subject of subscribed) if (!published.has(subject)) others.push(subject);
  const columns = {
    rate: table.messageRates,
    bytes_rate: table.byteRates,
    messages: table.messages,
    bytes: table.bytes,
    last_seen: table.lastSeenMs,
  };
  const { used } = table;
  return {
    size: used + others.length,
    subject: (row) => (row < used ? table.subjects[row] : others[row - used]) ?? '',
    figure: (row, figure) => (row < used ? (columns[figure][row] ?? 0) : 0),
    publishers: (row) => publishersOf(table, row),
    isEstimate: (row) => row < used && table.isEstimate[row] === 1,
  };
}

/** Connection ids; the server itself (0) is left out. */
function publishersOf(table: SubjectTable, row: number): { publishers: number[]; hasMore: boolean } {
  if (row >= table.used) return { publishers: [], hasMore: false };
  const start = row * PUBLISHERS_KEPT;
  const publishers = [...table.publishers.subarray(start, start + PUBLISHERS_KEPT)].filter((cid) => cid > 0);
  return { publishers, hasMore: table.hasMorePublishers[row] === 1 };
}
