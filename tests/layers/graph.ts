/** The import graph of a set of files held in memory: the real tree, or the few lines of a planted violation. */
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { type Import, readFacts, type Use } from './imports.ts';

/** Where an import leads: a file of the repository, a package, or a module of Node. */
export interface Target {
  readonly kind: 'file' | 'package' | 'node';
  /** Path from the repository's root, package name, or `node:…`. */
  readonly name: string;
}

export interface Edge {
  readonly target: Target;
  readonly via: Import;
}

export interface Module {
  readonly path: string;
  readonly edges: readonly Edge[];
  readonly uses: readonly Use[];
}

export type Graph = ReadonlyMap<string, Module>;

const OWN_PACKAGES: Readonly<Record<string, string>> = {
  '@sluice/protocol': 'packages/protocol/src',
  '@sluice/broker': 'packages/broker/src',
  '@sluice/api': 'apps/api/src',
  '@sluice/web': 'apps/web/src',
};
const NODE_MODULES = new Set(builtinModules);
const ENDINGS = ['', '.ts', '.tsx', '.mjs', '/index.ts', '/index.tsx'];

/** Reads every file (path → text) and resolves its imports among them. */
export function buildGraph(files: ReadonlyMap<string, string>): Graph {
  const graph = new Map<string, Module>();
  for (const [path, text] of files) {
    const facts = readFacts(text);
    const edges = facts.imports.flatMap((via) => {
      const target = resolveImport(path, via, files);
      return target === undefined ? [] : [{ target, via }];
    });
    graph.set(path, { path, edges, uses: facts.uses });
  }
  return graph;
}

/** Undefined only for a URL of something that is no source file. An import without a file stays what it says, so that rules see it. */
function resolveImport(from: string, via: Import, files: ReadonlyMap<string, string>): Target | undefined {
  const specifier = via.specifier;
  if (specifier.startsWith('.')) {
    const path = posix.join(posix.dirname(from), specifier);
    // A URL of what the build makes is a program to start, not a module to load.
    return resolvePath(path, files) ?? (via.form === 'url' ? undefined : { kind: 'file', name: path });
  }
  if (via.form === 'url') return undefined;
  if (specifier.startsWith('node:') || NODE_MODULES.has(specifier))
    return { kind: 'node', name: `node:${specifier.replace('node:', '')}` };
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const own = Object.hasOwn(OWN_PACKAGES, name) ? OWN_PACKAGES[name] : undefined;
  if (own === undefined) return { kind: 'package', name };
  const rest = specifier.slice(name.length);
  return resolvePath(`${own}${rest === '' ? '/index.ts' : `${rest}/index.ts`}`, files) ?? { kind: 'file', name: `${own}${rest}` };
}

function resolvePath(path: string, files: ReadonlyMap<string, string>): Target | undefined {
  for (const candidate of [path, path.replace(/\.m?js$/, '.ts')]) {
    for (const ending of ENDINGS) if (files.has(candidate + ending)) return { kind: 'file', name: candidate + ending };
  }
  return undefined;
}
