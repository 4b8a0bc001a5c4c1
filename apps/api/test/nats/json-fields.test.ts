import { describe, expect, it } from 'vitest';
import { durationMs, numberAt, recordAt, recordsAt, stringsAt, textOrNull, timeAt } from '../../src/nats/json-fields.ts';

describe('reading answers of a server', () => {
  it('takes what has the right type and nothing else', () => {
    const answer = { count: '7', name: '', list: [1, 'a', null], items: [{ a: 1 }, 2], inner: [], at: '0001-01-01T00:00:00Z' };
    expect(numberAt(answer, 'count')).toBe(0);
    expect(textOrNull(answer, 'name')).toBeNull();
    expect(stringsAt(answer, 'list')).toEqual(['a']);
    expect(recordsAt(answer, 'items')).toEqual([{ a: 1 }, {}]);
    expect(recordAt(answer, 'inner')).toEqual({});
    expect(timeAt(answer, 'at')).toBeNull();
    expect(timeAt({ at: '2026-11-24T17:19:22.500330569Z' }, 'at')).toBe(1_795_540_762_500);
  });

  it.each([
    ['412µs', 0.412],
    ['1.5ms', 1.5],
    ['1m2.5s', 62_500],
    ['3d4h', 273_600_000],
    ['', null],
    ['soon', null],
  ])('reads the duration %j', (text, ms) => {
    if (ms === null) expect(durationMs(text)).toBeNull();
    else expect(durationMs(text)).toBeCloseTo(ms, 9);
  });
});
