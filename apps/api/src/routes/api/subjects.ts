/** `/api/subjects`: what is published, with rates, and what is subscribed. */
import { hasWildcards, isValidSubject, matchesSubject, subjectsOverlap } from '@sluice/protocol';
import {
  PAGE_LIMIT_DEFAULT,
  type SubjectDetail,
  type SubjectRow,
  type SubjectSubscriberGroup,
  type SubjectsPage,
  type SubjectsQuery,
  type SubscriptionRow,
  subjectSortKeys,
} from '@sluice/protocol/console';
import {
  subjectDetailSchema,
  subjectQuerySchema,
  subjectsPageSchema,
  subjectsQuerySchema,
} from '@sluice/protocol/console/schemas';
import type { Console } from '../../console.ts';
import { badField } from '../../http-failure.ts';
import { pageOf } from '../../lists/page.ts';
import { interestNodes, isSystemSubject } from '../../lists/subscription-query.ts';
import { numberAt, numberOrNull, recordsAt } from '../../nats/json-fields.ts';
import { mustAnswer } from '../../nats/service-failure.ts';
import { interestRow, presentSubject } from '../../presenters/subjects.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';

const MAX_MEMBERS = 100;
const serverSort = {
  msgsPerS: 'rate',
  bytesPerS: 'bytes_rate',
  messages: 'messages',
  bytes: 'bytes',
  lastSeenAtMs: 'last_seen',
  subject: 'subject',
} as const;

export function subjectRoutes(services: Console): ApiRoute[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/subjects',
      role: 'viewer',
      summary: 'Subjects as a tree, one level at a time, or flat; published with rates, or as subscriptions tell them',
      query: subjectsQuerySchema,
      returns: 'SubjectsPage',
      answer: subjectsPageSchema,
      handler: async ({ query }): Promise<SubjectsPage> => {
        if (query.prefix !== undefined && query.prefix !== '' && !isValidSubject(query.prefix)) {
          throw badField('/prefix', 'must be tokens with dots between', 'query');
        }
        return services.probe.serverWith('subjectz') === undefined
          ? interestPage(services, query)
          : publishedPage(services, query);
      },
    }),
    defineRoute({
      method: 'GET',
      url: '/api/subjects/detail',
      role: 'viewer',
      summary: 'One subject: figures, publishers, subscribers by queue group',
      query: subjectQuerySchema,
      returns: 'SubjectDetail',
      answer: subjectDetailSchema,
      handler: async ({ query }): Promise<SubjectDetail> =>
        subjectDetail(services, query.subject, query.account ?? services.usualAccount()),
    }),
  ];
}

/** The pattern that `q` and `prefix` ask the server for; plain text without dots or wildcards is looked for here. */
function patternOf(query: SubjectsQuery): { pattern?: string; contains?: string } {
  const text = query.q?.trim() ?? '';
  if (text !== '' && isValidSubject(text) && (hasWildcards(text) || text.includes('.'))) return { pattern: text };
  const base = query.prefix === undefined || query.prefix === '' ? {} : { pattern: query.prefix };
  return text === '' ? base : { ...base, contains: text.toLowerCase() };
}

/** Rows looked through for plain text; the server itself matches only patterns. */
const SEARCH_ROWS = 1000;

async function publishedPage(services: Console, query: SubjectsQuery): Promise<SubjectsPage> {
  const { nats, probe, clock } = services;
  const { offset = 0, limit = PAGE_LIMIT_DEFAULT, account = services.usualAccount() } = query;
  const { pattern, contains } = patternOf(query);
  const isTree = query.view !== 'flat' && contains === undefined && (query.q ?? '') === '';
  const sortKey = subjectSortKeys.find((key) => key === query.sort) ?? 'msgsPerS';
  const body = {
    account,
    ...(pattern === undefined ? {} : { pattern }),
    group: isTree ? 'children' : 'none',
    sort: serverSort[sortKey],
    offset: contains === undefined ? offset : 0,
    limit: contains === undefined ? limit : SEARCH_ROWS,
    include_system: query.includeSystem === true,
  };
  const answer = mustAnswer(await nats.ask('SUBJECTZ', body, probe.serverWith('subjectz')));
  const rows = recordsAt(answer, 'subjects').map((entry) => presentSubject(entry, isTree));
  const found = contains === undefined ? rows : rows.filter((row) => row.subject.toLowerCase().includes(contains));
  const sinceUs = numberOrNull(answer, 'since_us');
  return {
    items: contains === undefined ? found : found.slice(offset, offset + limit),
    total: contains === undefined ? numberAt(answer, 'total') : found.length,
    offset,
    limit,
    asOfMs: clock.nowMs(),
    account,
    source: 'published',
    sinceMs: sinceUs === null ? null : sinceUs / 1000,
    tracked: numberOrNull(answer, 'tracked'),
    trackedMax: numberOrNull(answer, 'tracked_max'),
    untrackedMessages: numberOrNull(answer, 'untracked_messages'),
  };
}

