/** Storage that fills up, projected. */
import { describe, expect, it } from 'vitest';
import { timeToFull } from '../../../src/features/overview/model/time-to-full.ts';

const growing = (perSecond: number, seconds: number): number[] =>
  Array.from({ length: seconds + 1 }, (_, second) => 1000 + second * perSecond);

describe('the time until storage is full', () => {
  it('goes on at the pace of what is known', () => {
    expect(timeToFull(growing(10, 120), 1000, 36_000)).toBe(3_600_000);
    expect(timeToFull([null, null, ...growing(10, 120), null], 1000, 36_000)).toBe(3_600_000);
    expect(timeToFull(growing(10, 120), 1000, -5)).toBe(0);
  });

  it('is not told of what does not grow, of a short look, and of what is far away', () => {
    expect(timeToFull(growing(0, 120), 1000, 1)).toBeNull();
    expect(timeToFull(growing(-1, 120), 1000, 1)).toBeNull();
    expect(timeToFull(growing(10, 59), 1000, 36_000)).toBeNull();
    expect(timeToFull(growing(1, 120), 1000, 10_000_000)).toBeNull();
    expect(timeToFull([null, null], 1000, 1)).toBeNull();
    expect(timeToFull([], 1000, 1)).toBeNull();
  });
});
