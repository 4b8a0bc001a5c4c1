/**
 * Writing a segment anew without its dead records. The new file is complete and durable before it takes the old one's name, so a
 * crash at any moment leaves one of the two.
 */
import { ByteArea, placeSeed } from './byte-area.ts';
import { FileSegment, fileOf, segmentName } from './file-segment.ts';
import type { FileStore } from './file-store.ts';
import { copyMessage, RecordKind, SEAL_BYTES, sealRecord, writeControl } from './record.ts';
import type { Segment } from './segment.ts';
import { SegmentIndex } from './segment-index.ts';

/** Below this share of living bytes a segment is written anew. */
const WORTH_BELOW = 0.5;
const MIN_BYTES = 65_536;
const TEMPORARY = 'compact.tmp';

/** True when enough of the file is dead, or it is not encrypted as the store is. What is damaged stays as it is. */
export function isWorthCompacting(segment: Segment): boolean {
  if (segment.isDamaged) return false;
  const { sizeBytes, isOfStoresCipher } = fileOf(segment);
  return (sizeBytes >= MIN_BYTES && segment.liveBytes < sizeBytes * WORTH_BELOW) || !isOfStoresCipher;
}

/** What is in the new file so far. */
interface Copy {
  readonly target: FileSegment;
  readonly content: ByteArea;
  readonly index: SegmentIndex;
  size: number;
}

/**
 * Replaces the segment at `position` by one that holds only its living messages; when one of them turns out to be damaged, that is
 * reported and the old file stays. Throws what the disk throws, with the old one intact.
 */
export function compactSegment(store: FileStore, position: number): void {
  const segment = store.segments[position] as Segment;
  const { disk, folder } = store.files;
  const copy = copyLiving(store, segment);
  if (copy === undefined) return;
  const { target, content, index, size } = copy;
  const temporary = `${folder}/${TEMPORARY}`;
  const file = disk.openSync(temporary, { create: true });
  try {
    file.writeSync(content.bytes, 0, size, 0);
    file.truncateSync(size);
    file.syncSync();
  } finally {
    file.closeSync();
  }
  reassertTombstones(store, segment);
  store.flush();
  fileOf(segment).close();
  disk.renameSync(temporary, `${folder}/${segmentName(segment.number)}`);
  disk.syncFolderSync(folder);
  target.open();
  target.finish();
  segment.moveTo(target, index);
  segment.durableBytes = size;
  segment.hasTombstones = false;
}

/** The removals that a segment recorded must stay on record for as long as what they removed is in some file. */
export function reassertTombstones({ losses, segments, tombstones }: FileStore, leaving: Segment): void {
  if (!leaving.hasTombstones) return;
  losses.reassert();
  let next = 1;
  for (const segment of segments) {
    // What is in no file any more: an old checkpoint may still think that it is.
    tombstones.addRange(next, segment.firstSeq - next);
    next = segment.lastSeq + 1;
    if (segment === leaving || segment.deadCount === 0) continue;
    for (const [first, count] of segment.deadRanges()) tombstones.addRange(first, count);
  }
}

/** The new file in memory, under its final number, so that its checksums bind the right place. */
function copyLiving(store: FileStore, segment: Segment): Copy | undefined {
  const index = store.indexOf(segment);
  // An index that could not be made, as the disk did not answer, says nothing about what the file holds.
  if (store.hasFailed || index.count !== segment.lastSeq - segment.firstSeq + 1) return undefined;
  const source = fileOf(segment);
  const target = new FileSegment(store.files, segment.number);
  const nowUs = store.clock.nowUs();
  const room = target.seal === undefined ? 0 : (SEAL_BYTES + 8) * segment.liveCount;
  const content = new ByteArea(Math.max(4096, source.writtenBytes + room + 128));
  const copy: Copy = { target, content, index: new SegmentIndex(), size: 0 };
  copy.size = target.renderHeader(content, { firstSeq: segment.firstSeq, previousAreDurable: true }, nowUs);
  for (let entry = 0; entry < index.count; entry++) {
    const from = index.positionAt(entry);
    const isLiving = !segment.isDead(entry) && from !== 0;
    if (isLiving && !(source.locate(from) && source.isUndamagedAt(from) && source.reveal(from))) {
      store.load(segment.firstSeq + entry);
      segment.isDamaged = true;
      return undefined;
    }
    copy.index.add(isLiving ? copy.size : 0, Math.max(0, index.slotAt(entry)));
    if (!isLiving) continue;
    append(store, copy, source);
    const link = index.linkAt(entry);
    if (link > 0) copy.index.setLink(entry, link);
  }
  const seal = { kind: RecordKind.seal, seq: segment.lastSeq, timeUs: nowUs, content: Buffer.alloc(0), durableBytes: copy.size };
  finish(store, copy, writeControl(content, copy.size, seal));
  return copy;
}

/** Takes the record that `source` has located. */
function append(store: FileStore, copy: Copy, source: FileSegment): void {
  const { content, target, size } = copy;
  const length = copyMessage(source, content, size, target.seal === undefined ? 0 : SEAL_BYTES);
  target.seal?.seal(content, size, length, size);
  finish(store, copy, length);
}

function finish(store: FileStore, copy: Copy, length: number): void {
  const { seed, crc32 } = store.files;
  sealRecord(copy.content, copy.size, length, placeSeed(seed, copy.target.number, copy.size), crc32);
  copy.size += length;
}
