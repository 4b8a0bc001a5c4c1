/** A leaf node connection among the clients of `/connz`, where nats-server lists it, too. */
import type { LeafConnectionFacts } from '../cluster/facts.ts';
import type { Subscription } from '../routing/subscription.ts';
import type { Server } from '../server.ts';

export class ListedLeaf {
  readonly facts: LeafConnectionFacts;
  readonly cid: number;
  readonly startUs: number;
  readonly lastActivityMs: number;
  readonly inMessages: number;
  readonly outMessages: number;
  readonly inBytes: number;
  readonly outBytes: number;
  readonly rttUs: number;
  readonly pendingBytes: number;
  readonly subscriptionCount: number;
  readonly user: string;
  readonly account: string;
  /** It is open. */
  readonly stopUs = 0;
  readonly reason = '';

  constructor(facts: LeafConnectionFacts) {
    this.facts = facts;
    this.cid = facts.cid;
    this.startUs = facts.startUs;
    this.lastActivityMs = facts.lastActivityMs;
    this.inMessages = facts.inMessages;
    this.outMessages = facts.outMessages;
    this.inBytes = facts.inBytes;
    this.outBytes = facts.outBytes;
    this.rttUs = facts.rttUs;
    this.pendingBytes = facts.pendingBytes;
    this.subscriptionCount = facts.subscriptionCount;
    this.user = facts.userName;
    this.account = facts.accountName;
  }

  get subscriptions(): Subscription[] {
    return this.facts.subscriptions();
  }
}

/** All of them, of one account when it is named. */
export function listedLeafs({ leafs }: Server, account: string): ListedLeaf[] {
  const all = (leafs?.connections() ?? []).map((facts) => new ListedLeaf(facts));
  return account === '' ? all : all.filter((leaf) => leaf.account === account);
}
