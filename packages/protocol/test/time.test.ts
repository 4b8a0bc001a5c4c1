/** Durations and timestamps as Go reads and prints them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, formatUptime, msToNs, parseDuration, usToTimestamp } from '../src/time.ts';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['0s', 0],
    ['1h2m3s', 3_723_000_000_000],
    ['1.5s', 1_500_000_000],
    ['1.1s', 1_100_000_000],
    ['.5ms', 500_000],
    ['1.s', 1_000_000_000],
    ['100us', 100_000],
    ['100\u00b5s', 100_000],
    ['100\u03bcs', 100_000],
    ['-10ms', -10_000_000],
    ['+10ms', 10_000_000],
    ['1ns', 1],
    ['2540400h10m10.000000000s', 9_145_440_610_000_000_000],
  ])('reads %j', (text, ns) => {
    expect(parseDuration(text)).toEqual({ ok: true, ns });
  });

  it.each([
    ['', 'time: invalid duration ""'],
    ['-', 'time: invalid duration "-"'],
    ['.', 'time: invalid duration "."'],
    ['s', 'time: invalid duration "s"'],
    ['10', 'time: missing unit in duration "10"'],
    ['1h5', 'time: missing unit in duration "1h5"'],
    ['10 parsecs', 'time: unknown unit " parsecs" in duration "10 parsecs"'],
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['3000000h', 'time: invalid duration "3000000h"'],
    ['1constructor', 'time: unknown unit "constructor" in duration "1constructor"'],
  ])('refuses %j in words of Go', (text, error) => {
    expect(parseDuration(text)).toEqual({ ok: false, error });
  });

  it('reads back what formatDuration prints', () => {
    fc.assert(
      fc.property(fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }), (ns) => {
        expect(parseDuration(formatDuration(ns))).toEqual({ ok: true, ns: ns === 0 ? 0 : ns });
      }),
    );
  });

  it('answers for any text without throwing', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect(typeof parseDuration(text).ok).toBe('boolean');
      }),
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [1, '1ns'],
    [1100, '1.1µs'],
    [2_200_000, '2.2ms'],
    [3_300_000_000, '3.3s'],
    [245_000_000_000, '4m5s'],
    [245_001_000_000, '4m5.001s'],
    [18_367_001_000_000, '5h6m7.001s'],
    [480_000_000_001, '8m0.000000001s'],
    [120_000_000_000, '2m0s'],
    [3_600_000_000_000, '1h0m0s'],
    [-1_000_000_000, '-1s'],
  ])('prints %d', (ns, text) => {
    expect(formatDuration(ns)).toBe(text);
  });
});

describe('formatUptime', () => {
  it.each([
    [0, '0s'],
    [59, '59s'],
    [61, '1m1s'],
    [3600, '1h0m0s'],
    [90_061, '1d1h1m1s'],
    [366 * 86_400, '1y1d0h0m0s'],
  ])('prints %d seconds', (seconds, text) => {
    expect(formatUptime(seconds * 1e9 + 999)).toBe(text);
  });
});

describe('timestamps', () => {
  it('print as Go marshals them', () => {
    expect(usToTimestamp(1_700_000_000_000_000)).toBe('2023-11-14T22:13:20Z');
    expect(usToTimestamp(1_700_000_000_120_000)).toBe('2023-11-14T22:13:20.12Z');
    expect(usToTimestamp(1_700_000_000_000_001)).toBe('2023-11-14T22:13:20.000001Z');
  });

  it('are what Date says, with microseconds behind', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e15 }), (us) => {
        const [whole = '', fraction = ''] = usToTimestamp(us).slice(0, -1).split('.');
        expect(Date.parse(`${whole}Z`) * 1000 + Number(fraction.padEnd(6, '0'))).toBe(us);
        expect(fraction).not.toMatch(/0$|^.{7,}/);
      }),
    );
  });
});

describe('milliseconds', () => {
  it('become nanoseconds', () => {
    expect(msToNs(1.5)).toBe(1_500_000);
  });
});
