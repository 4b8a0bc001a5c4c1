/**
 * Deliveries that somebody pulled by hand and has not answered yet. Only whoever pulled one may answer it, for a short time; their
 * number is bounded, the oldest go first. What is forgotten here is redelivered by the server after its ack wait, as always.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../env/clock.ts';

export interface PulledDelivery {
  readonly owner: string;
  readonly account: string | undefined;
  readonly stream: string;
  readonly consumer: string;
  readonly seq: number;
  /** Where the acknowledgement goes. */
  readonly ackSubject: string;
  readonly expiresAtMs: number;
}

const MAX_HELD = 1000;
const MAX_HELD_MS = 120_000;

export class PulledMessages {
  readonly #clock: Clock;
  readonly #held = new Map<string, PulledDelivery>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keeps a delivery for as long as its ack wait, two minutes at most. */
  hold(delivery: Omit<PulledDelivery, 'expiresAtMs'>, ackWaitMs: number | null): { handle: string; expiresAtMs: number } {
    const nowMs = this.#clock.nowMs();
    for (const [handle, held] of this.#held) if (held.expiresAtMs <= nowMs) this.#held.delete(handle);
    const oldest = this.#held.keys().next();
    if (this.#held.size >= MAX_HELD && oldest.done !== true) this.#held.delete(oldest.value);
    const handle = randomBytes(16).toString('base64url');
    const expiresAtMs = nowMs + Math.min(ackWaitMs ?? MAX_HELD_MS, MAX_HELD_MS);
    this.#held.set(handle, { ...delivery, expiresAtMs });
    return { handle, expiresAtMs };
  }

  /** The delivery of a handle, if it is this owner's and still good. */
  find(handle: string, owner: string): PulledDelivery | undefined {
    const held = this.#held.get(handle);
    if (held === undefined || held.owner !== owner) return undefined;
    if (held.expiresAtMs > this.#clock.nowMs()) return held;
    this.#held.delete(handle);
    return undefined;
  }

  /** It was answered for good. */
  drop(handle: string): void {
    this.#held.delete(handle);
  }

  /** More time was asked for. */
  extend(handle: string, delivery: PulledDelivery, ackWaitMs: number | null): void {
    const expiresAtMs = this.#clock.nowMs() + Math.min(ackWaitMs ?? MAX_HELD_MS, MAX_HELD_MS);
    this.#held.set(handle, { ...delivery, expiresAtMs });
  }

  clear(): void {
    this.#held.clear();
  }
}
