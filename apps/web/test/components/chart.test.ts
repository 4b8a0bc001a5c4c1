/** Lines as drawn: gaps stay open, buckets stay in place, limits are round. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areaPath, downsample, largest, lastKnown, linePath, meanOf } from '../../src/components/chart/line-path.ts';

const box = { width: 100, height: 40, top: 10 };

describe('a line', () => {
  it('leaves a gap where nothing was measured', () => {
    expect(linePath([1, 2, null, 3, 4], box).match(/M/g)).toHaveLength(2);
    expect(linePath([null, null], box)).toBe('');
    expect(areaPath([null, 5, 6, null], box).match(/z/g)).toHaveLength(1);
  });

  it('shows a lone measurement as a dash', () => {
    expect(linePath([null, 5, null], box)).toMatch(/^M[\d.]+ [\d.]+h1$/);
  });

  it('stays inside its box for any values', () => {
    const value = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: null });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 50 }), (values) => {
        const numbers = linePath(values, { ...box, top: largest(values) }).match(/-?\d+(\.\d+)?/g) ?? [];
        for (const number of numbers.map(Number)) {
          expect(number).toBeGreaterThanOrEqual(-0.5);
          expect(number).toBeLessThanOrEqual(100);
        }
      }),
    );
  });
});

describe('fewer points', () => {
  it('hold the mean of each bucket, unknown where a bucket is', () => {
    expect(downsample([1, 3, null, null, 5, 7], 3)).toEqual([2, null, 6]);
    expect(downsample([1, 2], 3)).toEqual([1, 2]);
  });

  it('do not change their buckets when the window moves on', () => {
    const values = Array.from({ length: 40 }, (_, index) => index % 7);
    const before = downsample(values, 10, 100);
    const after = downsample([...values.slice(1), 3], 10, 101);
    expect(before).toHaveLength(10);
    expect(after.slice(1, 10)).toEqual(before.slice(1));
  });
});

describe('figures of a series', () => {
  it('tell unknown from zero', () => {
    expect(lastKnown([1, null])).toBe(1);
    expect(lastKnown([null])).toBeNull();
    expect(meanOf([])).toBeNull();
    expect(meanOf([0, null, 2])).toBe(1);
  });
});
