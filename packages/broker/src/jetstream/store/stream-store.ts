// hot path
/**
 * What both stores share: adding and removing messages, and the limits that hold after each. Subclasses say where segments are kept
 * and what has to happen so that a message survives. What only reads is in `store-content.ts`.
 */
import { assert } from '../../assert.ts';
import { pack } from './pack.ts';
import {
  type Draft,
  headerBytesAt,
  MAX_RECORD_BYTES,
  payloadBytesAt,
  recordLength,
  storedBodyBytes,
  subjectBytesAt,
  timeNsAt,
  timeUsAt,
  writeMessage,
} from './record.ts';
import type { Segment } from './segment.ts';
import type { SegmentIndex } from './segment-index.ts';
import { AppendRefusal, HIGHEST_START, MAX_SEQUENCE, type MessageStore, type StoreLimits } from './store.ts';
import { StoreContent } from './store-content.ts';
import * as queries from './store-queries.ts';
import type { FilterSet } from './subject-filter.ts';

/** A jump in sequences larger than this starts a new segment instead of filling the index with holes. */
const MAX_HOLE = 4096;
const MICROS_PER_SECOND = 1_000_000;

export abstract class StreamStore extends StoreContent implements MessageStore {
  protected limits: StoreLimits;
  /** Bytes of nonce and tag behind each message that is written. */
  protected readonly sealBytes: number = 0;

  protected constructor(limits: StoreLimits) {
    super();
    this.limits = limits;
  }

  /** Makes the segment that will hold `firstSeq`. */
  protected abstract openSegment(firstSeq: number): Segment;
  protected abstract readonly segmentBytes: number;
  abstract flush(): void;
  abstract close(): Promise<void>;
  abstract destroy(): void;

  // Hooks of the file store.
  protected takesAppends(_segment: Segment): boolean {
    return true;
  }
  protected onAppended(_segment: Segment, _offset: number, _length: number): void {
    this.committedSeq = this.lastSeq;
  }
  protected onKilled(_segment: Segment, _seq: number): void {
    // The memory store has nothing to write down.
  }
  protected onSkipped(_lastSeq: number): void {
    this.committedSeq = this.lastSeq;
  }
  /** True when the record at `storage.area/offset` is what was written. */
  protected isUndamaged(_segment: Segment, _position: number): boolean {
    return true;
  }

  append(draft: Draft, isRollup: boolean): number {
    if (this.hasFailed || this.lastSeq >= MAX_SEQUENCE) return AppendRefusal.failed;
    const bytes = this.countedBytes(draft.subject.length, draft.headerBytes, draft.payloadBytes);
    const slot = this.subjects.slotOf(draft.subject);
    if (this.limits.discardsNew) {
      const refusal = this.refusalFor(slot, bytes, isRollup);
      if (refusal !== 0) return refusal;
    }
    const stored = this.limits.compresses === true && this.kind === 'file' ? pack(draft) : draft;
    stored.sealBytes = this.sealBytes;
    const length = recordLength(stored.subject.length + storedBodyBytes(stored) + stored.sealBytes);
    if (length > MAX_RECORD_BYTES) return AppendRefusal.tooLarge;
    this.write(stored, length, bytes);
    // Alone, a message goes only when it is larger than all may be.
    if (this.messages > 1 || (this.limits.maxBytes > 0 && this.bytes > this.limits.maxBytes)) this.enforceLimits(draft.subject);
    return this.lastSeq;
  }

  private refusalFor(slot: number, bytes: number, isRollup: boolean): number {
    const { limits } = this;
    const isAtSubjectLimit =
      slot >= 0 && limits.maxMessagesPerSubject > 0 && this.subjects.countOf(slot) >= limits.maxMessagesPerSubject;
    if (isAtSubjectLimit && limits.discardsNewPerSubject && !isRollup) return AppendRefusal.maxMessagesPerSubject;
    if (limits.maxMessages > 0 && this.messages >= limits.maxMessages && !isAtSubjectLimit) return AppendRefusal.maxMessages;
    if (limits.maxBytes > 0 && this.bytes + bytes > limits.maxBytes) {
      if (!isAtSubjectLimit || this.countedBytesOf(this.firstSeqOf(slot)) < bytes) return AppendRefusal.maxBytes;
    }
    return 0;
  }

