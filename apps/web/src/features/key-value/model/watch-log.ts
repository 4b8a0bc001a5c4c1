/** Changes of a bucket as they come, the newest first; a bounded list that says how many it let go. Pure. */
import type { KvEntry, LiveKv } from '@sluice/protocol/console';

export const WATCH_LOG_MAX = 1000;

export interface WatchLog {
  /** Newest first. */
  readonly entries: readonly KvEntry[];
  readonly seen: number;
}

export const EMPTY_WATCH_LOG: WatchLog = { entries: [], seen: 0 };

/** The log after a frame. A feed that was lost begins again where it first began: what is listed already is not listed twice. */
export function watchLogAfter(log: WatchLog, frame: LiveKv): WatchLog {
  const newest = log.entries[0]?.revision ?? 0;
  const added = frame.entries.filter((entry) => entry.revision > newest);
  if (added.length === 0) return log;
  return { entries: [...added.toReversed(), ...log.entries].slice(0, WATCH_LOG_MAX), seen: log.seen + added.length };
}
