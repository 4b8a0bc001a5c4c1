// hot path
/**
 * Messages in a log of segment files. A turn's appends and removals are written once, at its end; the sync policy says when that is
 * committed. Everything in memory can be made anew from the log. `docs/file-format.md` draws the files, `recover.ts` reads them back.
 */
import type { Clock } from '../../env/env.ts';
import type { Log } from '../../env/log.ts';
import { placeSeed } from './byte-area.ts';
import { CheckpointFiles } from './checkpoint.ts';
import { CheckpointSchedule } from './checkpoint-schedule.ts';
import type { StoreCipher } from './cipher.ts';
import { reassertTombstones } from './compact.ts';
import { Compaction } from './compaction.ts';
import { dropIndices } from './drop-indices.ts';
import { restoreStore } from './file-restore.ts';
import { FileSegment, fileOf, type SegmentFiles } from './file-segment.ts';
import { IdleMark } from './idle-mark.ts';
import { Losses } from './losses.ts';
import { afterSync, PendingSync } from './pending-sync.ts';
import type { Draft } from './record.ts';
import { RecordKind, recordLength, SEAL_BYTES, sealRecord, writeControl } from './record.ts';
import { Segment } from './segment.ts';
import { SegmentIndex } from './segment-index.ts';
import { AppendRefusal, type StoreLimits } from './store.ts';
import { StreamStore } from './stream-store.ts';
import { indexAnew } from './subject-recount.ts';
import { policyText, type SyncPolicy, SyncScheduler, type SyncTarget } from './sync-policy.ts';
import { Tombstones } from './tombstones.ts';

/** Files of 8 MiB: an index made anew costs about 10 ms, and space comes back in small pieces. */
export const SEGMENT_BYTES = 8_388_608;
/** Memory for indices of segments that are not written to, per store. */
const INDEX_BUDGET_BYTES = 33_554_432;
const MAX_LAST_SYNCS = 4;

export interface FileStoreOptions {
  readonly files: SegmentFiles;
  readonly limits: StoreLimits;
  readonly policy: SyncPolicy;
  readonly clock: Clock;
  readonly log: Log;
  /** For the log: `account > stream`. */
  readonly label: string;
  /** Sequence of the first message of a new store; 0 and 1 are the same. */
  readonly firstSeq?: number;
  readonly segmentBytes?: number;
  readonly indexBudgetBytes?: number;
  /** Log written since the last checkpoint after which the next one is due. */
  readonly checkpointEveryBytes?: number;
}

export class FileStore extends StreamStore implements SyncTarget {
  readonly kind = 'file';
  readonly durability: string;
  protected override readonly sealBytes: number;
  protected readonly segmentBytes: number;
  readonly files: SegmentFiles;
  readonly clock: Clock;
  readonly log: Log;
  readonly label: string;
  writtenSeq = 0;
  nextNumber = 1;
  readonly syncsBeforeAck: boolean;
  /** Highest sequence that some record in the log says. */
  recordedSeq = 0;
  readonly checkpoints: CheckpointSchedule;
  private readonly sync: SyncScheduler;
  readonly tombstones: Tombstones = new Tombstones();
  readonly losses: Losses = new Losses(this);
  readonly pending: PendingSync = new PendingSync();
  private readonly compaction: Compaction = new Compaction(this);
  private readonly mark: IdleMark = new IdleMark(this);
  private isLosing = false;
  private readonly indexBudgetBytes: number;
  private isClosed = false;

