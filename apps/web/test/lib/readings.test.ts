/** Readings over time: gaps where none came, bounded, aligned to the newest. */
import { describe, expect, it } from 'vitest';
import { emptyReadings, READINGS_MAX, readingsAfter } from '../../src/lib/readings.ts';

describe('readings', () => {
  it('leave a gap for those that did not come, not for those a little late', () => {
    let readings = emptyReadings(2000);
    for (const [asOfMs, value] of [
      [10_000, 1],
      [12_300, 2],
      [14_100, 3],
      [20_000, 4],
    ] as const) {
      readings = readingsAfter(readings, asOfMs, [value, null]);
    }
    expect(readings.values).toEqual([
      [1, 2, 3, null, null, 4],
      [null, null, null, null, null, null],
    ]);
    expect(readings.startMs + 5 * readings.stepMs).toBe(20_000);
  });

  it('take each moment once', () => {
    const one = readingsAfter(emptyReadings(2000), 10_000, [1]);
    expect(readingsAfter(one, 10_000, [2])).toBe(one);
    expect(readingsAfter(one, 9000, [2])).toBe(one);
  });

  it('are bounded, after a long pause too', () => {
    let readings = readingsAfter(emptyReadings(1000), 1000, [1]);
    for (let second = 2; second < READINGS_MAX + 50; second++) readings = readingsAfter(readings, second * 1000, [second]);
    expect(readings.values[0]).toHaveLength(READINGS_MAX);
    const later = readingsAfter(readings, 10_000_000_000, [7]);
    expect(later.values[0]).toHaveLength(READINGS_MAX);
    expect(later.values[0]?.at(-1)).toBe(7);
  });
});
