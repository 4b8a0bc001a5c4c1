/** Putting a file store together again: the checkpoint where it is trustworthy, the log from there on, the log alone otherwise. */
import type { ByteArea } from './byte-area.ts';
import type { Checkpoint, CheckpointFiles, CheckpointSegment } from './checkpoint.ts';
import { FileSegment, fileOf, SEGMENT_HEADER_BYTES } from './file-segment.ts';
import type { FileStore } from './file-store.ts';
import { MissingSegments, segmentFrom } from './known-segments.ts';
import { restoreSubjects } from './packed-subjects.ts';
import {
  contentAt,
  Draft,
  flagsAt,
  headerBytesAt,
  kindAt,
  payloadBytesAt,
  RECORD_HEADER_BYTES,
  RecordFlag,
  RecordKind,
  seqAt,
  subjectBytesAt,
  timeNsAt,
  timeUsAt,
  ttlAt,
} from './record.ts';
import { listSegments, type RecoveryTarget, replayLog, type SegmentEnd } from './recover.ts';
import { scanRecords } from './scan.ts';
import { Segment } from './segment.ts';
import { SegmentIndex } from './segment-index.ts';
import * as queries from './store-queries.ts';
import { decodeRanges, notIn } from './tombstones.ts';

const MICROS_PER_SECOND = 1_000_000;

/** Fills a new `FileStore` from its folder. */
export function restoreStore(store: FileStore, checkpoints: CheckpointFiles): void {
  const { disk, folder } = store.files;
  const numbers = listSegments(disk, folder);
  if (numbers.length > 0) store.nextNumber = (numbers[numbers.length - 1] as number) + 1;
  const checkpoint = checkpoints.load();
  if (checkpoint !== undefined) {
    store.nextNumber = Math.max(store.nextNumber, checkpoint.replayNumber);
    if (isUsable(store, checkpoint, numbers)) {
      new Restorer(store, checkpoint, undefined).run(numbers);
      dropOpenBatch(store);
      return;
    }
  }
  const missing = checkpoint === undefined ? undefined : new MissingSegments(store, checkpoint, numbers);
  new Restorer(store, undefined, missing).run(numbers);
  missing?.report(store);
  dropOpenBatch(store);
  if (checkpoint !== undefined) keepHighWater(store, checkpoint);
}

/** A batch is stored as a whole or not at all: one whose end was not written any more goes. It was never acknowledged. */
function dropOpenBatch(store: FileStore): void {
  for (let seq = store.lastSeq; seq > 0; seq--) {
    const flags = store.load(seq)?.flags ?? 0;
    if ((flags & RecordFlag.inBatch) === 0 || (flags & RecordFlag.endsBatch) !== 0) return;
    store.remove(seq, false);
  }
}

/** Sequences never go back: what a checkpoint has seen is not given out again. */
function keepHighWater(store: FileStore, checkpoint: Checkpoint): void {
  if (checkpoint.lastSeq > store.lastSeq) {
    const missing = checkpoint.lastSeq - store.lastSeq;
    store.noteLost(store.lastSeq + 1, missing, 0);
    store.skip(missing);
  }
}

/** False when a file that the checkpoint vouches for is missing, shorter than it was, or damaged where the log is read on. */
function isUsable(store: FileStore, checkpoint: Checkpoint, numbers: readonly number[]): boolean {
  const present = new Set(numbers);
  for (const known of checkpoint.segments) {
    if (known.liveCount === 0 && known.number !== checkpoint.replayNumber) continue;
    if (!present.has(known.number)) return false;
    const storage = new FileSegment(store.files, known.number);
    const header = storage.open();
    const isReplayed = known.number === checkpoint.replayNumber;
    const isWhole =
      header?.firstSeq === known.firstSeq && storage.writtenBytes >= (isReplayed ? checkpoint.replayPosition : known.sizeBytes);
    const isReadable = isWhole && (!isReplayed || isUndamaged(store, storage, checkpoint.replayPosition));
    storage.close();
    if (!isReadable) return false;
  }
  return true;
}

