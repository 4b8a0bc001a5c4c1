/** Overwriting what erased messages said, in place: their header stays, with a flag, so that the records behind are found. */
import { placeSeed } from './byte-area.ts';
import { fileOf } from './file-segment.ts';
import type { FileStore } from './file-store.ts';
import { kindAt, lengthAt, markErased, RECORD_HEADER_BYTES, RecordKind, sealRecord, seqAt } from './record.ts';
import type { Segment } from './segment.ts';

/** A record whose content is to be overwritten. */
export interface Erasure {
  readonly segment: Segment;
  readonly seq: number;
  readonly position: number;
}

/** Overwrites; returns the segments that have to be synced for it. */
export function overwriteErased(store: FileStore, erasures: readonly Erasure[]): Segment[] {
  return erasures
    .filter((erasure) => store.segments.includes(erasure.segment) && overwrite(store, erasure))
    .map(({ segment }) => segment);
}

/**
 * An overwrite may tear: before it, a durable mark says that the place was durable, so that nobody takes it for a torn end. Returns the
 * segments that have to be synced for it.
 */
export function proveErasures(store: FileStore, erasures: readonly Erasure[]): Segment[] {
  if (erasures.length === 0 || store.hasFailed) return [];
  const segment = store.controlSegment(0);
  const isProven = segment.durableBytes > 0;
  if (isProven) store.putControl(segment, RecordKind.mark, store.lastSeq, Buffer.alloc(0));
  store.pending.settle(erasures, isProven);
  fileOf(segment).writeOut();
  return [segment];
}

function overwrite(store: FileStore, { segment, seq, position }: Erasure): boolean {
  const file = fileOf(segment);
  if (position >= file.writtenBytes || !file.locate(position) || !file.isUndamagedAt(position)) return false;
  const { area, offset } = file;
  // The segment may have been written anew meanwhile, without it: another message lies there then.
  if (kindAt(area, offset) !== RecordKind.message || seqAt(area, offset) !== seq) return false;
  const length = lengthAt(area, offset);
  area.bytes.fill(0, offset + RECORD_HEADER_BYTES, offset + length);
  markErased(area, offset);
  const { seed, crc32 } = store.files;
  sealRecord(area, offset, length, placeSeed(seed, segment.number, position), crc32);
  file.overwrite(position, Uint8Array.prototype.slice.call(area.bytes, offset, offset + length));
  return true;
}
