/** Every pair of text and ground that the console uses stays readable in both themes (WCAG 2 AA). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('../../src/theme/tokens.css', import.meta.url), 'utf8');

function tokensOf(theme: 'light' | 'dark'): Map<string, string> {
  const block = css
    .split(/(?=^[^\n]*\{)/m)
    .find(
      (part) =>
        part.includes(`data-mantine-color-scheme="${theme}"`) || (theme === 'light' && part.includes('color-scheme: light')),
    );
  if (block === undefined) throw new Error(`no ${theme} tokens`);
  return new Map([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1] ?? '', match[2] ?? '']));
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const texts = ['fg', 'fg-2', 'fg-3', 'accent', 'ok', 'warn', 'bad', 'info', 't1', 't2', 't3', 't4', 't5', 't6'];
const grounds = ['bg', 'surface', 'surface-2', 'accent-weak'];
const pairs: (readonly [text: string, ground: string])[] = [
  ...texts.flatMap((text) => grounds.map((ground) => [text, ground] as const)),
  ...['ok', 'warn', 'bad', 'info'].flatMap((state) => [[state, `${state}-weak`] as const, ['fg', `${state}-weak`] as const]),
  ['fg', 'surface-3'],
  ['fg-2', 'surface-3'],
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
  ['on-bad', 'bad-solid'],
];

describe.each(['light', 'dark'] as const)('the %s theme', (theme) => {
  const tokens = tokensOf(theme);
  const color = (name: string): string => {
    const value = tokens.get(name);
    if (value === undefined) throw new Error(`no token ${name}`);
    return value;
  };

  it('keeps text at 4.5 to 1 or more', () => {
    const weak = pairs.filter(([text, ground]) => contrast(color(text), color(ground)) < 4.5);
    expect(weak).toEqual([]);
    expect(pairs.length).toBeGreaterThan(60);
  });

  it('keeps series and control marks at 3 to 1 or more on their surface', () => {
    const marks = ['s1', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 'control'];
    expect(marks.filter((mark) => contrast(color(mark), color('surface')) < 3)).toEqual([]);
  });
});
