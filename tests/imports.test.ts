/** The import reader behind the layer rules, against hand-made cases and against a real parser over the whole tree. */
import { posix } from 'node:path';
import { build, type OnResolveArgs, type OnResolveResult } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { readFacts } from './layers/imports.ts';
import { readSources, repositoryRoot } from './layers/tree.ts';

const specifiers = (source: string): string[] => readFacts(source).imports.map((found) => found.specifier);
const uses = (source: string): string[] => readFacts(source).uses.map((use) => use.name);

function leaveOut({ kind, path }: OnResolveArgs): OnResolveResult | undefined {
  return kind === 'entry-point' ? undefined : { path, external: true };
}

describe('readFacts', () => {
  it('finds imports of every form', () => {
    const source = [
      "import 'a';",
      "import b from 'b';",
      "import * as c from 'c'",
      "import type { D } from 'd';",
      "import { type E, f as g } from 'e';",
      "export * from 'f';",
      "export type { G } from 'g';",
      "export { h } from 'h'",
      "const i = await import('i');",
      "const j = require('j');",
      "type K = import('k').K;",
      "new Worker(new URL('./l.mjs', import.meta.url));",
    ].join('\n');
    expect(specifiers(source)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', './l.mjs']);
  });

  it('finds an import that spans lines and says where it starts', () => {
    const found = readFacts("\n\nimport {\n  a,\n  b,\n} from 'c';").imports;
    expect(found).toMatchObject([{ specifier: 'c', line: 3, words: ['a', 'b', 'from'] }]);
  });

  it('sees nothing in comments, strings and regular expressions', () => {
    const source = [
      "// import 'a'",
      "/* import 'b' */",
      'const text = "import \'c\'";',
      "const pattern = /import 'd'/;",
      "const other = `import 'e'`;",
      'export { local };',
      "export const from = 'f';",
      'import.meta.url;',
      "thing.import('g');",
    ].join('\n');
    expect(specifiers(source)).toEqual([]);
  });

  it('looks into the expressions of a template', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text.
    expect(uses('const a = `at ${ `${Date.now()}` } ms`; const b = `${{ x: { y: 1 } }.x.y}`; Math.random()')).toEqual([
      'Date.now',
      'Math.random',
    ]);
  });

  it('goes on after an apostrophe in the text of a page', () => {
    const source = "export const Page = () => <p>Don't</p>;\nconst lazy = () => import('./page.tsx');";
    expect(specifiers(source)).toEqual(['./page.tsx']);
  });

  it('tells a global from a member of the same name', () => {
    expect(uses('clock.setTimeout(1); this.Date.now(); window.crypto; options.setImmediate();')).toEqual([]);
    expect(uses('setTimeout(f, 1); new Date(); new Date(5); process.env.HOME; crypto.randomUUID()')).toEqual([
      'setTimeout',
      'new Date()',
      'process.env',
      'crypto.randomUUID',
    ]);
  });

  it('finds every import that esbuild finds in this repository', async () => {
    const sources = readSources();
    const entryPoints = [...sources.keys()].filter((path) => !path.endsWith('.d.ts'));
    const result = await build({
      absWorkingDir: repositoryRoot,
      entryPoints,
      outdir: 'nowhere',
      write: false,
      metafile: true,
      bundle: true,
      format: 'esm',
      jsx: 'automatic',
      logLevel: 'silent',
      // Nothing is followed or read: only what each file itself asks for is compared.
      plugins: [{ name: 'leave-out', setup: (api) => api.onResolve({ filter: /.*/ }, leaveOut) }],
    });
    const missed: string[] = [];
    let seen = 0;
    for (const [path, input] of Object.entries(result.metafile.inputs)) {
      const mine = new Set(specifiers(sources.get(path) ?? ''));
      for (const found of input.imports) {
        const specifier = found.path;
        if (found.kind === 'require-resolve' || specifier.startsWith('react/jsx-')) continue;
        seen++;
        if (!mine.has(specifier)) missed.push(`${posix.normalize(path)}: ${specifier}`);
      }
    }
    expect(missed).toEqual([]);
    expect(seen).toBeGreaterThan(100);
  });
});
