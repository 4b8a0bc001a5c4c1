/** `/api/subscriptions`: grouped three ways, and who would receive a subject. */
import { isLiteralSubject, matchesSubject } from '@sluice/protocol';
import type {
  InterestMember,
  InterestResult,
  Page,
  SubscriptionRow,
  SubscriptionsByClient,
  SubscriptionsByQueue,
  SubscriptionsBySubject,
  SubscriptionsMeta,
  SubscriptionsQuery,
} from '@sluice/protocol/console';
import {
  interestResultSchema,
  subjectQuerySchema,
  subscriptionsPageSchema,
  subscriptionsQuerySchema,
} from '@sluice/protocol/console/schemas';
import type { Console } from '../../console.ts';
import { badField } from '../../http-failure.ts';
import { pageOf } from '../../lists/page.ts';
import { filterSubscriptions, groupByClient, groupByQueue, groupBySubject } from '../../lists/subscription-query.ts';
import { type JsonRecord, numberAt, recordsAt, stringAt, textOrNull } from '../../nats/json-fields.ts';
import { mustAnswer } from '../../nats/service-failure.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';

const MAX_MEMBERS = 1000;

type AnyRow = SubscriptionsBySubject | SubscriptionsByQueue | SubscriptionsByClient | SubscriptionRow;

export function subscriptionRoutes(services: Console): ApiRoute[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/subscriptions',
      role: 'viewer',
      summary: 'Subscriptions by subject, by queue group, by client, or one by one',
      query: subscriptionsQuerySchema,
      returns: 'SubscriptionsPages[view]',
      answer: subscriptionsPageSchema,
      handler: async ({ query }): Promise<Page<AnyRow> & SubscriptionsMeta> => {
        const { asOfMs, isTruncated, rows } = mustAnswer(await services.subscriptions.snapshot());
        return { ...grouped(filterSubscriptions(rows, query), query), asOfMs, isTruncated };
      },
    }),
    defineRoute({
      method: 'GET',
      url: '/api/subscriptions/interest',
      role: 'viewer',
      summary: 'Who would receive a message on this subject now',
      query: subjectQuerySchema,
      returns: 'InterestResult',
      answer: interestResultSchema,
      handler: async ({ query }): Promise<InterestResult> => {
        if (!isLiteralSubject(query.subject)) throw badField('/subject', 'must be a subject without wildcards', 'query');
        return interest(services, query.subject, query.account ?? services.usualAccount());
      },
    }),
  ];
}

function grouped(rows: readonly SubscriptionRow[], query: SubscriptionsQuery): Page<AnyRow> {
  switch (query.view ?? 'subject') {
    case 'subject':
      return pageOf(groupBySubject(rows), query, ['subject', 'account', 'subscriptions', 'plain', 'clients', 'messages']);
    case 'queue':
      return pageOf(groupByQueue(rows), query, ['queue', 'subject', 'account', 'members', 'messages', 'busiestShare']);
    case 'client':
      return pageOf(groupByClient(rows), query, ['cid', 'name', 'user', 'account', 'subscriptions', 'messages']);
    case 'all':
      return pageOf([...rows], query, ['subject', 'queue', 'sid', 'cid', 'name', 'user', 'account', 'messages']);
  }
}

/** From the broker's own matching where it offers it, else from the list of subscriptions. */
async function interest(services: Console, subject: string, account: string): Promise<InterestResult> {
  const { nats, probe } = services;
  const serverId = probe.serverWith('interest');
  if (serverId !== undefined) {
    const answer = mustAnswer(await nats.ask('INTEREST', { account, subject }, serverId));
    const plain = recordsAt(answer, 'plain').map(presentMember);
    const queues = recordsAt(answer, 'queues').map((group) => ({
      queue: stringAt(group, 'queue'),
      members: recordsAt(group, 'members').map(presentMember),
    }));
    const total = numberAt(answer, 'total');
    const listed = plain.length + queues.reduce((sum, group) => sum + group.members.length, 0);
    return { subject, account, plain, queues, total, deliveries: plain.length + queues.length + Math.max(0, total - listed) };
  }
  const { rows } = mustAnswer(await services.subscriptions.snapshot());
  const matching = rows.filter((row) => row.account === account && matchesSubject(subject, row.subject));
  const plain = matching.filter((row) => row.queue === null);
  const queues = new Map<string, InterestMember[]>();
  for (const row of matching) {
    if (row.queue === null) continue;
    const members = queues.get(row.queue) ?? [];
    if (members.length < MAX_MEMBERS) members.push(memberOf(row));
    queues.set(row.queue, members);
  }
  return {
    subject,
    account,
    plain: plain.slice(0, MAX_MEMBERS).map(memberOf),
    queues: [...queues].map(([queue, members]) => ({ queue, members })),
    total: matching.length,
    deliveries: plain.length + queues.size,
  };
}

function memberOf({ cid, sid, subject, name, user, messages }: SubscriptionRow): InterestMember {
  return { cid, sid, subject, name, user, messages };
}

function presentMember(entry: JsonRecord): InterestMember {
  return {
    cid: numberAt(entry, 'cid'),
    sid: stringAt(entry, 'sid'),
    subject: stringAt(entry, 'subject'),
    name: textOrNull(entry, 'name'),
    user: textOrNull(entry, 'user'),
    messages: numberAt(entry, 'messages'),
  };
}
