// hot path
/**
 * Where each message of one segment lies and which subject it has: 8 bytes per message, or next to nothing for runs of messages of
 * one subject and one size. An index can be dropped at any time and is made anew by reading its segment.
 */
const FIRST_ENTRIES = 64;

// A run: its first entry, that one's position, and the distance from each to the next. A mark between two messages ends one.
const RUN = 3;
const FIRST_ENTRY = 0;
const POSITION = 1;
const STRIDE = 2;
const FIRST_RUNS = 2;
/** Beyond the first few, runs of fewer messages than this on average are not worth it. */
const WORTH_ENTRIES = 8;

export class SegmentIndex {
  /** Entries: the n-th is for sequence `firstSeq + n` of the segment. */
  count = 0;
  // While all entries have one slot and form runs, the runs are all there is.
  private runs: Uint32Array = new Uint32Array(FIRST_RUNS * RUN);
  private runCount = 0;
  private uniformSlot = -1;
  /** The run that was asked for last. */
  private lastRun = 0;
  private positions: Uint32Array | null = null;
  private slots: Int32Array | null = null;
  /** Distance to the next message of the same subject, where it is known; kept only for streams that limit messages per subject. */
  private links: Uint32Array | null = null;

  /** Memory in bytes. */
  get sizeBytes(): number {
    const entryBytes =
      (this.positions === null ? 0 : this.positions.length * 8) + (this.links === null ? 0 : this.links.length * 4);
    return 64 + this.runs.length * 4 + entryBytes;
  }

  /** Adds the next sequence; position 0 says that this sequence was never stored. */
  add(position: number, slot: number): void {
    if (this.positions === null && !this.continuesRuns(position, slot)) this.spread();
    if (this.positions !== null) this.store(position, slot);
    this.count++;
  }

  private continuesRuns(position: number, slot: number): boolean {
    if (position === 0) return false;
    if (this.count === 0) {
      this.uniformSlot = slot;
      return this.beginRun(position);
    }
    if (slot !== this.uniformSlot) return false;
    const { runs } = this;
    const at = (this.runCount - 1) * RUN;
    const length = this.count - (runs[at + FIRST_ENTRY] as number);
    const first = runs[at + POSITION] as number;
    if (length === 1) runs[at + STRIDE] = position - first;
    return position === first + length * (runs[at + STRIDE] as number) || this.beginRun(position);
  }

  /** False when there are too many already. */
  private beginRun(position: number): boolean {
    if (this.runCount > WORTH_ENTRIES && this.runCount * WORTH_ENTRIES > this.count) return false;
    const at = this.runCount * RUN;
    if (at >= this.runs.length) {
      const grown = new Uint32Array(this.runs.length * 2);
      grown.set(this.runs);
      this.runs = grown;
    }
    this.runs[at + FIRST_ENTRY] = this.count;
    this.runs[at + POSITION] = position;
    this.runs[at + STRIDE] = 0;
    this.runCount++;
    return true;
  }

  /** Writes the runs out into arrays. */
  private spread(): void {
    const capacity = Math.max(FIRST_ENTRIES, this.count * 2);
    const positions = new Uint32Array(capacity);
    const slots = new Int32Array(capacity);
    for (let index = 0; index < this.count; index++) {
      positions[index] = this.positionAt(index);
      slots[index] = this.uniformSlot;
    }
    this.positions = positions;
    this.slots = slots;
    this.runs = new Uint32Array(0);
  }

  private store(position: number, slot: number): void {
    const index = this.count;
    if (index >= (this.positions as Uint32Array).length) {
      const positions = new Uint32Array(index * 2);
      positions.set(this.positions as Uint32Array);
      this.positions = positions;
      const slots = new Int32Array(index * 2);
      slots.set(this.slots as Int32Array);
      this.slots = slots;
    }
    (this.positions as Uint32Array)[index] = position;
    (this.slots as Int32Array)[index] = slot;
  }

  /** Position of the record, or 0. */
  positionAt(index: number): number {
    if (this.positions !== null) return this.positions[index] as number;
    const { runs } = this;
    const at = this.runCount <= 1 ? 0 : this.runOf(index) * RUN;
    return (runs[at + POSITION] as number) + (index - (runs[at + FIRST_ENTRY] as number)) * (runs[at + STRIDE] as number);
  }

  private runOf(index: number): number {
    const { runs } = this;
    let low = this.lastRun;
    let high = low + 1;
    if (low >= this.runCount || (runs[low * RUN + FIRST_ENTRY] as number) > index || this.endOf(low) <= index) {
      low = 0;
      high = this.runCount;
    }
    // Invariant: `low` begins at or before the entry, `high` behind it.
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((runs[middle * RUN + FIRST_ENTRY] as number) <= index) low = middle;
      else high = middle;
    }
    this.lastRun = low;
    return low;
  }

  /** The first entry behind a run. */
  private endOf(run: number): number {
    return run + 1 < this.runCount ? (this.runs[(run + 1) * RUN + FIRST_ENTRY] as number) : this.count;
  }

  slotAt(index: number): number {
    if (this.slots === null) return this.uniformSlot;
    return this.slots[index] as number;
  }

  /** The one slot of all entries, or -1 when there are several. */
  get onlySlot(): number {
    return this.slots === null && this.count > 0 ? this.uniformSlot : -1;
  }

  /** Notes that the next message of the same subject is `distance` sequences away. */
  setLink(index: number, distance: number): void {
    if (this.links === null || index >= this.links.length) {
      const grown = new Uint32Array(Math.max(FIRST_ENTRIES, index + 1, this.count, (this.links?.length ?? 0) * 2));
      if (this.links !== null) grown.set(this.links);
      this.links = grown;
    }
    this.links[index] = distance;
  }

  /** Distance to the next message of the same subject, or 0 when it is not known. */
  linkAt(index: number): number {
    return this.links === null ? 0 : (this.links[index] ?? 0);
  }
}
