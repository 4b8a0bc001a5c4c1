/**
 * A reading of the server that is taken at most about once a second, however many ask: the first to ask for a new one starts it,
 * the others wait for the same. A reading that takes long is taken less often, and whoever asks meanwhile gets the last one, which
 * says how old it is.
 */
import { type Clock, sleep } from '../env/clock.ts';
import type { ServiceAnswer } from './nats-context.ts';

export type Read<T> = ServiceAnswer<T>;

const MIN_AGE_MS = 1000;
/** Pause per time spent reading. */
const IDLE_PER_BUSY = 4;
/** An older value is good enough when a new one is not there by then. */
const PATIENCE_MS = 300;
/** But not one from before anybody looked: at most this old, or as old as the pauses of a large server make it. */
const MAX_STALE_MS = 3000;

export class Refreshed<T> {
  readonly #clock: Clock;
  readonly #read: () => Promise<Read<T>>;
  #last: T | undefined;
  #nextAtMs = 0;
  #staleAtMs = 0;
  /** A reading that was under way when this rose may hold the old state. */
  #expiries = 0;
  #running: Promise<Read<T>> | undefined;

  constructor(clock: Clock, read: () => Promise<Read<T>>) {
    this.#clock = clock;
    this.#read = read;
  }

  /** The newest value, however old. */
  get last(): T | undefined {
    return this.#last;
  }

  /** A value that is fresh enough. */
  get(): Promise<Read<T>> {
    const last = this.#last;
    if (last !== undefined && this.#clock.monotonicMs() < this.#nextAtMs) return Promise.resolve({ ok: true, value: last });
    this.#running ??= this.#refresh();
    if (last === undefined || this.#clock.monotonicMs() > this.#staleAtMs) return this.#running;
    return Promise.race([this.#running, sleep(this.#clock, PATIENCE_MS).then((): Read<T> => ({ ok: true, value: last }))]);
  }

  /** Something was just changed: the next to ask gets a new reading. */
  expire(): void {
    this.#nextAtMs = 0;
    this.#expiries += 1;
  }

  /** The server is another one: what was read says nothing about it. */
  forget(): void {
    this.#last = undefined;
    this.#nextAtMs = 0;
  }

  async #refresh(): Promise<Read<T>> {
    const startedMs = this.#clock.monotonicMs();
    const expiries = this.#expiries;
    try {
      const answer = await this.#read();
      if (answer.ok) {
        this.#last = answer.value;
        const tookMs = this.#clock.monotonicMs() - startedMs;
        // A little less than a second, so that a page that asks every second gets a new reading each time.
        this.#staleAtMs = startedMs + Math.max(MAX_STALE_MS, tookMs * (2 + IDLE_PER_BUSY));
        if (expiries === this.#expiries) this.#nextAtMs = startedMs + Math.max(MIN_AGE_MS - 50, tookMs * (1 + IDLE_PER_BUSY));
      }
      return answer;
    } finally {
      this.#running = undefined;
    }
  }
}
