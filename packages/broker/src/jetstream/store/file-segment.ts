// hot path
/**
 * Records in a file. What a turn appends is collected in one contiguous buffer and written in one piece; where fsync comes before
 * the acknowledgement, the file is filled with zeros ahead of the data, so that a sync need not write file sizes as well.
 */
import { assert } from '../../assert.ts';
import type { Disk, DiskFile } from '../../env/disk.ts';
import type { AppendPool } from './append-pool.ts';
import { ByteArea, type Crc32, checksum, placeSeed } from './byte-area.ts';
import { cipherKind, RecordSeal, type StoreCipher } from './cipher.ts';
import type { ReadCache, ReadSource } from './read-cache.ts';
import { flagsAt, isWholeRecord, RecordFlag } from './record.ts';
import type { Segment, SegmentStorage } from './segment.ts';
import type { SyncGate } from './sync-policy.ts';

export const SEGMENT_HEADER_BYTES = 64;
/** Version of plain segments; one that is encrypted is of the version above it, so that no older reader takes it for damaged. */
export const FILE_FORMAT_VERSION = 1;
const ENCRYPTED_VERSION = 2;
const SEGMENT_MAGIC = 'SLUICESG';
/** Bit of the header's flags: all earlier segments were durable when this one was made. */
const PREVIOUS_ARE_DURABLE = 1;
const FIRST_ALLOCATION_BYTES = 65_536;
const MAX_ALLOCATION_BYTES = 4_194_304;
const zeros: Buffer = Buffer.alloc(65_536);
const nothing: ByteArea = new ByteArea(0);

/** What the segments of one store share. */
export interface SegmentFiles {
  readonly disk: Disk;
  readonly folder: string;
  /** Binds checksums to this store. */
  readonly seed: number;
  readonly crc32: Crc32;
  readonly cache: ReadCache;
  readonly pool: AppendPool;
  /** Zeros are written ahead of the data. */
  readonly preallocates: boolean;
  /** When some store of the server was synced on the spot last. */
  readonly gate?: SyncGate;
  /** What messages are encrypted with. */
  readonly cipher?: StoreCipher | undefined;
}

/** `000000000042.seg`. */
export function segmentName(number: number): string {
  return `${String(number).padStart(12, '0')}.seg`;
}

/** Number of a segment file, or undefined for any other name. */
export function segmentNumber(name: string): number | undefined {
  return /^\d{12}\.seg$/.test(name) ? Number(name.slice(0, 12)) : undefined;
}

export interface SegmentHeader {
  readonly firstSeq: number;
  readonly previousAreDurable: boolean;
}

export class FileSegment implements SegmentStorage, ReadSource {
  area: ByteArea = nothing;
  offset = 0;
  writtenBytes = 0;
  /** Why the last `locate` failed, when it was the disk that failed. */
  readError: unknown;
  readonly path: string;
  readonly number: number;
  private readonly files: SegmentFiles;
  private file: DiskFile | null = null;
  private pending: ByteArea | null = null;
  private pendingBytes = 0;
  private allocatedBytes = 0;
  /** While it takes appends, or a sync is under way, the file stays open. */
  isPinned = false;
  /** Encryption of its records; undefined where the store has none. */
  seal: RecordSeal | undefined;

  constructor(files: SegmentFiles, number: number) {
    this.files = files;
    this.number = number;
    this.path = `${files.folder}/${segmentName(number)}`;
    this.seal = this.sealOf(files.cipher?.kind ?? 0);
  }

  private sealOf(kind: number | undefined): RecordSeal | undefined {
    const { cipher, seed } = this.files;
    const known = kind === undefined ? undefined : cipherKind(kind);
    if (cipher !== undefined) return new RecordSeal(cipher, { seed, number: this.number }, known);
    if (known) throw new Error(`'${this.path}' is encrypted, and there is no key`);
    return undefined;
  }

  /** True when what it holds is encrypted, or plain, as the store writes it now. */
  get isOfStoresCipher(): boolean {
    return this.seal?.kind === this.files.cipher?.kind;
  }

  get sizeBytes(): number {
    return this.writtenBytes + this.pendingBytes;
  }

  get appendOffset(): number {
    return this.pendingBytes;
  }

