/** The history of one connection, moved on second by second while its drawer is open. Pure. */
import type { ConnectionDetail, ConnectionHistory, ConnectionRow } from '@sluice/protocol/console';

const HISTORY_MAX = 900;

type HistorySeries = 'inMsgsPerS' | 'outMsgsPerS' | 'inBytesPerS' | 'outBytesPerS' | 'pendingBytes';
const seriesNames: readonly HistorySeries[] = ['inMsgsPerS', 'outMsgsPerS', 'inBytesPerS', 'outBytesPerS', 'pendingBytes'];

/** The detail with the newest row, and its rates as one more second; seconds in between stay unknown. */
export function detailAfter(detail: ConnectionDetail, row: ConnectionRow, asOfMs: number): ConnectionDetail {
  return { ...detail, asOfMs, connection: row, history: historyAfter(detail.history, row, asOfMs, detail.asOfMs) };
}

/** A chart shows this many seconds at least, so that the first minute does not stretch. */
const SHOWN_MIN = 60;

/**
 * Without the time before the first measurement, but for the last minute; and without the holes of measurements that came a second
 * late, as they do on a busy machine.
 */
export function trimHistory(history: ConnectionHistory): ConnectionHistory {
  const { inMsgsPerS, pendingBytes } = history;
  const first = inMsgsPerS.findIndex((value, index) => value !== null || (pendingBytes[index] ?? null) !== null);
  const cut = Math.max(Math.min(first < 0 ? inMsgsPerS.length : first, inMsgsPerS.length - SHOWN_MIN), 0);
  return {
    ...history,
    startMs: history.startMs + cut * history.stepMs,
    ...seriesOf((name) => bridged(history[name].slice(cut))),
  };
}

/** A lone second without a measurement is part of the time that the next one covers; a longer silence stays a gap. */
function bridged(values: readonly (number | null)[]): (number | null)[] {
  return values.map((value, index) => {
    const isLone = value === null && (values[index - 1] ?? null) !== null;
    return isLone ? (values[index + 1] ?? null) : value;
  });
}

/**
 * One more second, measured at `asOfMs`; the newest one held is of `beforeMs`. Measurements come a little early or late, so the
 * distance of the two is rounded: only a whole second without one is a gap.
 */
export function historyAfter(
  history: ConnectionHistory,
  row: ConnectionRow,
  asOfMs: number,
  beforeMs: number,
): ConnectionHistory {
  const length = history.inMsgsPerS.length;
  if (length === 0) {
    const startMs = Math.floor(asOfMs / history.stepMs) * history.stepMs;
    return { ...history, startMs, ...seriesOf((name) => [row[name]]) };
  }
  if (asOfMs <= beforeMs) return history;
  const steps = Math.max(Math.round((asOfMs - beforeMs) / history.stepMs), 1);
  const gap = new Array<null>(Math.min(steps - 1, HISTORY_MAX)).fill(null);
  const kept = Math.min(length + gap.length + 1, HISTORY_MAX);
  const startMs = history.startMs + (length + steps - kept) * history.stepMs;
  return { ...history, startMs, ...seriesOf((name) => [...history[name], ...gap, row[name]].slice(-HISTORY_MAX)) };
}

function seriesOf(make: (name: HistorySeries) => (number | null)[]): Pick<ConnectionHistory, HistorySeries> {
  const [inMsgsPerS, outMsgsPerS, inBytesPerS, outBytesPerS, pendingBytes] = seriesNames.map(make);
  return {
    inMsgsPerS: inMsgsPerS ?? [],
    outMsgsPerS: outMsgsPerS ?? [],
    inBytesPerS: inBytesPerS ?? [],
    outBytesPerS: outBytesPerS ?? [],
    pendingBytes: pendingBytes ?? [],
  };
}
