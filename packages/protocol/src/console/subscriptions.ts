/**
 * Subscriptions, grouped three ways, and the interest tester.
 *
 *   GET /api/subscriptions            viewer   SubscriptionsQuery → Page of the row type that `view` names, with asOfMs
 *   GET /api/subscriptions/interest   viewer   ?subject=&account= → InterestResult
 */
import type { Page, PageQuery } from './common.ts';

export const subscriptionViews = ['subject', 'queue', 'client', 'all'] as const;
export type SubscriptionView = (typeof subscriptionViews)[number];

/** `q` looks at subject, queue, client name and user. `sort`: any field of the row. */
export interface SubscriptionsQuery extends PageQuery {
  view?: SubscriptionView;
  account?: string;
  /** Only subscriptions that would receive this literal subject. */
  matching?: string;
  queue?: string;
  subject?: string;
  cid?: number;
  /** Show `$…` and `_INBOX.>`. Default false. */
  includeSystem?: boolean;
}

export interface SubscriptionsBySubject {
  subject: string;
  account: string;
  subscriptions: number;
  plain: number;
  queueGroups: string[];
  clients: number;
  messages: number;
}

export interface SubscriptionsByQueue {
  queue: string;
  subject: string;
  account: string;
  members: number;
  messages: number;
  /** Share of the busiest member, 0 to 1; null before any message. */
  busiestShare: number | null;
}

export interface SubscriptionsByClient {
  cid: number;
  serverId: string;
  name: string | null;
  user: string | null;
  account: string;
  subscriptions: number;
  messages: number;
  /** A few of the subjects, 5 at most. */
  subjects: string[];
}

export interface SubscriptionRow {
  subject: string;
  queue: string | null;
  sid: string;
  cid: number;
  serverId: string;
  name: string | null;
  user: string | null;
  account: string;
  messages: number;
}

export interface SubscriptionsPages {
  subject: Page<SubscriptionsBySubject> & SubscriptionsMeta;
  queue: Page<SubscriptionsByQueue> & SubscriptionsMeta;
  client: Page<SubscriptionsByClient> & SubscriptionsMeta;
  all: Page<SubscriptionRow> & SubscriptionsMeta;
}

export interface SubscriptionsMeta {
  asOfMs: number;
  /** True when the server has more subscriptions than the console reads (200,000). */
  isTruncated: boolean;
}

export interface InterestMember {
  cid: number;
  sid: string;
  /** The pattern that matches. */
  subject: string;
  name: string | null;
  user: string | null;
  messages: number;
}

/** Every plain subscription receives; of each queue group one member does. */
export interface InterestResult {
  subject: string;
  account: string;
  plain: InterestMember[];
  queues: { queue: string; members: InterestMember[] }[];
  /** True count; lists are cut at 1000. */
  total: number;
  /** Deliveries one message would cause. */
  deliveries: number;
}
