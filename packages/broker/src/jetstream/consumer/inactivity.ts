/** A consumer that nobody uses goes after its inactive threshold; ephemerals always have one. */
import type { Timer } from '../../env/env.ts';
import type { Consumer } from './consumer.ts';

const NS_PER_MS = 1_000_000;
const EPHEMERAL_THRESHOLD_NS = 5_000_000_000;

export class Inactivity {
  private readonly consumer: Consumer;
  private thresholdNs = 0;
  private timer: Timer | undefined;

  constructor(consumer: Consumer) {
    this.consumer = consumer;
  }

  /** Takes the configured threshold into force; an ephemeral without one is given the usual one in its configuration. */
  configure(isDurable: boolean): void {
    const { consumer } = this;
    const wanted = consumer.config.inactive_threshold ?? 0;
    if (!isDurable && wanted <= 0) {
      consumer.config = { ...consumer.config, inactive_threshold: EPHEMERAL_THRESHOLD_NS };
      this.thresholdNs = EPHEMERAL_THRESHOLD_NS + this.jitterNs();
    } else this.thresholdNs = wanted > 0 && !consumer.isPush ? wanted + this.jitterNs() : wanted;
  }

  /** A tenth of a second to one second, so that many consumers do not go at once. */
  private jitterNs(): number {
    return Math.floor((100 + this.consumer.stream.host.random() * 900) * NS_PER_MS);
  }

  /** Begins to count anew. */
  arm(): void {
    this.stop();
    if (this.thresholdNs <= 0 || this.isInUse()) return;
    this.wait(this.thresholdNs / NS_PER_MS);
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private isInUse(): boolean {
    const { isStopped, isPush, isActive } = this.consumer;
    return isStopped || (isPush && isActive);
  }

  private wait(ms: number): void {
    this.timer = this.consumer.stream.host.clock.setTimer(ms, () => this.onElapsed());
  }

  private onElapsed(): void {
    if (this.isInUse()) return;
    const { pull, stream, name } = this.consumer;
    if (pull !== undefined) {
      pull.sweep(false);
      const thresholdMs = this.thresholdNs / NS_PER_MS;
      const leftMs = thresholdMs - (stream.host.clock.nowMs() - pull.lastActiveMs);
      if (leftMs > 0 || pull.size > 0) return this.wait(leftMs > 0 ? leftMs : thresholdMs);
    }
    stream.host.deleteConsumer(stream, name);
  }
}
