// hot path
/** Records in memory: the whole segment is one growing area. */
import { ByteArea } from './byte-area.ts';
import type { SegmentStorage } from './segment.ts';

/** First bytes of a memory segment stay unused, so that position 0 can mean "none" as it does in files. */
const MEMORY_HEADER_BYTES = 8;
const FIRST_BYTES = 2048;

export class MemorySegment implements SegmentStorage {
  area: ByteArea;
  offset = 0;
  sizeBytes: number = MEMORY_HEADER_BYTES;

  /** `expectedBytes` are made room for at once; without, the area grows from a small one. */
  constructor(expectedBytes: number = FIRST_BYTES) {
    this.area = new ByteArea(expectedBytes);
  }

  get appendOffset(): number {
    return this.sizeBytes;
  }

  reserve(bytes: number): ByteArea {
    const needed = this.sizeBytes + bytes;
    if (needed > this.area.capacity) {
      const grown = new ByteArea(Math.max(needed, this.area.capacity * 2));
      this.area.bytes.copy(grown.bytes, 0, 0, this.sizeBytes);
      this.area = grown;
    }
    return this.area;
  }

  advance(bytes: number): void {
    this.sizeBytes += bytes;
  }

  locate(position: number): boolean {
    this.offset = position;
    return position > 0 && position < this.sizeBytes;
  }

  close(): void {
    this.area = new ByteArea(0);
    this.sizeBytes = 0;
  }

  remove(): void {
    this.close();
  }
}
