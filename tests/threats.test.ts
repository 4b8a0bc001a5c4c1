/** Holds docs/threats.md to its word: every item is there, and every test that it names exists. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ITEMS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 19, 20, 21, 23, 25].map((number) => `T${number}`);
const page = readFileSync(new URL('../docs/threats.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| (T\d+) \|.*\| (.*) \|$/gm)].map(([, item = '', tests = '']) => ({ item, tests }));

describe('docs/threats.md', () => {
  it('has every item once, in order', () => {
    expect(rows.map(({ item }) => item)).toEqual(ITEMS);
  });

  it('names tests that exist', () => {
    const missing: string[] = [];
    let count = 0;
    for (const { item, tests } of rows) {
      for (const [, path = '', name] of tests.matchAll(/`([^`]+)`: (?:"([^"]+)"|any)/g)) {
        count++;
        const text = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
        if (name !== undefined && !text.includes(name)) missing.push(`${item}: ${path}: ${name}`);
      }
    }
    expect(missing).toEqual([]);
    expect(count).toBeGreaterThan(25);
  });
});