async function interestPage(services: Console, query: SubjectsQuery): Promise<SubjectsPage> {
  const account = query.account ?? services.usualAccount();
  const snapshot = mustAnswer(await services.subscriptions.snapshot());
  const { pattern, contains } = patternOf(query);
  const isSearch = contains !== undefined || (query.q ?? '') !== '';
  const rows = snapshot.rows.filter(
    (row) =>
      row.account === account &&
      (query.includeSystem === true || !isSystemSubject(row.subject)) &&
      (contains === undefined || row.subject.toLowerCase().includes(contains)) &&
      (!isSearch || pattern === undefined || row.subject === pattern || matchesSubject(row.subject, pattern)),
  );
  const nodes = interestNodes(rows, query.prefix ?? '', query.view !== 'flat' && !isSearch);
  const sortKey = subjectSortKeys.find((key) => key === query.sort) ?? 'subject';
  const page = pageOf<SubjectRow>(nodes, { ...query, sort: sortKey }, subjectSortKeys, sortKey === 'subject' ? 'asc' : 'desc');
  return {
    ...page,
    asOfMs: snapshot.asOfMs,
    account,
    source: 'interest',
    sinceMs: null,
    tracked: null,
    trackedMax: null,
    untrackedMessages: null,
  };
}

async function subjectDetail(services: Console, subject: string, account: string): Promise<SubjectDetail> {
  const { nats, probe, connections, clock } = services;
  if (!isValidSubject(subject)) throw badField('/subject', 'is not a valid subject', 'query');
  const snapshot = mustAnswer(await services.subscriptions.snapshot());
  const reaches = (pattern: string): boolean =>
    pattern === subject || (hasWildcards(subject) ? subjectsOverlap(subject, pattern) : matchesSubject(subject, pattern));
  const subscribers = snapshot.rows.filter((row) => row.account === account && reaches(row.subject));
  const serverId = probe.serverWith('subjectz');
  const answer =
    serverId === undefined
      ? undefined
      : await nats.ask('SUBJECTZ', { account, pattern: subject, group: 'none', limit: 1000, include_system: true }, serverId);
  const entry =
    answer?.ok === true ? recordsAt(answer.value, 'subjects').find((known) => known['subject'] === subject) : undefined;
  const row = entry === undefined ? interestRow(subject, 1, subscribers.length, false, true) : presentSubject(entry, false);
  const cids = entry === undefined ? [] : publisherCids(entry['publishers']);
  return {
    asOfMs: clock.nowMs(),
    row: { ...row, subscribers: subscribers.length },
    publishers: cids.map((cid) => {
      const connection = connections.find(cid);
      return { cid, name: connection?.name ?? null, user: connection?.user ?? null };
    }),
    groups: subscriberGroups(subscribers),
  };
}

function publisherCids(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((cid): cid is number => typeof cid === 'number') : [];
}

function subscriberGroups(rows: readonly SubscriptionRow[]): SubjectSubscriberGroup[] {
  const groups = new Map<string, SubjectSubscriberGroup>();
  for (const { queue, subject, messages, cid, name, user } of rows) {
    const key = `${queue ?? ''} ${subject}`;
    const group = groups.get(key) ?? { queue, subject, subscriptions: 0, messages: 0, members: [] };
    group.subscriptions += 1;
    group.messages += messages;
    if (group.members.length < MAX_MEMBERS) group.members.push({ cid, name, user });
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.subscriptions - a.subscriptions);
}
