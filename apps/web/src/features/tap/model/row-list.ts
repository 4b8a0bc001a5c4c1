/** The rows that the filter lets through, oldest first: all of the ring without a filter, a list of row numbers with one. */
import type { MessageFilter } from './filter-match.ts';
import { type FrameRing, messageOf, type TapFrame } from './frame-ring.ts';

export class RowList {
  readonly #ring: FrameRing;
  #filter: MessageFilter | null = null;
  /** Numbers of rows that passed, rising; the head may point at rows that the ring let go. */
  #passed: number[] = [];
  #head = 0;
  #passedTotal = 0;

  constructor(ring: FrameRing) {
    this.#ring = ring;
  }

  /** Rows that can be shown. */
  get count(): number {
    if (this.#filter === null) return this.#ring.rowCount;
    this.#trim();
    return this.#passed.length - this.#head;
  }

  /** Messages that passed since the filter was set, whether still kept or not; null without a filter. */
  get passedCount(): number | null {
    return this.#filter === null ? null : this.#passedTotal;
  }

  /** Sets the filter and judges every row that is kept. */
  setFilter(filter: MessageFilter | null): void {
    this.#filter = filter;
    this.clear();
    if (filter === null) return;
    for (let index = this.#ring.oldestIndex; index < this.#ring.nextIndex; index++) {
      const message = this.#ring.message(index);
      if (message !== null && filter(message)) this.#push(index);
    }
  }

  /** A frame was added to the ring, its first row is `firstIndex`. */
  add(firstIndex: number, frame: TapFrame): void {
    if (this.#filter === null) return;
    for (let position = 0; position < frame.count; position++) {
      if (this.#filter(messageOf(frame, position))) this.#push(firstIndex + position);
    }
  }

  clear(): void {
    this.#passed = [];
    this.#head = 0;
    this.#passedTotal = 0;
  }

  /** Number of the row at `place`, from 0 for the oldest. Throws a RangeError outside. */
  indexAt(place: number): number {
    if (place < 0 || place >= this.count) throw new RangeError(`no row ${place} of ${this.count}`);
    if (this.#filter === null) return this.#ring.oldestIndex + place;
    return this.#passed[this.#head + place] ?? 0;
  }

  /** How many rows, from the oldest, are not newer than row `newestIndex`; all of them for null. */
  endAt(newestIndex: number | null): number {
    const count = this.count;
    if (newestIndex === null) return count;
    if (this.#filter === null) return Math.min(count, Math.max(0, newestIndex + 1 - this.#ring.oldestIndex));
    return this.#firstPlaceAfter(newestIndex);
  }

  #firstPlaceAfter(index: number): number {
    let low = this.#head;
    let high = this.#passed.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#passed[middle] ?? 0) <= index) low = middle + 1;
      else high = middle;
    }
    return low - this.#head;
  }

  #push(index: number): void {
    this.#passed.push(index);
    this.#passedTotal++;
  }

  #trim(): void {
    const oldest = this.#ring.oldestIndex;
    while (this.#head < this.#passed.length && (this.#passed[this.#head] ?? 0) < oldest) this.#head++;
    if (this.#head < 4096 || this.#head < this.#passed.length / 2) return;
    this.#passed = this.#passed.slice(this.#head);
    this.#head = 0;
  }
}
