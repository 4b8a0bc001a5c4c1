/** Segments as a checkpoint knew them: those that are there, and those that are gone. */
import type { Checkpoint, CheckpointSegment } from './checkpoint.ts';
import { FileSegment } from './file-segment.ts';
import type { FileStore } from './file-store.ts';
import { Segment } from './segment.ts';
import type { SegmentIndex } from './segment-index.ts';

/** Segments that a checkpoint knew and that are not there any more: right when all they held was removed, a loss otherwise. */
export class MissingSegments {
  private readonly segments: Segment[];

  constructor(store: FileStore, checkpoint: Checkpoint, numbers: readonly number[]) {
    const present = new Set(numbers);
    this.segments = checkpoint.segments
      .filter((known) => known.liveCount > 0 && !present.has(known.number))
      .map((known) => segmentFrom(known, new FileSegment(store.files, known.number), null));
  }

  remove(first: number, count: number): void {
    for (const segment of this.segments) {
      const end = Math.min(first + count - 1, segment.lastSeq);
      for (let seq = Math.max(first, segment.firstSeq); seq <= end; seq++) segment.setDead(seq - segment.firstSeq);
    }
  }

  report(store: FileStore): void {
    for (const segment of this.segments) {
      let open: [number, number] | undefined;
      for (let seq = segment.firstSeq; seq <= segment.lastSeq + 1; seq++) {
        const isLost = seq <= segment.lastSeq && !segment.isDead(seq - segment.firstSeq);
        if (isLost && open !== undefined) open[1]++;
        else if (isLost) open = [seq, 1];
        else if (open !== undefined) {
          store.noteLost(open[0], open[1], 0);
          open = undefined;
        }
      }
    }
  }
}

/** A segment with the figures that the checkpoint has of it. */
export function segmentFrom(known: CheckpointSegment, storage: FileSegment, index: SegmentIndex | null): Segment {
  const segment = new Segment(known.number, known.firstSeq, storage, index);
  segment.lastSeq = known.lastSeq;
  segment.liveCount = known.liveCount;
  segment.liveBytes = known.liveBytes;
  segment.ttlCount = known.ttlCount;
  segment.headerCount = known.headerCount;
  segment.firstTimeUs = known.firstTimeUs;
  segment.lastTimeUs = known.lastTimeUs;
  segment.hasTombstones = known.hasTombstones;
  for (const [first, count] of known.deadRanges) {
    for (let seq = first; seq < first + count; seq++) segment.setDead(seq - known.firstSeq);
  }
  return segment;
}
