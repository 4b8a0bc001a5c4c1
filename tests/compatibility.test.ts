/** docs/compatibility.md claims nothing that no test proves: every row is there once, and what it calls done names a test that exists. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from './layers/tree.ts';

const ROW_COUNT = 120;
/** `| 5 | protocol | HPUB/HMSG headers | yes | `path` … |` */
const ROW = /^\| (\d+) \| ([^|]+) \| ([^|]+) \| (yes|partly|no) \| ([^|]*) \|$/;

const lines = readFileSync(join(repositoryRoot, 'docs/compatibility.md'), 'utf8').split('\n');
const rows = lines.flatMap((line) => {
  const found = ROW.exec(line.replaceAll('\\|', '/'));
  return found ? [{ number: Number(found[1]), status: found[4], proof: found[5] ?? '' }] : [];
});

describe('docs/compatibility.md', () => {
  it('has every row once, in order', () => {
    expect(rows.map((row) => row.number)).toEqual(Array.from({ length: ROW_COUNT }, (_, index) => index + 1));
  });

  it('names an existing test for everything it calls done', () => {
    const unproven = rows.filter((row) => row.status !== 'no').filter((row) => !testPaths(row.proof).some(exists));
    expect(unproven.map((row) => row.number)).toEqual([]);
  });

  it('names no test that does not exist', () => {
    const missing = rows.flatMap((row) =>
      testPaths(row.proof)
        .filter((path) => !exists(path))
        .map((path) => `${row.number}: ${path}`),
    );
    expect(missing).toEqual([]);
  });

  it('says what is missing where it says partly', () => {
    const silent = rows.filter((row) => row.status === 'partly' && !/(not|no|none|only|without|missing)\b/.test(row.proof));
    expect(silent.map((row) => row.number)).toEqual([]);
  });
});

function testPaths(proof: string): string[] {
  return [...proof.matchAll(/`([^`]+\.(?:test|spec)\.ts)`/g)].map((found) => found[1] ?? '');
}

function exists(path: string): boolean {
  return existsSync(join(repositoryRoot, path));
}
