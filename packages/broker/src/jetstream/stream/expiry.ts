/**
 * Messages that have become too old, by the stream's age or by a time to live of their own, and the delete markers that their going
 * may leave. One timer per stream, set to the next moment at which something may be due.
 * Source: nats-server server/memstore.go expireMsgs, handleRemovalOrSdm; ADR-43.
 */
import { jsHeaders, type StreamConfig } from '@sluice/protocol/jetstream';
import type { Clock, Timer } from '../../env/env.ts';
import { headerText, headerValue } from '../header-text.ts';
import type { StoredMessage } from '../store/record.ts';
import { neverExpires } from '../store/record.ts';
import type { MessageStore } from '../store/store.ts';

const US_PER_MS = 1000;
/** Messages removed in one go; more go on after the input of the turn. */
const BATCH = 2000;
const SOONEST_MS = 10;
const LATEST_MS = 3_600_000;
/** The least time between two looks, as nats-server has it, so that expiring does not get in the way of storing. */
const PAUSE_MS = 250;

/** What expiry needs from its stream. */
export interface ExpiryHost {
  readonly config: StreamConfig;
  readonly store: MessageStore;
  readonly clock: Clock;
  /** Runs `task` as a turn of the stream: what it changes is written and told. */
  act(task: () => void): void;
  /** Stores a delete marker for `subject`. */
  storeMarker(subject: string, ttlSeconds: number): void;
}

export class Expiry {
  private readonly host: ExpiryHost;
  private timer: Timer | undefined;
  private dueAtMs = Number.POSITIVE_INFINITY;
  private isStopped = false;

  constructor(host: ExpiryHost) {
    this.host = host;
  }

  /** Sets the timer to the next thing that may be due. */
  schedule(): void {
    if (this.isStopped) return;
    const dueUs = this.nextDueUs();
    if (dueUs === Number.POSITIVE_INFINITY) return;
    const nowMs = this.host.clock.nowMs();
    const atMs = Math.max(nowMs + SOONEST_MS, Math.ceil(dueUs / US_PER_MS));
    if (this.timer !== undefined && this.dueAtMs <= atMs) return;
    this.timer?.cancel();
    this.dueAtMs = atMs;
    this.timer = this.host.clock.setTimer(Math.min(LATEST_MS, atMs - nowMs), () => this.fire());
  }

  private nextDueUs(): number {
    const { config, store } = this.host;
    let dueUs = config.allow_msg_ttl ? store.nextExpiryUs() : Number.POSITIVE_INFINITY;
    if (config.max_age > 0) {
      const { messages, firstTimeUs } = store.state();
      if (messages > 0) dueUs = Math.min(dueUs, firstTimeUs + config.max_age / 1000);
    }
    return dueUs;
  }

  private fire(): void {
    this.timer = undefined;
    this.dueAtMs = Number.POSITIVE_INFINITY;
    if (this.isStopped) return;
    let isMore = false;
    this.host.act(() => {
      isMore = this.expire();
    });
    if (isMore) this.timer = this.host.clock.setTimer(1, () => this.fire());
    else this.scheduleLater();
  }

  private scheduleLater(): void {
    const dueUs = this.nextDueUs();
    if (dueUs === Number.POSITIVE_INFINITY || this.isStopped) return;
    const nowMs = this.host.clock.nowMs();
    const delay = Math.min(LATEST_MS, Math.max(dueUs / US_PER_MS - nowMs, dueUs / US_PER_MS <= nowMs ? PAUSE_MS : SOONEST_MS));
    this.dueAtMs = nowMs + delay;
    this.timer = this.host.clock.setTimer(delay, () => this.fire());
  }

  /** Removes what is due; true when there is more. */
  private expire(): boolean {
    const { config, store, clock } = this.host;
    const nowUs = clock.nowUs();
    let left = BATCH;
    if (config.max_age > 0) left = this.expireByAge(nowUs - Math.floor(config.max_age / 1000), left);
    if (left > 0 && config.allow_msg_ttl) {
      const due = store.expiredSeqs(nowUs, left);
      for (const seq of due) this.removeOrMark(seq);
      left -= due.length;
    }
    return left <= 0;
  }

  private expireByAge(oldestUs: number, limit: number): number {
    const { store } = this.host;
    let left = limit;
    for (let message = store.loadNext(null, 1); message !== undefined && left > 0; left--) {
      if (message.timeUs > oldestUs) return left;
      const { seq } = message;
      if (!neverExpires(message)) this.removeOrMark(seq);
      message = store.loadNext(null, seq + 1);
    }
    return left;
  }

  /** The last message of a subject leaves a marker, which rolls it up; all others just go. */
  private removeOrMark(seq: number): void {
    const { config, store } = this.host;
    const ttlSeconds = Math.floor((config.subject_delete_marker_ttl ?? 0) / 1e9);
    if (ttlSeconds > 0) {
      const message = store.load(seq);
      if (message === undefined) return;
      const slot = store.subjects.slotOf(message.subject);
      if (store.subjects.countOf(slot) === 1 && !isMarker(message)) {
        this.host.storeMarker(message.subject, ttlSeconds);
        return;
      }
    }
    store.remove(seq, false);
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
  }
}

/** True for a delete marker: the server's own, or the one of a key-value bucket. */
function isMarker(message: StoredMessage): boolean {
  if (message.headerBytes === 0) return false;
  const headers = headerText(message.headers());
  return (headerValue(headers, jsHeaders.markerReason) ?? '') !== '' || headerValue(headers, 'KV-Operation') === 'PURGE';
}
