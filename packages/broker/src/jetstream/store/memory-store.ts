/** Messages in memory: gone with the process, committed as soon as they are stored. */
import { MemorySegment } from './memory-segment.ts';
import { Segment } from './segment.ts';
import { SegmentIndex } from './segment-index.ts';
import type { StoreLimits } from './store.ts';
import { StreamStore } from './stream-store.ts';

/** Small enough that space comes back soon after messages are removed, large enough to have few of them. */
const SEGMENT_BYTES = 1_048_576;
/** A segment whose dead messages outweigh the living is written anew. */
const COMPACT_BELOW = 0.5;

export class MemoryStore extends StreamStore {
  readonly kind = 'memory';
  readonly durability = 'memory';
  protected readonly segmentBytes: number = SEGMENT_BYTES;
  private nextNumber = 1;

  constructor(limits: StoreLimits, firstSeq = 0) {
    super(limits);
    if (firstSeq > 0) {
      this.lastSeq = firstSeq - 1;
      this.firstSeq = firstSeq;
    }
  }

  countedBytes(subjectBytes: number, headerBytes: number, payloadBytes: number): number {
    return subjectBytes + headerBytes + payloadBytes + 16;
  }

  protected openSegment(firstSeq: number): Segment {
    this.compactOne();
    // A stream that filled one segment will fill the next: growing bit by bit would copy it once more.
    const storage = this.segments.length === 0 ? new MemorySegment() : new MemorySegment(SEGMENT_BYTES);
    return new Segment(this.nextNumber++, firstSeq, storage, new SegmentIndex());
  }

  protected rebuildIndex(): SegmentIndex {
    throw new Error('assertion failed: the index of a memory segment was dropped');
  }

  /** Copies the living messages of one segment that is mostly dead into memory of their own. */
  private compactOne(): void {
    for (let position = 0; position < this.segments.length - 1; position++) {
      const segment = this.segments[position];
      if (segment === undefined || segment.liveBytes >= segment.storage.sizeBytes * COMPACT_BELOW) continue;
      this.segments[position] = this.compacted(segment);
      return;
    }
  }

  private compacted(segment: Segment): Segment {
    const storage = new MemorySegment();
    const index = new SegmentIndex();
    const from = this.indexOf(segment);
    const copy = new Segment(segment.number, segment.firstSeq, storage, index);
    for (let entry = 0; entry < from.count; entry++) {
      const position = from.positionAt(entry);
      copy.lastSeq++;
      if (segment.isDead(entry) || !segment.storage.locate(position)) {
        index.add(0, from.slotAt(entry));
        copy.setDead(entry);
        continue;
      }
      const { area, offset } = segment.storage;
      const length = area.view.getUint32(offset + 4, true);
      const at = storage.sizeBytes;
      const target = storage.reserve(length);
      area.bytes.copy(target.bytes, at, offset, offset + length);
      storage.advance(length);
      index.add(at, from.slotAt(entry));
      const link = from.linkAt(entry);
      if (link > 0) index.setLink(entry, link);
    }
    copy.liveCount = segment.liveCount;
    copy.liveBytes = segment.liveBytes;
    copy.ttlCount = segment.ttlCount;
    copy.headerCount = segment.headerCount;
    copy.firstTimeUs = segment.firstTimeUs;
    copy.lastTimeUs = segment.lastTimeUs;
    return copy;
  }

  flush(): void {
    this.listener?.onCommitted(this.committedSeq);
  }

  close(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    for (const segment of this.segments) segment.storage.close();
    this.segments.length = 0;
    this.subjects.clear();
    this.hasFailed = true;
  }
}
