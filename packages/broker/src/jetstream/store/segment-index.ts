// hot path
/**
 * Where each message of one segment lies and which subject it has: 8 bytes per message, or next to nothing for a run of messages of
 * one subject and one size. An index can be dropped at any time and is made anew by reading its segment.
 */
const FIRST_ENTRIES = 64;

export class SegmentIndex {
  /** Entries: the n-th is for sequence `firstSeq + n` of the segment. */
  count = 0;
  // While every entry continues a straight line of positions and one slot, that line is all there is.
  private firstPosition = 0;
  private stride = 0;
  private uniformSlot = -1;
  private positions: Uint32Array | null = null;
  private slots: Int32Array | null = null;
  /** Distance to the next message of the same subject, where it is known; kept only for streams that limit messages per subject. */
  private links: Uint32Array | null = null;

  /** Memory in bytes. */
  get sizeBytes(): number {
    return 64 + (this.positions === null ? 0 : this.positions.length * 8) + (this.links === null ? 0 : this.links.length * 4);
  }

  /** Adds the next sequence; position 0 says that this sequence was never stored. */
  add(position: number, slot: number): void {
    if (this.positions === null && !this.continuesLine(position, slot)) this.spread();
    if (this.positions !== null) this.store(position, slot);
    this.count++;
  }

  private continuesLine(position: number, slot: number): boolean {
    if (this.count === 0) {
      if (position === 0) return false;
      this.firstPosition = position;
      this.uniformSlot = slot;
      return true;
    }
    if (slot !== this.uniformSlot) return false;
    if (this.count === 1) {
      this.stride = position - this.firstPosition;
      return position !== 0;
    }
    return position === this.firstPosition + this.count * this.stride;
  }

  /** Writes the line out into arrays. */
  private spread(): void {
    const capacity = Math.max(FIRST_ENTRIES, this.count * 2);
    const positions = new Uint32Array(capacity);
    const slots = new Int32Array(capacity);
    for (let index = 0; index < this.count; index++) {
      positions[index] = this.firstPosition + index * this.stride;
      slots[index] = this.uniformSlot;
    }
    this.positions = positions;
    this.slots = slots;
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
    if (this.positions === null) return this.firstPosition + index * this.stride;
    return this.positions[index] as number;
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

  /** Drops the newest entries, down to `count`. */
  truncate(count: number): void {
    this.count = count;
  }
}