  constructor(options: FileStoreOptions) {
    super(options.limits);
    this.files = options.files;
    this.sealBytes = options.files.cipher === undefined ? 0 : SEAL_BYTES;
    this.clock = options.clock;
    this.log = options.log;
    this.label = options.label;
    this.segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.indexBudgetBytes = options.indexBudgetBytes ?? INDEX_BUDGET_BYTES;
    this.syncsBeforeAck = options.policy.kind === 'always';
    this.durability = policyText(options.policy);
    this.sync = new SyncScheduler(options.policy, this, options.clock, options.files.gate);
    const checkpoints = new CheckpointFiles(options.files);
    this.checkpoints = new CheckpointSchedule(checkpoints, options.checkpointEveryBytes);
    if ((options.firstSeq ?? 0) > 0) {
      this.lastSeq = (options.firstSeq as number) - 1;
      this.firstSeq = options.firstSeq as number;
    }
    restoreStore(this, checkpoints);
    if (!this.pending.isEmpty) this.sync.continue();
    this.writtenSeq = this.lastSeq;
    this.committedSeq = this.lastSeq;
    this.recordedSeq = Math.max(this.recordedSeq, this.segments.length > 0 ? this.lastSeq : 0);
    this.updateLimits(options.limits);
    if (options.files.cipher !== undefined) this.beginEncrypting(options.files.cipher);
  }

  /** What was written plain, or with another cipher, takes no appends any more and is written anew bit by bit. */
  private beginEncrypting(cipher: StoreCipher): void {
    const last = this.segments[this.segments.length - 1];
    if (last !== undefined && !fileOf(last).isOfStoresCipher) this.segments.push(this.openSegment(this.lastSeq + 1));
    this.compaction.beginEncrypting(cipher);
  }

  /** False when nothing may be written any more. */
  get isWritable(): boolean {
    return !this.hasFailed && !this.isClosed;
  }

  countedBytes(subjectBytes: number, headerBytes: number, payloadBytes: number): number {
    return headerBytes === 0 ? 30 + subjectBytes + payloadBytes : 34 + subjectBytes + headerBytes + payloadBytes;
  }

  // ---- Writing --------------------------------------------------------------------------------------------------

  override append(draft: Draft, isRollup: boolean): number {
    try {
      return super.append(draft, isRollup);
    } catch (cause) {
      this.fail(cause);
      return AppendRefusal.failed;
    }
  }

  protected openSegment(firstSeq: number): Segment {
    const previous = this.segments[this.segments.length - 1];
    if (previous !== undefined) this.finishSegment(previous);
    const storage = new FileSegment(this.files, this.nextNumber++);
    storage.create({ firstSeq, previousAreDurable: this.pending.isEmpty }, this.clock.nowUs());
    this.files.disk.syncFolderSync(this.files.folder);
    this.mark.restart();
    const segment = new Segment(storage.number, firstSeq, storage, new SegmentIndex());
    const { checkpoints } = this;
    if (checkpoints.isDue) {
      checkpoints.take(this, { number: segment.number, position: 0 });
      if (this.pending.isEmpty) checkpoints.write();
      else this.sync.request();
    }
    dropIndices(this.segments, this.indexBudgetBytes);
    this.compaction.schedule();
    return segment;
  }

  /** Ends a segment with a record that says so. Where fsync comes first, it is durable before the next one begins. */
  private finishSegment(segment: Segment): void {
    const storage = fileOf(segment);
    if (!storage.isPinned) return;
    this.putControl(segment, RecordKind.seal, segment.lastSeq, Buffer.alloc(0));
    storage.writeOut();
    if (this.sync.policy.kind === 'always') {
      storage.syncSync();
      segment.durableBytes = storage.writtenBytes;
      this.pending.delete(segment);
      storage.finish();
    } else this.pending.add(segment);
    this.checkpoints.note(storage.writtenBytes);
  }

  protected override onAppended(segment: Segment, offset: number, length: number): void {
    const storage = fileOf(segment);
    const position = storage.sizeBytes - length;
    const area = storage.reserve(0);
    if (this.sealBytes > 0) storage.seal?.seal(area, offset, length, position);
    sealRecord(area, offset, length, placeSeed(this.files.seed, segment.number, position), this.files.crc32);
    this.recordedSeq = this.lastSeq;
  }

