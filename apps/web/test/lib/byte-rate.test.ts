/** One unit per column, chosen by its largest value, and none that turns every second. */
import { describe, expect, it } from 'vitest';
import { byteRateUnit, formatByteRate } from '../../src/lib/byte-rate.ts';
import { UNKNOWN } from '../../src/lib/format.ts';

describe('bytes per second in a column', () => {
  it('are KB until the largest reaches a megabyte', () => {
    expect(byteRateUnit([])).toBe('KB/s');
    expect(byteRateUnit([null, 4200, 999_999])).toBe('KB/s');
    expect(byteRateUnit([12, 1_000_000])).toBe('MB/s');
  });

  it('stay MB until the largest has fallen to half of one', () => {
    expect(byteRateUnit([990_000], 'MB/s')).toBe('MB/s');
    expect(byteRateUnit([499_999], 'MB/s')).toBe('KB/s');
  });

  it('keep three places, a measured zero and a dash for what is not known', () => {
    const texts = (unit: 'KB/s' | 'MB/s') =>
      [0, 40, 1234, 56_789, 999_999, 16_300_000, null].map((value) => formatByteRate(value, unit));
    expect(texts('KB/s')).toEqual(['0', '<0.1', '1.2', '56.8', '1,000', '16,300', UNKNOWN]);
    expect(texts('MB/s')).toEqual(['0', '<0.01', '<0.01', '0.06', '1.00', '16.3', UNKNOWN]);
  });
});
