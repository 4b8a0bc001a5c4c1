/** The state of the subscriptions page in the URL: grouping, search, sorting, and the subject that is tried. */
import { type SubscriptionsQuery, type SubscriptionView, subscriptionViews } from '@sluice/protocol/console';

export interface SubscriptionsSearch {
  /** Empty: the usual one. */
  account: string;
  view: SubscriptionView;
  q: string;
  includeSystem: boolean;
  sort: string | null;
  order: 'asc' | 'desc';
  /** Narrows `all` to one group. */
  subject: string | null;
  queue: string | null;
  cid: number | null;
  /** Subject of the interest tester. */
  interest: string;
}

function text(value: unknown, maxChars: number): string {
  return typeof value === 'string' ? value.slice(0, maxChars) : '';
}

function textOrNull(value: unknown): string | null {
  const read = text(value, 1024);
  return read === '' ? null : read;
}

/** Reads the query of the URL, whatever it holds. */
export function parseSubscriptionsSearch(query: Record<string, unknown>): SubscriptionsSearch {
  const cid = text(query['cid'], 15);
  return {
    account: text(query['account'], 256),
    view: subscriptionViews.find((view) => view === query['view']) ?? 'subject',
    q: text(query['q'], 256),
    includeSystem: query['system'] === 'true',
    sort: textOrNull(query['sort']),
    order: query['order'] === 'asc' ? 'asc' : 'desc',
    subject: textOrNull(query['subject']),
    queue: textOrNull(query['queue']),
    cid: /^\d+$/.test(cid) ? Number(cid) : null,
    interest: text(query['interest'], 1024),
  };
}

/** The query of the URL; what is as it always is stays out. */
export function subscriptionsSearchQuery(search: SubscriptionsSearch): Record<string, string> {
  const query: Record<string, string> = {};
  if (search.account !== '') query['account'] = search.account;
  if (search.view !== 'subject') query['view'] = search.view;
  if (search.q !== '') query['q'] = search.q;
  if (search.includeSystem) query['system'] = 'true';
  if (search.sort !== null) query['sort'] = search.sort;
  if (search.sort !== null && search.order === 'asc') query['order'] = 'asc';
  if (search.subject !== null) query['subject'] = search.subject;
  if (search.queue !== null) query['queue'] = search.queue;
  if (search.cid !== null) query['cid'] = String(search.cid);
  if (search.interest !== '') query['interest'] = search.interest;
  return query;
}

/** What the API is asked, without paging; `usualAccount` is what an empty account stands for. */
export function subscriptionsQueryOf(search: SubscriptionsSearch, usualAccount: string): SubscriptionsQuery {
  return {
    view: search.view,
    account: search.account === '' ? usualAccount : search.account,
    ...(search.q === '' ? {} : { q: search.q }),
    ...(search.includeSystem ? { includeSystem: true } : {}),
    ...(search.sort === null ? {} : { sort: search.sort, order: search.order }),
    ...(search.subject === null ? {} : { subject: search.subject }),
    ...(search.queue === null ? {} : { queue: search.queue }),
    ...(search.cid === null ? {} : { cid: search.cid }),
  };
}

/** The group that `all` is narrowed to, in words; null when it is not. */
export function narrowedTo(search: SubscriptionsSearch): { label: string; value: string } | null {
  if (search.queue !== null)
    return { label: 'queue group', value: search.subject === null ? search.queue : `${search.queue} on ${search.subject}` };
  if (search.subject !== null) return { label: 'subject', value: search.subject };
  return search.cid === null ? null : { label: 'client', value: `cid ${search.cid}` };
}
