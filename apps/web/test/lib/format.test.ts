/** Figures as people read them. */
import { describe, expect, it } from 'vitest';
import {
  bytesParts,
  formatBytes,
  formatCompact,
  formatCount,
  formatRate,
  formatShortSpan,
  formatSpan,
  formatTime,
  serverLabel,
  UNKNOWN,
} from '../../src/lib/format.ts';

describe('figures', () => {
  it('show a dash for what is not known and a zero only for a measured zero', () => {
    for (const format of [formatCount, formatCompact, formatRate, formatBytes, formatSpan, formatShortSpan]) {
      expect(format(null)).toBe(UNKNOWN);
      expect(format(undefined)).toBe(UNKNOWN);
      expect(format(0)).toMatch(/^0/);
    }
  });

  it.each([
    [999, '999'],
    [1000, '1.0k'],
    [182_400, '182k'],
    [18_240, '18.2k'],
    [999_499, '999k'],
    [999_500, '1.0M'],
    [1_234_567, '1.2M'],
    [2.345, '2.3'],
  ])('compact %d is %s', (value, text) => expect(formatCompact(value)).toBe(text));

  it.each([
    [0.01, '<0.1'],
    [0.44, '0.4'],
    [9.96, '10.0'],
    [12_066.4, '12,066'],
  ])('rate %d is %s', (value, text) => expect(formatRate(value)).toBe(text));

  it.each([
    [999, '999 B'],
    [1000, '1.0 KB'],
    [48_100_000, '48.1 MB'],
    [214_000_000, '214 MB'],
    [999_960, '1.0 MB'],
  ])('%d bytes are %s', (value, text) => {
    expect(formatBytes(value)).toBe(text);
    expect(bytesParts(value).join(' ')).toBe(text);
  });

  it.each([
    [300, '0.3 s'],
    [61_000, '1 min'],
    [3_600_000, '1 h'],
    [3_660_000, '1 h 1 min'],
    [273_600_000, '3 d 4 h'],
  ])('%d ms are %s', (value, text) => expect(formatSpan(value)).toBe(text));

  it('shows a moment in the chosen zone', () => {
    const atMs = Date.UTC(2026, 10, 24, 14, 5, 12, 42);
    expect(formatTime(atMs, 'utc', 'clock')).toBe('14:05:12');
    expect(formatTime(atMs, 'utc', 'millis')).toBe('14:05:12.042');
    expect(formatTime(atMs, 'utc', 'full')).toBe('2026-11-24 14:05:12 UTC');
    const local = new Date(atMs);
    expect(formatTime(atMs, 'local', 'minute')).toBe(
      `${String(local.getHours()).padStart(2, '0')}:${String(local.getMinutes()).padStart(2, '0')}`,
    );
  });

  it('shortens the id of a server without a name, and only that', () => {
    expect(serverLabel('NBE7HYRCSUHGVAC6', 'NBE7HYRCSUHGVAC6')).toBe('NBE7HYRC…');
    expect(serverLabel('edge-fra-1', 'NBE7HYRCSUHGVAC6')).toBe('edge-fra-1');
  });
});
