/** What a checkpoint says of a store at this moment. */
import type { Checkpoint, CheckpointSegment } from './checkpoint.ts';
import { fileOf } from './file-segment.ts';
import type { FileStore } from './file-store.ts';
import { SubjectPacker } from './packed-subjects.ts';
import type { Segment } from './segment.ts';

/** Captures the store; the log has to be read on from `replay`. */
export function captureCheckpoint(store: FileStore, replay: { number: number; position: number }): Checkpoint {
  const { subjects: index } = store;
  const packer = new SubjectPacker(index.size);
  index.forEach(null, (slot) => packer.add(index, slot));
  const { lastSeq, firstSeq, firstTimeUs, firstTimeNs, lastTimeUs, lastTimeNs } = store.state();
  return {
    lastSeq,
    firstSeq,
    firstTimeUs,
    firstTimeNs,
    lastTimeUs,
    lastTimeNs,
    replayNumber: replay.number,
    replayPosition: replay.position,
    lostRanges: store.lost?.ranges ?? [],
    lostBytes: store.lost?.bytes ?? 0,
    segments: store.segments.map(captureSegment),
    subjects: packer.finish(),
  };
}

function captureSegment(segment: Segment): CheckpointSegment {
  return {
    number: segment.number,
    firstSeq: segment.firstSeq,
    lastSeq: segment.lastSeq,
    liveCount: segment.liveCount,
    liveBytes: segment.liveBytes,
    ttlCount: segment.ttlCount,
    headerCount: segment.headerCount,
    firstTimeUs: segment.firstTimeUs,
    lastTimeUs: segment.lastTimeUs,
    sizeBytes: fileOf(segment).writtenBytes,
    hasTombstones: segment.hasTombstones,
    deadRanges: segment.deadRanges(),
  };
}
