// hot path
/**
 * Who receives a subject, for one account: a small cache of matches in front of the subject trie.
 *
 * A cached match is stale when a generation has moved on: subscribing to a pattern with a literal first token moves only the
 * generation of that token's bucket, so that one busy inbox does not empty the cache of everybody else.
 */
import { DOT, equalBytes, GREATER, hashBytes, latin1Bytes, STAR } from '@sluice/protocol/wire';
import { Match } from './match.ts';
import { RemoteInterest } from './remote-interest.ts';
import { SubjectTrie } from './subject-trie.ts';
import { isOfPeer, type Subscription, SubscriptionKind } from './subscription.ts';

const CACHE_SLOTS = 4096;
const BUCKETS = 256;
/** A subject is cached when it was seen this often in the current window. */
const ADMIT_AFTER = 8;
const DOOR_SLOTS = 16_384;
/**
 * Sightings after which the admission counters start anew. With `ADMIT_AFTER` it admits what makes up about 1/2000 of the traffic or
 * more: caching 10,000 equally busy subjects costs more than it saves (subs10k-gt: 1.35 against 0.98 CPU s per million).
 */
const DOOR_WINDOW = 16_384;

/** Counters as `/subsz` shows them. */
export interface SublistStatistics {
  readonly count: number;
  readonly cacheSize: number;
  readonly inserts: number;
  readonly removes: number;
  readonly matches: number;
  readonly cacheHits: number;
  /** Receivers of the cached subject that has most of them, and of all cached subjects together. */
  readonly maxFanout: number;
  readonly totalFanout: number;
}

export class Sublist {
  /** Subscriptions of clients, of the server and of other servers; taps and Sluice's own services do not count. */
  count = 0;
  inserts = 0;
  removes = 0;
  matches = 0;
  cacheMisses = 0;

  private readonly trie = new SubjectTrie();
  /** Interest of other servers, apart from the rest; null while there has been none. */
  private remote: RemoteInterest | null = null;

  private readonly cache: (Match | null)[] = new Array(CACHE_SLOTS).fill(null);
  private cacheUsed = 0;
  private readonly scratch = new Match(null, 0, 0);
  private readonly door = new Uint8Array(DOOR_SLOTS);
  private doorSightings = 0;
  private readonly bucketGenerations = new Int32Array(BUCKETS);
  private globalGeneration = 0;

  /** Who receives `bytes[start..end)`. The result is valid until the next call or change. */
  match(bytes: Uint8Array, start: number, end: number, hash: number): Match {
    this.matches++;
    const slot = hash & (CACHE_SLOTS - 1);
    const cached = this.cache[slot] as Match | null;
    if (cached !== null && cached.subjectHash === hash) {
      const subject = cached.subject as Uint8Array;
      if (subject.length === end - start && equalBytes(subject, 0, bytes, start, subject.length)) {
        if (cached.hits < 255) cached.hits++;
        if (!this.isFresh(cached)) this.fill(cached, bytes, start, end);
        return cached;
      }
    }
    this.cacheMisses++;
    return this.matchUncached(bytes, start, end, hash, slot, cached);
  }

  /** True while a cached match still says what a walk would say; a match without a subject never does. */
  isFresh(match: Match): boolean {
    return match.filledAt === this.globalGeneration + (this.bucketGenerations[match.bucket] as number);
  }

  /** Walks anew for a stale match. */
  refresh(match: Match): void {
    const subject = match.subject as Uint8Array;
    this.fill(match, subject, 0, subject.length);
  }

  private matchUncached(bytes: Uint8Array, start: number, end: number, hash: number, slot: number, cached: Match | null): Match {
    if (this.isAdmitted(hash)) {
      if (cached === null || cached.hits === 0) {
        const subject = Uint8Array.prototype.slice.call(bytes, start, end);
        const match = new Match(subject, hash, bucketOf(subject));
        if (cached === null) this.cacheUsed++;
        this.cache[slot] = match;
        this.fill(match, bytes, start, end);
        return match;
      }
      cached.hits--;
    }
    const match = this.scratch;
    match.clear();
    this.trie.collect(bytes, start, end, match);
    if (this.remote !== null) this.remote.addTo(match, bytes, start, end);
    match.finish();
    return match;
  }

