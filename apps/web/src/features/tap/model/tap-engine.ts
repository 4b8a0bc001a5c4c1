/**
 * The tap, without page and worker: frames in, windows of rows out. It owns the ring, the pause buffer, the counters and the filter.
 * Runs in the tap worker; tests drive it directly.
 */
import { TapBatchError, type TapMessageBytes } from '@sluice/protocol';
import type { LiveTapCounters } from '@sluice/protocol/console';
import type { FilterNode } from './filter-ast.ts';
import { compileFilter } from './filter-match.ts';
import { FrameRing, readTapFrame, type TapFrame } from './frame-ring.ts';
import { ndjsonLine } from './ndjson.ts';
import { RateHistory } from './rate-history.ts';
import { RowList } from './row-list.ts';
import { rowOf } from './row-view.ts';
import { TapLedger } from './tap-ledger.ts';
import type { TapSnapshot, TapWindow } from './tap-snapshot.ts';

/** Rows and bytes of the list; the pause buffer has the same bounds once more. */
export const TAP_RING_ROWS = 20_000;
export const TAP_RING_BYTES = 64_000_000;
/** Bars of the histogram and their width. */
const HISTORY_BUCKETS = 120;
const HISTORY_BUCKET_MS = 1000;

export interface TapEngineOptions {
  /** Milliseconds since the epoch. */
  now: () => number;
  maxRows?: number;
  maxBytes?: number;
}

/** A message whole, with the one before it on the same subject. */
export interface TapDetail {
  index: number;
  message: TapMessageBytes;
  previous: TapMessageBytes | null;
}

interface Pause {
  atMs: number;
  held: TapFrame[];
  rows: number;
  bytes: number;
  discarded: number;
}

export class TapEngine {
  readonly #now: () => number;
  readonly #maxRows: number;
  readonly #maxBytes: number;
  readonly #ring: FrameRing;
  readonly #rows: RowList;
  readonly #ledger = new TapLedger();
  readonly #history = new RateHistory(HISTORY_BUCKETS, HISTORY_BUCKET_MS);
  #pause: Pause | null = null;
  #unreadableBatches = 0;

  constructor(options: TapEngineOptions) {
    this.#now = options.now;
    this.#maxRows = options.maxRows ?? TAP_RING_ROWS;
    this.#maxBytes = options.maxBytes ?? TAP_RING_BYTES;
    this.#ring = new FrameRing({ maxRows: this.#maxRows, maxBytes: this.#maxBytes });
    this.#rows = new RowList(this.#ring);
  }

  /** The server opened a new tap for this page. */
  startSession(): void {
    this.#ledger.startSession();
  }

  /** A batch arrived; its tap frame starts at `from` in `buffer`. */
  addFrame(buffer: ArrayBuffer, from: number): void {
    let frame: TapFrame;
    try {
      frame = readTapFrame(buffer, from);
    } catch (error) {
      // What it held is missing between the counters of the next batch and what arrived, so it counts as dropped there.
      if (!(error instanceof TapBatchError)) throw error;
      this.#unreadableBatches++;
      return;
    }
    const isKept = this.#pause === null ? this.#keep(frame) : this.#hold(this.#pause, frame);
    this.#ledger.addBatch(frame.header, frame.count, isKept ? frame.count : 0);
    this.#record();
  }

