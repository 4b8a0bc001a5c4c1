// hot path
/**
 * Questions to a store that change nothing: which message comes next for these subjects, how many are pending, which was the last.
 * All of them walk numbers (subject slots), never subjects or payloads.
 */
import { timeNsAt, timeUsAt } from './record.ts';
import type { Segment } from './segment.ts';
import type { SegmentIndex } from './segment-index.ts';
import type { FilteredState } from './store.ts';
import type { FilterSet } from './subject-filter.ts';
import type { SubjectIndex } from './subject-index.ts';

/** What a question needs to see of a store. */
export interface StoreView {
  readonly segments: readonly Segment[];
  readonly subjects: SubjectIndex;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly messages: number;
  indexOf(segment: Segment): SegmentIndex;
}

/** Position in `segments` of the last one that starts at or before `seq`; -1 when there is none. */
function segmentPosition(view: StoreView, seq: number): number {
  const { segments } = view;
  let low = 0;
  let high = segments.length - 1;
  if (high >= 0 && (segments[high] as Segment).firstSeq <= seq) return high;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if ((segments[middle] as Segment).firstSeq <= seq) low = middle + 1;
    else high = middle - 1;
  }
  return high;
}

/** The segment that covers `seq`. */
export function segmentOf(view: StoreView, seq: number): Segment | undefined {
  const position = segmentPosition(view, seq);
  if (position < 0) return undefined;
  const segment = view.segments[position] as Segment;
  return seq <= segment.lastSeq ? segment : undefined;
}

/** The first live message from `fromSeq` on that matches; 0 when there is none. */
export function nextSeq(view: StoreView, filter: FilterSet | null, fromSeq: number): number {
  const from = Math.max(fromSeq, view.firstSeq);
  if (view.messages === 0 || from > view.lastSeq) return 0;
  let onlySlot = -1;
  const literal = filter?.literal;
  if (literal !== undefined) {
    onlySlot = view.subjects.slotOf(literal);
    if (onlySlot < 0) return 0;
    const first = view.subjects.firstOf(onlySlot);
    if (first >= from) return first;
    if (Math.abs(view.subjects.lastOf(onlySlot)) < from) return 0;
  }
  const start = Math.max(0, segmentPosition(view, from));
  for (let position = start; position < view.segments.length; position++) {
    const segment = view.segments[position] as Segment;
    if (segment.liveCount === 0 || segment.lastSeq < from) continue;
    const found = nextInSegment(view, segment, Math.max(0, from - segment.firstSeq), filter, onlySlot);
    if (found >= 0) return segment.firstSeq + found;
  }
  return 0;
}

function nextInSegment(view: StoreView, segment: Segment, fromEntry: number, filter: FilterSet | null, onlySlot: number): number {
  const index = view.indexOf(segment);
  const uniform = index.onlySlot;
  if (uniform >= 0 && filter !== null && segment.liveCount > 0) {
    if (onlySlot >= 0 ? uniform !== onlySlot : !filter.matchesSlot(view.subjects, uniform)) return -1;
  }
  const isOpen = filter === null || uniform >= 0;
  const { count } = index;
  for (let entry = segment.skipDead(fromEntry); entry < count; entry = segment.skipDead(entry + 1)) {
    if (isOpen) return entry;
    const slot = index.slotAt(entry);
    if (onlySlot >= 0 ? slot === onlySlot : (filter as FilterSet).matchesSlot(view.subjects, slot)) return entry;
  }
  return -1;
}

/** The last live message at or before `toSeq` whose slot is `slot`; 0 when there is none. */
function previousOfSlot(view: StoreView, slot: number, toSeq: number): number {
  for (let position = segmentPosition(view, toSeq); position >= 0; position--) {
    const segment = view.segments[position] as Segment;
    if (segment.liveCount === 0) continue;
    const index = view.indexOf(segment);
    if (index.onlySlot >= 0 && index.onlySlot !== slot) continue;
    for (let entry = Math.min(toSeq - segment.firstSeq, index.count - 1); entry >= 0; entry--) {
      if (!segment.isDead(entry) && index.slotAt(entry) === slot) return segment.firstSeq + entry;
    }
  }
  return 0;
}

/** Sequence of a subject's first message; looked for, and remembered, when a removal made it unknown. */
export function firstSeqOf(view: StoreView, slot: number): number {
  const known = view.subjects.firstOf(slot);
  if (known > 0) return known;
  const start = Math.max(-known + 1, view.firstSeq);
  for (let position = Math.max(0, segmentPosition(view, start)); position < view.segments.length; position++) {
    const segment = view.segments[position] as Segment;
    if (segment.liveCount === 0) continue;
    const index = view.indexOf(segment);
    if (index.onlySlot >= 0 && index.onlySlot !== slot) continue;
    for (
      let entry = segment.skipDead(Math.max(0, start - segment.firstSeq));
      entry < index.count;
      entry = segment.skipDead(entry + 1)
    ) {
      if (index.slotAt(entry) !== slot) continue;
      view.subjects.setFirst(slot, segment.firstSeq + entry);
      return segment.firstSeq + entry;
    }
  }
  return 0;
}

/** Sequence of a subject's last message; looked for, and remembered, when a removal made it unknown. */
export function lastSeqOf(view: StoreView, slot: number): number {
  const known = view.subjects.lastOf(slot);
  if (known > 0) return known;
  const found = previousOfSlot(view, slot, Math.min(-known, view.lastSeq));
  view.subjects.setLast(slot, found);
  return found;
}

