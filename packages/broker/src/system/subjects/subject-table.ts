// hot path
/**
 * Counts per published subject in columns of typed arrays: at most 65,536 subjects one by one, the rest together. While there is room
 * every subject gets a row and its counts are exact. When the table is full, a subject gets a row once it was seen more often than a
 * row that is in its way: how often is estimated by a count-min sketch, which never says too little, so such rows are marked as
 * estimates. Memory: about 6 MiB of columns and the subjects' text, taken while somebody looks.
 */
import { hashBytes } from '@sluice/protocol/wire';
import type { Match } from '../../routing/match.ts';
import type { Message } from '../../routing/message.ts';

/** Subjects counted one by one. */
export const TRACKED_SUBJECTS_MAX = 65_536;
/** Publishers remembered per subject. */
export const PUBLISHERS_KEPT = 4;

const INDEX_SLOTS = 131_072;
const SKETCH_SLOTS = 524_288;
/** Messages counted in the sketch before it is halved. */
const SKETCH_WINDOW = 2_097_152;
/** Rows looked at for one that may make way. */
const VICTIMS_TRIED = 8;
/** Longer subjects are not tracked one by one. */
const MAX_SUBJECT_BYTES = 512;
/** Reply subjects are each used once; they share this row. */
const INBOX_SUBJECT = '_INBOX.>';
const UNDERSCORE = 95;
/** Shares of a second that rates are averaged over: half of the newest, half of what was. */
const RATE_WEIGHT = 0.5;

export class SubjectTable {
  /** Rows in use, from 0. */
  used = 0;
  readonly subjects: string[] = [];
  readonly messages: Float64Array<ArrayBuffer> = new Float64Array(TRACKED_SUBJECTS_MAX);
  readonly bytes: Float64Array<ArrayBuffer> = new Float64Array(TRACKED_SUBJECTS_MAX);
  readonly messageRates: Float64Array<ArrayBuffer> = new Float64Array(TRACKED_SUBJECTS_MAX);
  readonly byteRates: Float64Array<ArrayBuffer> = new Float64Array(TRACKED_SUBJECTS_MAX);
  readonly lastSeenMs: Float64Array<ArrayBuffer> = new Float64Array(TRACKED_SUBJECTS_MAX);
  readonly publishers: Int32Array<ArrayBuffer> = new Int32Array(TRACKED_SUBJECTS_MAX * PUBLISHERS_KEPT).fill(-1);
  readonly hasMorePublishers: Uint8Array<ArrayBuffer> = new Uint8Array(TRACKED_SUBJECTS_MAX);
  readonly isEstimate: Uint8Array<ArrayBuffer> = new Uint8Array(TRACKED_SUBJECTS_MAX);
  untrackedMessages = 0;
  /** Wall time in milliseconds, set by the owner a few times a second: reading a clock per message would cost more than counting. */
  nowMs: number;

  private readonly hashes = new Int32Array(TRACKED_SUBJECTS_MAX);
  private readonly lastMessages = new Float64Array(TRACKED_SUBJECTS_MAX);
  private readonly lastBytes = new Float64Array(TRACKED_SUBJECTS_MAX);
  /** Row plus one by hash, 0 is free; linear probing. */
  private readonly index = new Int32Array(INDEX_SLOTS);
  private sketch: Uint16Array | null = null;
  private sketched = 0;
  private hand = 0;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  /** Counts `count` equal messages. The match's slot is trusted only when the row still has the hash of its subject. */
  count(match: Match, message: Message, count: number): void {
    let row = match.observerSlot;
    if (match.subject === null || row < 0 || row >= this.used || this.hashes[row] !== match.subjectHash) {
      row = this.find(message);
      if (row < 0) row = this.admit(message, count);
      if (row < 0) {
        this.untrackedMessages += count;
        return;
      }
      if (match.subject !== null && this.hashes[row] === match.subjectHash) match.observerSlot = row;
    }
    (this.messages[row] as number) += count;
    (this.bytes[row] as number) += count * message.sizeBytes;
    this.lastSeenMs[row] = this.nowMs;
    if (this.publishers[row * PUBLISHERS_KEPT] !== message.publisherCid) this.notePublisher(row, message.publisherCid);
  }

  private notePublisher(row: number, cid: number): void {
    const start = row * PUBLISHERS_KEPT;
    for (let at = start; at < start + PUBLISHERS_KEPT; at++) {
      if (this.publishers[at] === cid) return;
      if (this.publishers[at] === -1) {
        this.publishers[at] = cid;
        return;
      }
    }
    this.hasMorePublishers[row] = 1;
  }

  private find(message: Message): number {
    const isInbox = startsWithInbox(message);
    const hash = isInbox ? INBOX_HASH : message.subjectHash;
    let slot = hash & (INDEX_SLOTS - 1);
    for (let entry = this.index[slot] as number; entry !== 0; entry = this.index[slot] as number) {
      const row = entry - 1;
      const subject = this.subjects[row] as string;
      if (this.hashes[row] === hash && (isInbox ? subject === INBOX_SUBJECT : isSubject(subject, message))) return row;
      slot = (slot + 1) & (INDEX_SLOTS - 1);
    }
    return -1;
  }

  /** A row for a new subject, or -1 when it has to stay untracked. */
  private admit(message: Message, count: number): number {
    const isInbox = startsWithInbox(message);
    if (!isInbox && message.subjectEnd - message.subjectStart > MAX_SUBJECT_BYTES) return -1;
    const hash = isInbox ? INBOX_HASH : message.subjectHash;
    if (this.used < TRACKED_SUBJECTS_MAX) return this.fill(this.used++, isInbox ? INBOX_SUBJECT : message.subject(), hash);
    const estimate = this.addToSketch(hash, count);
    const victim = this.findVictim(estimate);
    if (victim < 0) return -1;
    this.evict(victim);
    const row = this.fill(victim, isInbox ? INBOX_SUBJECT : message.subject(), hash);
    this.untrackedMessages = Math.max(0, this.untrackedMessages - (estimate - count));
    this.messages[row] = estimate - count;
    this.lastMessages[row] = estimate - count;
    this.isEstimate[row] = 1;
    return row;
  }

