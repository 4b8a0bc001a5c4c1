/** One level of the subject tree: rows grouped by the token that follows the pattern's literal tokens. */
import type { SubjectStatistics as SubjectRow } from '@sluice/protocol';
import type { Account } from '../../account/account.ts';
import { fromWireText } from '../../monitor/wire-text.ts';
import { SubscriptionKind } from '../../routing/subscription.ts';
import type { SubjectSource } from './subject-source.ts';
import type { CheckedSubjectz, SubjectzSort } from './subjectz-request.ts';

const MAX_PUBLISHERS = 8;

interface Group {
  readonly subject: string;
  subjects: number;
  messages: number;
  bytes: number;
  rate: number;
  byteRate: number;
  lastSeenMs: number;
  isEstimate: boolean;
  hasChildren: boolean;
  hasMore: boolean;
  readonly publishers: Set<number>;
}

/** `total` counts groups. A subject that is the prefix itself stands at the level above and is left out here. */
export function groupSubjects(
  source: SubjectSource,
  rows: readonly number[],
  context: { readonly request: CheckedSubjectz; readonly account: Account },
): { total: number; subjects: SubjectRow[] } {
  const { request, account } = context;
  const prefix = literalPrefix(request.pattern);
  const groups = new Map<string, Group>();
  for (const row of rows) addToGroup(groups, source, row, prefix);
  const sorted = [...groups.values()].sort(groupOrder(request.sort));
  const subscribers = countSubscribers(account, prefix);
  const page = sorted.slice(request.offset, request.offset + request.limit);
  return { total: sorted.length, subjects: page.map((group) => toRow(group, subscribers(lastToken(group.subject)))) };
}

/** The tokens before the first wildcard, joined. */
function literalPrefix(pattern: string): string {
  const tokens = pattern === '' ? [] : pattern.split('.');
  const wild = tokens.findIndex((token) => token === '*' || token === '>');
  return (wild < 0 ? tokens : tokens.slice(0, wild)).join('.');
}

function addToGroup(groups: Map<string, Group>, source: SubjectSource, row: number, prefix: string): void {
  const subject = source.subject(row);
  const start = prefix === '' ? 0 : prefix.length + 1;
  if (subject.length <= start || (prefix !== '' && !subject.startsWith(`${prefix}.`))) return;
  const end = subject.indexOf('.', start);
  const name = end < 0 ? subject : subject.slice(0, end);
  let group = groups.get(name);
  if (group === undefined) {
    group = emptyGroup(name);
    groups.set(name, group);
  }
  addFigures(group, source, row);
  if (end >= 0) group.hasChildren = true;
}

function emptyGroup(subject: string): Group {
  return {
    subject,
    subjects: 0,
    messages: 0,
    bytes: 0,
    rate: 0,
    byteRate: 0,
    lastSeenMs: 0,
    isEstimate: false,
    hasChildren: false,
    hasMore: false,
    publishers: new Set(),
  };
}

function addFigures(group: Group, source: SubjectSource, row: number): void {
  group.subjects++;
  group.messages += source.figure(row, 'messages');
  group.bytes += source.figure(row, 'bytes');
  group.rate += source.figure(row, 'rate');
  group.byteRate += source.figure(row, 'bytes_rate');
  group.lastSeenMs = Math.max(group.lastSeenMs, source.figure(row, 'last_seen'));
  if (source.isEstimate(row)) group.isEstimate = true;
  if (group.hasMore) return;
  const { publishers, hasMore } = source.publishers(row);
  if (hasMore) group.hasMore = true;
  for (const cid of publishers) {
    if (group.publishers.size < MAX_PUBLISHERS) group.publishers.add(cid);
    else if (!group.publishers.has(cid)) group.hasMore = true;
  }
}

function groupOrder(sort: SubjectzSort): (a: Group, b: Group) => number {
  const byName = (a: Group, b: Group): number => (a.subject < b.subject ? -1 : 1);
  switch (sort) {
    case 'subject':
      return byName;
    case 'rate':
      return (a, b) => b.rate - a.rate || byName(a, b);
    case 'bytes_rate':
      return (a, b) => b.byteRate - a.byteRate || byName(a, b);
    case 'messages':
      return (a, b) => b.messages - a.messages || byName(a, b);
    case 'bytes':
      return (a, b) => b.bytes - a.bytes || byName(a, b);
    case 'last_seen':
      return (a, b) => b.lastSeenMs - a.lastSeenMs || byName(a, b);
  }
}

/** Subscriptions that overlap `<prefix>.<token>` or anything below it, for each token, in one pass over all subscriptions. */
function countSubscribers(account: Account, prefix: string): (token: string) => number {
  const tokens = prefix === '' ? [] : prefix.split('.');
  const byToken = new Map<string, number>();
  let everywhere = 0;
  account.sublist.forEach((subscription) => {
    if (subscription.kind !== SubscriptionKind.client) return;
    const token = tokenBehind(subscription.subject, tokens);
    if (token === undefined) return;
    if (token === '*' || token === '>') everywhere++;
    else byToken.set(token, (byToken.get(token) ?? 0) + 1);
  });
  return (token) => everywhere + (byToken.get(token) ?? 0);
}

/** The token of a pattern that stands behind `tokens`, `>` when it covers everything there, undefined when it does not reach it. */
function tokenBehind(pattern: string, tokens: readonly string[]): string | undefined {
  let start = 0;
  for (const token of tokens) {
    const end = pattern.indexOf('.', start);
    const own = end < 0 ? pattern.slice(start) : pattern.slice(start, end);
    if (end < 0) return own === '>' ? '>' : undefined;
    if (own !== token && own !== '*') return undefined;
    start = end + 1;
  }
  const end = pattern.indexOf('.', start);
  return end < 0 ? pattern.slice(start) : pattern.slice(start, end);
}

function lastToken(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}

function toRow(group: Group, subscribers: number): SubjectRow {
  return {
    subject: fromWireText(group.subject),
    subjects: group.subjects,
    has_children: group.hasChildren,
    messages: group.messages,
    bytes: group.bytes,
    messages_per_s: group.rate,
    bytes_per_s: group.byteRate,
    publishers: [...group.publishers],
    publishers_more: group.hasMore,
    ...(group.lastSeenMs > 0 ? { last_seen_us: group.lastSeenMs * 1000 } : {}),
    subscribers,
    is_estimate: group.isEstimate,
  };
}
