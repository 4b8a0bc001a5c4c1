/**
 * Reads all stored messages once a day, slowly, so that damage is found while there may still be a backup. One slice of one stream at a
 * time, spread over the day and never faster than a few megabytes per second.
 */
import type { Clock, Timer } from '../env/env.ts';
import type { Log } from '../env/log.ts';
import { FileStore } from './store/file-store.ts';
import { SCRUB_SLICE_BYTES, type ScrubPlace, scrubSlice } from './store/scrub.ts';
import type { MessageStore } from './store/store.ts';

const PERIOD_MS = 86_400_000;
const SOONEST_MS = 250;
const LATEST_MS = 60_000;

export interface ScrubHost {
  readonly clock: Clock;
  readonly log: Log;
  /** All stores there are now. */
  stores(): Iterable<MessageStore>;
}

export class Scrubber {
  private readonly host: ScrubHost;
  private queue: FileStore[] = [];
  private place: ScrubPlace = { number: 0, position: 0 };
  private pauseMs = LATEST_MS;
  private roundBeganMs: number;
  private timer: Timer | undefined;

  constructor(host: ScrubHost) {
    this.host = host;
    this.roundBeganMs = host.clock.nowMs();
    this.wait(LATEST_MS);
  }

  stop(): void {
    this.timer?.cancel();
  }

  private wait(ms: number): void {
    this.timer = this.host.clock.setTimer(ms, () => this.step());
  }

  private step(): void {
    const [store] = this.queue;
    if (store === undefined) return this.beginRound();
    try {
      const next = store.hasFailed ? undefined : scrubSlice(store, this.place);
      if (next === undefined) this.advance();
      else this.place = next;
    } catch (cause) {
      this.host.log.write('ERR', `JetStream store of '${store.label}' could not be verified: ${String(cause)}`);
      this.advance();
    }
    if (this.queue.length > 0) this.wait(this.pauseMs);
    else this.wait(Math.max(LATEST_MS, this.roundBeganMs + PERIOD_MS - this.host.clock.nowMs()));
  }

  private advance(): void {
    this.queue.shift();
    this.place = { number: 0, position: 0 };
  }

  private beginRound(): void {
    this.roundBeganMs = this.host.clock.nowMs();
    this.queue = [...this.host.stores()].filter((store) => store instanceof FileStore);
    let slices = 0;
    for (const { segments } of this.queue)
      for (const { storage } of segments) slices += Math.ceil(storage.sizeBytes / SCRUB_SLICE_BYTES);
    this.pauseMs = Math.min(LATEST_MS, Math.max(SOONEST_MS, PERIOD_MS / Math.max(1, slices)));
    this.wait(this.queue.length === 0 ? PERIOD_MS : this.pauseMs);
  }
}