  putControl(segment: Segment, kind: Exclude<RecordKind, 1>, seq: number, content: Buffer): void {
    const storage = fileOf(segment);
    const length = recordLength(content.length);
    const area = storage.reserve(length);
    const offset = storage.appendOffset;
    const position = storage.sizeBytes;
    const durableBytes = segment.durableBytes;
    writeControl(area, offset, { kind, seq, timeUs: this.clock.nowUs(), content, durableBytes });
    sealRecord(area, offset, length, placeSeed(this.files.seed, segment.number, position), this.files.crc32);
    storage.advance(length);
  }

  /** The segment that takes a control record of `contentBytes`. */
  controlSegment(contentBytes: number): Segment {
    const last = this.segments[this.segments.length - 1];
    const length = recordLength(contentBytes);
    if (last !== undefined && fileOf(last).isPinned && last.storage.sizeBytes + length <= this.segmentBytes * 2) return last;
    const segment = this.openSegment(this.lastSeq + 1);
    this.segments.push(segment);
    return segment;
  }

  protected override takesAppends(segment: Segment): boolean {
    const storage = fileOf(segment);
    return segment.index !== null && storage.isPinned && storage.isOfStoresCipher;
  }

  protected override onKilled(segment: Segment, seq: number): void {
    if (this.isLosing) return;
    // What is in no file any more needs no tombstone.
    if (segment.liveCount > 0 || segment === this.segments[this.segments.length - 1]) this.tombstones.add(seq);
    else this.tombstones.addRange(segment.firstSeq, segment.lastSeq - segment.firstSeq + 1);
  }

  /** What was read back is on record already. */
  forgetTombstones(): void {
    this.tombstones.take();
  }

  protected override onAllKilled(): void {
    this.tombstones.addRange(1, this.lastSeq);
  }

  protected override onSkipped(): void {
    // Written by `flush`, unless a message with a higher sequence says the same.
  }

  flush(): void {
    if (!this.isWritable) return;
    try {
      this.writePending();
    } catch (cause) {
      this.fail(cause);
    }
  }

  private writePending(): void {
    if (!this.tombstones.isEmpty) this.putRanges(RecordKind.tombstones, this.tombstones.take());
    if (this.losses.hasFresh) this.putRanges(RecordKind.lost, this.losses.take());
    if (this.lastSeq > this.recordedSeq) {
      this.putControl(this.controlSegment(0), RecordKind.skip, this.lastSeq, Buffer.alloc(0));
      this.recordedSeq = this.lastSeq;
    }
    const active = this.segments[this.segments.length - 1];
    if (active !== undefined && fileOf(active).hasPending) {
      fileOf(active).writeOut();
      this.pending.onWritten(active);
    } else if (this.writtenSeq >= this.lastSeq) return;
    this.writtenSeq = this.lastSeq;
    this.sync.onWritten();
  }

  private putRanges(kind: typeof RecordKind.tombstones | typeof RecordKind.lost, content: Buffer): void {
    const segment = this.controlSegment(content.length);
    this.putControl(segment, kind, this.lastSeq, content);
    segment.hasTombstones = true;
  }

  // ---- Sync -----------------------------------------------------------------------------------------------------

  /** The segment is synced when the policy says so. */
  syncSoon(segment: Segment): void {
    this.pending.add(segment);
    this.sync.continue();
  }

  async syncWritten(): Promise<void> {
    const batch = this.pending.take(this.checkpoints.waiting);
    try {
      await Promise.all(batch.segments.map((segment) => fileOf(segment).sync()));
    } catch (cause) {
      this.pending.giveBack(batch);
      throw cause;
    }
    afterSync(this, batch);
  }

  syncWrittenNow(): void {
    const batch = this.pending.take(this.checkpoints.waiting);
    try {
      for (const segment of batch.segments) fileOf(segment).syncSync();
    } catch (cause) {
      this.pending.giveBack(batch);
      throw cause;
    }
    afterSync(this, batch);
  }

  commit(seq: number): void {
    if (this.hasFailed) return;
    if (seq > this.committedSeq) this.committedSeq = seq;
    this.listener?.onCommitted(this.committedSeq);
    if (!this.isClosed) this.mark.schedule();
  }

