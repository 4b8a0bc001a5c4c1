/** The rows that are held of a list too long to hold: a window of it, kept up to date by what is pushed. Pure. */
import type { ConnectionRow, ConnectionsPage, LiveConnections } from '@sluice/protocol/console';

/** Rows asked for at once, and how a window may begin: at multiples of this, so that scrolling a little asks nothing new. */
export const WINDOW_ROWS = 200;
const WINDOW_STEP = 50;

export interface ConnectionsWindow {
  /** Index of the first row in the whole list. */
  readonly offset: number;
  readonly rows: readonly ConnectionRow[];
  readonly total: number;
  readonly totalUnfiltered: number;
  readonly presetCounts: ConnectionsPage['presetCounts'];
  readonly asOfMs: number;
}

/** Names a connection among those of all servers. */
export function keyOf(row: { readonly cid: number; readonly serverId: string }): string {
  return `${row.serverId}/${row.cid}`;
}

export function windowOfPage(page: ConnectionsPage): ConnectionsWindow {
  const { items, total, totalUnfiltered, presetCounts, asOfMs, offset } = page;
  return { rows: items, total, totalUnfiltered, presetCounts, asOfMs, offset };
}

/** The window after a pushed frame; rows that the frame leaves out are unchanged. */
export function windowAfter(held: ConnectionsWindow | undefined, frame: LiveConnections, offset: number): ConnectionsWindow {
  const known = new Map((frame.isFull ? [] : (held?.rows ?? [])).map((row) => [keyOf(row), row]));
  for (const row of frame.rows) known.set(keyOf(row), row);
  const rows = frame.order.flatMap((entry) => known.get(keyOf(entry)) ?? []);
  const { total, totalUnfiltered, presetCounts, asOfMs } = frame;
  return { offset, rows, total, totalUnfiltered, presetCounts, asOfMs };
}

/** Offset of the window that shows rows `first` to `last`; `offset` itself while they lie well inside it. */
export function windowOffset(offset: number, first: number, last: number): number {
  if (first >= offset && last < offset + WINDOW_ROWS) return offset;
  const margin = Math.max(Math.floor((WINDOW_ROWS - (last - first)) / 2), 0);
  return Math.max(Math.floor((first - margin) / WINDOW_STEP) * WINDOW_STEP, 0);
}
