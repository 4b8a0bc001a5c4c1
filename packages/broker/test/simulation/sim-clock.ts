/** A clock that stands still until it is told to go on. Timers fire in order of time; `afterInput` callbacks run when drained. */
import type { Clock, Timer } from '../../src/env/env.ts';

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly everyMs: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

export class SimClock implements Clock {
  private ms: number;
  private order = 0;
  private entries: Entry[] = [];
  private inputs: (() => void)[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.ms = startMs;
  }

  nowMs(): number {
    return this.ms;
  }

  nowUs(): number {
    return Math.floor(this.ms * 1000);
  }

  monotonicMs(): number {
    return this.ms;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    return this.add(delayMs, 0, callback);
  }

  setRepeatingTimer(intervalMs: number, callback: () => void): Timer {
    return this.add(intervalMs, intervalMs, callback);
  }

  private add(delayMs: number, everyMs: number, callback: () => void): Timer {
    const entry: Entry = { atMs: this.ms + delayMs, order: this.order++, everyMs, callback, isCancelled: false };
    this.entries.push(entry);
    return {
      cancel: () => {
        entry.isCancelled = true;
      },
    };
  }

  afterInput(callback: () => void): void {
    this.inputs.push(callback);
  }

  /** Runs what waits for the end of the turn, and what that asks for in turn. */
  drain(): void {
    while (this.inputs.length > 0) {
      const callbacks = this.inputs;
      this.inputs = [];
      for (const callback of callbacks) callback();
    }
  }

  /** Lets time pass, firing timers on the way. */
  advance(ms: number): void {
    const end = this.ms + ms;
    for (;;) {
      const due = this.entries
        .filter((entry) => !entry.isCancelled && entry.atMs <= end)
        .sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (due === undefined) break;
      this.entries = this.entries.filter((entry) => entry !== due && !entry.isCancelled);
      this.ms = Math.max(this.ms, due.atMs);
      due.callback();
      if (due.everyMs > 0 && !due.isCancelled) this.entries.push({ ...due, atMs: due.atMs + due.everyMs, order: this.order++ });
      this.drain();
    }
    this.ms = end;
  }
}
