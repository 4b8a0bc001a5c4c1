/**
 * SUBJECTZ: published subjects with their figures and subscribed ones beside them, as a list or grouped for a tree. Rows are chosen by
 * their numbers; objects are made for the page alone.
 */
import { matchesSubject, type SubjectStatistics as SubjectRow, type Subjectz, subjectsOverlap } from '@sluice/protocol';
import { latin1Bytes } from '@sluice/protocol/wire';
import type { Account } from '../../account/account.ts';
import { topOf } from '../../monitor/top-of.ts';
import { fromWireText } from '../../monitor/wire-text.ts';
import { groupSubjects } from './subject-groups.ts';
import { type SubjectSource, subjectSource } from './subject-source.ts';
import type { SubjectStatistics } from './subject-statistics.ts';
import { TRACKED_SUBJECTS_MAX } from './subject-table.ts';
import type { CheckedSubjectz, SubjectzSort } from './subjectz-request.ts';

/** One answer. `subscribed` are the distinct subjects of the account's client subscriptions. */
export function buildSubjectz(
  statistics: SubjectStatistics,
  subscribed: ReadonlySet<string>,
  request: CheckedSubjectz,
): Subjectz {
  const { table } = statistics;
  const source = subjectSource(table, subscribed);
  const rows: number[] = [];
  for (let row = 0; row < source.size; row++) if (isWanted(source.subject(row), request)) rows.push(row);
  const page = request.isGrouped
    ? groupSubjects(source, rows, { request, account: statistics.account })
    : listSubjects(source, rows, { request, account: statistics.account });
  return {
    account: statistics.account.name,
    since_us: statistics.sinceUs,
    total: page.total,
    offset: request.offset,
    limit: request.limit,
    subjects: page.subjects,
    tracked: table.used,
    tracked_max: TRACKED_SUBJECTS_MAX,
    untracked_messages: table.untrackedMessages,
  };
}

function isWanted(subject: string, request: CheckedSubjectz): boolean {
  if (!request.includeSystem && (subject.startsWith('$') || subject.startsWith('_INBOX.'))) return false;
  const { pattern } = request;
  if (pattern === '') return true;
  if (request.hasWildcards) return matchesSubject(subject, pattern) || (isPattern(subject) && subjectsOverlap(subject, pattern));
  return subject.startsWith(pattern) && (subject.length === pattern.length || subject[pattern.length] === '.');
}

/** Cheap first look; a literal `foo*` that slips through only costs a comparison more. */
function isPattern(subject: string): boolean {
  return subject.includes('*') || subject.includes('>');
}

function listSubjects(
  source: SubjectSource,
  rows: number[],
  context: { readonly request: CheckedSubjectz; readonly account: Account },
): { total: number; subjects: SubjectRow[] } {
  const { request, account } = context;
  const compare = rowOrder(source, request.sort);
  const page = topOf(rows, request.offset + request.limit, compare).slice(request.offset);
  return { total: rows.length, subjects: page.map((row) => toRow(source, row, account)) };
}

/** Ties and equal figures go by name, so that pages are stable. */
function rowOrder(source: SubjectSource, sort: SubjectzSort): (a: number, b: number) => number {
  const byName = (a: number, b: number): number => (source.subject(a) < source.subject(b) ? -1 : 1);
  if (sort === 'subject') return byName;
  return (a, b) => source.figure(b, sort) - source.figure(a, sort) || byName(a, b);
}

function toRow(source: SubjectSource, row: number, account: Account): SubjectRow {
  const subject = source.subject(row);
  const { publishers, hasMore } = source.publishers(row);
  const lastSeenMs = source.figure(row, 'last_seen');
  return {
    subject: fromWireText(subject),
    subjects: 1,
    messages: source.figure(row, 'messages'),
    bytes: source.figure(row, 'bytes'),
    messages_per_s: source.figure(row, 'rate'),
    bytes_per_s: source.figure(row, 'bytes_rate'),
    publishers,
    publishers_more: hasMore,
    ...(lastSeenMs > 0 ? { last_seen_us: lastSeenMs * 1000 } : {}),
    subscribers: subscriberCount(account, subject),
    is_estimate: source.isEstimate(row),
  };
}

function subscriberCount(account: Account, subject: string): number {
  const match = account.sublist.matchLocal(latin1Bytes(subject));
  let count = match.plain.length;
  for (const queue of match.queues) count += queue.members.length;
  return count;
}
