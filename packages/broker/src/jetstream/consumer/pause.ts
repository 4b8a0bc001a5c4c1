/** A consumer that is paused until a time: a timer tells when it is over. */
import type { Timer } from '../../env/env.ts';
import type { Consumer } from './consumer.ts';

export class Pause {
  private readonly consumer: Consumer;
  private timer: Timer | undefined;

  constructor(consumer: Consumer) {
    this.consumer = consumer;
  }

  /** Milliseconds until it ends; 0 when there is none. */
  leftMs(): number {
    const until = this.consumer.config.pause_until;
    return until === undefined ? 0 : Math.max(0, Date.parse(until) - this.consumer.stream.host.clock.nowMs());
  }

  /** Waits for the end that is configured now. */
  arm(): void {
    this.stop();
    const left = this.leftMs();
    if (left <= 0) return;
    const { consumer } = this;
    this.timer = consumer.stream.host.clock.setTimer(left + 1, () => {
      this.timer = undefined;
      if (this.leftMs() > 0) return this.arm();
      consumer.advisories.paused();
      consumer.signal();
    });
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }
}
