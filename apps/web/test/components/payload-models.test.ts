/** The payload view's models: JSON as lines, text, hex, diff. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeControl } from '../../src/components/payload-view/escape-control.ts';
import { HexLines } from '../../src/components/payload-view/hex-lines.ts';
import { JSON_MAX_DEPTH, layOutJson } from '../../src/components/payload-view/json-lines.ts';
import { diffLines } from '../../src/components/payload-view/line-diff.ts';
import { numberDelta } from '../../src/components/payload-view/number-delta.ts';
import { PayloadDocument } from '../../src/components/payload-view/payload-document.ts';
import { TEXT_WRAP_CHARS, TextLines } from '../../src/components/payload-view/text-lines.ts';

const encoder = new TextEncoder();

function jsonText(text: string): string[] {
  const result = layOutJson(text);
  if (!result.ok) throw new Error(`${result.message} at ${result.at}`);
  return textOf(result.lines);
}

function textOf(source: { count: number; line(index: number): { tokens: { text: string }[] } }): string[] {
  return Array.from({ length: source.count }, (_, index) =>
    source
      .line(index)
      .tokens.map((token) => token.text)
      .join(''),
  );
}

describe('JSON as lines', () => {
  it('indents objects, keeps flat list members on one line and marks empty containers', () => {
    expect(jsonText('{"id":"a","n":{"x":[]},"items":[{"sku":"1","qty":2},{"sku":"2","qty":1}],"e":{}}')).toEqual([
      '{',
      '  "id": "a",',
      '  "n": {',
      '    "x": []',
      '  },',
      '  "items": [',
      '    { "sku": "1", "qty": 2 },',
      '    { "sku": "2", "qty": 1 }',
      '  ],',
      '  "e": {}',
      '}',
    ]);
  });

  it('shows 64-bit integers, trailing zeros and exponents digit by digit', () => {
    const lines = jsonText('{"id":18446744073709551615,"neg":-9223372036854775808,"price":212.40,"e":1E+400}');
    expect(lines.slice(1, 5)).toEqual([
      '  "id": 18446744073709551615,',
      '  "neg": -9223372036854775808,',
      '  "price": 212.40,',
      '  "e": 1E+400',
    ]);
  });

  it('keeps duplicate keys', () => {
    expect(jsonText('{"a":1,"a":2}')).toEqual(['{', '  "a": 1,', '  "a": 2', '}']);
  });

  it('agrees with JSON.parse on what is JSON, and loses no value', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const result = layOutJson(text);
        expect(result.ok).toBe(true);
        // Line breaks inside strings cannot occur in JSON text, so the joined lines parse to the same value.
        if (result.ok) expect(JSON.parse(rawText(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses exactly what JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: fc.constantFrom(...'{}[]",:0123eE+-.truefalsn \\u/') }), damagedJson()), (text) => {
        expect(layOutJson(text).ok).toBe(parses(text));
      }),
      { numRuns: 3000 },
    );
  });

  it('says where and why a text is not JSON', () => {
    expect(layOutJson('{"a":1 "b":2}')).toEqual({ ok: false, message: 'expected a comma or }', at: 7 });
    expect(layOutJson('[1,]')).toMatchObject({ ok: false, at: 3 });
  });

  it('stops at the depth limit without recursion', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(layOutJson(deep)).toMatchObject({ ok: false, message: `nested deeper than ${JSON_MAX_DEPTH} levels` });
  });

  it('shows the head of a cut document', () => {
    const cut = layOutJson('{"a":1,"b":{"c":"hel', true);
    expect(cut.ok).toBe(true);
    if (cut.ok) expect(textOf(cut.lines)).toEqual(['{', '  "a": 1,', '  "b": {']);
  });

  it('cuts a very long value on screen and says by how much', () => {
    const [, line] = jsonText(`{"v":"${'x'.repeat(10_000)}"}`);
    expect(line?.length).toBeLessThan(2200);
    expect(line).toContain('8,002 more characters');
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function rawText(text: string): string {
  const result = layOutJson(text);
  if (!result.ok) throw new Error(result.message);
  return textOf(result.lines).join('\n');
}

function damagedJson(): fc.Arbitrary<string> {
  return fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', '"', '0', ' ')).map(([text, at, put]) => {
    const index = at % (text.length + 1);
    return text.slice(0, index) + put + text.slice(index + 1);
  });
}

describe('text as lines', () => {
  it('wraps long lines without cutting a character in two and numbers only their starts', () => {
    const text = `${'a'.repeat(TEXT_WRAP_CHARS - 1)}😀b\nsecond`;
    const lines = new TextLines(text);
    expect(textOf(lines).join('')).toBe(text.replace('\n', ''));
    expect(Array.from({ length: lines.count }, (_, index) => lines.line(index).label)).toEqual(['1', '', '2']);
  });

  it('shows controls and direction marks as escapes', () => {
    expect(escapeControl('a\u202eb\u0000c\u200bd\te')).toBe('a\\u202eb\\u0000c\\u200bd\te');
  });
});

describe('hex lines', () => {
  it('shows sixteen bytes a line with their offset and ASCII', () => {
    const lines = new HexLines(encoder.encode('orders.eu.created\n'));
    expect(lines.count).toBe(2);
    expect(lines.line(0).label).toBe('000000');
    expect(textOf(lines)[0]).toBe('6f 72 64 65 72 73 2e 65  75 2e 63 72 65 61 74 65  orders.eu.create');
    expect(textOf(lines)[1]?.trimEnd().endsWith('d·')).toBe(true);
  });
});

describe('diff of two messages', () => {
  it('applied to the old lines gives the new ones', () => {
    const line = fc.constantFrom('a', 'b', 'c', 'd');
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), fc.array(line, { maxLength: 40 }), (before, after) => {
        const { steps } = diffLines(before, after);
        const rebuilt = steps.flatMap((step) => {
          if (step.kind === 'add') return [after[step.newIndex]];
          return step.kind === 'same' ? [before[step.oldIndex]] : [];
        });
        const removed = steps.flatMap((step) => (step.kind === 'add' ? [] : [before[step.oldIndex]]));
        expect(rebuilt).toEqual(after);
        expect(removed).toEqual(before);
      }),
      { numRuns: 1000 },
    );
  });

  it('finds the shortest change', () => {
    const { addedCount, removedCount } = diffLines(['a', 'b', 'c', 'd'], ['a', 'c', 'x', 'd']);
    expect({ addedCount, removedCount }).toEqual({ addedCount: 1, removedCount: 1 });
  });

  it('stays bounded when two long payloads have nothing in common', () => {
    const before = Array.from({ length: 30_000 }, (_, index) => `old ${index}`);
    const after = Array.from({ length: 30_000 }, (_, index) => `new ${index}`);
    const diff = diffLines(before, after);
    expect(diff).toMatchObject({ addedCount: 20_000, removedCount: 20_000, skippedCount: 20_000 });
  });

  it('names how far a number moved', () => {
    expect(numberDelta('  "total": 64.90,', '  "total": 212.40,')).toBe('+147.50');
    expect(numberDelta('  "total": 64.90,', '  "sum": 212.40,')).toBeNull();
    expect(numberDelta('  "id": 18446744073709551615', '  "id": 18446744073709551614')).toBeNull();
  });

  it('puts the difference behind the changed number and tints both sides', () => {
    const document = new PayloadDocument({
      bytes: encoder.encode('{"id":"b","total":212.40}'),
      isCut: false,
      previous: { bytes: encoder.encode('{"id":"a","total":64.90}'), isCut: false },
    });
    const lines = document.lines('diff', 0, 10);
    expect(lines.map((line) => line.label + line.tokens.map((token) => token.text).join(''))).toEqual([
      ' {',
      '-  "id": "a",',
      '-  "total": 64.90',
      '+  "id": "b",',
      '+  "total": 212.40   // +147.50',
      ' }',
    ]);
    expect(document.tab('diff')).toMatchObject({ addedCount: 2, removedCount: 2, note: null });
  });
});

describe('a payload document', () => {
  it('suggests JSON, text or hex by what the bytes are', () => {
    const tabs = [encoder.encode('{"a":1}'), encoder.encode('hello'), new Uint8Array([0xff, 0xfe]), new Uint8Array(9)].map(
      (bytes) => new PayloadDocument({ bytes, isCut: false }).summary().suggestedTab,
    );
    expect(tabs).toEqual(['json', 'text', 'hex', 'hex']);
  });

  it('reads a cut payload that ends inside a character', () => {
    const bytes = encoder.encode('abc€').subarray(0, 5);
    const document = new PayloadDocument({ bytes, isCut: true });
    expect(document.summary().isUtf8).toBe(true);
    expect(document.lines('text', 0, 1)[0]?.tokens[0]?.text).toBe('abc');
  });

  it('lays out 10 MB of JSON and hands over only the lines asked for', () => {
    const item = '{"sku":"4410-88","qty":1,"note":"a longer text so that it breaks","id":9007199254740993}';
    const bytes = encoder.encode(`[${Array.from({ length: 110_000 }, () => item).join(',')}]`);
    expect(bytes.length).toBeGreaterThan(9_000_000);
    const document = new PayloadDocument({ bytes, isCut: false });
    expect(document.tab('json').lineCount).toBe(110_000 * 6 + 2);
    expect(document.lines('json', 300_000, 40)).toHaveLength(40);
  });
});
