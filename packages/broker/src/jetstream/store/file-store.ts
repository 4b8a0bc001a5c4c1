// hot path
/**
 * Messages in a log of segment files. A turn's appends and removals are written once, at its end; the sync policy says when that is
 * committed. Everything in memory can be made anew from the log. `docs/file-format.md` draws the files, `recover.ts` reads them back.
 */
import type { Clock, Timer } from '../../env/env.ts';
import type { Log } from '../../env/log.ts';
import { placeSeed } from './byte-area.ts';
import { captureCheckpoint } from './capture-checkpoint.ts';
import { type Checkpoint, CheckpointFiles } from './checkpoint.ts';
import type { StoreCipher } from './cipher.ts';
import { compactSegment, isWorthCompacting } from './compact.ts';
import { dropIndices } from './drop-indices.ts';
import { type Erasure, overwriteErased } from './erasures.ts';
import { restoreStore } from './file-restore.ts';
import { FileSegment, fileOf, type SegmentFiles } from './file-segment.ts';
import type { Draft } from './record.ts';
import { RecordKind, recordLength, SEAL_BYTES, sealRecord, writeControl } from './record.ts';
import { Segment } from './segment.ts';
import { SegmentIndex } from './segment-index.ts';
import { AppendRefusal, type StoreLimits } from './store.ts';
import { StreamStore } from './stream-store.ts';
import { recountSubjects, scanIndex } from './subject-recount.ts';
import { policyText, type SyncPolicy, SyncScheduler, type SyncTarget } from './sync-policy.ts';
import { notIn, Tombstones } from './tombstones.ts';

/** Files of 8 MiB: an index made anew costs about 10 ms, and space comes back in small pieces. */
export const SEGMENT_BYTES = 8_388_608;
/** Log written since the last checkpoint after which the next one is due. */
const CHECKPOINT_EVERY_BYTES = 67_108_864;
/** Quiet time after which a mark is written that proves what was synced last. */
const IDLE_MARK_MS = 100;
/** Memory for indices of segments that are not written to, per store. */
const INDEX_BUDGET_BYTES = 33_554_432;
const COMPACT_DELAY_MS = 250;
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

