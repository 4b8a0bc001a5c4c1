/**
 * Looking for damage before somebody needs what it took: segments that are not written to any more are read again, a slice at a time,
 * and every record is verified. What does not verify is handled as if it had been asked for: counted, reported, never served.
 */
import { type FileSegment, fileOf, SEGMENT_HEADER_BYTES } from './file-segment.ts';
import type { FileStore } from './file-store.ts';
import { scanRecords } from './scan.ts';
import type { Segment } from './segment.ts';

/** Bytes read in one go, unless a record is longer. */
export const SCRUB_SLICE_BYTES = 1_048_576;

/** Where to go on: a segment, by number, and a position in it. */
export interface ScrubPlace {
  readonly number: number;
  readonly position: number;
}

/** Verifies the slice at `place`, or the next one there is; returns where to go on, or undefined at the end. */
export function scrubSlice(store: FileStore, place: ScrubPlace): ScrubPlace | undefined {
  const active = store.segments[store.segments.length - 1];
  const segment = store.segments.find((candidate) => candidate.number >= place.number && candidate !== active);
  if (segment === undefined || store.hasFailed) return undefined;
  const from = segment.number === place.number ? Math.max(SEGMENT_HEADER_BYTES, place.position) : SEGMENT_HEADER_BYTES;
  const next = verify(store, segment, from);
  return next >= fileOf(segment).writtenBytes
    ? { number: segment.number + 1, position: 0 }
    : { number: segment.number, position: next };
}

/** Verifies records from `from` on; returns where the next slice begins. */
function verify(store: FileStore, segment: Segment, from: number): number {
  const storage = fileOf(segment);
  for (let sliceBytes = SCRUB_SLICE_BYTES; ; sliceBytes *= 2) {
    const end = Math.min(storage.writtenBytes, from + sliceBytes);
    const gaps = gapsIn(store, storage, from, end);
    const last = gaps[gaps.length - 1];
    const isCut = end < storage.writtenBytes && last !== undefined && last[1] === end;
    // A record that reaches beyond the slice is no gap: it begins the next slice, or makes this one longer when it begins it.
    if (isCut && last[0] === from) continue;
    for (const [start, gapEnd] of isCut ? gaps.slice(0, -1) : gaps) lookInto(store, segment, start, gapEnd);
    return isCut ? last[0] : end;
  }
}

function gapsIn(store: FileStore, storage: FileSegment, from: number, end: number): (readonly [number, number])[] {
  const gaps: (readonly [number, number])[] = [];
  const { seed, crc32 } = store.files;
  scanRecords({
    file: storage.openFile(),
    number: storage.number,
    seed,
    crc32,
    from,
    end,
    onRecord: () => undefined,
    onGap: (start, gapEnd) => gaps.push([start, gapEnd]),
  });
  return gaps;
}

/** Asks for every message that lies in the gap: those that are damaged are noticed by that. */
function lookInto(store: FileStore, segment: Segment, start: number, end: number): void {
  const index = store.indexOf(segment);
  for (let entry = segment.skipDead(0); entry < index.count; entry = segment.skipDead(entry + 1)) {
    const position = index.positionAt(entry);
    if (position >= start && position < end) store.load(segment.firstSeq + entry);
  }
}