  /** Makes the file, with its header; durable once `sync` and a sync of the folder are done. */
  create(header: SegmentHeader, nowUs: number): void {
    this.isPinned = true;
    this.file = this.files.disk.openSync(this.path, { create: true });
    const area = new ByteArea(SEGMENT_HEADER_BYTES);
    this.renderHeader(area, header, nowUs);
    this.file.writeSync(area.bytes, 0, SEGMENT_HEADER_BYTES, 0);
    this.writtenBytes = SEGMENT_HEADER_BYTES;
    this.allocatedBytes = SEGMENT_HEADER_BYTES;
  }

  /** Writes the file's header to the start of `area`; returns its length. */
  renderHeader(area: ByteArea, header: SegmentHeader, nowUs: number): number {
    area.bytes.fill(0, 0, SEGMENT_HEADER_BYTES);
    area.bytes.write(SEGMENT_MAGIC, 0, 'latin1');
    const kind = this.seal?.kind ?? 0;
    area.view.setUint32(8, kind === 0 ? FILE_FORMAT_VERSION : ENCRYPTED_VERSION, true);
    area.view.setInt32(12, this.files.seed, true);
    area.view.setUint32(16, this.number, true);
    area.view.setUint32(20, header.previousAreDurable ? PREVIOUS_ARE_DURABLE : 0, true);
    area.view.setFloat64(24, header.firstSeq, true);
    area.view.setFloat64(32, nowUs, true);
    area.view.setUint32(40, kind, true);
    area.view.setInt32(60, this.headerChecksum(area), true);
    return SEGMENT_HEADER_BYTES;
  }

  private headerChecksum(area: ByteArea): number {
    return checksum(area, 0, 60, placeSeed(this.files.seed, this.number, 0), this.files.crc32);
  }

  /** Opens what is there; the header when it is undamaged. `writtenBytes` is the file's size until a scan knows better. */
  open(): SegmentHeader | undefined {
    const file = this.openFile();
    this.writtenBytes = file.sizeBytes();
    this.allocatedBytes = this.writtenBytes;
    const area = new ByteArea(SEGMENT_HEADER_BYTES);
    const isWhole =
      file.readSync(area.bytes, 0, SEGMENT_HEADER_BYTES, 0) === SEGMENT_HEADER_BYTES &&
      area.bytes.toString('latin1', 0, 8) === SEGMENT_MAGIC &&
      area.view.getUint32(16, true) === this.number &&
      area.view.getInt32(60, true) === this.headerChecksum(area);
    this.seal = this.sealOf(isWhole ? area.view.getUint32(40, true) : undefined);
    if (!isWhole) return undefined;
    const version = area.view.getUint32(8, true);
    if (version > ENCRYPTED_VERSION) throw new Error(`'${this.path}' is of version ${version}, which this server does not know`);
    return {
      firstSeq: area.view.getFloat64(24, true),
      previousAreDurable: (area.view.getUint32(20, true) & PREVIOUS_ARE_DURABLE) !== 0,
    };
  }

  openFile(): DiskFile {
    if (this.file === null) this.file = this.files.disk.openSync(this.path);
    return this.file;
  }

  closeFile(): void {
    if (this.isPinned || this.file === null) return;
    this.file.closeSync();
    this.file = null;
  }

  reserve(bytes: number): ByteArea {
    let area = this.pending;
    if (area !== null && this.pendingBytes + bytes > area.capacity) {
      this.writeOut();
      area = null;
    }
    if (area === null) {
      area = this.files.pool.take(bytes);
      this.pending = area;
    }
    return area;
  }

  advance(bytes: number): void {
    this.pendingBytes += bytes;
  }

  get hasPending(): boolean {
    return this.pendingBytes > 0;
  }

  /** One write of everything that was appended. Throws the disk's error; what was appended can still be read then. */
  writeOut(): void {
    const area = this.pending;
    if (area === null || this.pendingBytes === 0) return;
    const file = this.openFile();
    const end = this.writtenBytes + this.pendingBytes;
    file.writeSync(area.bytes, 0, this.pendingBytes, this.writtenBytes);
    if (this.files.preallocates && end > this.allocatedBytes) this.allocate(file, end);
    this.writtenBytes = end;
    this.pendingBytes = 0;
    this.pending = null;
    this.files.pool.giveBack(area);
  }

