/**
 * What a consumer has delivered and what has come back, as pure data: every event is a method that changes the figures and returns what
 * follows, and knows no clock, no store and no network. Sequences of the stream are `seq`, those of the consumer `delivery`.
 *
 * Invariants: `ackFloor.seq <= delivered.seq`, and every pending message lies above the ack floor unless it is being redelivered.
 * Source: nats-server server/consumer.go processAckMsgLocked, moveAckFloor, checkPending, trackPending.
 */
import type { AckPolicy } from '@sluice/protocol/jetstream';

export interface Pending {
  /** Number of the first delivery. */
  readonly delivery: number;
  /** When it counts as delivered, in microseconds: ack wait runs from here. */
  sinceUs: number;
}

/** State as it is kept and restored. */
export interface ConsumerSnapshot {
  readonly nextSeq: number;
  readonly deliveredSeq: number;
  readonly deliveredCount: number;
  readonly ackSeq: number;
  readonly ackCount: number;
  readonly pending: readonly (readonly [seq: number, delivery: number, sinceUs: number])[];
  readonly redelivered: readonly (readonly [seq: number, count: number])[];
}

export class ConsumerState {
  /** The next stream sequence to look at, and the number of the next delivery. */
  nextSeq: number;
  nextDelivery = 1;
  ackSeq: number;
  ackDelivery = 0;
  /** The ack floor as it is told and kept. Giving up on messages does not raise it; the next acknowledgement does. */
  floorSeq: number;
  floorDelivery = 0;
  /** The highest stream sequence delivered; `nextSeq` may have skipped ahead of it over what was filtered out. */
  deliveredSeq: number;
  readonly pending: Map<number, Pending> = new Map();
  /** How often a message was delivered beyond the first time. */
  readonly redelivered: Map<number, number> = new Map();
  private readonly policy: AckPolicy;
  private queue: number[] = [];
  private readonly queued: Set<number> = new Set();

  constructor(policy: AckPolicy, startSeq: number) {
    this.policy = policy;
    this.nextSeq = startSeq;
    this.ackSeq = startSeq - 1;
    this.floorSeq = startSeq - 1;
    this.deliveredSeq = startSeq - 1;
  }

  // ---- Delivery -------------------------------------------------------------------------------------------------

  /** A message goes out; returns the number of this delivery. */
  onDelivered(seq: number, nowUs: number): number {
    const delivery = this.nextDelivery++;
    if (seq > this.deliveredSeq) this.deliveredSeq = seq;
    if (this.policy === 'none') {
      this.ackDelivery = delivery;
      this.ackSeq = seq;
      this.reportFloor();
      return delivery;
    }
    const known = this.pending.get(seq);
    if (known !== undefined) known.sinceUs = nowUs;
    else this.pending.set(seq, { delivery, sinceUs: nowUs });
    return delivery;
  }

  /** How often the message was delivered, this time included. */
  deliveryCount(seq: number): number {
    return Math.max(1, this.redelivered.get(seq) ?? 0);
  }

  /** The message is about to go out once more; returns how often it will have been delivered then. */
  countRedelivery(seq: number): number {
    const count = (this.redelivered.get(seq) ?? 0) + 1;
    this.redelivered.set(seq, count);
    return count + 1;
  }

  /** The redelivery did not happen. */
  uncountRedelivery(seq: number): void {
    const count = (this.redelivered.get(seq) ?? 0) - 1;
    if (count > 0) this.redelivered.set(seq, count);
    else this.redelivered.delete(seq);
  }

  // ---- Redelivery queue -------------------------------------------------------------------------------------------

  get queuedCount(): number {
    return this.queue.length;
  }

  isQueued(seq: number): boolean {
    return this.queued.has(seq);
  }

  enqueue(seqs: readonly number[]): void {
    for (const seq of seqs) {
      if (this.queued.has(seq)) continue;
      this.queued.add(seq);
      this.queue.push(seq);
    }
  }

