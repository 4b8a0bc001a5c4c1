/** Making indices anew: of one segment by reading it, and of all subjects by going through all segments. */

import type { ByteArea } from './byte-area.ts';
import { fileOf, SEGMENT_HEADER_BYTES } from './file-segment.ts';
import type { FileStore } from './file-store.ts';
import {
  flagsAt,
  headerBytesAt,
  kindAt,
  payloadBytesAt,
  RECORD_HEADER_BYTES,
  RecordFlag,
  RecordKind,
  seqAt,
  subjectAt,
  subjectBytesAt,
} from './record.ts';
import { scanRecords } from './scan.ts';
import type { Segment } from './segment.ts';
import { SegmentIndex } from './segment-index.ts';

/** Makes the index of a segment by reading it. What is missing is counted as lost. */
export function indexAnew(store: FileStore, segment: Segment): SegmentIndex {
  let found: { index: SegmentIndex; missing: number[] };
  try {
    found = scanIndex(store, segment);
  } catch (cause) {
    store.fail(cause);
    return new SegmentIndex();
  }
  segment.index = found.index;
  if (found.missing.length > 0) {
    segment.isDamaged = true;
    for (const seq of found.missing) {
      segment.setDead(seq - segment.firstSeq);
      store.noteLost(seq, 1, 0);
    }
    // That makes all indices anew, this one too: subjects have other numbers afterwards.
    recountSubjects(store);
    store.listener?.onManyRemoved();
  }
  return segment.index;
}

/** The index of a segment, and the sequences it should hold but does not. */
function scanIndex(store: FileStore, segment: Segment): { index: SegmentIndex; missing: number[] } {
  const index = new SegmentIndex();
  const missing: number[] = [];
  const fillTo = (seq: number): void => {
    for (let next = segment.firstSeq + index.count; next < seq; next++) {
      if (!segment.isDead(index.count)) missing.push(next);
      index.add(0, -1);
    }
  };
  const storage = fileOf(segment);
  scanRecords({
    file: storage.openFile(),
    number: segment.number,
    seed: store.files.seed,
    crc32: store.files.crc32,
    from: SEGMENT_HEADER_BYTES,
    end: storage.writtenBytes,
    seal: storage.seal,
    onRecord: (area, offset, position) => {
      if (kindAt(area, offset) !== RecordKind.message) return;
      const seq = seqAt(area, offset);
      if (seq < segment.firstSeq + index.count || seq > segment.lastSeq) return;
      fillTo(seq);
      if ((flagsAt(area, offset) & RecordFlag.erased) !== 0) segment.setDead(index.count);
      const isDead = segment.isDead(index.count);
      index.add(position, isDead ? Math.max(0, index.onlySlot) : slotAt(store, area, offset));
    },
    onGap: () => undefined,
  });
  fillTo(segment.lastSeq + 1);
  return { index, missing };
}

function slotAt({ subjects }: FileStore, area: ByteArea, offset: number): number {
  const start = offset + RECORD_HEADER_BYTES;
  return subjects.find(area.bytes, start, start + subjectBytesAt(area, offset));
}

/** Counts every subject, segment and total anew from what can be read. Needed after damage to messages whose subject is not known. */
function recountSubjects(store: FileStore): void {
  store.subjects.clear();
  store.messages = 0;
  store.bytes = 0;
  for (const segment of store.segments) {
    const storage = fileOf(segment);
    const index = new SegmentIndex();
    segment.liveCount = 0;
    segment.liveBytes = 0;
    const count = segment.lastSeq - segment.firstSeq + 1;
    const old = segment.index;
    for (let entry = 0; entry < count; entry++) {
      const position = old === null ? 0 : old.positionAt(entry);
      if (old === null) break;
      const isReadable =
        position > 0 &&
        !segment.isDead(entry) &&
        storage.locate(position) &&
        storage.isUndamagedAt(position) &&
        storage.reveal(position);
      if (!isReadable) {
        index.add(position, 0);
        segment.setDead(entry);
        continue;
      }
      const { area, offset } = storage;
      index.add(position, store.subjects.add(subjectAt(area, offset), segment.firstSeq + entry));
      segment.liveCount++;
      segment.liveBytes += store.countedBytes(
        subjectBytesAt(area, offset),
        headerBytesAt(area, offset),
        payloadBytesAt(area, offset),
      );
    }
    if (old === null) recountUnindexed(store, segment, index);
    segment.index = index;
    store.messages += segment.liveCount;
    store.bytes += segment.liveBytes;
  }
}

function recountUnindexed(store: FileStore, segment: Segment, index: SegmentIndex): void {
  const storage = fileOf(segment);
  scanRecords({
    file: storage.openFile(),
    number: segment.number,
    seed: store.files.seed,
    crc32: store.files.crc32,
    from: SEGMENT_HEADER_BYTES,
    end: storage.writtenBytes,
    seal: storage.seal,
    onRecord: (area, offset, position) => {
      if (kindAt(area, offset) !== RecordKind.message) return;
      const seq = seqAt(area, offset);
      if (seq < segment.firstSeq + index.count || seq > segment.lastSeq) return;
      while (segment.firstSeq + index.count < seq) {
        segment.setDead(index.count);
        index.add(0, -1);
      }
      if (segment.isDead(index.count)) {
        index.add(position, 0);
        return;
      }
      index.add(position, store.subjects.add(subjectAt(area, offset), seq));
      segment.liveCount++;
      segment.liveBytes += store.countedBytes(
        subjectBytesAt(area, offset),
        headerBytesAt(area, offset),
        payloadBytesAt(area, offset),
      );
    },
    onGap: () => undefined,
  });
  while (segment.firstSeq + index.count <= segment.lastSeq) {
    segment.setDead(index.count);
    index.add(0, -1);
  }
}
