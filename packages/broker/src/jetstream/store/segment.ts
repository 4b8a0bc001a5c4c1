// hot path
/**
 * A run of consecutive sequences in one file (or one piece of memory): what it holds, what of that is dead, and where its bytes are.
 * The storage below says how bytes are kept; everything above works on both kinds alike.
 */
import type { ByteArea } from './byte-area.ts';
import type { SegmentIndex } from './segment-index.ts';

/** Where the records of one segment are kept. */
export interface SegmentStorage {
  /** Bytes of header and records, those included that are not yet written. */
  readonly sizeBytes: number;
  /** After `locate`: the memory that holds the record, and the offset in it. Valid until the next call. */
  readonly area: ByteArea;
  readonly offset: number;
  /** Memory with room for `bytes` more; they go to `appendOffset`. */
  reserve(bytes: number): ByteArea;
  readonly appendOffset: number;
  /** What was written at `appendOffset` is part of the segment now. */
  advance(bytes: number): void;
  /** False when the bytes cannot be read or are not a whole record. */
  locate(position: number): boolean;
  close(): void;
  /** Gives the space back. */
  remove(): void;
}

export class Segment {
  readonly number: number;
  readonly firstSeq: number;
  storage: SegmentStorage;
  /** Highest sequence in it; `firstSeq - 1` while it is empty. */
  lastSeq: number;
  /** Null when it was dropped to save memory. */
  index: SegmentIndex | null;
  /** Messages and bytes (as the stream counts them) that are not dead. */
  liveCount = 0;
  liveBytes = 0;
  deadCount = 0;
  /** Messages with a time to live, and messages with headers: a search for either skips segments without. */
  ttlCount = 0;
  headerCount = 0;
  firstTimeUs = 0;
  lastTimeUs = 0;
  /** Whether it holds records that say which messages of other segments are dead. */
  hasTombstones = false;
  /** Something in its file is no record: the file is kept as it is, for whoever can make more of it. */
  isDamaged = false;
  /** Bytes known to be durable. */
  durableBytes = 0;
  /** When the index was used last, in ticks of the store. */
  usedAt = 0;
  private deadBits: Uint32Array | null = null;

  constructor(number: number, firstSeq: number, storage: SegmentStorage, index: SegmentIndex | null) {
    this.number = number;
    this.firstSeq = firstSeq;
    this.lastSeq = firstSeq - 1;
    this.storage = storage;
    this.index = index;
  }

  /** The same sequences lie elsewhere now. */
  moveTo(storage: SegmentStorage, index: SegmentIndex): void {
    this.storage = storage;
    this.index = index;
  }

  isDead(entry: number): boolean {
    if (this.deadBits === null) return false;
    return (((this.deadBits[entry >> 5] ?? 0) >>> (entry & 31)) & 1) === 1;
  }

  /** Marks an entry dead; false when it was already. */
  setDead(entry: number): boolean {
    if (this.isDead(entry)) return false;
    const word = entry >> 5;
    if (this.deadBits === null || word >= this.deadBits.length) {
      const needed = Math.max(word + 1, (this.lastSeq - this.firstSeq + 32) >> 5);
      const grown = new Uint32Array(Math.max(needed, (this.deadBits?.length ?? 0) * 2));
      if (this.deadBits !== null) grown.set(this.deadBits);
      this.deadBits = grown;
    }
    this.deadBits[word] = (this.deadBits[word] as number) | (1 << (entry & 31));
    this.deadCount++;
    return true;
  }

  /** The next entry from `entry` on that is not marked dead; may be past the end. */
  skipDead(entry: number): number {
    const bits = this.deadBits;
    if (bits === null) return entry;
    let next = entry;
    for (;;) {
      const word = next >> 5;
      if (word >= bits.length) return next;
      const alive = ~(bits[word] as number) >>> (next & 31);
      if (alive !== 0) return next + (31 - Math.clz32(alive & -alive));
      next = (word + 1) << 5;
    }
  }

  /** Ranges of dead entries as sequences, each `[first, count]`. */
  deadRanges(): [number, number][] {
    const ranges: [number, number][] = [];
    const count = this.lastSeq - this.firstSeq + 1;
    let open: [number, number] | undefined;
    for (let entry = 0; entry < count; entry++) {
      if (!this.isDead(entry)) open = undefined;
      else if (open !== undefined) open[1]++;
      else {
        open = [this.firstSeq + entry, 1];
        ranges.push(open);
      }
    }
    return ranges;
  }
}
