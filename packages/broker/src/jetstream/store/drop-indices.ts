/** Keeps the indices of a store within a budget of memory: those that were used longest ago go, and are made anew when needed. */
import { fileOf } from './file-segment.ts';
import type { Segment } from './segment.ts';

export function dropIndices(segments: readonly Segment[], budgetBytes: number): void {
  let bytes = 0;
  for (const segment of segments) bytes += segment.index?.sizeBytes ?? 0;
  while (bytes > budgetBytes) {
    let oldest: Segment | undefined;
    for (const segment of segments) {
      if (segment.index === null || fileOf(segment).isPinned) continue;
      if (oldest === undefined || segment.usedAt < oldest.usedAt) oldest = segment;
    }
    if (oldest === undefined) return;
    bytes -= oldest.index?.sizeBytes ?? 0;
    oldest.index = null;
  }
}
