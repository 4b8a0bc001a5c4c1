// hot path
/**
 * One open tap. Counting a message costs two additions and a countdown; only when the countdown ends is it copied. Between batches a
 * tap is either *taking* (each `stride`-th message is copied) or *blind* (budget, buffer or credit used up: messages are counted only,
 * and a large payload need not even be read). What was not copied is divided into *sampled out* and *dropped* when the phase ends.
 *
 * Invariant: matched = shown + sampled out + dropped + messages in the buffer.
 */
import type { TapCounters, TapSampling } from '@sluice/protocol';
import { latin1Bytes } from '@sluice/protocol/wire';
import { toWireText } from '../../auth/subject-pattern.ts';
import type { Clock } from '../../env/env.ts';
import type { Message } from '../../routing/message.ts';
import type { Subscriber } from '../../routing/subscriber.ts';
import type { Subscription } from '../../routing/subscription.ts';
import { TapBuffer } from './tap-buffer.ts';
import type { TapCondition } from './tap-condition.ts';

/** Messages copied per second at most, so that taking them stays a small part of the broker's time. */
const MAX_TAKEN_PER_S = 120_000;
/** A reader that owes acknowledgement for as much gets no more: far below the limit that makes a slow consumer of it. */
const MAX_UNACKNOWLEDGED_BYTES = 16_777_216;
/** A countdown that no interval ends. */
const NEVER = 0x3fffffff;

export interface TapOptions {
  readonly id: string;
  readonly maxPayloadBytes: number;
  readonly batchMs: number;
  readonly credits: number;
  /** Batches go here, on the system account. */
  readonly deliverSubject: string;
  readonly sampling: TapSampling;
  readonly condition: TapCondition;
  /** True on the account that taps themselves talk on. */
  readonly isGuarded: boolean;
}

/** Says that messages published right now are the taps' own and are not to be tapped. */
export interface TapLoopGuard {
  isOwnTraffic: boolean;
}

export class Tap implements Subscriber {
  readonly id: string;
  readonly batchMs: number;
  /** Batches that may be sent before the reader acknowledges one. */
  readonly credits: number;
  /** Sequence of the last batch that was handed over. */
  sentSeq = 0;
  /** In the sublist of the tapped account; replaced when the subjects change. */
  subscriptions: Subscription[] = [];

  private readonly clock: Clock;
  private readonly guard: TapLoopGuard;
  private readonly maxPayloadBytes: number;
  private readonly buffer = new TapBuffer();
  private readonly deliverSubject: Uint8Array;
  private sampling: TapSampling;
  private condition: TapCondition;
  private hasCondition: boolean;
  private readonly isGuarded: boolean;

  /** Sizes of the batches that are not acknowledged, oldest first, and their sum. */
  private readonly unacknowledged: number[] = [];
  private unacknowledgedBytes = 0;

  private matched = 0;
  private matchedBytes = 0;
  private shown = 0;
  private sampledOut = 0;
  private dropped = 0;
  /** Since the last settlement; accounted messages were taken or dropped one by one. */
  private phaseMatched = 0;
  private phaseMatchedBytes = 0;
  private phaseAccounted = 0;
  private isBlind = true;
  /** Why the tap is blind: a full buffer loses what the sampling mode would have shown. */
  private losesMessages = false;

  private countdown = 1;
  private stride = 1;
  /** Messages that may still be taken in this interval, and what it began with. */
  private budget = 0;
  private firstBudget = 0;
  /** What the sampling mode alone would have allowed in this interval. */
  private modeBudget = 0;
  /** Fraction of a message that the last batch interval was owed. */
  private budgetRest = 0;
  /** Messages of the last interval: the next one is sampled as if it brought as many. */
  private lastIntervalMatched = 0;
  private intervalMatched = 0;
  private reportedMatched = 0;
  /** Time of this turn in microseconds, or 0 when it was not asked for yet. */
  private turnUs = 0;

