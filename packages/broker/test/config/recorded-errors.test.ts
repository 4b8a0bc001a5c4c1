/** Configurations that nats-server 2.15.1 refuses, with its error lines as recorded from `nats-server -t`, in any order. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfigText } from '../../src/config/index.ts';
import { noFiles } from './no-files.ts';

const recorded: unknown = JSON.parse(readFileSync(new URL('./recorded-errors.json', import.meta.url), 'utf8'));

function isRecord(entry: unknown): entry is [text: string, lines: string[]] {
  return Array.isArray(entry) && typeof entry[0] === 'string' && Array.isArray(entry[1]);
}

/** What `nats-server -t` prints: errors, or else warnings. */
function complaints(text: string): string[] {
  const result = readConfigText(text, 'c.conf', noFiles);
  const lines = result.ok ? result.warnings : result.error.split('\n');
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

describe('readConfigText', () => {
  const cases = Array.isArray(recorded) ? recorded.filter(isRecord) : [];

  it('has its recorded cases', () => {
    expect(cases.length).toBeGreaterThan(400);
  });

  it.each(cases)('refuses %s', (text, lines) => {
    expect(complaints(text).sort()).toEqual([...lines].sort());
  });
});
