/** A clock that stands still until a test moves it: timers fire in order, nothing sleeps. */
import type { Clock, Timer } from '../../src/env/env.ts';

interface Waiting {
  atMs: number;
  readonly intervalMs: number | undefined;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  /** Monotonic time begins some while after 0, as a real one does. */
  private elapsedMs = 1000;
  private readonly startMs: number;
  private readonly timers: Set<Waiting> = new Set();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.startMs = startMs;
  }

  nowMs(): number {
    return this.startMs + this.elapsedMs;
  }

  nowUs(): number {
    return this.nowMs() * 1000;
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    // Longer delays are cut, as in the real clock.
    return this.add({ atMs: this.elapsedMs + Math.min(delayMs, 0x7fffffff), intervalMs: undefined, callback });
  }

  setRepeatingTimer(intervalMs: number, callback: () => void): Timer {
    return this.add({ atMs: this.elapsedMs + intervalMs, intervalMs, callback });
  }

  private add(waiting: Waiting): Timer {
    this.timers.add(waiting);
    return { cancel: () => this.timers.delete(waiting) };
  }

  afterInput(callback: () => void): void {
    setImmediate(callback);
  }

  /** Moves time on and fires what is due, in order. */
  advance(ms: number): void {
    const endMs = this.elapsedMs + ms;
    for (;;) {
      const due = [...this.timers].filter((timer) => timer.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.elapsedMs = Math.max(this.elapsedMs, due.atMs);
      if (due.intervalMs === undefined) this.timers.delete(due);
      else due.atMs += due.intervalMs;
      due.callback();
    }
    this.elapsedMs = endMs;
  }
}