/** The last message that matches; 0 when there is none. */
export function lastSeq(view: StoreView, filter: FilterSet | null): number {
  if (view.messages === 0) return 0;
  if (filter === null) return lastLive(view, view.lastSeq);
  let last = 0;
  view.subjects.forEach(filter, (slot) => {
    const seq = lastSeqOf(view, slot);
    if (seq > last) last = seq;
  });
  return last;
}

function lastLive(view: StoreView, toSeq: number): number {
  for (let position = segmentPosition(view, toSeq); position >= 0; position--) {
    const segment = view.segments[position] as Segment;
    if (segment.liveCount === 0) continue;
    const index = view.indexOf(segment);
    for (let entry = Math.min(toSeq - segment.firstSeq, index.count - 1); entry >= 0; entry--) {
      if (!segment.isDead(entry) && index.positionAt(entry) !== 0) return segment.firstSeq + entry;
    }
  }
  return 0;
}

/** The first message stored at or after the time; the next free sequence when all are older. */
export function seqFromTime(view: StoreView, timeUs: number, timeNs: number): number {
  if (view.messages === 0) return view.lastSeq + 1;
  for (const segment of view.segments) {
    if (segment.liveCount === 0 || segment.lastTimeUs < timeUs) continue;
    const found = searchTime(view, segment, timeUs, timeNs);
    if (found > 0) return found;
  }
  return view.lastSeq + 1;
}

function searchTime(view: StoreView, segment: Segment, timeUs: number, timeNs: number): number {
  const index = view.indexOf(segment);
  const { storage } = segment;
  let low = 0;
  let high = index.count - 1;
  let found = 0;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const entry = segment.skipDead(middle);
    if (entry > high || !storage.locate(index.positionAt(entry))) {
      high = middle - 1;
      continue;
    }
    const us = timeUsAt(storage.area, storage.offset);
    if (us > timeUs || (us === timeUs && timeNsAt(storage.area, storage.offset) >= timeNs)) {
      found = segment.firstSeq + entry;
      high = middle - 1;
    } else low = entry + 1;
  }
  return found;
}

/** Messages from `fromSeq` on; with `lastPerSubject` only the last message of each subject counts. */
export function countPending(view: StoreView, filter: FilterSet | null, fromSeq: number, lastPerSubject: boolean): number {
  if (view.messages === 0 || fromSeq > view.lastSeq) return 0;
  if (lastPerSubject) {
    let count = 0;
    view.subjects.forEach(filter, (slot) => {
      if (lastSeqOf(view, slot) >= fromSeq) count++;
    });
    return count;
  }
  if (fromSeq <= view.firstSeq) return countAll(view, filter);
  let count = 0;
  for (let position = view.segments.length - 1; position >= 0; position--) {
    const segment = view.segments[position] as Segment;
    if (segment.lastSeq < fromSeq) break;
    count += countInSegment(view, segment, filter, Math.max(0, fromSeq - segment.firstSeq));
  }
  return count;
}

function countAll(view: StoreView, filter: FilterSet | null): number {
  if (filter === null) return view.messages;
  let count = 0;
  view.subjects.forEach(filter, (slot) => {
    count += view.subjects.countOf(slot);
  });
  return count;
}

function countInSegment(view: StoreView, segment: Segment, filter: FilterSet | null, fromEntry: number): number {
  if (segment.liveCount === 0) return 0;
  if (filter === null && fromEntry === 0) return segment.liveCount;
  const index = view.indexOf(segment);
  const uniform = index.onlySlot;
  if (filter !== null && uniform >= 0 && !filter.matchesSlot(view.subjects, uniform)) return 0;
  if (segment.deadCount === 0 && (filter === null || uniform >= 0)) return Math.max(0, index.count - fromEntry);
  let count = 0;
  for (let entry = segment.skipDead(fromEntry); entry < index.count; entry = segment.skipDead(entry + 1)) {
    if (filter === null || filter.matchesSlot(view.subjects, index.slotAt(entry))) count++;
  }
  return count;
}

/** Count, first and last of the messages from `fromSeq` on that match; zeros when there is none. */
export function filteredState(view: StoreView, filter: FilterSet | null, fromSeq: number): FilteredState {
  const messages = countPending(view, filter, fromSeq, false);
  if (messages === 0) return { messages: 0, first: 0, last: 0 };
  return { messages, first: nextSeq(view, filter, fromSeq), last: lastSeq(view, filter) };
}

/** Last sequences per subject at or before `maxSeq` (0: no bound), sorted; undefined when there are more than `limit` (0: none). */
export function lastSeqsPerSubject(
  view: StoreView,
  filters: readonly FilterSet[],
  maxSeq: number,
  limit: number,
): number[] | undefined {
  const found = new Set<number>();
  for (const filter of filters) {
    view.subjects.forEach(filter, (slot) => {
      const last = lastSeqOf(view, slot);
      if (maxSeq === 0 || last <= maxSeq) found.add(last);
      else if (view.subjects.countOf(slot) > 1) {
        const earlier = previousOfSlot(view, slot, maxSeq);
        if (earlier > 0) found.add(earlier);
      }
    });
    if (limit > 0 && found.size > limit) return undefined;
  }
  return [...found].sort((a, b) => a - b);
}

/** Sequences between first and last that hold no message, at most `limit`. */
export function deletedSeqs(view: StoreView, limit: number): number[] {
  const deleted: number[] = [];
  if (view.messages === 0) return deleted;
  let expected = view.firstSeq;
  for (let seq = view.firstSeq; seq > 0 && deleted.length < limit; seq = nextSeq(view, null, seq + 1)) {
    for (; expected < seq && deleted.length < limit; expected++) deleted.push(expected);
    expected = seq + 1;
  }
  for (; expected <= view.lastSeq && deleted.length < limit; expected++) deleted.push(expected);
  return deleted;
}
