/**
 * The four counters of a tap, across everything between the broker and the browser: what the console sheds moves from shown to
 * dropped, and counters of a tap that had to be opened again go on from where they were. Always: matched = shown + sampledOut +
 * dropped. Pure.
 */
import type { LiveTapCounters } from '@sluice/protocol/console';

/** Counters as the broker tells them, in a batch or an answer. */
export type BrokerCounters = LiveTapCounters;

const zero: LiveTapCounters = { matched: 0, shown: 0, sampledOut: 0, dropped: 0, matchedBytes: 0 };

export class TapCounting {
  /** From taps before the present one. */
  #before: LiveTapCounters = zero;
  #broker: BrokerCounters = zero;
  #shed = 0;

  /** Messages of a batch that the browser will not get. */
  shed(count: number): void {
    this.#shed += count;
  }

  /** The broker's newest word. Older ones (answers may overtake each other) change nothing. */
  take(counters: BrokerCounters): void {
    if (counters.matched >= this.#broker.matched) this.#broker = counters;
  }

  /** The next counters come from a new tap that starts at zero. */
  startOver(): void {
    this.#before = this.total();
    this.#broker = zero;
    this.#shed = 0;
  }

  total(): LiveTapCounters {
    return this.totalWith(this.#broker);
  }

  /** Totals as of a batch, which may be older than the newest word. */
  totalWith(counters: BrokerCounters): LiveTapCounters {
    const { matched, shown, sampledOut, dropped, matchedBytes } = this.#before;
    return {
      matched: matched + counters.matched,
      shown: shown + counters.shown - this.#shed,
      sampledOut: sampledOut + counters.sampledOut,
      dropped: dropped + counters.dropped + this.#shed,
      matchedBytes: matchedBytes + counters.matchedBytes,
    };
  }
}
