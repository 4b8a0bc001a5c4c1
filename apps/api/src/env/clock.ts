/**
 * Time, handed in by constructor so that tests can hold it still: back-off, sessions, samplers and supervision all take a Clock.
 * The broker has its own (`packages/broker/src/env`); the console must not import the broker's insides.
 */

/** A running timer. Cancelling twice is harmless. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. */
  nowMs(): number;
  /** Milliseconds that never go back, with a fraction. */
  monotonicMs(): number;
  /** Calls back once; does not keep the process alive. */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Calls back every `intervalMs` until cancelled; does not keep the process alive. */
  setRepeatingTimer(intervalMs: number, callback: () => void): Timer;
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  setRepeatingTimer(intervalMs, callback) {
    const timer = setInterval(callback, intervalMs);
    timer.unref();
    return { cancel: () => clearInterval(timer) };
  },
};

/** Resolves after `delayMs` of the clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(delayMs, resolve));
}
