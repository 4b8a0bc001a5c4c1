/** A clock that stands still until a test moves it. Timers run in order of their time, within `advance`. */
import type { Clock, Timer } from '../../src/env/clock.ts';

interface Waiting {
  atMs: number;
  readonly intervalMs: number | undefined;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  #nowMs: number;
  readonly #waiting = new Set<Waiting>();

  constructor(startMs = 1_750_000_000_000) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    return this.#add({ atMs: this.#nowMs + delayMs, intervalMs: undefined, callback });
  }

  setRepeatingTimer(intervalMs: number, callback: () => void): Timer {
    return this.#add({ atMs: this.#nowMs + intervalMs, intervalMs, callback });
  }

  /** Moves time on, running what is due on the way. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#nowMs = next.atMs;
      if (next.intervalMs === undefined) this.#waiting.delete(next);
      else next.atMs += next.intervalMs;
      next.callback();
    }
    this.#nowMs = endMs;
  }

  #add(waiting: Waiting): Timer {
    this.#waiting.add(waiting);
    return { cancel: () => this.#waiting.delete(waiting) };
  }

  #next(endMs: number): Waiting | undefined {
    let first: Waiting | undefined;
    for (const waiting of this.#waiting) {
      if (waiting.atMs <= endMs && (first === undefined || waiting.atMs < first.atMs)) first = waiting;
    }
    return first;
  }
}
