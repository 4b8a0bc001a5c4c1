/** What this server wants from others of the cluster, per account: what its clients, itself and its leaf nodes subscribe to. */
import type { Account, PeerObserver } from '../../account/account.ts';
import { type Subscription, SubscriptionKind } from '../../routing/subscription.ts';
import { type Interest, InterestCounts, membersOf } from '../interest-counts.ts';

export class LocalInterest implements PeerObserver {
  private readonly byAccount: Map<Account, InterestCounts> = new Map();
  private readonly onChange: (account: Account, interest: Interest) => void;

  /** `onChange` is told of what other servers must hear. */
  constructor(onChange: (account: Account, interest: Interest) => void) {
    this.onChange = onChange;
  }

  /** Counts what is there and what comes and goes from now on. */
  watch(account: Account): void {
    if (this.byAccount.has(account)) return;
    this.byAccount.set(account, new InterestCounts());
    const count = (subscription: Subscription): void => this.onInterest(account, subscription, membersOf(subscription, 1));
    account.sublist.forEach(count);
    // Leaf nodes may be there already; what other servers of the cluster want is left out below.
    account.sublist.forEachOfPeers(count);
    account.observePeers(this);
  }

  /** Stops counting. */
  close(): void {
    for (const account of this.byAccount.keys()) account.unobservePeers(this);
    this.byAccount.clear();
  }

  accounts(): Account[] {
    return [...this.byAccount.keys()];
  }

  of(account: Account): Iterable<Interest> {
    return this.byAccount.get(account)?.values() ?? [];
  }

  onInterest(account: Account, subscription: Subscription, change: number): void {
    const { kind, isLocal, origin } = subscription;
    // Other servers of the cluster have their own word from the hub of this one's leaf nodes, and from one another.
    const isForeign = kind === SubscriptionKind.tap || kind === SubscriptionKind.route || kind === SubscriptionKind.hub;
    if (isForeign || isLocal) return;
    const interest = this.byAccount.get(account)?.change(subscription, origin, change);
    if (interest !== undefined) this.onChange(account, interest);
  }
}
