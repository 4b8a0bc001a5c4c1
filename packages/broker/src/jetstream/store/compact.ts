/**
 * Writing a segment anew without its dead records. The new file is complete and durable before it takes the old one's name, so a
 * crash at any moment leaves one of the two.
 */
import { ByteArea, placeSeed } from './byte-area.ts';
import { FileSegment, fileOf, segmentName } from './file-segment.ts';
import type { FileStore } from './file-store.ts';
import { RecordKind, sealRecord, writeControl } from './record.ts';
import type { Segment } from './segment.ts';
import { SegmentIndex } from './segment-index.ts';

/** Below this share of living bytes a segment is written anew. */
const WORTH_BELOW = 0.5;
const MIN_BYTES = 65_536;
const TEMPORARY = 'compact.tmp';

/** True when enough of the file is dead. */
export function isWorthCompacting(segment: Segment): boolean {
  return segment.storage.sizeBytes >= MIN_BYTES && segment.liveBytes < segment.storage.sizeBytes * WORTH_BELOW;
}

/** Replaces the segment at `position` by one that holds only its living messages. Throws what the disk throws, with the old one intact. */
export function compactSegment(store: FileStore, position: number): void {
  const segment = store.segments[position] as Segment;
  const { disk, folder, seed, crc32 } = store.files;
  const index = store.indexOf(segment);
  const source = fileOf(segment);
  const target = new FileSegment(store.files, segment.number);
  const nowUs = store.clock.nowUs();
  // The new file is written under its final number, so that its checksums bind the right place, but under another name.
  const content = new ByteArea(Math.max(4096, source.writtenBytes + 128));
  let size = target.renderHeader(content, { firstSeq: segment.firstSeq, previousAreDurable: true }, nowUs);
  const fresh = new SegmentIndex();
  for (let entry = 0; entry < index.count; entry++) {
    const from = index.positionAt(entry);
    if (segment.isDead(entry) || from === 0 || !source.locate(from) || !source.isUndamagedAt(from)) {
      fresh.add(0, Math.max(0, index.slotAt(entry)));
      continue;
    }
    const { area, offset } = source;
    const length = area.view.getUint32(offset + 4, true);
    area.bytes.copy(content.bytes, size, offset, offset + length);
    sealRecord(content, size, length, placeSeed(seed, segment.number, size), crc32);
    fresh.add(size, index.slotAt(entry));
    const link = index.linkAt(entry);
    if (link > 0) fresh.setLink(entry, link);
    size += length;
  }
  const sealLength = writeControl(content, size, {
    kind: RecordKind.seal,
    seq: segment.lastSeq,
    timeUs: nowUs,
    content: Buffer.alloc(0),
    durableBytes: size,
  });
  sealRecord(content, size, sealLength, placeSeed(seed, segment.number, size), crc32);
  size += sealLength;
  const temporary = `${folder}/${TEMPORARY}`;
  const file = disk.openSync(temporary, { create: true });
  try {
    file.writeSync(content.bytes, 0, size, 0);
    file.truncateSync(size);
    file.syncSync();
  } finally {
    file.closeSync();
  }
  store.reassertTombstones(segment);
  store.flush();
  source.close();
  disk.renameSync(temporary, `${folder}/${segmentName(segment.number)}`);
  disk.syncFolderSync(folder);
  target.open();
  target.finish();
  segment.moveTo(target, fresh);
  segment.durableBytes = size;
  segment.hasTombstones = false;
}
