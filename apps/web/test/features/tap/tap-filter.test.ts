/** The tap filter: what it accepts, what it finds, and what of it the server may judge. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFilter, containsBytes } from '../../../src/features/tap/model/filter-match.ts';
import { parseFilter } from '../../../src/features/tap/model/filter-parser.ts';
import { serverFilterOf } from '../../../src/features/tap/model/filter-server.ts';
import { findJson } from '../../../src/features/tap/model/json-path.ts';
import { type TestMessage, tapMessage } from './tap-batches.ts';

const ORDER: TestMessage = {
  subject: 'orders.eu.created',
  reply: '_INBOX.a',
  headers: 'NATS/1.0\r\nRegion: eu-central-1\r\nX-Try: 1\r\nX-Try: 2\r\n\r\n',
  payload: '{"id":"ord_1","total":212.40,"big":18446744073709551615,"items":[{"sku":"a"},{"sku":"b"}],"paid":true,"note":null}',
};

function passes(filter: string, message: TestMessage = ORDER): boolean {
  const result = parseFilter(filter);
  if (!result.ok) throw new Error(`${result.message} at ${result.at}`);
  if (result.node === null) throw new Error('the filter is blank');
  return compileFilter(result.node)(tapMessage(message));
}

describe('a tap filter', () => {
  it.each([
    ['ord_1', true],
    ['eu-central-1', true],
    ['orders.eu', false],
    ['"ord_1" && subject contains "eu"', true],
    ['json.total > 100 && header["Region"] != "test"', true],
    ['json.total == 212.4', true],
    ['json.total >= 212.41', false],
    ['json.big == 18446744073709551615', true],
    ['json.big == 18446744073709551614', false],
    ['json.items[1].sku == "b"', true],
    ['json["items"][2].sku == "b"', false],
    ['json.paid == true && json.note == null', true],
    ['json.paid == "true"', false],
    ['json.id == "ord_1"', true],
    ['json.missing != "x"', true],
    ['json.missing', false],
    ['json.id', true],
    ['header["x-try"] == "2"', true],
    ['header.Region startsWith "eu" && header.Region endsWith "-1"', true],
    ['subject matches "orders.*.created"', true],
    ['subject matches "orders.>" && !(subject matches "orders.eu.>")', false],
    ['size > 10 && size < 1000', true],
    ['cid == 7 || cid == 8', true],
    ['reply startsWith "_INBOX"', true],
    ["payload contains 'ord_' || payload contains 'none'", true],
  ])('%s gives %s', (filter, expected) => {
    expect(passes(filter)).toBe(expected);
  });

  it.each([
    ['json.total >', 'expected a text in quotes, a number', 12],
    ['json.total > 1 json.a', 'expected && or || before json', 15],
    ['total > 1', 'total is no field', 0],
    ['"open', 'a text in quotes is not closed', 0],
    ['(size > 1', 'expected )', 9],
    ['size matches "1"', 'matches compares subjects', 13],
    [`${'('.repeat(40)}size`, 'nested deeper than 32', 32],
  ])('says what is wrong with %s', (filter, message, at) => {
    const result = parseFilter(filter);
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.message).toContain(message);
    if (!result.ok) expect(result.at).toBe(at);
  });

  it('never throws, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'json.size header["a"]>=!&|()0 \'contains\\') }), (text) => {
        const result = parseFilter(text);
        if (result.ok && result.node !== null) compileFilter(result.node)(tapMessage(ORDER));
      }),
      { numRuns: 2000 },
    );
  });

  it('is blank for blank text', () => {
    expect(parseFilter('   ')).toEqual({ ok: true, node: null });
  });

  it('takes the word of the server for a message whose payload was cut', () => {
    const result = parseFilter('needle');
    if (!result.ok || result.node === null) throw new Error('no filter');
    const cut = tapMessage({ payload: 'head only', sizeBytes: 99_999 });
    expect(compileFilter(result.node)(cut)).toBe(false);
    expect(compileFilter(result.node, 'needle')(cut)).toBe(true);
    expect(compileFilter(result.node, 'needle')(tapMessage({ payload: 'whole' }))).toBe(false);
  });
});

describe('the part of a filter for the server', () => {
  const serverPart = (filter: string) => {
    const result = parseFilter(filter);
    return result.ok ? serverFilterOf(result.node) : null;
  };

  it('is the longest necessary text and the least size', () => {
    expect(serverPart('needle')).toEqual({ contains: 'needle' });
    expect(serverPart('"ab" && header["R"] == "europe" && size > 99')).toEqual({ contains: 'europe', minBytes: 100 });
    expect(serverPart('subject contains "x"')).toBeUndefined();
    expect(serverPart('"a" || "b"')).toBeUndefined();
    expect(serverPart('!"a"')).toBeUndefined();
    expect(serverPart('json.id == "ord"')).toBeUndefined();
  });

  it('never holds back a message that the whole filter lets through', () => {
    const part = fc.constantFrom(
      '"eu"',
      'size > 5',
      'size >= 20',
      'payload contains "a"',
      'header["R"] == "eu"',
      '!"b"',
      '("a" || "c")',
    );
    const message = fc.record({
      payload: fc.string({ unit: fc.constantFrom('a', 'b', 'e', 'u', ' '), maxLength: 30 }),
      headers: fc.constantFrom('', 'NATS/1.0\r\nR: eu\r\n\r\n', 'NATS/1.0\r\nR: b\r\n\r\n'),
    });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), message, (parts, candidate) => {
        const filter = parts.join(' && ');
        if (!passes(filter, candidate)) return;
        const server = serverPart(filter) ?? {};
        const text = candidate.payload + candidate.headers;
        expect(text.includes(server.contains ?? '')).toBe(true);
        expect(text.length).toBeGreaterThanOrEqual(server.minBytes ?? 0);
      }),
    );
  });
});

describe('the parts it is made of', () => {
  it('finds bytes exactly where a string search finds text', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'ü'), maxLength: 20 });
    const encoder = new TextEncoder();
    fc.assert(
      fc.property(text, text, (haystack, needle) => {
        expect(containsBytes(encoder.encode(haystack), encoder.encode(needle))).toBe(haystack.includes(needle));
      }),
    );
  });

  it('finds every value of a JSON text by its path', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.array(fc.jsonValue(), { maxLength: 4 })), (value) => {
        const text = JSON.stringify(value);
        for (const [key, list] of Object.entries(value)) {
          for (const [position, entry] of list.entries()) {
            expect(JSON.parse(findJson(text, [key, position]) ?? '"none"')).toEqual(JSON.parse(JSON.stringify(entry)));
          }
          expect(findJson(text, [key, list.length])).toBeNull();
        }
      }),
    );
  });
});
