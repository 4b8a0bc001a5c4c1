/** Where a message of another server came from, and what that server has decided. One object per connection, filled anew each time. */
import type { Subscriber } from './subscriber.ts';
import { SubscriptionKind } from './subscription.ts';

/** A route, a leaf node of this server, or the hub that this server is a leaf node of. */
export type PeerKind = typeof SubscriptionKind.route | typeof SubscriptionKind.leaf | typeof SubscriptionKind.hub;

export class PeerArrival {
  readonly kind: PeerKind;
  /** What the connection receives by: the message does not go back there. Null for routes, which are never sent on to. */
  readonly subscriber: Subscriber | null;
  /** The cluster of leaf nodes that the message came from, or empty: it does not go back to any of them. */
  origin = '';
  /** The groups of which one member each is to have it; null for none. */
  queues: readonly string[] | null = null;
  /** All groups are to have it, whatever `queues` says: a mapping of this server chose the subject. */
  servesAllQueues = false;
  /** The subject that it is routed by, when that is not the one that receivers see. */
  target: Uint8Array | null = null;

  constructor(kind: PeerKind, subscriber: Subscriber | null) {
    this.kind = kind;
    this.subscriber = subscriber;
  }

  /** True when it may go on to another server. */
  mayGoTo(kind: SubscriptionKind, cluster: string, isServiceReply: boolean): boolean {
    const isRoute = kind === SubscriptionKind.route;
    if (this.kind === SubscriptionKind.route) {
      if (isRoute || (kind === SubscriptionKind.hub && !isServiceReply)) return false;
    } else if (this.kind === SubscriptionKind.hub && isRoute) return false;
    return isRoute || this.origin === '' || this.origin !== cluster;
  }
}
