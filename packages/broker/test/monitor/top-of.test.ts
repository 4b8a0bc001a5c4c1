/** Choosing the first few of many gives what sorting everything would give. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topOf } from '../../src/monitor/top-of.ts';

describe('the first few of many', () => {
  it('are those of a full sort', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 300 }),
        fc.integer({ min: 0, max: 310 }),
        (numbers, count) => {
          const items = numbers.map((value, index) => ({ value, index }));
          const compare = (a: { value: number; index: number }, b: { value: number; index: number }): number =>
            a.value - b.value || a.index - b.index;
          expect(topOf(items, count, compare)).toEqual([...items].sort(compare).slice(0, count));
        },
      ),
    );
  });

  it('leave the input as it was', () => {
    const items = [3, 1, 2];
    expect(topOf(items, 1, (a, b) => a - b)).toEqual([1]);
    expect(items).toEqual([3, 1, 2]);
  });
});