  /** The next message to deliver once more; 0 when there is none. */
  dequeue(): number {
    const seq = this.queue.shift() ?? 0;
    if (seq > 0) this.queued.delete(seq);
    return seq;
  }

  unqueue(seq: number): void {
    if (!this.queued.delete(seq)) return;
    this.queue = this.queue.filter((queued) => queued !== seq);
  }

  // ---- Acknowledgement --------------------------------------------------------------------------------------------

  /** One message is done; returns whether it was pending. */
  ackOne(seq: number): boolean {
    const known = this.pending.get(seq);
    if (known !== undefined) {
      const isReported = this.floorDelivery === this.ackDelivery;
      this.pending.delete(seq);
      this.moveFloor(known.delivery, seq);
      if (isReported) this.reportFloor();
      else this.moveReported(known.delivery, seq);
    }
    this.redelivered.delete(seq);
    this.unqueue(seq);
    return known !== undefined;
  }

  /** Everything up to the message is done; returns the messages that were pending, or undefined when it was done before. */
  ackUpTo(seq: number, delivery: number): number[] | undefined {
    if (delivery <= this.ackDelivery || seq <= this.ackSeq) return undefined;
    this.ackDelivery = delivery;
    this.ackSeq = seq;
    this.reportFloor();
    const done: number[] = [];
    for (const pending of [...this.pending.keys()]) {
      if (pending > seq) continue;
      this.pending.delete(pending);
      this.redelivered.delete(pending);
      this.unqueue(pending);
      done.push(pending);
    }
    return done.sort((a, b) => a - b);
  }

  /** The floor rises to what is done without a gap. */
  private moveFloor(delivery: number, seq: number): void {
    if (this.pending.size === 0) {
      this.ackDelivery = this.nextDelivery - 1;
      this.ackSeq = this.nextSeq - 1;
      return;
    }
    if (delivery !== this.ackDelivery + 1) return;
    this.ackDelivery = delivery;
    this.ackSeq = seq;
    for (let next = seq + 1; next < this.nextSeq; next++) {
      const pending = this.pending.get(next);
      if (pending === undefined) continue;
      if (pending.delivery > 0) {
        this.ackDelivery = pending.delivery - 1;
        this.ackSeq = next - 1;
      }
      return;
    }
  }

  /** The message will not be delivered any more: it was delivered often enough, or it is gone. Nobody has acknowledged it. */
  giveUp(seq: number): void {
    this.pending.delete(seq);
  }

  /** The reported floor is the true one, but never beyond what was delivered. */
  private reportFloor(): void {
    this.floorDelivery = this.ackDelivery;
    this.floorSeq = Math.min(this.ackSeq, this.deliveredSeq);
  }

  /** Raises the reported floor where it has stayed behind. Source: nats-server server/memstore.go UpdateAcks. */
  private moveReported(delivery: number, seq: number): void {
    if (this.pending.size === 0) return this.reportFloor();
    if (delivery !== this.floorDelivery + 1) return;
    this.floorDelivery = delivery;
    this.floorSeq = seq;
    for (let next = seq + 1; next <= this.deliveredSeq; next++) {
      const pending = this.pending.get(next);
      if (pending === undefined) continue;
      this.floorDelivery = pending.delivery - 1;
      this.floorSeq = next - 1;
      return;
    }
  }

  /** True when the message is still to be done, as the stream asks before it removes it. */
  needs(seq: number): boolean {
    let isNeeded = seq > this.ackSeq;
    if (isNeeded && this.policy === 'explicit' && seq < this.nextSeq) isNeeded = this.pending.has(seq);
    return isNeeded || this.redelivered.has(seq);
  }

  // ---- Removal ----------------------------------------------------------------------------------------------------

