/** Header blocks: what may be written is read back, blocks of real servers are read, malformed and oversized ones are refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHeaders, headerProblem } from '../src/headers.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const name = fc.stringMatching(/^[!-9;-~]{1,20}$/);
const value = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/[\r\n]/g, '').trim());

describe('decodeHeaders', () => {
  it('reads a no-responders status', () => {
    expect(decodeHeaders(bytes('NATS/1.0 503 \r\nNats-Subject: a.b\r\n\r\n'))).toEqual({
      ok: true,
      block: { status: 503, description: '', entries: [['Nats-Subject', 'a.b']] },
    });
  });

  it.each([
    ['NATS/1.0 100 FlowControl Request\r\n\r\n', 100, 'FlowControl Request'],
    ['NATS/1.0 404 No Messages\r\n\r\n', 404, 'No Messages'],
    ['NATS/1.0\r\n\r\n', undefined, ''],
    ['NATS/1.0', undefined, ''],
  ])('reads the status of %j', (text, status, description) => {
    expect(decodeHeaders(bytes(text))).toEqual({ ok: true, block: { status, description, entries: [] } });
  });

  it('keeps case, order and repetition of names', () => {
    const result = decodeHeaders(bytes('NATS/1.0\r\nA: 1\r\na:2\r\nA: \r\nb: c: d\r\n\r\n'));
    expect(result).toMatchObject({
      block: {
        entries: [
          ['A', '1'],
          ['a', '2'],
          ['A', ''],
          ['b', 'c: d'],
        ],
      },
    });
  });

  it.each([
    '',
    'XATS/1.0\r\n\r\n',
    'NATS/1.0 5\r\n\r\n',
    'NATS/1.0 abc\r\n\r\n',
    'NATS/1.0\r\nno colon\r\n\r\n',
    'NATS/1.0\r\nno colon\r\nb: c\r\n\r\n',
    'NATS/1.0\r\n: x\r\n\r\n',
  ])('refuses %j', (text) => {
    expect(decodeHeaders(bytes(text)).ok).toBe(false);
  });

  it('refuses a block beyond its bounds', () => {
    const block = bytes(`NATS/1.0\r\n${'a: b\r\n'.repeat(5)}\r\n`);
    expect(decodeHeaders(block, { maxBytes: 1000, maxCount: 4 })).toEqual({ ok: false, error: 'more than 4 header lines' });
    expect(decodeHeaders(block, { maxBytes: 10, maxCount: 9 })).toEqual({
      ok: false,
      error: 'header block of 42 bytes is over 10',
    });
    expect(decodeHeaders(block, { maxBytes: 42, maxCount: 5 }).ok).toBe(true);
  });

  it('answers for any bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        const block = new Uint8Array([...bytes('NATS/1.0'), ...tail]);
        expect(typeof decodeHeaders(block).ok).toBe('boolean');
        expect(typeof decodeHeaders(tail).ok).toBe('boolean');
      }),
    );
  });
});

describe('headerProblem', () => {
  it('refuses what would forge a line', () => {
    expect(headerProblem('a', 'b\r\nc: d')).toBe('the value of header a has a line break');
    expect(headerProblem('a\r\nb', 'c')).toContain('may hold visible ASCII');
    expect(headerProblem('a:b', 'c')).toContain('may hold visible ASCII');
    expect(headerProblem('', 'x')).toBe('a header needs a name');
  });

  it('finds nothing wrong with what is read back as it was written', () => {
    fc.assert(
      fc.property(name, value, (key, text) => {
        expect(headerProblem(key, text)).toBeUndefined();
        const entries = [[key, text]];
        expect(decodeHeaders(bytes(`NATS/1.0\r\n${key}: ${text}\r\n\r\n`))).toMatchObject({ ok: true, block: { entries } });
      }),
    );
  });
});