  private write(draft: Draft, length: number, bytes: number): void {
    const seq = this.lastSeq + 1;
    const segment = this.segmentFor(seq, length);
    const { storage } = segment;
    const area = storage.reserve(length);
    const offset = storage.appendOffset;
    const position = storage.sizeBytes;
    writeMessage(area, offset, seq, draft, segment.durableBytes);
    storage.advance(length);
    const isLinked = this.limits.maxMessagesPerSubject > 1;
    const previous = isLinked ? this.lastOfSubject(draft.subject) : 0;
    const slot = this.subjects.add(draft.subject, seq);
    this.admit(segment, { seq, slot, position, bytes }, draft);
    if (previous > 0) this.link(previous, seq);
    this.onAppended(segment, offset, length);
  }

  /** Takes a message that is in its segment into all counts; also used when a log is read back. */
  admit(segment: Segment, at: { seq: number; slot: number; position: number; bytes: number }, draft: Draft): void {
    (segment.index as SegmentIndex).add(at.position, at.slot);
    if (segment.liveCount === 0) segment.firstTimeUs = draft.timeUs;
    segment.lastSeq = at.seq;
    segment.lastTimeUs = draft.timeUs;
    segment.liveCount++;
    segment.liveBytes += at.bytes;
    if (draft.headerBytes > 0) segment.headerCount++;
    if (draft.ttlSeconds > 0) {
      segment.ttlCount++;
      this.expiries.add(at.seq, draft.timeUs + draft.ttlSeconds * MICROS_PER_SECOND);
    }
    if (this.messages === 0) {
      this.firstSeq = at.seq;
      this.firstTimeUs = draft.timeUs;
      this.firstTimeNs = draft.timeNs;
    }
    this.messages++;
    this.bytes += at.bytes;
    this.lastSeq = at.seq;
    this.lastTimeUs = draft.timeUs;
    this.lastTimeNs = draft.timeNs;
  }

  /** Notes at `previous` that `seq` is the next message of the same subject. */
  link(previous: number, seq: number): void {
    const segment = queries.segmentOf(this, previous);
    if (segment?.index != null && seq - previous < 0xffffffff) segment.index.setLink(previous - segment.firstSeq, seq - previous);
  }

  /** The segment that takes the next record: the last one while there is room. */
  private segmentFor(seq: number, length: number): Segment {
    const last = this.segments[this.segments.length - 1];
    if (last !== undefined && this.takesAppends(last) && last.storage.sizeBytes + length <= this.segmentBytes) {
      const hole = seq - last.lastSeq - 1;
      if (hole === 0) return last;
      if (hole < MAX_HOLE) {
        this.fillHole(last, hole);
        return last;
      }
    }
    const segment = this.openSegment(seq);
    this.segments.push(segment);
    return segment;
  }

  /** Sequences that were never stored. */
  fillHole(segment: Segment, count: number): void {
    const index = segment.index as SegmentIndex;
    for (let filled = 0; filled < count; filled++) {
      index.add(0, -1);
      segment.lastSeq++;
      segment.setDead(segment.lastSeq - segment.firstSeq);
    }
  }

  skip(count: number, timeUs = 0): void {
    assert(count > 0, 'a skip needs a count');
    if (timeUs > 0) {
      this.lastTimeUs = timeUs;
      this.lastTimeNs = 0;
    }
    this.lastSeq += count;
    if (this.messages === 0) this.firstSeq = this.lastSeq + 1;
    this.onSkipped(this.lastSeq);
  }

  // ---- Limits ---------------------------------------------------------------------------------------------------

  private enforceLimits(subject: string): void {
    const { limits } = this;
    if (limits.maxMessagesPerSubject > 0) {
      const slot = this.subjects.slotOf(subject);
      if (slot >= 0) this.enforceSubjectLimit(slot);
    }
    this.enforceTotals();
  }