  setCounters(counters: LiveTapCounters): void {
    if (this.#ledger.setCounters(counters)) this.#record();
  }

  setFilter(node: FilterNode | null, serverText?: string): void {
    this.#rows.setFilter(node === null ? null : compileFilter(node, serverText));
  }

  /** Stops the list; messages go on being recorded into the pause buffer. */
  pause(): void {
    this.#pause ??= { atMs: this.#now(), held: [], rows: 0, bytes: 0, discarded: 0 };
    this.#record();
  }

  /** Puts everything that was recorded into the list and goes on. */
  resume(): void {
    this.showHeld();
    this.#pause = null;
    this.#record();
  }

  /** Puts everything recorded so far into the list, and stays paused. */
  showHeld(): void {
    const pause = this.#pause;
    if (pause === null) return;
    for (const frame of pause.held) this.#keep(frame);
    this.#pause = { ...pause, held: [], rows: 0, bytes: 0 };
  }

  /** Throws away what was recorded, and stays paused. It counts as dropped. */
  discardHeld(): void {
    const pause = this.#pause;
    if (pause === null) return;
    this.#ledger.discardKept(pause.rows);
    this.#pause = { ...pause, held: [], rows: 0, bytes: 0, discarded: pause.discarded + pause.rows };
  }

  /** Empties the list. Counters go on. */
  clear(): void {
    this.#ring.clear();
    this.#rows.clear();
  }

  /** What the page should draw for `window`. */
  snapshot(window: TapWindow): TapSnapshot {
    const nowMs = this.#now();
    const rows = this.#rows;
    const end = rows.endAt(window.newestIndex);
    const start = Math.max(0, Math.min(window.start, end - 1));
    const visible = [];
    for (let position = start; position < Math.min(end, start + window.count); position++) {
      const index = rows.indexAt(end - 1 - position);
      const message = this.#ring.message(index);
      if (message !== null) visible.push(rowOf(message, index));
    }
    return {
      counters: this.#ledger.totals(),
      start,
      rowCount: end,
      newerCount: rows.count - end,
      newestIndex: this.#ring.nextIndex - 1,
      rows: visible,
      listedCount: rows.count,
      listBytes: this.#ring.sizeBytes,
      passedCount: rows.passedCount,
      pause: this.#pauseState(),
      history: [...this.#history.buckets()],
      matchedPerSecond: this.#history.perSecond(nowMs, 3),
      unreadableBatches: this.#unreadableBatches,
    };
  }

  /**
   * The row `step` places older (newer when negative) than row `index`, at the ends the last one, and its place counted from the
   * newest of `newestIndex`. For a row that is not in the list, the next older one stands in, or else the oldest. Null when the list
   * is empty.
   */
  neighbour(index: number, step: number, newestIndex: number | null): { index: number; position: number } | null {
    const end = this.#rows.endAt(newestIndex);
    if (end === 0) return null;
    const from = Math.max(0, this.#rows.endAt(index) - 1);
    const place = Math.min(end - 1, Math.max(0, from - step));
    return { index: this.#rows.indexAt(place), position: end - 1 - place };
  }

  /** The whole message, or null when the list has let it go. */
  detail(index: number): TapDetail | null {
    const message = this.#ring.message(index);
    return message === null ? null : { index, message, previous: this.#previousOn(message.subject, index) };
  }

  /** The list as NDJSON, oldest first, in pieces of about a megabyte. */
  *exportLines(): Generator<string> {
    let piece = '';
    for (let place = 0; place < this.#rows.count; place++) {
      const message = this.#ring.message(this.#rows.indexAt(place));
      if (message === null) continue;
      piece += ndjsonLine(message);
      if (piece.length < 1_048_576) continue;
      yield piece;
      piece = '';
    }
    if (piece !== '') yield piece;
  }

  #keep(frame: TapFrame): boolean {
    const firstIndex = this.#ring.nextIndex;
    this.#ring.push(frame);
    this.#rows.add(firstIndex, frame);
    return true;
  }

  #hold(pause: Pause, frame: TapFrame): boolean {
    const sizeBytes = frame.view.byteLength;
    if (pause.rows + frame.count > this.#maxRows || pause.bytes + sizeBytes > this.#maxBytes) {
      pause.discarded += frame.count;
      return false;
    }
    pause.held.push(frame);
    pause.rows += frame.count;
    pause.bytes += sizeBytes;
    return true;
  }

  #pauseState(): TapSnapshot['pause'] {
    const pause = this.#pause;
    if (pause === null) return null;
    const used = Math.max(pause.bytes / this.#maxBytes, pause.rows / this.#maxRows);
    return { atMs: pause.atMs, buffered: pause.rows, bufferedBytes: pause.bytes, discarded: pause.discarded, usedShare: used };
  }

  #previousOn(subject: Uint8Array, index: number): TapMessageBytes | null {
    for (let earlier = index - 1; earlier >= this.#ring.oldestIndex; earlier--) {
      const message = this.#ring.message(earlier);
      if (message !== null && isSameBytes(message.subject, subject)) return message;
    }
    return null;
  }

  #record(): void {
    this.#history.record(this.#ledger.totals().matched, this.#now(), this.#pause !== null);
  }
}

function isSameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) {
    if (left[at] !== right[at]) return false;
  }
  return true;
}
