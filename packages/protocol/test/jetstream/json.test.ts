/** Requests are read as nats-server's JSON decoder reads them, and refused in its words; answers are written as it writes them. */
import { describe, expect, it } from 'vitest';
import {
  consumerRequestFields,
  decodeOne,
  decodeRequest,
  fromByteText,
  goJson,
  messageGetFields,
  nextFields,
  parseJson,
  streamRequestFields,
  toByteText,
} from '../../src/jetstream/index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const strict = (text: string) => decodeRequest(bytes(text), messageGetFields, true);
const refusal = (text: string): string => {
  const result = strict(text);
  if (result.ok) return 'fine';
  return `${fromByteText(result.error)}${result.offset === undefined ? '' : ` at offset ${result.offset}`}`;
};

describe('a request body', () => {
  it.each([
    ['', {}],
    [' \n', {}],
    ['{}{}', {}],
    ['{"seq":1}{"no_hdr":true} {"seq":2}', { seq: 2, no_hdr: true }],
    ['{"SEQ":3,"last_by_subj":null}', { seq: 3 }],
    ['null', {}],
  ])('may be any number of values, one into the other: %j', (text, value) => {
    expect(strict(text)).toEqual({ ok: true, value });
  });

  it('may hold any brackets in its texts, behind escapes too, and 64 in one another outside of them', () => {
    const text = String.raw`{"a":"\"${'[{'.repeat(200)}"}`;
    const nested = (depth: number) => bytes('['.repeat(depth) + ']'.repeat(depth));
    expect(strict(text.replace('"a"', '"last_by_subj"'))).toMatchObject({ ok: true });
    expect(parseJson(bytes(text))).toMatchObject({ ok: true });
    expect([64, 65].map((depth) => parseJson(nested(depth)).ok)).toEqual([true, false]);
  });

  it.each([
    ['{"surprise":1}', 'json: unknown field "surprise"'],
    ['{} x', "invalid character 'x' looking for beginning of value at offset 4"],
    ['{"a":tru}', "invalid character '}' in literal true (expecting 'e') at offset 9"],
    ['{"seq":1,}', "invalid character '}' looking for beginning of object key string at offset 10"],
    ['{"a":1ex}', "invalid character 'x' in numeric literal at offset 8"],
    ['{"a":"\u0001"}', String.raw`invalid character '\x01' in string at offset 7`],
    [String.raw`{"a":"\x"}`, 'invalid escape sequence `\\x` in string at offset 8'],
    [String.raw`{"a":"\u12G4"}`, 'invalid escape sequence `\\u12G4` in string at offset 12'],
    ['{é', "invalid character 'é' looking for beginning of object key string at offset 3"],
    ['{"seq"', 'unexpected EOF'],
  ])('is refused in the words of its decoder: %j', (text, words) => {
    expect(refusal(text)).toBe(words);
  });

  it.each([
    ['{"seq":1.0}', 'number 1.0 into Go struct field JSApiMsgGetRequest.seq of type uint64'],
    ['{"seq":1e2}', 'number 1e2 into Go struct field JSApiMsgGetRequest.seq of type uint64'],
    ['{"seq":-1}', 'number -1 into Go struct field JSApiMsgGetRequest.seq of type uint64'],
    ['{"seq":18446744073709551616}', 'number 18446744073709551616 into Go struct field JSApiMsgGetRequest.seq of type uint64'],
    ['{"seq":"x","seq":1}', 'string into Go struct field JSApiMsgGetRequest.seq of type uint64'],
    ['{"multi_last":[1]}', 'number into JSApiMsgGetRequest.multi_last.0 of type string'],
    ['[]', 'array into Go value of type server.JSApiMsgGetRequest'],
  ])('names the field of a wrong type: %j', (text, words) => {
    expect(refusal(text)).toBe(`json: cannot unmarshal ${words}`);
  });

  it('keeps text as the bytes of its UTF-8, however it is written', () => {
    for (const written of ['"ü日😀"', String.raw`"\u00fc\u65e5\ud83d\ude00"`]) {
      const read = strict(`{"last_by_subj":${written}}`);
      expect(read.ok && fromByteText(String(read.value['last_by_subj']))).toBe('ü日😀');
    }
    expect(strict(String.raw`{"last_by_subj":"\ud83d"}`)).toMatchObject({ value: { last_by_subj: toByteText('\ufffd') } });
  });

  it('refuses null for a word, not for other fields', () => {
    const create = (text: string) => decodeRequest(bytes(text), streamRequestFields, true);
    expect(create('{"retention":null}')).toEqual({ ok: false, error: 'can not unmarshal "null"' });
    expect(create('{"compression":null}')).toEqual({ ok: false, error: 'unknown compression algorithm' });
    expect(create('{"subjects":null,"mirror":null,"max_msgs":null}')).toEqual({ ok: true, value: {} });
    expect(create('{"persist_mode":""}')).toEqual({ ok: true, value: { persist_mode: 'default' } });
    const consumer = decodeRequest(bytes('{"action":null}'), consumerRequestFields, true);
    expect(consumer).toEqual({ ok: false, error: 'unknown consumer action: null' });
  });

  it('lets unknown fields pass where strictness is off, but no second value after a wrong first', () => {
    expect(decodeRequest(bytes('{"x":1,"seq":2}'), messageGetFields, false)).toEqual({ ok: true, value: { seq: 2 } });
    const second = decodeRequest(bytes('{"x":1}{}'), messageGetFields, false);
    expect(second).toEqual({ ok: false, error: "invalid character '{' after top-level value" });
  });
});

describe('a single value', () => {
  it('has nothing behind it', () => {
    expect(decodeOne('{"batch":2,"x":1}', nextFields)).toEqual({ ok: true, value: { batch: 2 } });
    expect(decodeOne('{} x', nextFields)).toEqual({ ok: false, error: "invalid character 'x' after top-level value" });
    expect(decodeOne('{"batch"', nextFields)).toEqual({ ok: false, error: 'unexpected end of JSON input' });
    const wrong = { ok: false, error: 'json: cannot unmarshal string into Go struct field .expires of type time.Duration' };
    expect(decodeOne('{"expires":"1s"}', nextFields)).toEqual(wrong);
  });
});

describe('an answer', () => {
  it('has angle brackets escaped, and all digits of large numbers', () => {
    expect(goJson({ a: 'x > y & <z>' })).toBe(String.raw`{"a":"x \u003e y \u0026 \u003cz\u003e"}`);
    expect(goJson({ max: 2 ** 63, all: 2 ** 64, some: 2 ** 60, low: -(2 ** 63) })).toBe(
      '{"max":9223372036854775807,"all":18446744073709551615,"some":1152921504606846976,"low":-9223372036854775808}',
    );
    expect(goJson({ text: '12345678901234567890123' })).toBe('{"text":"12345678901234567890123"}');
  });
});