function isUndamaged(store: FileStore, storage: FileSegment, end: number): boolean {
  let hasGap = false;
  const { seed, crc32 } = store.files;
  scanRecords({
    file: storage.openFile(),
    number: storage.number,
    seed,
    crc32,
    from: SEGMENT_HEADER_BYTES,
    end,
    onRecord: () => undefined,
    onGap: () => {
      hasGap = true;
    },
  });
  return !hasGap;
}

/** A damaged stretch: the sequences it took, and how long it is. */
interface Damage {
  readonly seqs: readonly (readonly [number, number])[];
  readonly bytes: number;
}

/** What is still lost when `[first, first + count)` was removed on purpose: a stretch of removed messages only is no loss. */
function withoutRange(damage: Damage, first: number, count: number): Damage[] {
  if (damage.seqs.length === 0) return [damage];
  const seqs = damage.seqs.flatMap(([start, length]) => notIn([[first, count]], start, length));
  return seqs.length === 0 ? [] : [{ seqs, bytes: damage.bytes }];
}

class Restorer implements RecoveryTarget {
  private readonly store: FileStore;
  private readonly checkpoint: Checkpoint | undefined;
  private readonly missing: MissingSegments | undefined;
  private readonly known: Map<number, CheckpointSegment> = new Map();
  private readonly draft: Draft = new Draft();
  private segment: Segment | undefined;
  private isDamaged = false;
  private damages: Damage[] = [];

  constructor(store: FileStore, checkpoint: Checkpoint | undefined, missing: MissingSegments | undefined) {
    this.store = store;
    this.missing = missing;
    this.checkpoint = checkpoint;
    for (const known of checkpoint?.segments ?? []) this.known.set(known.number, known);
  }

  run(numbers: readonly number[]): void {
    const { store, checkpoint } = this;
    if (checkpoint !== undefined) this.takeCheckpoint(checkpoint, numbers);
    const toReplay = numbers.filter((number) => number >= (checkpoint?.replayNumber ?? 0));
    store.losses.onLoss = (first, count) => this.damages.push({ seqs: [[first, count]], bytes: 0 });
    const report = replayLog(store.files, toReplay, checkpoint, this);
    store.losses.onLoss = undefined;
    this.settleEnd();
    for (const { seqs, bytes } of this.damages) {
      if (seqs.length === 0) store.noteLost(0, 0, bytes);
      seqs.forEach(([first, count], position) => {
        store.noteLost(first, count, position === 0 ? bytes : 0);
      });
    }
    if (report.tornBytes > 0) {
      store.log.write(
        'WRN',
        `JetStream store of '${store.label}': ${report.tornBytes} bytes that were never promised were cut off; a copy is kept`,
      );
    }
    // A store that never held a message has no first sequence, unless it was given one.
    if (store.lastSeq > 0) store.settleFirst();
    if (store.messages > 0 && store.firstTimeUs === 0) store.refreshFirstTime();
  }

  private takeCheckpoint(checkpoint: Checkpoint, numbers: readonly number[]): void {
    const { store } = this;
    const present = new Set(numbers);
    store.lastSeq = checkpoint.lastSeq;
    store.firstSeq = checkpoint.firstSeq;
    store.firstTimeUs = checkpoint.firstTimeUs;
    store.firstTimeNs = checkpoint.firstTimeNs;
    store.lastTimeUs = checkpoint.lastTimeUs;
    store.lastTimeNs = checkpoint.lastTimeNs;
    store.recordedSeq = checkpoint.lastSeq;
    if (checkpoint.lostRanges.length > 0 || checkpoint.lostBytes > 0) {
      store.lost = { ranges: checkpoint.lostRanges, bytes: checkpoint.lostBytes };
    }
    restoreSubjects(checkpoint.subjects, store.subjects);
    for (const known of checkpoint.segments) {
      if (known.number >= checkpoint.replayNumber || !present.has(known.number)) continue;
      const storage = new FileSegment(store.files, known.number);
      storage.open();
      storage.closeFile();
      const segment = segmentFrom(known, storage, null);
      segment.isDamaged = checkpoint.lostRanges.some(
        ([first, count]) => first <= known.lastSeq && first + count > known.firstSeq,
      );
      store.segments.push(segment);
      store.messages += segment.liveCount;
      store.bytes += segment.liveBytes;
      if (segment.ttlCount > 0) this.collectExpiries(segment);
    }
  }