  private fill(row: number, subject: string, hash: number): number {
    this.subjects[row] = subject;
    this.hashes[row] = hash;
    let slot = hash & (INDEX_SLOTS - 1);
    while (this.index[slot] !== 0) slot = (slot + 1) & (INDEX_SLOTS - 1);
    this.index[slot] = row + 1;
    return row;
  }

  /** Counts a subject without a row; returns how often it was seen at most. */
  private addToSketch(hash: number, count: number): number {
    this.sketch ??= new Uint16Array(SKETCH_SLOTS);
    const { sketch } = this;
    if (++this.sketched > SKETCH_WINDOW) this.ageSketch(sketch);
    const first = hash & (SKETCH_SLOTS - 1);
    const second = (Math.imul(hash, 0x9e3779b1) >>> 13) & (SKETCH_SLOTS - 1);
    const seen = Math.min(sketch[first] as number, sketch[second] as number);
    const estimate = Math.min(65_535, seen + count);
    // Only what is too low is raised: the estimate stays an upper one and grows less by collisions.
    if ((sketch[first] as number) < estimate) sketch[first] = estimate;
    if ((sketch[second] as number) < estimate) sketch[second] = estimate;
    return estimate;
  }

  /** Halves everything, so that what was seen long ago gives way. */
  private ageSketch(sketch: Uint16Array): void {
    this.sketched = 0;
    for (let slot = 0; slot < sketch.length; slot++) sketch[slot] = (sketch[slot] as number) >> 1;
  }

  /** Among the next few rows the least used one, if the newcomer was seen more often; -1 when none is. */
  private findVictim(estimate: number): number {
    let victim = -1;
    let fewest = estimate;
    for (let tried = 0; tried < VICTIMS_TRIED; tried++) {
      const row = (this.hand + tried) & (TRACKED_SUBJECTS_MAX - 1);
      const messages = this.messages[row] as number;
      if (messages < fewest) {
        fewest = messages;
        victim = row;
      }
    }
    this.hand = (this.hand + VICTIMS_TRIED) & (TRACKED_SUBJECTS_MAX - 1);
    return victim;
  }

  private evict(row: number): void {
    this.untrackedMessages += this.messages[row] as number;
    this.unlink(row);
    this.messages[row] = 0;
    this.bytes[row] = 0;
    this.messageRates[row] = 0;
    this.byteRates[row] = 0;
    this.lastBytes[row] = 0;
    this.hasMorePublishers[row] = 0;
    this.publishers.fill(-1, row * PUBLISHERS_KEPT, (row + 1) * PUBLISHERS_KEPT);
  }

  /** Takes a row out of the index and closes the gap behind it. */
  private unlink(row: number): void {
    const { index } = this;
    const mask = INDEX_SLOTS - 1;
    let hole = (this.hashes[row] as number) & mask;
    while (index[hole] !== row + 1) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; index[slot] !== 0; slot = (slot + 1) & mask) {
      const home = (this.hashes[(index[slot] as number) - 1] as number) & mask;
      const isMovable = hole <= slot ? home <= hole || home > slot : home <= hole && home > slot;
      if (!isMovable) continue;
      index[hole] = index[slot] as number;
      hole = slot;
    }
    index[hole] = 0;
  }

  /** Brings the rates up to date; `elapsedMs` since the last call. */
  updateRates(elapsedMs: number): void {
    const perSecond = 1000 / elapsedMs;
    for (let row = 0; row < this.used; row++) {
      const messages = this.messages[row] as number;
      const bytes = this.bytes[row] as number;
      const messageRate = (messages - (this.lastMessages[row] as number)) * perSecond;
      const byteRate = (bytes - (this.lastBytes[row] as number)) * perSecond;
      this.messageRates[row] = blend(this.messageRates[row] as number, messageRate);
      this.byteRates[row] = blend(this.byteRates[row] as number, byteRate);
      this.lastMessages[row] = messages;
      this.lastBytes[row] = bytes;
    }
  }

  /** Forgets who published: publishers are those of the last minutes. */
  forgetPublishers(): void {
    this.publishers.fill(-1);
    this.hasMorePublishers.fill(0);
  }
}

/** A rate that falls below one message in three minutes is none. */
function blend(old: number, newest: number): number {
  const rate = old + (newest - old) * RATE_WEIGHT;
  return rate < 0.005 ? 0 : rate;
}

const INBOX_HASH = hashBytes(Buffer.from(INBOX_SUBJECT, 'latin1'), 0, INBOX_SUBJECT.length);

function startsWithInbox(message: Message): boolean {
  const { bytes, subjectStart, subjectEnd } = message;
  if (bytes[subjectStart] !== UNDERSCORE || subjectEnd - subjectStart < 7) return false;
  for (let index = 1; index < 7; index++) if (bytes[subjectStart + index] !== INBOX_SUBJECT.charCodeAt(index)) return false;
  return true;
}

function isSubject(subject: string, message: Message): boolean {
  const { bytes, subjectStart, subjectEnd } = message;
  if (subject.length !== subjectEnd - subjectStart) return false;
  for (let index = 0; index < subject.length; index++) {
    if (subject.charCodeAt(index) !== bytes[subjectStart + index]) return false;
  }
  return true;
}