  constructor(options: TapOptions, clock: Clock, guard: TapLoopGuard) {
    this.id = options.id;
    this.batchMs = options.batchMs;
    this.credits = options.credits;
    this.deliverSubject = latin1Bytes(toWireText(options.deliverSubject));
    this.maxPayloadBytes = options.maxPayloadBytes;
    this.sampling = options.sampling;
    this.condition = options.condition;
    this.isGuarded = options.isGuarded;
    this.hasCondition = options.condition.isNeeded || options.isGuarded;
    this.clock = clock;
    this.guard = guard;
    this.beginInterval();
  }

  deliver(_subscription: Subscription, message: Message): boolean {
    if (this.hasCondition && !this.accepts(message)) return false;
    this.phaseMatched++;
    this.phaseMatchedBytes += message.sizeBytes;
    if (--this.countdown === 0) this.take(message);
    return true;
  }

  /** The messages before the next one that is copied; with a condition each one must be looked at. */
  mayPass(): number {
    return this.hasCondition ? 0 : this.countdown - 1;
  }

  notePassed(count: number, sizeBytes: number): void {
    this.phaseMatched += count;
    this.phaseMatchedBytes += count * sizeBytes;
    this.countdown -= count;
  }

  deliverToAll(): void {
    throw new Error('assertion failed: a tap was handed a uniform match');
  }

  takeRun(): void {
    throw new Error('assertion failed: a fan-out run was handed to a tap');
  }

  private accepts(message: Message): boolean {
    if (this.isGuarded && this.guard.isOwnTraffic) return false;
    return !this.condition.isNeeded || this.condition.accepts(message);
  }

  /** Copies a message whose turn it is. */
  private take(message: Message): void {
    this.phaseAccounted++;
    this.budget--;
    if (!this.buffer.append(message, this.nowUs(), this.maxPayloadBytes)) {
      this.dropped++;
      this.goBlind(true);
    } else if (this.budget > 0) this.countdown = this.stride;
    else this.goBlind(this.sampling.mode !== 'rate');
  }

  /** All messages of one turn get the time of the first. */
  private nowUs(): number {
    if (this.turnUs === 0) {
      this.turnUs = this.clock.nowUs();
      this.clock.afterInput(this.forgetTime);
    }
    return this.turnUs;
  }

  private readonly forgetTime = (): void => {
    this.turnUs = 0;
  };

  // ---- cold from here on -----------------------------------------------------------------------------------------------------

  private goBlind(losesMessages: boolean): void {
    this.settle();
    this.isBlind = true;
    this.losesMessages = losesMessages;
    this.countdown = NEVER;
    this.setWantsPayload(this.condition.needsPayload);
  }

  /** Ends a phase: what was matched and not taken was sampled out, or dropped as far as the mode would have shown it. */
  private settle(): void {
    const passed = this.phaseMatched - this.phaseAccounted;
    const lost = this.isBlind && this.losesMessages ? Math.min(passed, this.wouldHaveShown(passed)) : 0;
    this.dropped += lost;
    this.budget -= lost;
    this.sampledOut += passed - lost;
    this.matched += this.phaseMatched;
    this.matchedBytes += this.phaseMatchedBytes;
    this.intervalMatched += this.phaseMatched;
    this.phaseMatched = 0;
    this.phaseMatchedBytes = 0;
    this.phaseAccounted = 0;
    // An interval never brings as many; a countdown that was begun anew cannot end before the next interval.
    if (this.isBlind) this.countdown = NEVER;
  }

  private wouldHaveShown(count: number): number {
    switch (this.sampling.mode) {
      case 'all':
        return count;
      case 'every':
        return Math.ceil(count / this.sampling.n);
      case 'rate':
        return Math.max(0, this.modeBudget - (this.firstBudget - this.budget));
    }
  }

  private setWantsPayload(wantsPayload: boolean): void {
    for (const subscription of this.subscriptions) subscription.wantsPayload = wantsPayload;
  }

