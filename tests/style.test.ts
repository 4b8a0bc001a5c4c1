/** What the style guide asks for and a linter does not check: the size of files and a word on why each is there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFiles, repositoryRoot } from './layers/tree.ts';

const SOURCE_LINES_MAX = 400;
const TEST_LINES_MAX = 500;
/** Left out: files that a tool reads in its own form, and tests, whose names say what they are for. */
const WITHOUT_HEADER = /(vitest|vite|playwright)\.config\.ts$|\.d\.ts$|\.d\.mts$|\.(test|spec)\.tsx?$/;

const EXPORTED = /^export (?:abstract |async )*(?:function|class) (\w+)/gm;

const files = listFiles(['apps', 'packages', 'scripts', 'bench', 'tests'], ['.ts', '.tsx', '.mjs']);
const read = (path: string): string => readFileSync(join(repositoryRoot, path), 'utf8');
const isTest = (path: string): boolean => /(^|\/)(test|tests|e2e)\//.test(path);

describe('every source file', () => {
  it('is short enough to be one thing', () => {
    const long = files.flatMap((path) => {
      const max = isTest(path) ? TEST_LINES_MAX : SOURCE_LINES_MAX;
      const count = read(path).split('\n').length - 1;
      return count > max ? [`${path}: ${count} lines, at most ${max}`] : [];
    });
    expect(long).toEqual([]);
    expect(files.length).toBeGreaterThan(100);
  });

  it('says at its top why it is there', () => {
    const silent = files.filter(
      (path) => !WITHOUT_HEADER.test(path) && !/^(#!.*\n)?(\/\/ hot path\n)?\s*(\/\*|\/\/ )/.test(read(path)),
    );
    expect(silent).toEqual([]);
  });

  it('holds no silenced type and no open end', () => {
    const bad = /@ts-(ignore|nocheck)|\bTODO\b|\bFIXME\b|\b(describe|it|test)\.only\(/;
    const found = files.filter((path) => path !== 'tests/style.test.ts' && bad.test(read(path)));
    expect(found).toEqual([]);
  });
});

describe('the repository', () => {
  it('speaks of no machine but the reader’s', () => {
    const texts = listFiles(['.'], ['.ts', '.tsx', '.mjs', '.md', '.json', '.jsonc', '.css', '.html']).filter(
      (path) => path !== 'package-lock.json' && path !== 'tests/style.test.ts',
    );
    const machine = /(^|[^.\w])\/(root|work|home\/\w+)\//m;
    expect(texts.filter((path) => machine.test(read(path)))).toEqual([]);
  });
});

describe('an exported function', () => {
  /** Without a sentence of its own. Where a file exports one thing, its header is that sentence; classes share it with what is around them. */
  const undocumented = (text: string): string[] => {
    const names = [...text.matchAll(EXPORTED)];
    if (names.length < 2) return [];
    const bare = names.filter((found) => !found[0].includes('class') && !text.slice(0, found.index).endsWith('*/\n'));
    return bare.map((found) => found[1] ?? '');
  };

  it('says what it does, where its file has more than one', () => {
    const sources = files.filter((path) => /^packages\/\w+\/src\//.test(path));
    expect(sources.length).toBeGreaterThan(400);
    const bare = sources.flatMap((path) => undocumented(read(path)).map((name) => `${path}: ${name}`));
    expect(bare).toEqual([]);
  });

  it('that does not is found', () => {
    expect(undocumented('/** Header. */\nexport function a(): void {}\n/** B. */\nexport function b(): void {}\n')).toEqual([]);
    expect(undocumented('/** A. */\nexport function a(): void {}\nexport async function b(): void {}\n')).toEqual(['b']);
  });
});
