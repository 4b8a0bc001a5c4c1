/**
 * Reading a segment file from front to back: every whole record in order, and the stretches between them that are none. After
 * damage the next record is found by its mark, its length and its checksum, which binds its place: no stale bytes pass for one.
 */
import type { DiskFile } from '../../env/disk.ts';
import { ByteArea, type Crc32, placeSeed } from './byte-area.ts';
import type { RecordSeal } from './cipher.ts';
import { isWholeRecord, lengthAt, MAX_RECORD_BYTES, RECORD_HEADER_BYTES, RECORD_MAGIC } from './record.ts';

const CHUNK_BYTES = 1_048_576;

export interface ScanOptions {
  readonly file: DiskFile;
  readonly number: number;
  readonly seed: number;
  readonly crc32: Crc32;
  readonly from: number;
  readonly end: number;
  /** Brings the record into clear where it lies; one that it does not open is no record. Absent: bodies are not looked at. */
  readonly seal?: RecordSeal | undefined;
  /** A whole record. The area is valid during the call. */
  onRecord(area: ByteArea, offset: number, position: number, length: number): void;
  /** `[start, end)` holds no whole record, and is not just zeros to the end of the file. */
  onGap(start: number, end: number): void;
}

/** Scans; returns the position after the last whole record. */
export function scanRecords(options: ScanOptions): number {
  return new Scanner(options).run();
}

class Scanner {
  private readonly options: ScanOptions;
  private area: ByteArea = new ByteArea(CHUNK_BYTES);
  private start = 0;
  private length = 0;

  constructor(options: ScanOptions) {
    this.options = options;
  }

  run(): number {
    const { from, end, seal, onRecord, onGap } = this.options;
    let position = from;
    let endOfWhole = from;
    while (position + RECORD_HEADER_BYTES <= end) {
      // Once opened it is another record: each is looked at once.
      if (this.isWholeAt(position) && seal?.openInPlace(this.area, position - this.start, position) !== false) {
        const length = lengthAt(this.area, position - this.start);
        onRecord(this.area, position - this.start, position, length);
        position += length;
        endOfWhole = position;
        continue;
      }
      if (this.isZeroFrom(position)) return endOfWhole;
      const next = this.findNext(position + 8);
      onGap(position, next);
      position = next;
    }
    if (position < end && !this.isZeroFrom(position)) onGap(position, end);
    return endOfWhole;
  }

  private isWholeAt(position: number): boolean {
    const { seed, crc32, number, end } = this.options;
    if (!this.fill(position, RECORD_HEADER_BYTES)) return false;
    const offset = position - this.start;
    if (this.area.view.getUint16(offset + 8, true) !== RECORD_MAGIC) return false;
    const length = lengthAt(this.area, offset);
    if (length < RECORD_HEADER_BYTES || length > MAX_RECORD_BYTES || position + length > end || !this.fill(position, length))
      return false;
    return isWholeRecord(this.area, position - this.start, length, placeSeed(seed, number, position), crc32);
  }

  /** Brings `[position, position + length)` into memory; false when the file ends before. */
  private fill(position: number, length: number): boolean {
    if (position >= this.start && position + length <= this.start + this.length) return true;
    const { file, end } = this.options;
    if (length > this.area.capacity) this.area = new ByteArea(length);
    const wanted = Math.min(this.area.capacity, end - position);
    this.start = position;
    this.length = file.readSync(this.area.bytes, 0, wanted, position);
    return length <= this.length;
  }

  private isZeroFrom(position: number): boolean {
    const { end } = this.options;
    for (let at = position; at < end; ) {
      const count = Math.min(8192, end - at);
      if (!this.fill(at, count)) return false;
      const offset = at - this.start;
      for (let index = 0; index < count; index++) if (this.area.bytes[offset + index] !== 0) return false;
      at += count;
    }
    return true;
  }

  /** The next position from `position` on at which a whole record lies, or the end. */
  private findNext(position: number): number {
    const { end } = this.options;
    for (let at = position; at + RECORD_HEADER_BYTES <= end; at += 8) {
      if (!this.fill(at, RECORD_HEADER_BYTES)) return end;
      if (this.area.view.getUint16(at - this.start + 8, true) === RECORD_MAGIC && this.isWholeAt(at)) return at;
    }
    return end;
  }
}