  /** Times to live are not in the checkpoint: the few segments that have any are read. */
  private collectExpiries(segment: Segment): void {
    const index = this.store.indexOf(segment);
    const storage = fileOf(segment);
    for (let entry = segment.skipDead(0); entry < index.count; entry = segment.skipDead(entry + 1)) {
      if (!storage.locate(index.positionAt(entry))) continue;
      const ttl = ttlAt(storage.area, storage.offset);
      if (ttl > 0)
        this.store.expiries.add(segment.firstSeq + entry, timeUsAt(storage.area, storage.offset) + ttl * MICROS_PER_SECOND);
    }
  }

  beginSegment(storage: FileSegment, firstSeq: number, isKnown: boolean): void {
    const known = isKnown ? this.known.get(storage.number) : undefined;
    const { store } = this;
    const start = firstSeq > 0 ? firstSeq : store.lastSeq + 1;
    const segment =
      known === undefined
        ? new Segment(storage.number, start, storage, new SegmentIndex())
        : segmentFrom(known, storage, new SegmentIndex());
    if (known !== undefined) {
      segment.lastSeq = segment.firstSeq - 1;
      store.messages += segment.liveCount;
      store.bytes += segment.liveBytes;
      if (segment.ttlCount > 0) segment.ttlCount = known.ttlCount;
    } else if (start - 1 > store.lastSeq) {
      store.lastSeq = start - 1;
      if (store.messages === 0) store.firstSeq = start;
    }
    storage.isPinned = true;
    store.segments.push(segment);
    this.segment = segment;
  }

  applyRecord(area: ByteArea, offset: number, position: number, isApplied: boolean): void {
    const kind = kindAt(area, offset);
    if (kind === RecordKind.message) this.applyMessage(area, offset, position, isApplied);
    else if (kind === RecordKind.tombstones) {
      if (this.segment !== undefined) this.segment.hasTombstones = true;
      if (!isApplied) for (const [first, count] of decodeRanges(contentAt(area, offset))) this.removeRange(first, count);
    } else if (kind === RecordKind.lost && !isApplied) this.takeLost(decodeRanges(contentAt(area, offset)));
    const seq = seqAt(area, offset);
    if (seq > this.store.lastSeq) {
      this.store.lastSeq = seq;
      if (this.store.messages === 0) this.store.firstSeq = seq + 1;
    }
    if (seq > this.store.recordedSeq) this.store.recordedSeq = seq;
  }

  private applyMessage(area: ByteArea, offset: number, position: number, isApplied: boolean): void {
    const { store } = this;
    const segment = this.segment as Segment;
    const seq = seqAt(area, offset);
    const next = segment.firstSeq + (segment.index as SegmentIndex).count;
    if (seq < next) return;
    if (seq > next) this.fill(segment, seq - next);
    if ((flagsAt(area, offset) & RecordFlag.erased) !== 0 && !isApplied) {
      this.fill(segment, 1);
      return;
    }
    const subjectStart = offset + RECORD_HEADER_BYTES;
    const subjectEnd = subjectStart + subjectBytesAt(area, offset);
    if (isApplied) {
      const entry = seq - segment.firstSeq;
      (segment.index as SegmentIndex).add(
        position,
        segment.isDead(entry) ? 0 : Math.max(0, store.subjects.find(area.bytes, subjectStart, subjectEnd)),
      );
      segment.lastSeq = seq;
      if (ttlAt(area, offset) > 0 && !segment.isDead(entry))
        store.expiries.add(seq, timeUsAt(area, offset) + ttlAt(area, offset) * MICROS_PER_SECOND);
      return;
    }
    const { draft } = this;
    const subject = store.subjects.textFor(area.bytes, subjectStart, subjectEnd);
    draft.subject = subject;
    draft.headerBytes = headerBytesAt(area, offset);
    draft.payloadBytes = payloadBytesAt(area, offset);
    draft.timeUs = timeUsAt(area, offset);
    draft.timeNs = timeNsAt(area, offset);
    draft.ttlSeconds = ttlAt(area, offset);
    draft.flags = flagsAt(area, offset);
    const bytes = store.countedBytes(subjectBytesAt(area, offset), draft.headerBytes, draft.payloadBytes);
    const previous = store.lastOfSubject(subject);
    store.admit(segment, { seq, slot: store.subjects.add(subject, seq), position, bytes }, draft);
    if (previous > 0) store.link(previous, seq);
  }