  private enforceTotals(): void {
    const { maxMessages, maxBytes } = this.limits;
    if (maxMessages > 0) while (this.messages > maxMessages) this.removeKnown(this.firstSeq);
    if (maxBytes > 0) while (this.bytes > maxBytes && this.messages > 0) this.removeKnown(this.firstSeq);
  }

  private enforceSubjectLimit(slot: number): void {
    const limit = this.limits.maxMessagesPerSubject;
    while (this.subjects.countOf(slot) > limit) this.removeKnown(this.firstSeqOf(slot));
  }

  updateLimits(limits: StoreLimits): void {
    this.limits = limits;
    if (this.hasFailed) return;
    this.enforceTotals();
    const perSubject = limits.maxMessagesPerSubject;
    if (perSubject > 0) {
      const over: number[] = [];
      this.subjects.forEach(null, (slot) => {
        if (this.subjects.countOf(slot) > perSubject) over.push(slot);
      });
      for (const slot of over) this.enforceSubjectLimit(slot);
    }
  }

  private removeKnown(seq: number): void {
    const isRemoved = this.remove(seq, false);
    assert(isRemoved, 'a message that the index knows could not be removed');
  }

  // ---- Removal --------------------------------------------------------------------------------------------------

  remove(seq: number, erase: boolean): boolean {
    const segment = queries.segmentOf(this, seq);
    if (segment === undefined || this.hasFailed) return false;
    const entry = seq - segment.firstSeq;
    const index = this.indexOf(segment);
    if (segment.isDead(entry) || index.positionAt(entry) === 0) return false;
    const slot = index.slotAt(entry);
    const subject = this.subjects.subjectOf(slot);
    this.kill(segment, entry);
    if (erase) this.erase(segment, entry);
    this.settleFirst();
    this.listener?.onRemoved(seq, subject);
    return true;
  }

  /** Overwrites what the record says; memory has nothing that outlives the segment. */
  protected erase(_segment: Segment, _entry: number): void {
    // See the file store.
  }

  /** Takes one live message out of all counts. Callers settle the first sequence afterwards. */
  kill(segment: Segment, entry: number): void {
    const index = this.indexOf(segment);
    // Making the index anew may have found that it is not there any more.
    if (segment.isDead(entry)) return;
    const seq = segment.firstSeq + entry;
    const position = index.positionAt(entry);
    const { storage } = segment;
    let bytes = 0;
    if (storage.locate(position) && this.isUndamaged(segment, position)) {
      const { area, offset } = storage;
      bytes = this.countedBytes(subjectBytesAt(area, offset), headerBytesAt(area, offset), payloadBytesAt(area, offset));
    } else bytes = segment.liveCount > 0 ? Math.min(segment.liveBytes, Math.round(segment.liveBytes / segment.liveCount)) : 0;
    if (segment.liveCount === 1) bytes = segment.liveBytes;
    this.takeNext(segment, entry, index);
    segment.setDead(entry);
    segment.liveCount--;
    segment.liveBytes -= bytes;
    this.messages--;
    this.bytes -= bytes;
    this.onKilled(segment, seq);
  }

  /** Updates the subject's figures; a link says at once which message is the first now. */
  private takeNext(segment: Segment, entry: number, index: SegmentIndex): void {
    const slot = index.slotAt(entry);
    const seq = segment.firstSeq + entry;
    const wasFirst = this.subjects.firstOf(slot) === seq;
    const isKept = this.subjects.countOf(slot) > 1;
    this.subjects.remove(slot, seq);
    const distance = index.linkAt(entry);
    if (wasFirst && isKept && distance > 0 && this.isLive(seq + distance)) this.subjects.setFirst(slot, seq + distance);
  }

  /** Moves the first sequence past what is gone, and drops segments that hold nothing any more. */
  settleFirst(): void {
    this.dropEmptySegments();
    if (this.messages === 0) {
      this.firstSeq = this.lastSeq + 1;
      this.firstTimeUs = 0;
      this.firstTimeNs = 0;
      return;
    }
    if (this.isLive(this.firstSeq)) return;
    this.firstSeq = queries.nextSeq(this, null, this.firstSeq);
    this.refreshFirstTime();
  }

