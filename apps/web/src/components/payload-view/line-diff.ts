/**
 * Which lines changed between two messages. Myers' O(ND) walk over the middle that common head and tail leave; past a bound on
 * lines or differences the middle is shown as removed and added whole, so the cost never depends on how unlike two payloads are.
 */

/** `same` lines carry both indexes; `del` only the old one, `add` only the new one. */
export type DiffStep =
  | { kind: 'same'; oldIndex: number; newIndex: number }
  | { kind: 'del'; oldIndex: number }
  | { kind: 'add'; newIndex: number };

/** Lines of each side that are compared; the rest is left out and counted. */
export const DIFF_MAX_LINES = 20_000;
/** Differences after which the middle counts as replaced whole. */
const DIFF_MAX_EDITS = 1000;

export interface LineDiff {
  steps: DiffStep[];
  addedCount: number;
  removedCount: number;
  /** Lines of either side beyond DIFF_MAX_LINES, not compared. */
  skippedCount: number;
}

/** Compares two lists of lines. */
export function diffLines(oldLines: readonly string[], newLines: readonly string[]): LineDiff {
  const left = oldLines.slice(0, DIFF_MAX_LINES);
  const right = newLines.slice(0, DIFF_MAX_LINES);
  const head = commonHead(left, right);
  const tail = commonTail(left, right, head);
  const steps: DiffStep[] = [];
  for (let index = 0; index < head; index++) steps.push({ kind: 'same', oldIndex: index, newIndex: index });
  pushMiddle(steps, left.slice(head, left.length - tail), right.slice(head, right.length - tail), head);
  for (let index = tail; index > 0; index--) {
    steps.push({ kind: 'same', oldIndex: left.length - index, newIndex: right.length - index });
  }
  return {
    steps,
    addedCount: steps.reduce((sum, step) => sum + (step.kind === 'add' ? 1 : 0), 0),
    removedCount: steps.reduce((sum, step) => sum + (step.kind === 'del' ? 1 : 0), 0),
    skippedCount: oldLines.length - left.length + (newLines.length - right.length),
  };
}

function commonHead(left: readonly string[], right: readonly string[]): number {
  const limit = Math.min(left.length, right.length);
  let count = 0;
  while (count < limit && left[count] === right[count]) count++;
  return count;
}

function commonTail(left: readonly string[], right: readonly string[], head: number): number {
  const limit = Math.min(left.length, right.length) - head;
  let count = 0;
  while (count < limit && left[left.length - 1 - count] === right[right.length - 1 - count]) count++;
  return count;
}

function pushMiddle(steps: DiffStep[], left: readonly string[], right: readonly string[], offset: number): void {
  const edits = left.length === 0 || right.length === 0 ? null : shortestEdits(left, right);
  if (edits === null) {
    for (let index = 0; index < left.length; index++) steps.push({ kind: 'del', oldIndex: offset + index });
    for (let index = 0; index < right.length; index++) steps.push({ kind: 'add', newIndex: offset + index });
    return;
  }
  for (const step of edits) {
    if (step.kind === 'same') steps.push({ kind: 'same', oldIndex: offset + step.oldIndex, newIndex: offset + step.newIndex });
    else if (step.kind === 'del') steps.push({ kind: 'del', oldIndex: offset + step.oldIndex });
    else steps.push({ kind: 'add', newIndex: offset + step.newIndex });
  }
}

/** Furthest x on each diagonal, one array per number of edits; null when more than DIFF_MAX_EDITS are needed. */
function shortestEdits(left: readonly string[], right: readonly string[]): DiffStep[] | null {
  const limit = Math.min(left.length + right.length, DIFF_MAX_EDITS);
  const trace: Int32Array[] = [];
  let furthest = new Int32Array(2 * limit + 3);
  const centre = limit + 1;
  for (let edits = 0; edits <= limit; edits++) {
    trace.push(furthest.slice(centre - edits - 1, centre + edits + 2));
    const next = furthest.slice();
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const below = valueAt(furthest, centre + diagonal + 1);
      const before = valueAt(furthest, centre + diagonal - 1);
      const goesDown = diagonal === -edits || (diagonal !== edits && before < below);
      let x = goesDown ? below : before + 1;
      while (x < left.length && x - diagonal < right.length && left[x] === right[x - diagonal]) x++;
      next[centre + diagonal] = x;
      if (x >= left.length && x - diagonal >= right.length) return walkBack(trace, left.length, right.length);
    }
    furthest = next;
  }
  return null;
}

function valueAt(values: Int32Array, index: number): number {
  return values[index] ?? 0;
}

function walkBack(trace: readonly Int32Array[], leftCount: number, rightCount: number): DiffStep[] {
  const steps: DiffStep[] = [];
  let x = leftCount;
  let y = rightCount;
  for (let edits = trace.length - 1; edits > 0; edits--) {
    const row = trace[edits] ?? new Int32Array(0);
    const centre = edits + 1;
    const diagonal = x - y;
    const below = valueAt(row, centre + diagonal + 1);
    const before = valueAt(row, centre + diagonal - 1);
    const wentDown = diagonal === -edits || (diagonal !== edits && before < below);
    const startX = wentDown ? below : before;
    const startY = startX - (wentDown ? diagonal + 1 : diagonal - 1);
    while (x > startX + (wentDown ? 0 : 1) && y > startY + (wentDown ? 1 : 0)) {
      steps.push({ kind: 'same', oldIndex: --x, newIndex: --y });
    }
    if (wentDown) steps.push({ kind: 'add', newIndex: --y });
    else steps.push({ kind: 'del', oldIndex: --x });
  }
  while (x > 0 && y > 0) steps.push({ kind: 'same', oldIndex: --x, newIndex: --y });
  return steps.reverse();
}
