/**
 * The newest things that happened, for the overview and the live feed: connects, disconnects, refused logins, slow consumers,
 * changes made in the console. A fixed ring: under a storm of connections the oldest go, and their numbers show that they did.
 */
import type { ConsoleEvent } from '@sluice/protocol/console';

const MAX_EVENTS = 500;

export type NewEvent = Omit<ConsoleEvent, 'seq'>;

export class EventLog {
  readonly #events: ConsoleEvent[] = [];
  readonly #listeners = new Set<() => void>();
  #seq = 0;

  add(event: NewEvent): void {
    this.#seq += 1;
    this.#events.push({ seq: this.#seq, ...event });
    if (this.#events.length > MAX_EVENTS) this.#events.splice(0, this.#events.length - MAX_EVENTS);
    for (const listener of this.#listeners) listener();
  }

  /** Newest number given. */
  get lastSeq(): number {
    return this.#seq;
  }

  /** Newest first. */
  newest(count: number): ConsoleEvent[] {
    return this.#events.slice(-count).reverse();
  }

  /** Oldest first, at most `limit` after `seq`; `missed` counts those that were left out or are gone. */
  after(seq: number, limit: number): { events: ConsoleEvent[]; missed: number } {
    const wanted = this.#events.filter((event) => event.seq > seq);
    const events = wanted.slice(-limit);
    const firstSeq = events[0]?.seq ?? this.#seq + 1;
    return { events, missed: Math.max(0, firstSeq - seq - 1) };
  }

  onEvent(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
