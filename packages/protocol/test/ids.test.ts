/** NUIDs and nkeys as text. */
import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePublicNkey, encodePublicNkey, type NkeyKind, nkeyPrefixes } from '../src/nkey.ts';
import { NUID_CHARS, Nuid } from '../src/nuid.ts';

describe('nkeys', () => {
  const kinds = Object.keys(nkeyPrefixes).filter((kind): kind is NkeyKind => Object.hasOwn(nkeyPrefixes, kind));

  it('are read back as written, and begin with the letter of their kind', () => {
    const letters: Record<NkeyKind, string> = { server: 'N', cluster: 'C', operator: 'O', account: 'A', user: 'U', curve: 'X' };
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.uint8Array({ minLength: 32, maxLength: 32 }), (kind, key) => {
        const text = encodePublicNkey(kind, key);
        expect(text).toMatch(/^[A-Z2-7]{56}$/);
        expect(text[0]).toBe(letters[kind]);
        expect(decodePublicNkey(text)).toEqual({ kind, key });
      }),
    );
  });

  it('agree with a key made by the official tool', () => {
    const text = 'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4';
    const decoded = decodePublicNkey(text);
    expect(decoded?.kind).toBe('user');
    expect(decoded && encodePublicNkey(decoded.kind, decoded.key)).toBe(text);
  });

  it('with any one character changed are refused', () => {
    const text = encodePublicNkey('user', createHash('sha256').update('x').digest());
    for (let index = 0; index < text.length; index++) {
      const other = text[index] === 'B' ? 'C' : 'B';
      expect(decodePublicNkey(text.slice(0, index) + other + text.slice(index + 1))).toBeUndefined();
    }
  });

  it.each(['', 'UABC', 'U'.repeat(56), 'u'.repeat(56), 'A'.repeat(10_000)])('refuse %j', (text) => {
    expect(decodePublicNkey(text)).toBeUndefined();
  });
});

describe('Nuid', () => {
  it('gives 22 characters that do not repeat', () => {
    const nuid = new Nuid((count) => randomBytes(count));
    const seen = new Set(Array.from({ length: 10_000 }, () => nuid.next()));
    expect(seen.size).toBe(10_000);
    for (const id of seen) expect(id).toMatch(/^[0-9A-Za-z]{22}$/);
    expect(NUID_CHARS).toBe(22);
  });

  it('is repeatable with repeatable randomness, and counts up behind one prefix', () => {
    const fixed = (count: number) => new Uint8Array(count).fill(7);
    const first = new Nuid(fixed);
    const ids = [first.next(), first.next()];
    expect(new Nuid(fixed).next()).toBe(ids[0]);
    expect(ids[0]?.slice(0, 12)).toBe('777777777777');
    expect(ids[1]?.slice(0, 12)).toBe('777777777777');
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('leaves out bytes that would favour the first digits', () => {
    const draws = [Uint8Array.from([255, 248, 247, 61, ...fill(1)]), fill(0)];
    const nuid = new Nuid((count) => draws.shift()?.slice(0, count) ?? fill(0));
    expect(nuid.next().slice(0, 12)).toBe('zz1111111111');
  });

  it('draws a new prefix when the counter runs out', () => {
    const draws = [fill(15), fill(255), fill(1), fill(0)];
    const nuid = new Nuid((count) => draws.shift()?.slice(0, count) ?? fill(0));
    expect(nuid.next()).toBe('1111111111110000000000');
  });
});

function fill(byte: number): Uint8Array {
  return new Uint8Array(24).fill(byte);
}
