/** Header blocks: what is written is read back, blocks of real servers are read, malformed and oversized ones are refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHeaders, encodeHeaders, type HeaderEntry, headerProblem } from '../src/headers.ts';

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

describe('encodeHeaders', () => {
  it('is read back as written', () => {
    const entries: fc.Arbitrary<HeaderEntry[]> = fc.array(fc.tuple(name, value), { maxLength: 10 });
    const status = fc.option(fc.integer({ min: 100, max: 999 }), { nil: undefined });
    fc.assert(
      fc.property(status, entries, (code, lines) => {
        const encoded = encodeHeaders({ status: code, description: '', entries: lines });
        if (!encoded.ok) throw new Error(encoded.error);
        expect(decodeHeaders(encoded.bytes)).toEqual({ ok: true, block: { status: code, description: '', entries: lines } });
      }),
    );
  });

  it('refuses what would forge a line', () => {
    expect(encodeHeaders({ entries: [['a', 'b\r\nc: d']] }).ok).toBe(false);
    expect(encodeHeaders({ entries: [['a\r\nb', 'c']] }).ok).toBe(false);
    expect(encodeHeaders({ entries: [['a:b', 'c']] }).ok).toBe(false);
    expect(encodeHeaders({ status: 200, description: 'a\r\nb: c' }).ok).toBe(false);
    expect(encodeHeaders({ status: 99 }).ok).toBe(false);
    expect(headerProblem('', 'x')).toBe('a header needs a name');
    expect(headerProblem('Nats-Msg-Id', 'x')).toBeUndefined();
  });

  it('refuses a block beyond its bounds', () => {
    expect(encodeHeaders({ entries: [['a', 'x'.repeat(100)]] }, { maxBytes: 50, maxCount: 1 }).ok).toBe(false);
    expect(
      encodeHeaders(
        {
          entries: [
            ['a', '1'],
            ['b', '2'],
          ],
        },
        { maxBytes: 50, maxCount: 1 },
      ).ok,
    ).toBe(false);
  });
});