  /** Who among those attached to this server receives a subject: for questions, not for traffic. */
  matchLocal(bytes: Uint8Array): Match {
    const match = new Match(bytes, hashBytes(bytes, 0, bytes.length), bucketOf(bytes));
    this.trie.collect(bytes, 0, bytes.length, match);
    match.finish();
    return match;
  }

  /** A match for `bytes[start..end)` that is not shared: for questions, not for traffic. */
  matchOnce(bytes: Uint8Array): Match {
    const match = new Match(bytes, hashBytes(bytes, 0, bytes.length), bucketOf(bytes));
    this.fill(match, bytes, 0, bytes.length);
    return match;
  }

  private isAdmitted(hash: number): boolean {
    const slot = (hash ^ (hash >>> 14)) & (DOOR_SLOTS - 1);
    const seen = this.door[slot] as number;
    if (++this.doorSightings > DOOR_WINDOW) {
      this.doorSightings = 0;
      this.door.fill(0);
    }
    if (seen >= ADMIT_AFTER) return true;
    this.door[slot] = seen + 1;
    return false;
  }

  private fill(match: Match, bytes: Uint8Array, start: number, end: number): void {
    match.clear();
    this.trie.collect(bytes, start, end, match);
    if (this.remote !== null) this.remote.addTo(match, bytes, start, end);
    match.finish();
    match.renderPrefixes();
    match.filledAt = this.globalGeneration + (this.bucketGenerations[match.bucket] as number);
  }

  insert(subscription: Subscription): void {
    const pattern = latin1Bytes(subscription.subject);
    if (isOfPeer(subscription.kind)) {
      this.remote ??= new RemoteInterest();
      this.remote.trie.insert(subscription, pattern);
    } else this.trie.insert(subscription, pattern);
    this.inserts++;
    if (isCounted(subscription)) this.count++;
    this.invalidate(pattern);
  }

  /** True when it was there. */
  remove(subscription: Subscription): boolean {
    const pattern = latin1Bytes(subscription.subject);
    const trie = isOfPeer(subscription.kind) ? this.remote?.trie : this.trie;
    if (trie === undefined || !trie.remove(subscription, pattern)) return false;
    this.removes++;
    if (isCounted(subscription)) this.count--;
    this.invalidate(pattern);
    return true;
  }

  /** Makes cached matches of a subscription stale: its rules have changed. */
  touch(subscription: Subscription): void {
    this.invalidate(Buffer.from(subscription.subject, 'latin1'));
  }

  /** Calls back for each subscription that is not another server's, in no particular order. */
  forEach(callback: (subscription: Subscription) => void): void {
    this.trie.forEach(callback);
  }

  /** Calls back for each subscription of another server. */
  forEachOfPeers(callback: (subscription: Subscription) => void): void {
    this.remote?.trie.forEach(callback);
  }

  /** The figures; reads the whole cache, so not for the hot path. */
  statistics(): SublistStatistics {
    let maxFanout = 0;
    let totalFanout = 0;
    for (const match of this.cache) {
      if (match === null) continue;
      const fanout = match.plain.length + match.queues.length;
      totalFanout += fanout;
      if (fanout > maxFanout) maxFanout = fanout;
    }
    return {
      count: this.count,
      cacheSize: this.cacheUsed,
      inserts: this.inserts,
      removes: this.removes,
      matches: this.matches,
      cacheHits: this.matches - this.cacheMisses,
      maxFanout,
      totalFanout,
    };
  }

  private invalidate(pattern: Uint8Array): void {
    const first = pattern[0];
    const isWildFirst = (first === STAR || first === GREATER) && (pattern.length === 1 || pattern[1] === DOT);
    if (isWildFirst) this.globalGeneration = (this.globalGeneration + 1) & 0x3fffffff;
    else {
      const bucket = bucketOf(pattern);
      this.bucketGenerations[bucket] = ((this.bucketGenerations[bucket] as number) + 1) & 0x3fffffff;
    }
  }
}

function isCounted({ kind }: Subscription): boolean {
  return kind !== SubscriptionKind.tap && kind !== SubscriptionKind.own;
}

/** Which generation a subject's first token belongs to. */
function bucketOf(subject: Uint8Array): number {
  let hash = subject.length > 0 ? (subject[0] as number) : 0;
  for (let index = 1; index < subject.length && subject[index] !== DOT; index++)
    hash = (Math.imul(hash, 31) + (subject[index] as number)) | 0;
  return (hash ^ (hash >>> 8)) & (BUCKETS - 1);
}
