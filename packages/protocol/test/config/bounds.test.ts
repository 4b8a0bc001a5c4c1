/** No text makes the parser crash, hang or take memory without bound. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, parseConfig } from '../../src/config/index.ts';
import { type ConfigBounds, configBounds } from '../../src/limits.ts';

const outcome = (text: string, bounds: ConfigBounds = configBounds): string => {
  const result = parseConfig(text, { bounds });
  return result.ok ? 'parsed' : result.error.message;
};

const pieces = fc.constantFrom(
  ...[
    'a',
    'b.c',
    '$a',
    '$2a$x',
    'include ',
    ':',
    '=',
    ' ',
    '\n',
    '{',
    '}',
    '[',
    ']',
    ',',
    ';',
    '"',
    "'",
    '#',
    '//',
    '/',
    '(',
    ')',
    '\n)',
  ],
  ...[
    '\\',
    '\\n',
    '\\x41',
    '1',
    '-1',
    '1.5',
    '1k',
    '2026-01-02T03:04:05Z',
    '1.2.3.4:5',
    'true',
    'é',
    '🙂',
    '\r\n',
    '\t',
    '\0',
    '\u00a0',
  ],
);

describe('any text', () => {
  it('made of the pieces of the language is parsed or refused with a place', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        const text = parts.join('');
        const result = parseConfig(text);
        if (result.ok) expect(typeof canonicalJson(result.document.root)).toBe('string');
        else {
          expect(result.error.message).not.toBe('');
          expect(result.error.offset).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('of any characters is parsed or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(typeof parseConfig(text).ok).toBe('boolean');
      }),
      { numRuns: 1000 },
    );
  });

  it('that was valid and was cut anywhere is parsed or refused', () => {
    const whole = 'a: "x\\n" # c\nb { c: [1, 2k, {d: e}] }\ninclude "f"\nf: (\n x\n)\ng: $a\nh: 2026-01-02T03:04:05Z\n';
    for (let end = 0; end <= whole.length; end++) expect(typeof parseConfig(whole.slice(0, end)).ok).toBe('boolean');
  });
});

describe('bounds', () => {
  it('stop nesting of every kind', () => {
    for (const [open, name] of [
      ['{', 'blocks'],
      ['a {', 'maps'],
      ['a [[', 'arrays'],
      ['a [{b ', 'both'],
    ] as const) {
      expect(outcome(open.repeat(100_000)), name).toMatch(/[Nn]ested too deeply|Expected|Unexpected/);
    }
  });

  it('stop variables that stand for a billion values', () => {
    const lines = ['v0: [x, x, x, x, x, x, x, x, x, x]'];
    for (let index = 1; index < 30; index++) lines.push(`v${index}: [${`$v${index - 1}, `.repeat(9)}$v${index - 1}]`);
    expect(outcome(lines.join('\n'))).toContain('more than 2000000 keys and values');
  });

  it('stop variables that nest without end', () => {
    const lines = ['v0: [x]'];
    for (let index = 1; index < 5000; index++) lines.push(`v${index}: [$v${index - 1}]`);
    expect(outcome(lines.join('\n'))).toBe('config is nested too deeply');
  });

  it('stop a file that is too large and one with too many keys', () => {
    expect(outcome('a: 1\n'.repeat(20), { ...configBounds, maxFileChars: 50 })).toBe('config file is larger than 50 characters');
    expect(outcome('a: 1\n'.repeat(20), { ...configBounds, maxNodes: 10 })).toBe('config has more than 10 keys and values');
  });

  it('leave a megabyte of plain keys to be read in linear time', () => {
    const line = (index: number) => `key_${index}: "value é ${index}" # comment\n`;
    const text = Array.from({ length: 40_000 }, (_value, index) => line(index)).join('');
    const started = performance.now();
    expect(outcome(text)).toBe('parsed');
    const longLine = `a: [${'"é", '.repeat(200_000)}"é"]`;
    expect(outcome(longLine)).toBe('parsed');
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
