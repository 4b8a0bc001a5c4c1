/**
 * When messages that were not acknowledged go out again: one timer per consumer, set to the next that may be due.
 * Source: nats-server server/consumer.go checkPending, trackPending, forceExpirePending.
 */
import type { Timer } from '../../env/env.ts';
import type { Consumer } from './consumer.ts';

const NS_PER_MS = 1_000_000;
const NS_PER_US = 1000;
/** Bursts are looked at together. */
const DELAY_MS = 1;

export class RedeliveryTimer {
  private readonly consumer: Consumer;
  private timer: Timer | undefined;
  private dueAtMs = Number.POSITIVE_INFINITY;

  constructor(consumer: Consumer) {
    this.consumer = consumer;
  }

  private get ackWaitMs(): number {
    return (this.consumer.config.ack_wait ?? 0) / NS_PER_MS;
  }

  /** Sets the timer; 0 asks for the ack wait. */
  arm(afterMs: number): void {
    if (this.consumer.isStopped || this.ackWaitMs <= 0 || this.consumer.state.pending.size === 0) return;
    const { clock } = this.consumer.stream.host;
    this.timer?.cancel();
    const delay = (afterMs > 0 ? afterMs : this.ackWaitMs) + DELAY_MS;
    this.dueAtMs = clock.nowMs() + delay;
    this.timer = clock.setTimer(delay, () => {
      this.timer = undefined;
      this.dueAtMs = Number.POSITIVE_INFINITY;
      this.check();
    });
  }

  /** Goes on where a consumer before it stopped: what has become due meanwhile goes out at once. */
  resume(): void {
    if (this.consumer.state.pending.size > 0) this.check();
  }

  /** A message was delivered: its wait may be shorter than what the timer is set to. */
  onDelivered(seq: number): void {
    if (this.ackWaitMs <= 0) return;
    const backoff = this.consumer.config.backoff ?? [];
    const wait =
      backoff.length === 0 ? this.ackWaitMs : this.backoffNs(this.consumer.state.redelivered.get(seq) ?? 0) / NS_PER_MS;
    if (this.timer === undefined || this.dueAtMs > this.consumer.stream.host.clock.nowMs() + wait + DELAY_MS) this.arm(wait);
  }

  private backoffNs(redeliveries: number): number {
    const backoff = this.consumer.config.backoff ?? [];
    return backoff[Math.max(0, Math.min(redeliveries, backoff.length - 1))] ?? 0;
  }

  private check(): void {
    const { consumer } = this;
    const { state, stream } = consumer;
    if (consumer.isStopped || this.ackWaitMs <= 0) return;
    state.dropBelow(stream.store.state().firstSeq);
    const backoff = consumer.config.backoff ?? [];
    const nowUs = stream.host.clock.nowUs();
    let nextUs = backoff.length === 0 ? this.ackWaitMs * 1000 : this.backoffNs(backoff.length - 1) / NS_PER_US;
    const expired: number[] = [];
    for (const [seq, pending] of state.pending) {
      const count = state.redelivered.get(seq) ?? 0;
      const deadlineUs = backoff.length === 0 ? this.ackWaitMs * 1000 : this.backoffNs(count) / NS_PER_US;
      if (backoff.length > 0) nextUs = Math.min(nextUs, this.backoffNs(count + 1) / NS_PER_US);
      const elapsed = nowUs - pending.sinceUs;
      if (elapsed < deadlineUs) nextUs = Math.min(nextUs, deadlineUs - elapsed);
      else if (!state.isQueued(seq) && !this.isExhausted(seq)) expired.push(seq);
    }
    if (expired.length > 0) this.requeue(expired, nowUs);
    if (state.pending.size > 0) this.arm(Math.max(1, nextUs / 1000));
    else state.settle();
    consumer.saveSoon();
  }

  /** True when the message was delivered as often as it may be; told once. */
  private isExhausted(seq: number): boolean {
    const { consumer } = this;
    const { state } = consumer;
    const max = Math.max(0, consumer.config.max_deliver ?? 0);
    if (max === 0) return false;
    const count = state.deliveryCount(seq);
    if (count < max) return false;
    if (count === max) consumer.advisories.exhausted(seq, count);
    consumer.signal();
    state.giveUp(seq);
    state.redelivered.set(seq, count);
    return true;
  }

  /** Expired messages go out again in order; they keep their distance in time. */
  private requeue(expired: number[], nowUs: number): void {
    const { consumer } = this;
    const { state } = consumer;
    expired.sort((a, b) => a - b);
    state.enqueue(expired);
    const first = state.pending.get(expired[0] as number);
    const shift = first === undefined ? 0 : nowUs - first.sinceUs;
    for (const seq of expired) {
      const pending = state.pending.get(seq);
      if (pending !== undefined) pending.sinceUs += shift;
    }
    consumer.signal();
  }

  /** Everything pending goes out again at once. */
  expireAll(): void {
    const { state, stream } = this.consumer;
    const expired = [...state.pending.keys()].filter((seq) => !state.isQueued(seq) && !this.isExhausted(seq));
    if (expired.length > 0) this.requeue(expired, stream.host.clock.nowUs());
    this.arm(0);
    this.consumer.signal();
  }

  stop(): void {
    this.timer?.cancel();
  }
}