  /**
   * Messages below `firstSeq` are gone; of those from there on, the ones for which `isGone` says so. Returns how many were pending. What
   * is told and kept follows each of them as it follows an acknowledgement, and the whole where the floor does not fall by it.
   */
  onPurged(firstSeq: number, isGone: ((seq: number) => boolean) | undefined): number {
    const before = this.pending.size;
    if (this.nextSeq < firstSeq) this.nextSeq = firstSeq;
    if (this.ackSeq < firstSeq) this.dropPurged(firstSeq, isGone);
    if (this.pending.size === 0) {
      this.redelivered.clear();
      this.ackDelivery = this.nextDelivery - 1;
      this.ackSeq = this.nextSeq - 1;
    }
    if (this.ackSeq >= this.floorSeq) {
      this.deliveredSeq = this.nextSeq - 1;
      this.reportFloor();
    }
    const kept = this.queue.filter((seq) => seq >= this.nextSeq);
    this.queue = [];
    this.queued.clear();
    this.enqueue(kept);
    return before - this.pending.size;
  }

  private dropPurged(firstSeq: number, isGone: ((seq: number) => boolean) | undefined): void {
    this.ackSeq = firstSeq - 1;
    for (const [seq, { delivery }] of [...this.pending]) {
      if (seq > this.ackSeq && isGone?.(seq) !== true) continue;
      this.ackDelivery = Math.max(this.ackDelivery, delivery);
      this.nextDelivery = Math.max(this.nextDelivery, delivery);
      this.pending.delete(seq);
      this.redelivered.delete(seq);
      this.moveReported(delivery, seq);
    }
  }

  /** Drops pending messages that lie below what the stream has or the floor is at. */
  dropBelow(firstSeq: number): void {
    for (const [seq, pending] of [...this.pending]) {
      if (seq >= firstSeq && seq > this.ackSeq) continue;
      this.pending.delete(seq);
      this.redelivered.delete(seq);
      this.unqueue(seq);
      this.ackSeq = Math.max(this.ackSeq, seq);
      this.ackDelivery = Math.max(this.ackDelivery, pending.delivery);
      this.reportFloor();
    }
  }

  /** Nothing is pending: the floor is where delivery is. */
  settle(): void {
    this.queue = [];
    this.queued.clear();
    this.ackDelivery = this.nextDelivery - 1;
    this.ackSeq = this.nextSeq - 1;
  }

  /** Delivery begins anew at `seq`. */
  reset(seq: number): void {
    this.pending.clear();
    this.redelivered.clear();
    this.queue = [];
    this.queued.clear();
    this.nextSeq = seq;
    this.ackSeq = seq - 1;
    this.deliveredSeq = seq - 1;
    this.nextDelivery = 1;
    this.ackDelivery = 0;
    this.reportFloor();
  }

  // ---- Keeping ----------------------------------------------------------------------------------------------------

  snapshot(): ConsumerSnapshot {
    return {
      nextSeq: this.nextSeq,
      deliveredSeq: this.deliveredSeq,
      deliveredCount: this.nextDelivery - 1,
      ackSeq: this.floorSeq,
      ackCount: this.floorDelivery,
      pending: [...this.pending].map(([seq, { delivery, sinceUs }]) => [seq, delivery, sinceUs] as const),
      redelivered: [...this.redelivered],
    };
  }

  /** Takes a kept state; `lastSeq` bounds it where the stream has lost its end. */
  restore(snapshot: ConsumerSnapshot, lastSeq: number): void {
    this.nextSeq = Math.min(snapshot.nextSeq, lastSeq + 1);
    this.deliveredSeq = Math.min(snapshot.deliveredSeq, lastSeq);
    this.nextDelivery = snapshot.deliveredCount + 1;
    this.ackSeq = Math.min(snapshot.ackSeq, lastSeq);
    this.ackDelivery = snapshot.ackCount;
    this.reportFloor();
    for (const [seq, delivery, sinceUs] of snapshot.pending) if (seq <= lastSeq) this.pending.set(seq, { delivery, sinceUs });
    for (const [seq, count] of snapshot.redelivered) if (seq <= lastSeq) this.redelivered.set(seq, count);
  }
}
