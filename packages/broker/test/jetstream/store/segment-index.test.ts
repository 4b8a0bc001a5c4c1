/** The index of a segment says what a plain list says, and takes little memory where messages are alike. */
import { describe, expect, it } from 'vitest';
import { SegmentIndex } from '../../../src/jetstream/store/segment-index.ts';
import { SeededRandom } from '../../support/random.ts';

/** An index and two lists, filled alike. */
class Pair {
  readonly index: SegmentIndex = new SegmentIndex();
  private readonly positions: number[] = [];
  private readonly slots: number[] = [];
  private end = 64;

  /** A record of that length; without a slot, a sequence that was never stored. */
  add(length: number, slot: number): void {
    const position = slot < 0 ? 0 : this.end;
    if (slot >= 0) this.end += length;
    this.index.add(position, slot);
    this.positions.push(position);
    this.slots.push(slot);
  }

  /** A record that is no message. */
  mark(): void {
    this.end += 48;
  }

  check(entries: readonly number[]): void {
    expect(this.index.count).toBe(this.positions.length);
    expect(entries.map((entry) => this.index.positionAt(entry))).toEqual(entries.map((entry) => this.positions[entry]));
    expect(entries.map((entry) => this.index.slotAt(entry))).toEqual(entries.map((entry) => this.slots[entry]));
    const isUniform = this.slots.every((slot) => slot === this.slots[0]);
    if (!isUniform) expect(this.index.onlySlot).toBe(-1);
  }
}

describe('the index of a segment', () => {
  it('finds every entry, in whatever order it is asked', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = new SeededRandom(seed);
      const pair = new Pair();
      const [markChance, sizeChance, slotChance, holeChance] = [0.2, 0.1, 0.05, 0.02].map((most) => random.below(3) * most * 0.5);
      const count = 1 + random.below(400);
      let length = 192;
      let slot = 0;
      for (let entry = 0; entry < count; entry++) {
        if (random.chance(markChance ?? 0)) pair.mark();
        if (random.chance(sizeChance ?? 0)) length = 64 + 8 * random.below(20);
        if (random.chance(slotChance ?? 0)) slot = random.below(3);
        pair.add(length, random.chance(holeChance ?? 0) ? -1 : slot);
      }
      const forward = Array.from({ length: count }, (_, entry) => entry);
      pair.check(forward);
      pair.check(forward.toReversed());
      pair.check(forward.map(() => random.below(count)));
    }
  });

  it('takes a byte per message where a mark stands behind every twenty, and eight where no two are alike', () => {
    const even = new Pair();
    const uneven = new Pair();
    for (let entry = 0; entry < 20_000; entry++) {
      if (entry % 20 === 0) even.mark();
      even.add(192, 0);
      uneven.add(64 + 8 * (entry % 7), 0);
    }
    expect(even.index.sizeBytes).toBeLessThan(20_000 * 1.3);
    expect(even.index.onlySlot).toBe(0);
    expect(uneven.index.sizeBytes).toBeGreaterThan(20_000 * 8);
  });
});
