// hot path
/**
 * One message → its receivers: every plain subscription, one member of each queue group, and the taps, which see without counting.
 * Stateless but for the random pick; one per broker.
 */
import { assert } from '../assert.ts';
import type { Match, QueueMatch } from './match.ts';
import type { Message } from './message.ts';
import type { PeerArrival } from './peer-arrival.ts';
import type { RouteTrace } from './route-trace.ts';
import type { FramePrefix } from './subscriber.ts';
import { isOfPeer, type Subscription } from './subscription.ts';

export class Router {
  private pick: number;
  private isRouting = false;

  /** `seed` is any non-zero integer. */
  constructor(seed: number) {
    this.pick = seed | 1;
  }

  /** A receiver has thrown: the next message is routed as if nothing had been under way. */
  abandon(): void {
    this.isRouting = false;
  }

  /** Hands the message to all receivers of `match`; returns how many took it (taps not counted). */
  route(match: Match, message: Message): number {
    assert(!this.isRouting, 'a receiver routed another message before it returned');
    this.isRouting = true;
    let count = 0;
    const plain = match.plain;
    const length = plain.length;
    if (match.isUniform && !message.hasHeaders) {
      (plain[0] as Subscription).subscriber.deliverToAll(match, message);
      count = length;
    } else {
      const prefixes = match.prefixes;
      for (let index = 0; index < length; index++) {
        const subscription = plain[index] as Subscription;
        const prefix = prefixes === null ? null : (prefixes[index] as FramePrefix);
        if (subscription.subscriber.deliver(subscription, message, prefix)) count++;
      }
    }
    const queues = match.queues;
    for (let index = 0; index < queues.length; index++) {
      const { members, prefixes } = queues[index] as QueueMatch;
      if (deliverToOne(members, prefixes, this.random(members.length), message)) count++;
    }
    showToTaps(match.taps, message);
    this.isRouting = false;
    return count;
  }

  /**
   * Hands the message to all receivers of a match that was made for another subject than the message's own: stored messages keep
   * their subject when they are delivered somewhere else. Rendered prefixes are of the other subject, so none is used.
   */
  routeAs(match: Match, message: Message, target: Uint8Array): number {
    assert(!this.isRouting, 'a receiver routed another message before it returned');
    this.isRouting = true;
    if (match.routed !== null) match.routed.target = target;
    let count = 0;
    const plain = match.plain;
    for (let index = 0; index < plain.length; index++) {
      const subscription = plain[index] as Subscription;
      if (subscription.subscriber.deliver(subscription, message, null)) count++;
    }
    const queues = match.queues;
    for (let index = 0; index < queues.length; index++) {
      const { members } = queues[index] as QueueMatch;
      if (deliverToOne(members, null, this.random(members.length), message)) count++;
    }
    showToTaps(match.taps, message);
    if (match.routed !== null) match.routed.target = null;
    this.isRouting = false;
    return count;
  }

  /**
   * Hands a message that came from another server to those attached to this one, and to further servers as the rules of its way allow.
   * The other server has chosen which queue groups get it.
   */
  routeFromPeer(match: Match, message: Message, arrival: PeerArrival): void {
    assert(!this.isRouting, 'a receiver routed another message before it returned');
    this.isRouting = true;
    const { plain, routed } = match;
    const isAs = arrival.target !== null;
    const prefixes = isAs ? null : match.prefixes;
    if (match.isUniform && !message.hasHeaders && !isAs) (plain[0] as Subscription).subscriber.deliverToAll(match, message);
    else {
      for (let index = 0; index < plain.length; index++) {
        const subscription = plain[index] as Subscription;
        if (isOfPeer(subscription.kind)) continue;
        subscription.subscriber.deliver(subscription, message, prefixes === null ? null : (prefixes[index] as FramePrefix));
      }
    }
    const { queues, servesAllQueues } = arrival;
    if (queues !== null || servesAllQueues) {
      for (const { name, members } of match.queues) {
        if (servesAllQueues || queues?.includes(name)) deliverToOne(members, null, this.random(members.length), message);
      }
    }
    if (routed !== null && !routed.isEmpty) routed.deliverFrom(message, arrival);
    showToTaps(match.taps, message);
    this.isRouting = false;
  }

  /** As `route`, with every receiver offered to the trace of the message; returns how many took it or would. */
  routeTraced(match: Match, message: Message, trace: RouteTrace): number {
    assert(!this.isRouting, 'a receiver routed another message before it returned');
    this.isRouting = true;
    let count = 0;
    for (const subscription of match.plain) if (trace.offer(subscription, message)) count++;
    for (const { members } of match.queues) {
      const first = this.random(members.length);
      const inTurn = [...members.slice(first), ...members.slice(0, first)];
      if (inTurn.some((member) => trace.offer(member, message))) count++;
    }
    if (!trace.isOnly) showToTaps(match.taps, message);
    this.isRouting = false;
    return count;
  }

  /** A number in [0, 1), for weighted mappings. */
  randomFraction(): number {
    return this.random(0x7fffffff) / 0x7fffffff;
  }

  /** xorshift32: quick, and good enough to spread load. */
  private random(bound: number): number {
    let pick = this.pick;
    pick ^= pick << 13;
    pick ^= pick >>> 17;
    pick ^= pick << 5;
    this.pick = pick;
    return (pick >>> 0) % bound;
  }
}

/** Offers the message to the members in turn, from `first`, until one takes it. */
function deliverToOne(
  members: readonly Subscription[],
  prefixes: readonly FramePrefix[] | null,
  first: number,
  message: Message,
): boolean {
  const length = members.length;
  let index = first;
  for (let tried = 0; tried < length; tried++) {
    const member = members[index] as Subscription;
    if (member.subscriber.deliver(member, message, prefixes === null ? null : (prefixes[index] as FramePrefix))) return true;
    if (++index >= length) index = 0;
  }
  return false;
}

function showToTaps(taps: readonly Subscription[], message: Message): void {
  for (let index = 0; index < taps.length; index++) {
    const tap = taps[index] as Subscription;
    tap.subscriber.deliver(tap, message, null);
  }
}
