/** Links and pictures of the documents lead somewhere: relative ones to a file of this repository, anchors to a heading. */
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFiles, repositoryRoot } from './layers/tree.ts';

const LINK = /\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g;
const documents = listFiles(['.'], ['.md']);
const read = (path: string): string => readFileSync(join(repositoryRoot, path), 'utf8');

describe('documents', () => {
  it('link to files that exist and headings that are there', () => {
    const broken: string[] = [];
    let count = 0;
    for (const document of documents) {
      for (const found of read(document).matchAll(LINK)) {
        const link = found[1] ?? found[2] ?? '';
        if (/^[a-z]+:/.test(link)) continue;
        count++;
        if (!leadsSomewhere(document, link)) broken.push(`${document}: ${link}`);
      }
    }
    expect(broken).toEqual([]);
    expect(count).toBeGreaterThan(15);
  });
});

describe('docs/architecture.md', () => {
  /** Where a path in it may start. */
  const roots = ['', 'packages/broker/', 'packages/broker/src/', 'packages/broker/src/jetstream/', 'apps/api/', 'apps/api/src/'];
  const paths = [...read('docs/architecture.md').matchAll(/`([\w./-]+\/[\w.-]+\.(?:ts|mjs))`/g)].map((found) => found[1] ?? '');

  it('names files that exist', () => {
    const missing = paths.filter(
      (path) => !path.includes('dist/') && !roots.some((root) => existsSync(join(repositoryRoot, root + path))),
    );
    expect(missing).toEqual([]);
    expect(paths.length).toBeGreaterThan(25);
  });

  it('names files of a folder that it has named', () => {
    const names = [...read('docs/architecture.md').matchAll(/`([\w-]+\.ts)`/g)].map((found) => found[1] ?? '');
    const known = new Set(listFiles(['apps', 'packages'], ['.ts']).map((path) => posix.basename(path)));
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(10);
  });
});

function leadsSomewhere(document: string, link: string): boolean {
  const [path = '', anchor] = link.split('#', 2);
  const target = path === '' ? document : posix.join(posix.dirname(document), path);
  if (!existsSync(join(repositoryRoot, target))) return false;
  return anchor === undefined || !target.endsWith('.md') || headingsOf(read(target)).includes(anchor);
}

/** The anchors that a Markdown page gets for its headings. */
function headingsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map((found) => found[1] ?? '');
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