  /** A new batch interval: taking again with a fresh budget, as far as the buffer, if it still waits for credit, has room. */
  private beginInterval(): void {
    this.settle();
    this.lastIntervalMatched = this.intervalMatched;
    this.intervalMatched = 0;
    const room = Math.max(1, Math.floor((MAX_TAKEN_PER_S * this.batchMs) / 1000)) - this.buffer.count;
    this.modeBudget = this.intervalBudget();
    this.firstBudget = Math.min(room, this.modeBudget);
    this.budget = this.firstBudget;
    this.stride = this.intervalStride();
    const wasTaking = !this.isBlind;
    this.isBlind = this.budget <= 0;
    this.losesMessages = this.sampling.mode !== 'rate' || room <= 0;
    if (this.isBlind) this.countdown = NEVER;
    else this.countdown = this.firstCountdown(wasTaking);
    this.setWantsPayload(!this.isBlind || this.condition.needsPayload);
  }

  /** `every` counts on across intervals; `rate` takes the first message, so that a quiet subject is seen too. */
  private firstCountdown(wasTaking: boolean): number {
    if (this.sampling.mode !== 'every') return 1;
    return wasTaking && this.countdown <= this.stride ? this.countdown : this.stride;
  }

  private intervalBudget(): number {
    if (this.sampling.mode !== 'rate') return NEVER;
    const owed = (this.sampling.per_second * this.batchMs) / 1000 + this.budgetRest;
    this.budgetRest = owed - Math.floor(owed);
    return Math.floor(owed);
  }

  /** A rate is spread over the interval: every so-manieth message, judged by how many came in the last one. */
  private intervalStride(): number {
    if (this.sampling.mode === 'all') return 1;
    if (this.sampling.mode === 'every') return this.sampling.n;
    return this.budget > 0 ? Math.max(1, Math.floor(this.lastIntervalMatched / this.budget)) : 1;
  }

  /** True when another batch may be sent. */
  get hasCredit(): boolean {
    return this.unacknowledged.length < this.credits && this.unacknowledgedBytes < MAX_UNACKNOWLEDGED_BYTES;
  }

  /** The reader has handled all batches up to `seq`; a sequence that was never sent counts as the last one. */
  acknowledge(seq: number): void {
    while (this.unacknowledged.length > 0 && this.sentSeq - this.unacknowledged.length < seq) {
      this.unacknowledgedBytes -= this.unacknowledged.shift() ?? 0;
    }
  }

  /** True when there is something to tell since the last batch. */
  get hasNews(): boolean {
    return this.buffer.count > 0 || this.matched + this.phaseMatched !== this.reportedMatched;
  }

  /** Ends the interval without a batch: there is no credit, or nothing happened. */
  skipBatch(): void {
    this.beginInterval();
  }

  /** The next batch as a message to the reader, valid until the next message is taken; counts its messages as shown. */
  nextBatch(): Message {
    this.settle();
    this.shown += this.buffer.count;
    const { matched, shown, sampledOut, dropped, matchedBytes } = this;
    this.reportedMatched = matched;
    const header = { batchSeq: ++this.sentSeq, matched, shown, sampledOut, dropped, matchedBytes };
    const batch = this.buffer.take(header, this.deliverSubject);
    this.unacknowledged.push(batch.sizeBytes);
    this.unacknowledgedBytes += batch.sizeBytes;
    this.beginInterval();
    return batch;
  }

  /** Other sampling or condition from now on; counters go on. */
  update(sampling: TapSampling | undefined, condition: TapCondition | undefined): void {
    this.settle();
    if (sampling !== undefined) this.sampling = sampling;
    if (condition !== undefined) {
      this.condition = condition;
      this.hasCondition = condition.isNeeded || this.isGuarded;
    }
    // As at the start: whatever the old mode counted down to is void.
    this.isBlind = true;
    this.losesMessages = false;
    this.beginInterval();
  }

  /** What waits in the buffer is lost. */
  dropBuffer(): void {
    this.settle();
    this.dropped += this.buffer.count;
    this.buffer.clear();
  }

  /** Counters without the messages that wait in the buffer, so that they add up. */
  counters(): TapCounters {
    this.settle();
    return {
      tap_id: this.id,
      matched: this.matched - this.buffer.count,
      shown: this.shown,
      sampled_out: this.sampledOut,
      dropped: this.dropped,
      matched_bytes: this.matchedBytes - this.buffer.publishedBytes,
    };
  }
}
