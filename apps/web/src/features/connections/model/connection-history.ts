/** The history of one connection, moved on second by second while its drawer is open. Pure. */
import type { ConnectionDetail, ConnectionHistory, ConnectionRow } from '@sluice/protocol/console';

const HISTORY_MAX = 900;

type HistorySeries = 'inMsgsPerS' | 'outMsgsPerS' | 'inBytesPerS' | 'outBytesPerS' | 'pendingBytes';
const seriesNames: readonly HistorySeries[] = ['inMsgsPerS', 'outMsgsPerS', 'inBytesPerS', 'outBytesPerS', 'pendingBytes'];

/** The detail with the newest row, and its rates as one more second; seconds in between stay unknown. */
export function detailAfter(detail: ConnectionDetail, row: ConnectionRow, asOfMs: number): ConnectionDetail {
  return { ...detail, asOfMs, connection: row, history: historyAfter(detail.history, row, asOfMs) };
}

export function historyAfter(history: ConnectionHistory, row: ConnectionRow, asOfMs: number): ConnectionHistory {
  const length = history.inMsgsPerS.length;
  if (length === 0) {
    const startMs = Math.floor(asOfMs / history.stepMs) * history.stepMs;
    return { ...history, startMs, ...seriesOf((name) => [row[name]]) };
  }
  const steps = Math.floor((asOfMs - history.startMs) / history.stepMs) - length + 1;
  if (steps <= 0) return history;
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