  private fill(segment: Segment, count: number): void {
    const index = segment.index as SegmentIndex;
    for (let filled = 0; filled < count; filled++) {
      segment.setDead(index.count);
      index.add(0, -1);
    }
    segment.lastSeq = segment.firstSeq + index.count - 1;
  }

  private removeRange(first: number, count: number): void {
    this.missing?.remove(first, count);
    this.killRange(first, count);
    // After that: making an index anew may have found missing what is removed here.
    this.damages = this.damages.flatMap((found) => withoutRange(found, first, count));
  }

  private killRange(first: number, count: number): void {
    const { store } = this;
    const end = Math.min(first + count - 1, store.lastSeq);
    for (
      let seq = queries.nextSeq(store, null, Math.max(first, 1));
      seq > 0 && seq <= end;
      seq = queries.nextSeq(store, null, seq + 1)
    ) {
      const segment = queries.segmentOf(store, seq);
      if (segment !== undefined) store.kill(segment, seq - segment.firstSeq);
    }
    store.forgetTombstones();
  }

  /** Losses that were found before: they stay known, and what could not be read once is not offered again. */
  private takeLost(ranges: readonly (readonly [number, number])[]): void {
    if (this.segment !== undefined) this.segment.hasTombstones = true;
    const { losses } = this.store;
    losses.recorded = [...losses.recorded, ...ranges];
    for (const [first, count] of ranges) {
      this.killRange(first, count);
      this.damages.push({ seqs: [[first, count]], bytes: 0 });
    }
  }

  damage(bytes: number, nextSeq: number): void {
    const { store } = this;
    const segment = this.segment as Segment;
    if (bytes > 0) {
      this.isDamaged = true;
      segment.isDamaged = true;
    }
    const next = Math.max(segment.firstSeq + (segment.index as SegmentIndex).count, 1);
    const count = Math.max(0, nextSeq - next);
    if (count > 0 || bytes > 0) this.damages.push({ seqs: count > 0 ? [[next, count]] : [], bytes });
    if (count > 0 && nextSeq - 1 > store.lastSeq) {
      store.lastSeq = nextSeq - 1;
      if (store.messages === 0) store.firstSeq = nextSeq;
    }
  }

  endSegment(storage: FileSegment, { endOfRecords, durableBytes, isSealed }: SegmentEnd): void {
    if (this.segment !== undefined) this.segment.durableBytes = durableBytes;
    if (!this.isDamaged) storage.endAt(endOfRecords);
    // What lies behind damage is kept as it is; what a checkpoint calls complete must stay so. Neither takes appends any more.
    if (this.isDamaged || isSealed) storage.finish();
    this.isDamaged = false;
  }

  /**
   * Only the last segment takes appends, unless it is damaged or complete. After the death of a process what it wrote last may not be
   * durable yet, in any segment that no checkpoint vouches for.
   */
  private settleEnd(): void {
    const { store } = this;
    const last = store.segments[store.segments.length - 1];
    for (const segment of store.segments) {
      const storage = fileOf(segment);
      if (segment !== last) storage.finish();
      if (segment.index === null) continue;
      if (store.syncsBeforeAck) {
        storage.syncSync();
        segment.durableBytes = storage.writtenBytes;
      } else store.pending.add(segment);
      if (segment !== last) storage.closeFile();
    }
  }
}
