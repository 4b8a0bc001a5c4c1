/** One interest of one subscriber: `SUB subject [queue] sid`. Owned by its subscriber; the sublist only refers to it. */
import type { Subscriber } from './subscriber.ts';

/** What a subscription is for. A tap sees messages without counting as interest. */
export const SubscriptionKind = { client: 0, internal: 1, tap: 2 } as const;
export type SubscriptionKind = (typeof SubscriptionKind)[keyof typeof SubscriptionKind];

export class Subscription {
  readonly subscriber: Subscriber;
  /** The subject pattern as latin1 text: one char per byte. */
  readonly subject: string;
  /** Queue group, or an empty string. */
  readonly queue: string;
  readonly sid: string;
  readonly sidBytes: Uint8Array;
  readonly kind: SubscriptionKind;
  /** Connection id of the owner; 0 for internal ones. */
  readonly cid: number;
  /** Messages delivered since the start of the subscription. */
  deliveredCount = 0;
  /** Auto-unsubscribe after this many delivered messages; 0 is never. */
  maxCount = 0;
  isClosed = false;

  constructor(subscriber: Subscriber, subject: string, queue: string, sid: string, kind: SubscriptionKind, cid: number) {
    this.subscriber = subscriber;
    this.subject = subject;
    this.queue = queue;
    this.sid = sid;
    this.sidBytes = Buffer.from(sid, 'latin1');
    this.kind = kind;
    this.cid = cid;
  }
}
