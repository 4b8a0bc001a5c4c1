// hot path
/**
 * Who receives one subject: the result of a sublist walk. Cached matches belong to one subject and carry rendered frame
 * prefixes; the scratch match of a sublist is filled anew for each subject that is not cached.
 */
import type { RoutedMatch } from './routed-match.ts';
import type { FramePrefix } from './subscriber.ts';
import { type Subscription, SubscriptionKind } from './subscription.ts';

/** The members of one queue group that match, from all patterns together. */
export class QueueMatch {
  readonly name: string;
  members: Subscription[];
  prefixes: FramePrefix[] | null = null;
  /** True when `members` was made for this match and may be appended to. */
  isMerged = false;

  constructor(name: string, members: Subscription[]) {
    this.name = name;
    this.members = members;
  }
}

export class Match {
  /** The subject of a cached match; null for the scratch match. */
  readonly subject: Uint8Array | null;
  readonly subjectHash: number;
  plain: Subscription[] = [];
  prefixes: FramePrefix[] | null = null;
  queues: QueueMatch[] = [];
  taps: Subscription[] = [];
  /** Some plain or queue subscription matches. */
  hasInterest = false;
  /** At least two plain subscriptions, all of clients with the same sid and no rule to check. */
  isUniform = false;
  /** Which of the sublist's generations the subject's first token belongs to. */
  readonly bucket: number;
  /** Sum of the sublist's generations when this was filled; another sum means it is stale. */
  filledAt = -1;
  /** How often this was asked for, less what competing subjects took away: decides who stays cached. */
  hits = 0;
  /**
   * What goes to other servers: while anything does, its stand-in is one of `plain`, and the queue groups with members
   * there are in it and not in `queues`. Null until the account has had such interest.
   */
  routed: RoutedMatch | null = null;
  /** A place for the publish observer to remember its own entry for this subject. */
  observerSlot = -1;

  constructor(subject: Uint8Array | null, subjectHash: number, bucket: number) {
    this.subject = subject;
    this.subjectHash = subjectHash;
    this.bucket = bucket;
  }

  clear(): void {
    // Setting a length is a slow call; most matches are short.
    while (this.plain.length > 0) this.plain.pop();
    if (this.queues.length > 0) this.queues = [];
    if (this.taps.length > 0) this.taps = [];
    this.prefixes = null;
    this.hasInterest = false;
    this.isUniform = false;
  }

  addPlain(list: Subscription[]): void {
    for (let index = 0; index < list.length; index++) {
      const subscription = list[index] as Subscription;
      if (subscription.kind === SubscriptionKind.tap) this.taps.push(subscription);
      else this.plain.push(subscription);
    }
  }

  addQueue(name: string, members: Subscription[]): void {
    const queues = this.queues;
    for (let index = 0; index < queues.length; index++) {
      const queue = queues[index] as QueueMatch;
      if (queue.name !== name) continue;
      if (!queue.isMerged) {
        queue.members = queue.members.slice();
        queue.isMerged = true;
      }
      for (let member = 0; member < members.length; member++) queue.members.push(members[member] as Subscription);
      return;
    }
    queues.push(new QueueMatch(name, members));
  }

  /** Settles the derived fields after the walk. */
  finish(): void {
    const plain = this.plain;
    if (this.taps.length > 1) this.taps = uniqueTaps(this.taps);
    this.hasInterest = plain.length > 0 || this.queues.length > 0;
    this.isUniform = this.subject !== null && plain.length > 1 && isUniformList(plain);
  }

  /** Renders `MSG subject sid ` for every receiver; cached matches only. */
  renderPrefixes(): void {
    const subject = this.subject as Uint8Array;
    this.prefixes = this.plain.map((subscription) => renderPrefix(subject, subscription.sidBytes));
    for (const queue of this.queues) queue.prefixes = queue.members.map((member) => renderPrefix(subject, member.sidBytes));
  }
}

/** A tap with several patterns that match sees the message once. */
function uniqueTaps(taps: Subscription[]): Subscription[] {
  const unique: Subscription[] = [];
  for (let index = 0; index < taps.length; index++) {
    const tap = taps[index] as Subscription;
    let isKnown = false;
    for (let earlier = 0; earlier < unique.length; earlier++) {
      if ((unique[earlier] as Subscription).subscriber === tap.subscriber) isKnown = true;
    }
    if (!isKnown) unique.push(tap);
  }
  return unique;
}

function isUniformList(plain: Subscription[]): boolean {
  const sid = (plain[0] as Subscription).sid;
  for (let index = 0; index < plain.length; index++) {
    const subscription = plain[index] as Subscription;
    if (
      subscription.hasRules ||
      subscription.kind !== SubscriptionKind.client ||
      subscription.isShadow ||
      subscription.sid !== sid
    )
      return false;
  }
  return true;
}

function renderPrefix(subject: Uint8Array, sid: Uint8Array): FramePrefix {
  const lengthBytes = 4 + subject.length + 1 + sid.length + 1;
  const words = new Int32Array((lengthBytes + 3) >> 2);
  const bytes = Buffer.from(words.buffer);
  bytes.write('MSG ', 0, 'latin1');
  bytes.set(subject, 4);
  bytes[4 + subject.length] = 32;
  bytes.set(sid, 5 + subject.length);
  bytes[lengthBytes - 1] = 32;
  return { words, lengthBytes };
}