  /** Fills the file with zeros for some way ahead: as much again as there is, within bounds. */
  private allocate(file: DiskFile, end: number): void {
    const ahead = Math.min(MAX_ALLOCATION_BYTES, Math.max(FIRST_ALLOCATION_BYTES, end));
    for (let position = end; position < end + ahead; position += zeros.length) {
      file.writeSync(zeros, 0, Math.min(zeros.length, end + ahead - position), position);
    }
    this.allocatedBytes = end + ahead;
  }

  sync(): Promise<void> {
    return this.openFile().sync();
  }

  syncSync(): void {
    this.openFile().syncSync();
  }

  locate(position: number): boolean {
    if (position >= this.writtenBytes) {
      if (this.pending === null || position >= this.sizeBytes) return false;
      this.area = this.pending;
      this.offset = position - this.writtenBytes;
      return true;
    }
    const { cache } = this.files;
    this.readError = undefined;
    try {
      if (!cache.locate(this, position)) return false;
    } catch (cause) {
      this.readError = cause;
      return false;
    }
    this.area = cache.area;
    this.offset = cache.offset;
    return true;
  }

  /** After `locate`: true when the record is what was written. Records that are still pending have no checksum yet to compare. */
  isUndamagedAt(position: number): boolean {
    if (position >= this.writtenBytes) return true;
    const length = this.area.view.getUint32(this.offset + 4, true);
    const available = Math.min(length, this.area.capacity - this.offset);
    return isWholeRecord(this.area, this.offset, available, placeSeed(this.files.seed, this.number, position), this.files.crc32);
  }

  /** After `isUndamagedAt` said no: asks the disk once more, whatever is in memory, before anybody calls it damage. */
  isUndamagedOnDisk(position: number): boolean {
    this.files.cache.forget(this);
    return this.locate(position) && this.isUndamagedAt(position);
  }

  /**
   * After `isUndamagedAt`: brings the content into clear, in another area, where it is encrypted. False when it is not what was sealed.
   */
  reveal(position: number): boolean {
    const { seal } = this;
    if (seal === undefined) return (flagsAt(this.area, this.offset) & RecordFlag.encrypted) === 0;
    if (!seal.reveal(this.area, this.offset, position)) return false;
    this.area = seal.area;
    this.offset = 0;
    return true;
  }

  /** Overwrites bytes that are on disk already. */
  overwrite(position: number, bytes: Uint8Array): void {
    this.openFile().writeSync(bytes, 0, bytes.length, position);
    this.files.cache.forget(this);
  }

  /** Cuts the file to `sizeBytes`; what lay behind is gone. */
  truncate(sizeBytes: number): void {
    this.openFile().truncateSync(sizeBytes);
    this.writtenBytes = sizeBytes;
    this.allocatedBytes = sizeBytes;
    this.files.cache.forget(this);
  }

  /** The records end here; what lies behind in the file is zeros, which whoever read them must not take for what is appended there. */
  endAt(position: number): void {
    if (position < this.writtenBytes) this.files.cache.forget(this);
    this.allocatedBytes = Math.max(this.allocatedBytes, this.writtenBytes);
    this.writtenBytes = position;
  }

  /** No more appends: the zeros ahead go, and the file may be closed when its place is needed. */
  finish(): void {
    if (this.allocatedBytes > this.writtenBytes) {
      this.openFile().truncateSync(this.writtenBytes);
      this.allocatedBytes = this.writtenBytes;
    }
    this.isPinned = false;
  }

  close(): void {
    this.files.cache.forget(this);
    this.isPinned = false;
    this.closeFile();
    if (this.pending !== null) this.files.pool.giveBack(this.pending);
    this.pending = null;
    this.pendingBytes = 0;
  }

  remove(): void {
    this.close();
    this.files.disk.removeSync(this.path);
  }
}

/** The file behind a segment of a file store. */
export function fileOf(segment: Segment): FileSegment {
  const { storage } = segment;
  assert(storage instanceof FileSegment, 'a file store holds a segment without a file');
  return storage;
}