/** What one sync makes durable, and what may happen once it has. */
interface SyncBatch {
  readonly segments: Segment[];
  readonly sizes: number[];
  readonly doomed: Segment[];
  readonly erasures: Erasure[];
  readonly proven: Erasure[];
  readonly due: Checkpoint | undefined;
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
  private readonly checkpoints: CheckpointFiles;
  private readonly sync: SyncScheduler;
  private readonly tombstones: Tombstones = new Tombstones();
  /** Losses that are not on record yet. */
  private readonly losses: Tombstones = new Tombstones();
  /** Losses that some record in the log says. */
  recordedLosses: readonly (readonly [number, number])[] = [];
  /** While the log is read back: hears of losses, some of which a later record may explain. */
  onLoss: ((first: number, count: number) => void) | undefined;
  private isLosing = false;
  private readonly indexBudgetBytes: number;
  private readonly checkpointEveryBytes: number;
  private unsynced: Set<Segment> = new Set();
  /** Segments without a living message, whose files go once the record of the removals is durable. */
  private doomed: Segment[] = [];
  private erasures: Erasure[] = [];
  /** The same, whose removal has been written and waits to be durable. */
  private written: { doomed: Segment[]; erasures: Erasure[] } = { doomed: [], erasures: [] };
  /** Records whose removal is durable, and for which a mark was written that proves that their place was. */
  private proven: Erasure[] = [];
  /** A checkpoint that waits until what it says is durable. */
  private checkpoint: Checkpoint | undefined;
  private markTimer: Timer | undefined;
  private compactTimer: Timer | undefined;
  private markedBytes = 0;
  private sinceCheckpointBytes = 0;
  private checkpointBytes = 0;
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
    this.checkpointEveryBytes = options.checkpointEveryBytes ?? CHECKPOINT_EVERY_BYTES;
    this.syncsBeforeAck = options.policy.kind === 'always';
    this.durability = policyText(options.policy);
    this.sync = new SyncScheduler(options.policy, this, options.clock, options.files.gate);
    this.checkpoints = new CheckpointFiles(options.files);
    if ((options.firstSeq ?? 0) > 0) {
      this.lastSeq = (options.firstSeq as number) - 1;
      this.firstSeq = options.firstSeq as number;
    }
    restoreStore(this, this.checkpoints);
    if (this.unsynced.size > 0) this.sync.continue();
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
    if (this.segments.every((segment) => fileOf(segment).isOfStoresCipher)) cipher.onAllEncrypted();
    else this.scheduleCompaction();
  }

  private noteEncrypted(): void {
    const { cipher } = this.files;
    if (cipher?.acceptsPlain !== true || !this.segments.every((segment) => fileOf(segment).isOfStoresCipher)) return;
    try {
      cipher.onAllEncrypted();
    } catch (cause) {
      this.fail(cause);
    }
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
    storage.create({ firstSeq, previousAreDurable: this.unsynced.size === 0 }, this.clock.nowUs());
    this.files.disk.syncFolderSync(this.files.folder);
    this.markedBytes = 0;
    const segment = new Segment(storage.number, firstSeq, storage, new SegmentIndex());
    if (this.sinceCheckpointBytes >= Math.max(this.checkpointEveryBytes, this.checkpointBytes * 4)) {
      this.checkpoint = captureCheckpoint(this, { number: segment.number, position: 0 });
      this.sinceCheckpointBytes = 0;
      if (this.unsynced.size === 0) this.writeCheckpoint();
      else this.sync.request();
    }
    dropIndices(this.segments, this.indexBudgetBytes);
    this.scheduleCompaction();
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
      this.unsynced.delete(segment);
      storage.finish();
    } else this.unsynced.add(segment);
    this.sinceCheckpointBytes += storage.writtenBytes;
  }

  protected override onAppended(segment: Segment, offset: number, length: number): void {
    const storage = fileOf(segment);
    const position = storage.sizeBytes - length;
    const area = storage.reserve(0);
    if (this.sealBytes > 0) storage.seal?.seal(area, offset, length, position);
    sealRecord(area, offset, length, placeSeed(this.files.seed, segment.number, position), this.files.crc32);
    this.recordedSeq = this.lastSeq;
  }

  private putControl(segment: Segment, kind: Exclude<RecordKind, 1>, seq: number, content: Buffer): void {
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
  private controlSegment(contentBytes: number): Segment {
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
    if (this.hasFailed || this.isClosed) return;
    try {
      this.writePending();
    } catch (cause) {
      this.fail(cause);
    }
  }

  private writePending(): void {
    if (!this.tombstones.isEmpty) this.putRanges(RecordKind.tombstones, this.tombstones.take());
    if (!this.losses.isEmpty) {
      this.putRanges(RecordKind.lost, this.losses.take());
      this.recordedLosses = this.lost?.ranges ?? [];
    }
    if (this.lastSeq > this.recordedSeq) {
      this.putControl(this.controlSegment(0), RecordKind.skip, this.lastSeq, Buffer.alloc(0));
      this.recordedSeq = this.lastSeq;
    }
    const active = this.segments[this.segments.length - 1];
    if (active === undefined || !fileOf(active).hasPending) {
      if (this.writtenSeq < this.lastSeq) this.wrote();
      return;
    }
    fileOf(active).writeOut();
    this.unsynced.add(active);
    this.written.doomed.push(...this.doomed);
    this.written.erasures.push(...this.erasures);
    this.doomed = [];
    this.erasures = [];
    this.wrote();
  }

  private putRanges(kind: typeof RecordKind.tombstones | typeof RecordKind.lost, content: Buffer): void {
    const segment = this.controlSegment(content.length);
    this.putControl(segment, kind, this.lastSeq, content);
    segment.hasTombstones = true;
  }

  private wrote(): void {
    this.writtenSeq = this.lastSeq;
    this.sync.onWritten();
  }

  // ---- Sync -----------------------------------------------------------------------------------------------------

  /** The next sync takes this segment too. */
  syncLater(segment: Segment): void {
    this.unsynced.add(segment);
  }

  async syncWritten(): Promise<void> {
    const batch = this.takeUnsynced();
    try {
      await Promise.all(batch.segments.map((segment) => fileOf(segment).sync()));
    } catch (cause) {
      for (const segment of batch.segments) this.unsynced.add(segment);
      throw cause;
    }
    this.onSynced(batch);
  }

  syncWrittenNow(): void {
    const batch = this.takeUnsynced();
    try {
      for (const segment of batch.segments) fileOf(segment).syncSync();
    } catch (cause) {
      for (const segment of batch.segments) this.unsynced.add(segment);
      throw cause;
    }
    this.onSynced(batch);
  }

  /** Everything that a sync which begins now makes durable. */
  private takeUnsynced(): SyncBatch {
    const segments = [...this.unsynced];
    const sizes = segments.map((segment) => fileOf(segment).writtenBytes);
    const { doomed, erasures } = this.written;
    const { proven } = this;
    this.written = { doomed: [], erasures: [] };
    this.proven = [];
    this.unsynced = new Set();
    return { segments, sizes, doomed, erasures, proven, due: this.checkpoint };
  }

  private onSynced({ segments, sizes, doomed, erasures, proven, due }: SyncBatch): void {
    const active = this.segments[this.segments.length - 1];
    segments.forEach((segment, position) => {
      segment.durableBytes = sizes[position] as number;
      if (segment !== active) fileOf(segment).finish();
    });
    for (const segment of overwriteErased(this, proven)) {
      this.unsynced.add(segment);
      this.sync.continue();
    }
    this.proveErasures(erasures);
    for (const segment of doomed) segment.storage.remove();
    if (doomed.length > 0) this.files.disk.syncFolderSync(this.files.folder);
    if (due !== undefined && due === this.checkpoint) this.writeCheckpoint();
  }

  commit(seq: number): void {
    if (this.hasFailed) return;
    if (seq > this.committedSeq) this.committedSeq = seq;
    this.listener?.onCommitted(this.committedSeq);
    if (!this.isClosed) this.scheduleMark();
  }

  private scheduleMark(): void {
    this.markTimer ??= this.clock.setTimer(IDLE_MARK_MS, () => {
      this.markTimer = undefined;
      this.writeMark();
    });
  }

  /** Says in the log what is durable, so that later damage to it is not mistaken for a torn end. */
  private writeMark(): void {
    const active = this.segments[this.segments.length - 1];
    if (this.hasFailed || this.isClosed || active === undefined || !fileOf(active).isPinned) return;
    if (active.durableBytes <= this.markedBytes || fileOf(active).hasPending || this.unsynced.size > 0) return;
    try {
      this.putControl(active, RecordKind.mark, this.lastSeq, Buffer.alloc(0));
      this.markedBytes = fileOf(active).sizeBytes;
      fileOf(active).writeOut();
    } catch (cause) {
      this.fail(cause);
    }
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
    if (this.onLoss !== undefined) return this.onLoss(first, count);
    const known = this.lost?.ranges ?? [];
    const fresh = notIn(known, first, count);
    if (fresh.length === 0 && bytes === 0) return;
    this.lost = { ranges: [...known, ...fresh], bytes: (this.lost?.bytes ?? 0) + bytes };
    if (fresh.length === 0) this.log.write('ERR', `JetStream store of '${this.label}': damage found, ${bytes} damaged byte(s)`);
    for (const [from, size] of fresh) {
      for (const [first, count] of notIn(this.recordedLosses, from, size)) this.losses.addRange(first, count);
      const what = `${size} message(s) from sequence ${from} on are lost`;
      this.log.write('ERR', `JetStream store of '${this.label}': damage found, ${what}`);
      this.listener?.onDamage(from, size);
    }
    if (fresh.length === 0) this.listener?.onDamage(first, 0);
  }

  protected rebuildIndex(segment: Segment): SegmentIndex {
    let found: { index: SegmentIndex; missing: number[] };
    try {
      found = scanIndex(this, segment);
    } catch (cause) {
      this.fail(cause);
      return new SegmentIndex();
    }
    segment.index = found.index;
    if (found.missing.length > 0) {
      segment.isDamaged = true;
      for (const seq of found.missing) {
        segment.setDead(seq - segment.firstSeq);
        this.noteLost(seq, 1, 0);
      }
      // That makes all indices anew, this one too: subjects have other numbers afterwards.
      recountSubjects(this);
      this.listener?.onManyRemoved();
    }
    return segment.index;
  }

  /** The bytes go once the removal itself is durable: a torn overwrite is no damage then. */
  protected override erase(segment: Segment, entry: number): void {
    this.erasures.push({ segment, seq: segment.firstSeq + entry, position: this.indexOf(segment).positionAt(entry) });
  }

  /** An overwrite may tear: before it, a durable mark says that the place was durable, so that nobody takes it for a torn end. */
  private proveErasures(erasures: readonly Erasure[]): void {
    if (erasures.length === 0 || this.hasFailed) return;
    const segment = this.controlSegment(0);
    if (segment.durableBytes === 0) this.written.erasures.push(...erasures);
    else {
      this.putControl(segment, RecordKind.mark, this.lastSeq, Buffer.alloc(0));
      this.proven.push(...erasures);
    }
    fileOf(segment).writeOut();
    this.unsynced.add(segment);
    this.sync.continue();
  }

  // ---- Space ----------------------------------------------------------------------------------------------------

  protected override dropSegment(segment: Segment): void {
    this.reassertTombstones(segment);
    // It is synced once more: should its name come back after a power cut, then with what the tombstones speak of.
    fileOf(segment).writeOut();
    this.unsynced.add(segment);
    this.doomed.push(segment);
  }

  /** The removals that a segment recorded must stay on record for as long as what they removed is in some file. */
  reassertTombstones(leaving: Segment): void {
    if (!leaving.hasTombstones) return;
    for (const [first, count] of this.lost?.ranges ?? []) this.losses.addRange(first, count);
    let next = 1;
    for (const segment of this.segments) {
      // What is in no file any more: an old checkpoint may still think that it is.
      this.tombstones.addRange(next, segment.firstSeq - next);
      next = segment.lastSeq + 1;
      if (segment === leaving || segment.deadCount === 0) continue;
      for (const [first, count] of segment.deadRanges()) this.tombstones.addRange(first, count);
    }
  }

  private scheduleCompaction(): void {
    this.compactTimer ??= this.clock.setTimer(COMPACT_DELAY_MS, () => {
      this.compactTimer = undefined;
      this.compactOne();
    });
  }

  /** Rewrites one segment that is mostly dead, or removes one that is wholly so; comes back while there are more. */
  compactOne(): void {
    if (this.hasFailed || this.isClosed) return;
    this.flush();
    for (let position = 0; position < this.segments.length - 1; position++) {
      const segment = this.segments[position] as Segment;
      if (fileOf(segment).isPinned || this.unsynced.has(segment)) continue;
      try {
        if (segment.liveCount === 0) {
          this.segments.splice(position, 1);
          this.dropSegment(segment);
        } else if (isWorthCompacting(segment)) compactSegment(this, position);
        else continue;
      } catch (cause) {
        this.fail(cause);
        return;
      }
      this.scheduleCompaction();
      return;
    }
    this.noteEncrypted();
  }

  // ---- Checkpoint and end -----------------------------------------------------------------------------------------

  /** Writes down what the store knew when the checkpoint was taken; only once all of that is durable. */
  private writeCheckpoint(): void {
    if (this.checkpoint === undefined) return;
    this.checkpointBytes = this.checkpoints.write(this.checkpoint);
    this.checkpoint = undefined;
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.flush();
    this.isClosed = true;
    this.markTimer?.cancel();
    this.compactTimer?.cancel();
    await this.sync.stop();
    if (!this.hasFailed) {
      try {
        await this.syncWritten();
        this.committedSeq = this.writtenSeq;
        // What is to be overwritten goes through a mark and a second sync, and is synced itself.
        for (let round = 0; round < MAX_LAST_SYNCS && this.unsynced.size > 0; round++) await this.syncWritten();
        this.listener?.onCommitted(this.committedSeq);
        const active = this.segments[this.segments.length - 1];
        if (active !== undefined)
          this.checkpoint = captureCheckpoint(this, { number: active.number, position: fileOf(active).writtenBytes });
        this.writeCheckpoint();
      } catch (cause) {
        this.fail(cause);
      }
    }
    for (const segment of this.segments) segment.storage.close();
  }

  destroy(): void {
    this.isClosed = true;
    this.markTimer?.cancel();
    this.compactTimer?.cancel();
    void this.sync.stop();
    for (const segment of [...this.segments, ...this.doomed, ...this.written.doomed]) segment.storage.remove();
    this.doomed = [];
    this.written = { doomed: [], erasures: [] };
    this.checkpoints.remove();
    this.segments.length = 0;
    this.hasFailed = true;
  }
}
