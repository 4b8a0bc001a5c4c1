// hot path
/**
 * Which subjects a stream holds: how many messages each, the first and the last of them. A subject has a slot, a small number that
 * the per-message index stores instead of the subject. A million subjects cost about 100 MB: one string each, everything else in
 * typed arrays.
 */
import type { FilterSet } from './subject-filter.ts';
import { isText, SubjectNames } from './subject-names.ts';
import { SubjectTable } from './subject-table.ts';

const FIRST_SLOTS = 16;

export class SubjectIndex {
  private readonly names: SubjectNames = new SubjectNames();
  private readonly slots: SubjectTable = new SubjectTable(this.names);
  private counts = new Float64Array(FIRST_SLOTS);
  private firsts = new Float64Array(FIRST_SLOTS);
  private lasts = new Float64Array(FIRST_SLOTS);
  /** Counts how often a slot changed hands, so that remembered answers of filters are not used for another subject. */
  private versions = new Uint32Array(FIRST_SLOTS);
  private readonly free: number[] = [];
  private lastSubject = '';
  private lastSlot = -1;

  /** Subjects with at least one message. */
  get size(): number {
    return this.slots.size;
  }

  /** Slots ever used: every slot is below. */
  get slotLimit(): number {
    return this.names.length;
  }

  /** Slot of a subject, or -1. */
  slotOf(subject: string): number {
    if (subject === this.lastSubject) return this.lastSlot;
    const slot = this.slots.get(subject);
    if (slot < 0) return -1;
    this.lastSubject = subject;
    this.lastSlot = slot;
    return slot;
  }

  /** The same for the subject whose bytes are `bytes[start..end)`, without making text of it. */
  find(bytes: Buffer, start: number, end: number): number {
    if (isText(this.lastSubject, bytes, start, end)) return this.lastSlot;
    const slot = this.slots.find(bytes, start, end);
    if (slot < 0) return -1;
    this.lastSubject = this.names.textOf(slot);
    this.lastSlot = slot;
    return slot;
  }

  /** The subject that is `bytes[start..end)` as text: the one that is held, when it is. */
  textFor(bytes: Buffer, start: number, end: number): string {
    const slot = this.find(bytes, start, end);
    return slot < 0 ? bytes.toString('latin1', start, end) : this.names.textOf(slot);
  }

  subjectOf(slot: number): string {
    return this.names.textOf(slot);
  }

  nameBytes(slot: number): number {
    return this.names.lengthOf(slot);
  }

  /** Writes the subject to `target`, without making text of it; returns its length. */
  writeName(slot: number, target: Buffer, at: number): number {
    return this.names.write(slot, target, at);
  }

  versionOf(slot: number): number {
    return this.versions[slot] as number;
  }

  countOf(slot: number): number {
    return this.counts[slot] as number;
  }

  /** Sequence of the first message; -n when it has to be looked for after n. */
  firstOf(slot: number): number {
    return this.firsts[slot] as number;
  }

  /** Sequence of the last message; -n when it has to be looked for before n. */
  lastOf(slot: number): number {
    return this.lasts[slot] as number;
  }

  setFirst(slot: number, seq: number): void {
    this.firsts[slot] = seq;
  }

  setLast(slot: number, seq: number): void {
    this.lasts[slot] = seq;
  }

  /** One more message; returns the slot. */
  add(subject: string, seq: number): number {
    let slot = this.slotOf(subject);
    if (slot < 0) slot = this.takeSlot(subject);
    const count = this.counts[slot] as number;
    if (count === 0) this.firsts[slot] = seq;
    this.counts[slot] = count + 1;
    this.lasts[slot] = seq;
    return slot;
  }

  /** Makes room for that many subjects at once, whose names are `nameBytes` long together. */
  reserve(count: number, nameBytes: number): void {
    let length = this.counts.length;
    while (length < count) length *= 2;
    this.resize(length);
    this.slots.reserve(count);
    this.names.reserve(count, nameBytes);
  }

  /** Puts a subject back, `bytes[start..end)`, as a checkpoint knew it. There must be room. */
  restore(bytes: Buffer, start: number, end: number, known: { count: number; first: number; last: number }): void {
    const slot = this.names.restore(bytes, start, end);
    this.slots.addBytes(bytes, start, end, slot);
    this.versions[slot] = 1;
    this.counts[slot] = known.count;
    this.firsts[slot] = known.first;
    this.lasts[slot] = known.last;
  }

  /**
   * One message less. The first and the last of a subject that keeps messages become unknown (negative) when they are the one
   * removed: whoever asks next looks for them, from there.
   */
  remove(slot: number, seq: number): void {
    const count = (this.counts[slot] as number) - 1;
    this.counts[slot] = count;
    if (count === 0) {
      this.releaseSlot(slot);
      return;
    }
    const isFirst = this.firsts[slot] === seq;
    const isLast = this.lasts[slot] === seq;
    if (isFirst)
      this.firsts[slot] = count === 1 && !isLast && (this.lasts[slot] as number) > 0 ? (this.lasts[slot] as number) : -seq;
    if (isLast)
      this.lasts[slot] = count === 1 && !isFirst && (this.firsts[slot] as number) > 0 ? (this.firsts[slot] as number) : -seq;
  }

  /** Calls back for each slot with messages whose subject matches; null matches all. */
  forEach(filter: FilterSet | null, callback: (slot: number) => void): void {
    const literal = filter?.literal;
    if (literal !== undefined) {
      const slot = this.slotOf(literal);
      if (slot >= 0) callback(slot);
      return;
    }
    const { counts } = this;
    const limit = this.names.length;
    for (let slot = 0; slot < limit; slot++) {
      if ((counts[slot] as number) > 0 && (filter === null || filter.matchesSlot(this, slot))) callback(slot);
    }
  }

  clear(): void {
    this.slots.clear();
    const limit = this.names.length;
    for (let slot = 0; slot < limit; slot++) this.versions[slot] = (this.versions[slot] as number) + 1;
    this.counts.fill(0);
    this.lastSubject = '';
    this.lastSlot = -1;
    this.free.length = 0;
    for (let slot = limit - 1; slot >= 0; slot--) this.free.push(slot);
    this.names.clear();
  }

  private takeSlot(subject: string): number {
    let slot = this.free.pop();
    if (slot === undefined) {
      slot = this.names.length;
      if (slot >= this.counts.length) this.resize(this.counts.length * 2);
      this.versions[slot] = 1;
    }
    this.names.set(slot, subject);
    this.slots.add(subject, slot);
    this.counts[slot] = 0;
    this.lastSubject = subject;
    this.lastSlot = slot;
    return slot;
  }

  private releaseSlot(slot: number): void {
    this.slots.delete(this.names.textOf(slot));
    this.names.set(slot, '');
    this.versions[slot] = (this.versions[slot] as number) + 1;
    this.firsts[slot] = 0;
    this.lasts[slot] = 0;
    this.free.push(slot);
    if (this.lastSlot === slot) {
      this.lastSubject = '';
      this.lastSlot = -1;
    }
  }

  private resize(length: number): void {
    this.counts = grown(this.counts, new Float64Array(length));
    this.firsts = grown(this.firsts, new Float64Array(length));
    this.lasts = grown(this.lasts, new Float64Array(length));
    const versions = new Uint32Array(length);
    versions.set(this.versions);
    this.versions = versions;
  }
}

function grown(from: Float64Array<ArrayBuffer>, to: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  to.set(from);
  return to;
}
