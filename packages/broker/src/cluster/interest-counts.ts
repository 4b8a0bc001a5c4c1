/**
 * Interest as it is told to another server: each subject that somebody subscribes to, and each queue group with the number of its
 * members. The other side hears of the first and the last plain subscriber and of every change of a group. What leaf nodes of one
 * cluster want is kept apart, so that it is not told to them.
 * Source: nats-server server/route.go updateRouteSubscriptionMap, server/leafnode.go updateSmap.
 */
import type { Subscription } from '../routing/subscription.ts';

export interface Interest {
  readonly subject: string;
  /** Empty for plain subscribers. */
  readonly queue: string;
  /** The cluster of the leaf nodes whose interest it is, or empty. */
  readonly origin: string;
  /** Subscriptions it stands for; 0 once the last has gone. */
  count: number;
}

export class InterestCounts {
  private readonly interests: Map<string, Interest> = new Map();

  /** Counts `change` members more or less; returns the interest when the other side must hear of it. */
  change({ subject, queue }: Pick<Subscription, 'subject' | 'queue'>, origin: string, change: number): Interest | undefined {
    const key = `${subject}${queue === '' ? '' : ` ${queue}`}${origin === '' ? '' : ` @ ${origin}`}`;
    let interest = this.interests.get(key);
    if (interest === undefined) {
      if (change <= 0) return undefined;
      interest = { subject, queue, origin, count: 0 };
      this.interests.set(key, interest);
    }
    const before = interest.count;
    interest.count = Math.max(0, before + change);
    if (interest.count === 0) this.interests.delete(key);
    return queue !== '' || before === 0 || interest.count === 0 ? interest : undefined;
  }

  values(): Iterable<Interest> {
    return this.interests.values();
  }
}

/** Members that a subscription which comes (1) or goes (-1) brings or takes. */
export function membersOf({ queue, weight }: Subscription, change: 1 | -1): number {
  return queue === '' ? change : change * weight;
}
