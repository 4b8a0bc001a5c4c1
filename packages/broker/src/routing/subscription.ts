/** One interest of one subscriber: `SUB subject [queue] sid`. Owned by its subscriber; the sublist only refers to it. */
import { latin1Bytes } from '@sluice/protocol/wire';
import type { Subscriber } from './subscriber.ts';

/**
 * What a subscription is for. A tap sees messages without counting as interest. `own`: a service that nats-server has not; it is
 * interest as any other, but stays out of the figures that are compared with nats-server's. From `route` on it is interest of another
 * server: one of the cluster, a leaf node of this server, or the hub that this server is a leaf node of.
 */
export const SubscriptionKind = { client: 0, internal: 1, tap: 2, own: 3, route: 4, leaf: 5, hub: 6 } as const;
export type SubscriptionKind = (typeof SubscriptionKind)[keyof typeof SubscriptionKind];

export interface SubscriptionOptions {
  readonly subscriber: Subscriber;
  /** The subject pattern, one char per byte. */
  readonly subject: string;
  /** Queue group, or an empty string. */
  readonly queue: string;
  readonly sid: string;
  readonly kind: SubscriptionKind;
  /** Connection id of the owner; 0 for internal ones. */
  readonly cid: number;
  /** Stands for a subscription of another account; left out of counts and lists. */
  readonly isShadow?: boolean;
  /** Other servers of the cluster are not told of it: each has one of its own. */
  readonly isLocal?: boolean;
  /** It leads to another account; leaf nodes are told of it all the same, because they have no account of that name. */
  readonly isImport?: boolean;
  /** The cluster of the leaf nodes whose interest it is. */
  readonly origin?: string;
}

export class Subscription {
  readonly subscriber: Subscriber;
  readonly subject: string;
  readonly queue: string;
  readonly sid: string;
  readonly sidBytes: Uint8Array;
  readonly kind: SubscriptionKind;
  readonly cid: number;
  readonly isShadow: boolean;
  readonly isLocal: boolean;
  readonly isImport: boolean;
  readonly origin: string;
  /** Members that a queue subscription of another server stands for. */
  weight = 1;
  /** Messages delivered since the start of the subscription. */
  deliveredCount = 0;
  /** Auto-unsubscribe after this many delivered messages; 0 is never. */
  maxCount = 0;
  /** True when a delivery needs more than a copy: a maximum, echo off, a deny rule, no header support. */
  hasRules = false;
  /** Patterns of the owner's deny rules that overlap this subscription; each delivery is checked against them. */
  denied: readonly string[] | null = null;
  /** Allow patterns that deliveries must lie within, when the subscription as a whole does not. */
  limitedTo: readonly string[] | null = null;
  isClosed = false;
  /** False for a tap that only counts right now: a large payload need not be read for it. */
  wantsPayload = true;

  constructor(options: SubscriptionOptions) {
    this.subscriber = options.subscriber;
    this.subject = options.subject;
    this.queue = options.queue;
    this.sid = options.sid;
    this.sidBytes = latin1Bytes(options.sid);
    this.kind = options.kind;
    this.cid = options.cid;
    this.isShadow = options.isShadow === true;
    this.isLocal = options.isLocal === true;
    this.isImport = options.isImport === true;
    this.origin = options.origin ?? '';
  }
}

/** True for interest of another server. */
export function isOfPeer(kind: SubscriptionKind): boolean {
  return kind >= SubscriptionKind.route;
}
