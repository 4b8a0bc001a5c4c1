/**
 * What one leaf node connection is told that this side wants: subscriptions of the account, subjects that it imports or maps, and the
 * subject that shows loops. A hub tells what anybody wants; a leaf node only what its own clients and its own leaf nodes want.
 * Source: nats-server server/leafnode.go initLeafNodeSmapAndSendSubs, updateSmap.
 */
import type { Account, PeerObserver } from '../../account/account.ts';
import { type Subscription, SubscriptionKind } from '../../routing/subscription.ts';
import { type Interest, InterestCounts, membersOf } from '../interest-counts.ts';
import type { LeafConnection } from './leaf-connection.ts';

/** Subjects by which servers notice that a way leads back to them. */
export const LOOP_PREFIX = '$LDS.';
/** Kinds whose interest a leaf node tells its hub. */
const OWN_KINDS: readonly SubscriptionKind[] = [
  SubscriptionKind.client,
  SubscriptionKind.internal,
  SubscriptionKind.own,
  SubscriptionKind.leaf,
];

export class LeafInterest implements PeerObserver {
  private readonly leaf: LeafConnection;
  private readonly account: Account;
  private readonly counts = new InterestCounts();
  /** Sources of mappings that were told. */
  private mapped: readonly string[] = [];

  constructor(leaf: LeafConnection, account: Account) {
    this.leaf = leaf;
    this.account = account;
  }

  /** Tells all that is wanted, and from now on what changes. `loopSubject`: this account's, by which the other side's words are known. */
  begin(loopSubject: string): void {
    const { account, leaf } = this;
    leaf.send(lineOf({ subject: loopSubject, queue: '', origin: '', count: 1 }));
    const tell = (subscription: Subscription): void => this.onInterest(account, subscription, membersOf(subscription, 1));
    account.sublist.forEach(tell);
    account.sublist.forEachOfPeers(tell);
    this.onMappings(account);
    account.observePeers(this);
  }

  end(): void {
    this.account.unobservePeers(this);
  }

  onInterest(_account: Account, subscription: Subscription, change: number): void {
    if (!this.isTold(subscription)) return;
    // What may not be told is not counted; what was told before the rules changed still ends.
    if (change > 0 && !this.leaf.permissions.mayTell(subscription.subject)) return;
    const interest = this.counts.change(subscription, '', change);
    if (interest !== undefined) this.leaf.send(lineOf(interest));
  }

  onMappings(account: Account): void {
    const sources = account.allMappings().map(({ source }) => source);
    for (const subject of sources) {
      if (!this.mapped.includes(subject)) this.change(subject, 1);
    }
    for (const subject of this.mapped) {
      if (!sources.includes(subject)) this.change(subject, -1);
    }
    this.mapped = sources;
  }

  private change(subject: string, change: 1 | -1): void {
    if (change > 0 && !this.leaf.permissions.mayTell(subject)) return;
    const interest = this.counts.change({ subject, queue: '' }, '', change);
    if (interest !== undefined) this.leaf.send(lineOf(interest));
  }

  private isTold({ kind, cid, origin, subject, isLocal, isImport }: Subscription): boolean {
    const { leaf } = this;
    if (kind === SubscriptionKind.tap || cid === leaf.cid || (isLocal && !isImport)) return false;
    const isAcrossLeaf = kind === SubscriptionKind.leaf || kind === SubscriptionKind.hub;
    if (isAcrossLeaf && leaf.isIsolated) return false;
    if (origin !== '' && origin === leaf.remoteCluster) return false;
    return !leaf.isSpoke || OWN_KINDS.includes(kind) || subject.startsWith(LOOP_PREFIX);
  }
}

function lineOf({ subject, queue, count }: Interest): string {
  if (count === 0) return `LS- ${subject}${queue === '' ? '' : ` ${queue}`}\r\n`;
  return `LS+ ${subject}${queue === '' ? '' : ` ${queue} ${count}`}\r\n`;
}
