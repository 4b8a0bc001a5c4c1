/**
 * What this server wants from others: per account, each subject that somebody here subscribes to, and each queue group with the number
 * of its members here. Others hear of the first and the last plain subscriber and of every change of a group.
 * Source: nats-server server/route.go updateRouteSubscriptionMap.
 */
import type { Account } from '../../account/account.ts';
import { type Subscription, SubscriptionKind } from '../../routing/subscription.ts';

export interface Interest {
  readonly subject: string;
  /** Empty for plain subscribers. */
  readonly queue: string;
  /** Subscriptions it stands for; 0 once the last has gone. */
  count: number;
}

export class LocalInterest {
  private readonly byAccount: Map<Account, Map<string, Interest>> = new Map();
  private readonly onChange: (account: Account, interest: Interest) => void;

  /** `onChange` is told of what other servers must hear. */
  constructor(onChange: (account: Account, interest: Interest) => void) {
    this.onChange = onChange;
  }

  /** Counts what is there and what comes and goes from now on. */
  watch(account: Account): void {
    if (this.byAccount.has(account)) return;
    this.byAccount.set(account, new Map());
    account.sublist.forEach((subscription) => void this.note(account, subscription, 1));
    account.clusterObserver = this.note;
  }

  /** Stops counting. */
  close(): void {
    for (const account of this.byAccount.keys()) account.clusterObserver = null;
    this.byAccount.clear();
  }

  accounts(): Account[] {
    return [...this.byAccount.keys()];
  }

  of(account: Account): Iterable<Interest> {
    return this.byAccount.get(account)?.values() ?? [];
  }

  private readonly note = (account: Account, subscription: Subscription, change: 1 | -1): void => {
    const { kind, isLocal, subject, queue } = subscription;
    if (kind === SubscriptionKind.tap || kind === SubscriptionKind.route || isLocal) return;
    const interests = this.byAccount.get(account);
    if (interests === undefined) return;
    const key = queue === '' ? subject : `${subject} ${queue}`;
    let interest = interests.get(key);
    if (interest === undefined) {
      if (change < 0) return;
      interest = { subject, queue, count: 0 };
      interests.set(key, interest);
    }
    interest.count += change;
    if (interest.count === 0) interests.delete(key);
    const isTold = queue !== '' || interest.count === 0 || (interest.count === 1 && change === 1);
    if (isTold) this.onChange(account, interest);
  };
}
