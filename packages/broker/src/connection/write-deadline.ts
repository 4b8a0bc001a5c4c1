/** The deadline for a write that the peer does not take. One timer watches them all, so that a write costs none of its own. */
import type { Clock, Timer } from '../env/env.ts';

export interface WatchedWrites {
  /** When the write in flight was begun, on the monotonic clock in milliseconds; 0 when none is. */
  readonly blockedSinceMs: number;
}

export interface WriteDeadlineRules {
  /** Longest time that a write may be stuck, in milliseconds; 0 or less: for ever. Asked each time, as it may be reloaded. */
  readonly deadlineMs: () => number;
  readonly onPassed: () => void;
}

export class WriteDeadline {
  private readonly clock: Clock;
  private readonly writes: WatchedWrites;
  private readonly rules: WriteDeadlineRules;
  private timer: Timer | null = null;

  constructor(clock: Clock, writes: WatchedWrites, rules: WriteDeadlineRules) {
    this.clock = clock;
    this.writes = writes;
    this.rules = rules;
  }

  /** A write was not taken at once. */
  watch(): void {
    const deadlineMs = this.rules.deadlineMs();
    if (deadlineMs > 0) this.timer ??= this.clock.setTimer(deadlineMs, this.onTimer);
  }

  private readonly onTimer = (): void => {
    this.timer = null;
    const { blockedSinceMs } = this.writes;
    // The write that was watched is through, and none is waiting now.
    if (blockedSinceMs === 0) return;
    const remainingMs = this.rules.deadlineMs() - (this.clock.monotonicMs() - blockedSinceMs);
    if (remainingMs <= 0) this.rules.onPassed();
    else this.timer = this.clock.setTimer(remainingMs, this.onTimer);
  };

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }
}
