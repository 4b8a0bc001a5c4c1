// hot path
/**
 * What a store holds, and the questions to it that change nothing: sequences and counts, the index by subject and by sequence.
 * `StreamStore` adds and removes; the walks themselves are in `store-queries.ts`.
 */
import { ExpiryHeap } from './expiry-heap.ts';
import { readMessage, StoredMessage } from './record.ts';
import type { Segment } from './segment.ts';
import type { SegmentIndex } from './segment-index.ts';
import type { LostMessages, StoreListener, StoreState } from './store.ts';
import * as queries from './store-queries.ts';
import type { FilterSet } from './subject-filter.ts';
import { SubjectIndex } from './subject-index.ts';

export abstract class StoreContent {
  abstract readonly kind: 'memory' | 'file';
  abstract readonly durability: string;
  readonly subjects: SubjectIndex = new SubjectIndex();
  listener: StoreListener | undefined;
  committedSeq = 0;
  hasFailed = false;
  lost: LostMessages | undefined;
  /** In order of sequence; the last one takes appends. Read by the queries. */
  readonly segments: Segment[] = [];

  firstSeq = 0;
  lastSeq = 0;
  messages = 0;
  bytes = 0;
  firstTimeUs = 0;
  firstTimeNs = 0;
  lastTimeUs = 0;
  lastTimeNs = 0;
  readonly expiries: ExpiryHeap = new ExpiryHeap();
  /** The message that reads return. */
  protected readonly message: StoredMessage = new StoredMessage();
  private ticks = 0;

  /** Bytes of a stored message as stream state counts them. Source: nats-server fileStoreMsgSizeRaw, memStoreMsgSizeRaw. */
  abstract countedBytes(subjectBytes: number, headerBytes: number, payloadBytes: number): number;
  /** Makes the index of a segment anew. */
  protected abstract rebuildIndex(segment: Segment): SegmentIndex;
  /** True when the record at `storage.area/offset` may be served: the content is there in clear afterwards. */
  protected isReadable(_segment: Segment, _position: number): boolean {
    return true;
  }
  protected onUnreadable(_segment: Segment, _seq: number): void {
    // Memory does not rot.
  }

  state(): StoreState {
    const span = this.lastSeq === 0 && this.firstSeq === 0 ? 0 : this.lastSeq - this.firstSeq + 1;
    return {
      messages: this.messages,
      bytes: this.bytes,
      firstSeq: this.firstSeq,
      firstTimeUs: this.firstTimeUs,
      firstTimeNs: this.firstTimeNs,
      lastSeq: this.lastSeq,
      lastTimeUs: this.lastTimeUs,
      lastTimeNs: this.lastTimeNs,
      subjectCount: this.subjects.size,
      deletedCount: this.messages === 0 ? 0 : span - this.messages,
    };
  }

  /** Sequence of the subject's last message when it is known at once; 0 or less otherwise. */
  lastOfSubject(subject: string): number {
    const slot = this.subjects.slotOf(subject);
    return slot < 0 ? 0 : this.subjects.lastOf(slot);
  }

  isLive(seq: number): boolean {
    const segment = queries.segmentOf(this, seq);
    if (segment === undefined) return false;
    const entry = seq - segment.firstSeq;
    return !segment.isDead(entry) && this.indexOf(segment).positionAt(entry) !== 0;
  }

  /** The index of a segment, made anew when it was dropped. */
  indexOf(segment: Segment): SegmentIndex {
    segment.usedAt = ++this.ticks;
    if (segment.index === null) segment.index = this.rebuildIndex(segment);
    return segment.index;
  }

  load(seq: number): StoredMessage | undefined {
    const segment = queries.segmentOf(this, seq);
    if (segment === undefined) return undefined;
    const entry = seq - segment.firstSeq;
    if (segment.isDead(entry)) return undefined;
    const index = this.indexOf(segment);
    const position = index.positionAt(entry);
    if (position === 0 || segment.isDead(entry)) return undefined;
    const { storage } = segment;
    if (storage.locate(position) && this.isReadable(segment, position)) {
      const subject = this.subjects.subjectOf(index.slotAt(entry));
      if (readMessage(storage.area, storage.offset, subject, this.message)) return this.message;
    }
    this.onUnreadable(segment, seq);
    return undefined;
  }

  loadNext(filter: FilterSet | null, fromSeq: number): StoredMessage | undefined {
    for (let seq = queries.nextSeq(this, filter, fromSeq); seq > 0; seq = queries.nextSeq(this, filter, seq + 1)) {
      const message = this.load(seq);
      if (message !== undefined) return message;
    }
    return undefined;
  }

  loadLast(filter: FilterSet | null): StoredMessage | undefined {
    for (let seq = queries.lastSeq(this, filter); seq > 0; seq = queries.lastSeq(this, filter)) {
      const message = this.load(seq);
      if (message !== undefined) return message;
    }
    return undefined;
  }

  subjectOf(seq: number): string | undefined {
    if (!this.isLive(seq)) return undefined;
    const segment = queries.segmentOf(this, seq) as Segment;
    return this.subjects.subjectOf(this.indexOf(segment).slotAt(seq - segment.firstSeq));
  }

  protected countedBytesOf(seq: number): number {
    const message = this.load(seq);
    return message === undefined ? 0 : this.countedBytes(message.subject.length, message.headerBytes, message.payloadBytes);
  }

  firstSeqOf(slot: number): number {
    return queries.firstSeqOf(this, slot);
  }

  nextSeq(filter: FilterSet | null, fromSeq: number): number {
    return queries.nextSeq(this, filter, fromSeq);
  }

  seqFromTime(timeUs: number, timeNs: number): number {
    return queries.seqFromTime(this, timeUs, timeNs);
  }

  countPending(filter: FilterSet | null, fromSeq: number, lastPerSubject: boolean): number {
    return queries.countPending(this, filter, fromSeq, lastPerSubject);
  }

  filteredState(filter: FilterSet | null, fromSeq: number): { messages: number; first: number; last: number } {
    return queries.filteredState(this, filter, fromSeq);
  }

  subjectTotals(filter: FilterSet | null): Map<string, number> {
    const totals = new Map<string, number>();
    this.subjects.forEach(filter, (slot) => totals.set(this.subjects.subjectOf(slot), this.subjects.countOf(slot)));
    return totals;
  }

  lastSeqsPerSubject(filters: readonly FilterSet[], maxSeq: number, limit: number): number[] | undefined {
    return queries.lastSeqsPerSubject(this, filters, maxSeq, limit);
  }

  deletedSeqs(limit: number): number[] {
    return queries.deletedSeqs(this, limit);
  }

  nextSeqWithHeaders(fromSeq: number): number {
    for (const segment of this.segments) {
      if (segment.headerCount > 0 && segment.lastSeq >= fromSeq) return Math.max(fromSeq, segment.firstSeq);
    }
    return 0;
  }

  expiredSeqs(nowUs: number, limit: number): number[] {
    const due: number[] = [];
    while (due.length < limit && this.expiries.nextUs <= nowUs) {
      const seq = this.expiries.take();
      if (this.isLive(seq)) due.push(seq);
    }
    return due.sort((a, b) => a - b);
  }

  nextExpiryUs(): number {
    return this.expiries.nextUs;
  }
}