  /** Nothing more is written. What was not committed is gone; its sequences are not used again. */
  fail(cause: unknown): void {
    if (this.hasFailed) return;
    const firstLost = this.committedSeq + 1;
    for (const segment of this.segments) {
      for (let seq = Math.max(firstLost, segment.firstSeq); seq <= segment.lastSeq; seq++) {
        const entry = seq - segment.firstSeq;
        if (segment.index !== null && !segment.isDead(entry)) this.kill(segment, entry);
      }
    }
    this.hasFailed = true;
    this.log.write('ERR', `JetStream store of '${this.label}' failed and is read-only now: ${String(cause)}`);
    this.listener?.onFailed(cause, firstLost);
  }

  // ---- Damage ---------------------------------------------------------------------------------------------------

  protected override isUndamaged(segment: Segment, position: number): boolean {
    return fileOf(segment).isUndamagedAt(position);
  }

  protected override isReadable(segment: Segment, position: number): boolean {
    const storage = fileOf(segment);
    return (storage.isUndamagedAt(position) || storage.isUndamagedOnDisk(position)) && storage.reveal(position);
  }

  protected override onUnreadable(segment: Segment, seq: number): void {
    const { readError } = fileOf(segment);
    if (readError !== undefined) {
      // The disk did not answer; that says nothing about the message.
      this.log.write('ERR', `JetStream store of '${this.label}': sequence ${seq} could not be read: ${String(readError)}`);
      return;
    }
    const entry = seq - segment.firstSeq;
    if (this.hasFailed || segment.isDead(entry)) return;
    const subject = this.subjects.subjectOf(this.indexOf(segment).slotAt(entry));
    segment.isDamaged = true;
    this.isLosing = true;
    this.kill(segment, entry);
    this.isLosing = false;
    this.settleFirst();
    this.noteLost(seq, 1, 0);
    this.listener?.onRemoved(seq, subject);
  }

  /** Counts messages that damage took, once, and puts that on record. */
  noteLost(first: number, count: number, bytes: number): void {
    this.losses.note(first, count, bytes);
  }

  protected rebuildIndex(segment: Segment): SegmentIndex {
    return indexAnew(this, segment);
  }

  /** The bytes go once the removal itself is durable: a torn overwrite is no damage then. */
  protected override erase(segment: Segment, entry: number): void {
    this.pending.erase({ segment, seq: segment.firstSeq + entry, position: this.indexOf(segment).positionAt(entry) });
  }

  // ---- Space ----------------------------------------------------------------------------------------------------

  protected override dropSegment(segment: Segment): void {
    reassertTombstones(this, segment);
    // It is synced once more: should its name come back after a power cut, then with what the tombstones speak of.
    fileOf(segment).writeOut();
    this.pending.doom(segment);
  }

  dropSegmentAt(position: number): void {
    for (const segment of this.segments.splice(position, 1)) this.dropSegment(segment);
  }

  // ---- End ----------------------------------------------------------------------------------------------------

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.flush();
    this.isClosed = true;
    this.mark.stop();
    this.compaction.stop();
    await this.sync.stop();
    if (!this.hasFailed) {
      try {
        await this.syncWritten();
        this.committedSeq = this.writtenSeq;
        // What is to be overwritten goes through a mark and a second sync, and is synced itself.
        for (let round = 0; round < MAX_LAST_SYNCS && !this.pending.isEmpty; round++) await this.syncWritten();
        this.listener?.onCommitted(this.committedSeq);
        const active = this.segments[this.segments.length - 1];
        if (active !== undefined) this.checkpoints.take(this, { number: active.number, position: fileOf(active).writtenBytes });
        this.checkpoints.write();
      } catch (cause) {
        this.fail(cause);
      }
    }
    for (const segment of this.segments) segment.storage.close();
  }

  destroy(): void {
    this.isClosed = true;
    this.mark.stop();
    this.compaction.stop();
    void this.sync.stop();
    for (const segment of [...this.segments, ...this.pending.takeDoomed()]) segment.storage.remove();
    this.checkpoints.remove();
    this.segments.length = 0;
    this.hasFailed = true;
  }
}
