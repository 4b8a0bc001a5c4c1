/**
 * One page of a sorted list without sorting all of it: quicksort that only follows the parts which overlap the page. With
 * 100,000 rows a page costs a few passes over the keys wherever it lies.
 */

/** Rows shorter than this are put in order by insertion. */
const SMALL = 24;

/**
 * Puts `order[from..to)` into the place a full sort would; the rest is only divided around it. `compare` must be a total order
 * (no two rows equal): break ties by index.
 */
export function sortRange(order: Uint32Array, compare: (a: number, b: number) => number, from: number, to: number): void {
  const stack: [number, number][] = [[0, order.length]];
  for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
    const [low, high] = part;
    if (high <= from || low >= to) continue;
    if (high - low <= SMALL) {
      insertionSort(order, compare, low, high);
      continue;
    }
    const middle = divide(order, compare, low, high);
    stack.push([low, middle], [middle + 1, high]);
  }
}

/** Divides `[low, high)` around one of its rows; returns where that row ended. */
function divide(order: Uint32Array, compare: (a: number, b: number) => number, low: number, high: number): number {
  const last = high - 1;
  swap(order, medianOfThree(order, compare, low, high), last);
  const pivot = order[last] ?? 0;
  let end = low;
  for (let at = low; at < last; at++) {
    if (compare(order[at] ?? 0, pivot) >= 0) continue;
    swap(order, at, end);
    end += 1;
  }
  swap(order, end, last);
  return end;
}

function medianOfThree(order: Uint32Array, compare: (a: number, b: number) => number, low: number, high: number): number {
  const middle = (low + high) >>> 1;
  const last = high - 1;
  const [a, b, c] = [order[low] ?? 0, order[middle] ?? 0, order[last] ?? 0];
  if (compare(a, b) < 0) {
    if (compare(b, c) < 0) return middle;
    return compare(a, c) < 0 ? last : low;
  }
  if (compare(a, c) < 0) return low;
  return compare(b, c) < 0 ? last : middle;
}

function insertionSort(order: Uint32Array, compare: (a: number, b: number) => number, low: number, high: number): void {
  for (let at = low + 1; at < high; at++) {
    const row = order[at] ?? 0;
    let hole = at;
    for (; hole > low && compare(order[hole - 1] ?? 0, row) > 0; hole--) order[hole] = order[hole - 1] ?? 0;
    order[hole] = row;
  }
}

function swap(order: Uint32Array, a: number, b: number): void {
  const kept = order[a] ?? 0;
  order[a] = order[b] ?? 0;
  order[b] = kept;
}
