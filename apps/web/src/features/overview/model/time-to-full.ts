/** When storage would be full if it went on growing as it did in the last minutes. Pure. */

/** A shorter look at the past says nothing about the future. */
const MIN_SPAN_MS = 60_000;
/** Farther away it is no news. */
const MAX_AHEAD_MS = 30 * 86_400_000;

/** Milliseconds until `leftBytes` are used up; null while it does not grow, or far away, or not known. */
export function timeToFull(stored: readonly (number | null)[], stepMs: number, leftBytes: number): number | null {
  const first = stored.findIndex((value) => value !== null);
  const last = stored.findLastIndex((value) => value !== null);
  const grown = (stored[last] ?? 0) - (stored[first] ?? 0);
  const spanMs = (last - first) * stepMs;
  if (first < 0 || spanMs < MIN_SPAN_MS || grown <= 0) return null;
  const aheadMs = (Math.max(leftBytes, 0) / grown) * spanMs;
  return aheadMs > MAX_AHEAD_MS ? null : aheadMs;
}
