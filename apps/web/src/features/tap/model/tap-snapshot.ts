/** What the tap worker hands to the page, and what the page asks it for. Everything here is cheap to clone. */
import type { LiveTapCounters } from '@sluice/protocol/console';
import type { RateBucket } from './rate-history.ts';
import type { TapRow } from './row-view.ts';

/** The part of the list that is on screen; rows are counted from the newest. */
export interface TapWindow {
  start: number;
  count: number;
  /** Newest row of a list that stands still while it is scrolled; null: the list follows. */
  newestIndex: number | null;
}

export interface TapPauseState {
  atMs: number;
  buffered: number;
  bufferedBytes: number;
  discarded: number;
  /** 0 to 1 of rows or bytes, whichever is nearer its bound. */
  usedShare: number;
}

export interface TapSnapshot {
  counters: LiveTapCounters;
  start: number;
  /** Rows of the list as the window sees it. */
  rowCount: number;
  /** Rows that came after the window's newest. */
  newerCount: number;
  /** Number of the newest row there is, -1 before the first. */
  newestIndex: number;
  rows: TapRow[];
  /** Rows in the list, newer ones included. */
  listedCount: number;
  listBytes: number;
  /** Messages that passed the filter since it was set; null without one. */
  passedCount: number | null;
  pause: TapPauseState | null;
  history: RateBucket[];
  /** Over the last three whole seconds; null before the first. */
  matchedPerSecond: number | null;
  unreadableBatches: number;
}
