/** Series as SVG paths: straight segments, gaps where nothing was measured, and fewer points than pixels. Pure. */

export interface PathBox {
  readonly width: number;
  readonly height: number;
  /** Value at the top edge; the bottom is `base`, 0 unless given. */
  readonly top: number;
  readonly base?: number;
}

/** Largest value, or 0 when there is none. */
export function largest(...series: readonly (readonly (number | null)[])[]): number {
  let max = 0;
  for (const values of series) for (const value of values) if (value !== null && value > max) max = value;
  return max;
}

/** Smallest known value, or null. */
export function smallest(values: readonly (number | null)[]): number | null {
  let min: number | null = null;
  for (const value of values) if (value !== null && (min === null || value < min)) min = value;
  return min;
}

/** Last known value with its place, or null. */
export function lastKnown(values: readonly (number | null)[]): number | null {
  for (let index = values.length - 1; index >= 0; index--) {
    const value = values[index];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

/** Mean of the known values, or null. */
export function meanOf(values: readonly (number | null)[]): number | null {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (value === null) continue;
    sum += value;
    count++;
  }
  return count === 0 ? null : sum / count;
}

/**
 * At most `maxPoints` values: the mean of each bucket, null where a bucket holds nothing. Buckets are counted from the end of the
 * series' time, so that a point does not change its bucket when a new second arrives: `phase` is the index of the first value in time.
 */
export function downsample(values: readonly (number | null)[], maxPoints: number, phase = 0): (number | null)[] {
  if (values.length <= maxPoints) return [...values];
  const size = Math.ceil(values.length / maxPoints);
  const result: (number | null)[] = [];
  let bucket: (number | null)[] = [];
  for (const [index, value] of values.entries()) {
    if (index > 0 && (index + phase) % size === 0) {
      result.push(meanOf(bucket));
      bucket = [];
    }
    bucket.push(value);
  }
  result.push(meanOf(bucket));
  return result;
}

/** `M…L…` through the known values; a lone value between gaps becomes a short dash. Empty when nothing is known. */
export function linePath(values: readonly (number | null)[], box: PathBox): string {
  return runsOf(values, box)
    .map((run) => {
      const first = run[0];
      if (first === undefined) return '';
      if (run.length === 1) return `M${first.x - 0.5} ${first.y}h1`;
      return `M${run.map((point) => `${point.x} ${point.y}`).join('L')}`;
    })
    .join('');
}

/** The area under each run of known values. */
export function areaPath(values: readonly (number | null)[], box: PathBox): string {
  return runsOf(values, box)
    .map((run) => {
      const first = run[0];
      const last = run.at(-1);
      if (first === undefined || last === undefined || run.length === 1) return '';
      return `M${first.x} ${box.height}L${run.map((point) => `${point.x} ${point.y}`).join('L')}L${last.x} ${box.height}z`;
    })
    .join('');
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function runsOf(values: readonly (number | null)[], box: PathBox): Point[][] {
  const base = box.base ?? 0;
  const range = Math.max(box.top - base, Number.MIN_VALUE);
  const step = values.length < 2 ? 0 : box.width / (values.length - 1);
  const runs: Point[][] = [];
  let run: Point[] = [];
  for (const [index, value] of values.entries()) {
    if (value === null) {
      if (run.length > 0) runs.push(run);
      run = [];
      continue;
    }
    const share = Math.min(Math.max((value - base) / range, 0), 1);
    run.push({ x: rounded(index * step), y: rounded(box.height - share * (box.height - 1) - 0.5) });
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
