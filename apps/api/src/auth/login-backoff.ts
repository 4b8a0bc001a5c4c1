/**
 * Slows down guessing: after five failures for an account or from an address each further try must wait, twice as long each
 * time. No lockout: the right password gets in as soon as the pause is over. Memory is bounded; when it is full the entries
 * that have been quiet longest go first.
 */
import type { Clock } from '../env/clock.ts';

/** Failures that are free. */
export const FREE_FAILURES = 5;
export const FIRST_PAUSE_MS = 1000;
/** For an account: short, so that nobody can lock the owner out. */
export const LONGEST_ACCOUNT_PAUSE_MS = 60_000;
/** For an address. */
export const LONGEST_ADDRESS_PAUSE_MS = 15 * 60_000;
/** A key without a failure for this long starts over. */
export const FORGET_AFTER_MS = 60 * 60_000;
const MAX_KEYS = 10_000;

interface Failures {
  count: number;
  lastAtMs: number;
}

export class LoginBackoff {
  readonly #clock: Clock;
  readonly #longestPauseMs: number;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock, longestPauseMs: number) {
    this.#clock = clock;
    this.#longestPauseMs = longestPauseMs;
  }

  /** How long to wait before the next try for `key`, 0 when it may go ahead. */
  waitMs(key: string): number {
    const known = this.#failures.get(key);
    if (known === undefined || known.count < FREE_FAILURES) return 0;
    const pauseMs = Math.min(this.#longestPauseMs, FIRST_PAUSE_MS * 2 ** Math.min(known.count - FREE_FAILURES, 20));
    return Math.max(0, known.lastAtMs + pauseMs - this.#clock.nowMs());
  }

  /** Counts a failure. Call it before the password is checked, so that tries at the same time count as well. */
  fail(key: string): void {
    const now = this.#clock.nowMs();
    const known = this.#failures.get(key);
    this.#failures.delete(key);
    const isFresh = known !== undefined && now - known.lastAtMs < FORGET_AFTER_MS;
    this.#failures.set(key, { count: (isFresh ? known.count : 0) + 1, lastAtMs: now });
    if (this.#failures.size > MAX_KEYS) this.#dropOldest();
  }

  /** Failures that count against `key` now. */
  count(key: string): number {
    return this.#failures.get(key)?.count ?? 0;
  }

  /** Takes back failures that turned out to be somebody mistyping. */
  forgive(key: string, count: number): void {
    const known = this.#failures.get(key);
    if (known === undefined) return;
    known.count -= count;
    if (known.count <= 0) this.#failures.delete(key);
  }

  /** Starts over for `key`. */
  clear(key: string): void {
    this.#failures.delete(key);
  }

  #dropOldest(): void {
    const oldest = this.#failures.keys().next();
    if (oldest.done !== true) this.#failures.delete(oldest.value);
  }
}