  /** Reads when the first message was stored. */
  refreshFirstTime(): void {
    const segment = queries.segmentOf(this, this.firstSeq);
    if (segment === undefined) return;
    if (segment.storage.locate(this.indexOf(segment).positionAt(this.firstSeq - segment.firstSeq))) {
      this.firstTimeUs = timeUsAt(segment.storage.area, segment.storage.offset);
      this.firstTimeNs = timeNsAt(segment.storage.area, segment.storage.offset);
    }
  }

  private dropEmptySegments(): void {
    const { segments } = this;
    let first = segments[0];
    while (segments.length > 1 && first !== undefined && first.liveCount === 0) {
      segments.shift();
      this.dropSegment(first);
      first = segments[0];
    }
  }

  /** Gives the space of a segment back that holds no live message. */
  protected dropSegment(segment: Segment): void {
    segment.storage.remove();
  }

  purge(request: { filter: FilterSet | null; belowSeq: number; keep: number }): number {
    if (request.belowSeq === 1 || this.hasFailed) return 0;
    if (request.filter === null && request.keep === 0)
      return this.compactBelow(request.belowSeq === 0 ? this.lastSeq + 1 : request.belowSeq);
    const state = queries.filteredState(this, request.filter, 1);
    if (state.messages <= request.keep) return 0;
    const limit = request.keep > 0 ? state.messages - request.keep : Number.POSITIVE_INFINITY;
    const end = request.belowSeq > 0 ? Math.min(request.belowSeq, this.lastSeq + 1) : this.lastSeq + 1;
    let purged = 0;
    let onlySeq = 0;
    let onlySubject = '';
    for (let seq = queries.nextSeq(this, request.filter, 1); seq > 0 && seq < end && purged < limit; ) {
      onlySeq = seq;
      onlySubject = this.subjectOf(seq) ?? '';
      const segment = queries.segmentOf(this, seq) as Segment;
      this.kill(segment, seq - segment.firstSeq);
      purged++;
      seq = queries.nextSeq(this, request.filter, seq + 1);
    }
    if (purged > 0) this.settleFirst();
    if (purged === 1) this.listener?.onRemoved(onlySeq, onlySubject);
    else if (purged > 1) this.listener?.onManyRemoved();
    return purged;
  }

  compactBelow(askedSeq: number): number {
    const seq = Math.min(askedSeq, Math.max(HIGHEST_START, this.lastSeq + 1));
    if (this.hasFailed || (this.firstSeq >= seq && this.lastSeq >= seq - 1 && this.firstSeq > 0)) return 0;
    let purged = 0;
    if (seq > this.lastSeq) {
      purged = this.messages;
      if (purged > 0) this.killAll();
      if (seq - 1 > this.lastSeq) this.skip(seq - 1 - this.lastSeq);
    } else {
      for (let next = this.firstSeq; next > 0 && next < seq && this.messages > 0; next = queries.nextSeq(this, null, next + 1)) {
        const segment = queries.segmentOf(this, next) as Segment;
        if (!segment.isDead(next - segment.firstSeq)) {
          this.kill(segment, next - segment.firstSeq);
          purged++;
        }
      }
    }
    this.settleFirst();
    if (purged > 0) this.listener?.onManyRemoved();
    return purged;
  }

  /** Everything goes at once, without looking at single messages. */
  protected killAll(): void {
    for (const segment of this.segments) {
      segment.liveCount = 0;
      segment.liveBytes = 0;
      const count = segment.lastSeq - segment.firstSeq + 1;
      for (let entry = segment.skipDead(0); entry < count; entry = segment.skipDead(entry + 1)) segment.setDead(entry);
    }
    this.subjects.clear();
    this.expiries.clear();
    this.messages = 0;
    this.bytes = 0;
    this.onAllKilled();
  }

  protected onAllKilled(): void {
    // See the file store.
  }
}
