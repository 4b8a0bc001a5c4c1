import { describe, expect, it } from 'vitest';
import { SeriesRing } from '../../src/lists/series-ring.ts';

describe('a ring of measurements', () => {
  it('gives the last whole steps, oldest first, with gaps where nothing was measured', () => {
    const ring = new SeriesRing(1000, 5);
    ring.put(10_000, 1);
    ring.put(11_500, 2);
    ring.put(13_000, 4);
    expect(ring.read(14_200)).toMatchObject({ startMs: 9000, stepMs: 1000, avg: [null, 1, 2, null, 4] });
    expect(ring.read(17_000).avg).toEqual([null, 4, null, null, null]);
    expect(ring.read(60_000).avg).toEqual([null, null, null, null, null]);
  });

  it('keeps average, smallest and largest of a step', () => {
    const ring = new SeriesRing(10_000, 2);
    for (const [atMs, value] of [
      [1000, 4],
      [2000, 10],
      [9999, 1],
    ] as const) {
      ring.put(atMs, value);
    }
    const { avg, min, max } = ring.read(10_000);
    expect([avg[1], min[1], max[1]]).toEqual([5, 1, 10]);
  });

  it('forgets what was overwritten and ignores what is older than its window', () => {
    const ring = new SeriesRing(1000, 3);
    ring.put(1000, 1);
    ring.put(4000, 4);
    ring.put(1000, 9);
    expect(ring.read(5000).avg).toEqual([null, null, 4]);
    ring.put(1_000_000, 7);
    expect(ring.read(1_001_000).avg).toEqual([null, null, 7]);
  });
});
