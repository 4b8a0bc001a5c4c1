/**
 * The honest counter line. Server counters come with every batch; what the browser itself loses is added here. Always:
 * matched = shown + sampled out + dropped, over every reconnect.
 */
import type { LiveTapCounters } from '@sluice/protocol/console';

const ZERO: LiveTapCounters = { matched: 0, shown: 0, sampledOut: 0, dropped: 0, matchedBytes: 0 };

export class TapLedger {
  /** Server counters of earlier sessions, added up. */
  #earlier: LiveTapCounters = { ...ZERO };
  /** Server counters of this session. */
  #now: LiveTapCounters = { ...ZERO };
  /** Messages that arrived in this session. */
  #arrived = 0;
  /** Handed over by the server in earlier sessions, never arrived here. */
  #lostEarlier = 0;
  /** Arrived and put into the list or the pause buffer. */
  #kept = 0;
  /** Arrived but not kept: buffer full, unreadable batch, thrown away by the user. */
  #lostHere = 0;

  /** A new tap was opened on the server, whose counters start at zero again. */
  startSession(): void {
    this.#lostEarlier += this.#now.shown - this.#arrived;
    this.#earlier = add(this.#earlier, this.#now);
    this.#now = { ...ZERO };
    this.#arrived = 0;
  }

  /** A batch arrived with `count` messages, of which `keptCount` were kept; `counters` are the server's after it. */
  addBatch(counters: LiveTapCounters, count: number, keptCount: number): void {
    this.#now = pick(counters);
    this.#arrived += count;
    this.#kept += keptCount;
    this.#lostHere += count - keptCount;
  }

  /**
   * Counters without a batch. Taken only while nothing is on its way: ahead of their batches they would show messages as lost that
   * are about to arrive. Returns whether they were taken.
   */
  setCounters(counters: LiveTapCounters): boolean {
    if (counters.shown !== this.#now.shown || counters.matched < this.#now.matched) return false;
    this.#now = pick(counters);
    return true;
  }

  /** `count` messages that were kept are thrown away unseen. */
  discardKept(count: number): void {
    this.#kept -= count;
    this.#lostHere += count;
  }

  totals(): LiveTapCounters {
    const server = add(this.#earlier, this.#now);
    return {
      matched: server.matched,
      shown: this.#kept,
      sampledOut: server.sampledOut,
      dropped: server.dropped + this.#lostEarlier + (this.#now.shown - this.#arrived) + this.#lostHere,
      matchedBytes: server.matchedBytes,
    };
  }
}

/** True when the four counters add up. */
export function isBalanced(counters: LiveTapCounters): boolean {
  return counters.matched === counters.shown + counters.sampledOut + counters.dropped;
}

function pick(counters: LiveTapCounters): LiveTapCounters {
  const { matched, shown, sampledOut, dropped, matchedBytes } = counters;
  return { matched, shown, sampledOut, dropped, matchedBytes };
}

function add(left: LiveTapCounters, right: LiveTapCounters): LiveTapCounters {
  return {
    matched: left.matched + right.matched,
    shown: left.shown + right.shown,
    sampledOut: left.sampledOut + right.sampledOut,
    dropped: left.dropped + right.dropped,
    matchedBytes: left.matchedBytes + right.matchedBytes,
  };
}
