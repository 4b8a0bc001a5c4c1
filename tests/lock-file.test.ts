/**
 * The lock file installs on every platform, from any registry, with nothing that drifts: a tool whose binary for one system is
 * missing, a version range or an address of one machine's mirror would be noticed only by somebody else, later.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFiles, repositoryRoot } from './layers/tree.ts';

interface LockEntry {
  version?: string;
  resolved?: string;
  link?: boolean;
  hasInstallScript?: boolean;
  optionalDependencies?: Record<string, string>;
  os?: string[];
  cpu?: string[];
}

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  overrides?: Record<string, string>;
  allowScripts?: Record<string, boolean>;
}

const readJson = <T>(path: string): T => JSON.parse(readFileSync(join(repositoryRoot, path), 'utf8'));
const lock = readJson<{ packages: Record<string, LockEntry> }>('package-lock.json').packages;
const manifests = listFiles(['package.json', 'apps', 'packages'], ['package.json']).map((path) => readJson<Manifest>(path));
/** Tools that come as one binary per system; each must have these. */
const SYSTEMS = ['darwin-arm64', 'darwin-x64', 'linux-x64', 'linux-arm64', 'win32-x64'] as const;
const TOOLS = {
  esbuild: '@esbuild/',
  turbo: '@turbo/',
  '@biomejs/biome': '@biomejs/cli-',
  typescript: '@typescript/',
  rolldown: '@rolldown/binding-',
};

describe('package-lock.json', () => {
  it('agrees with every package.json, so that npm ci accepts it', () => {
    const npm = npmCli();
    const args = ['ci', '--dry-run', '--ignore-scripts', '--no-audit', '--no-fund', '--offline'];
    const run = npm
      ? spawnSync(process.execPath, [npm, ...args], { cwd: repositoryRoot, encoding: 'utf8' })
      : spawnSync('npm', args, { cwd: repositoryRoot, encoding: 'utf8' });
    const output = `${run.stdout}${run.stderr}`;
    expect(output).not.toContain('Missing:');
    expect(output).not.toContain('Invalid:');
    expect(run.status, output).toBe(0);
  });

  it('holds every optional package that another package names', () => {
    const names = new Set(Object.keys(lock).map((path) => path.split('node_modules/').at(-1)));
    const missing = Object.entries(lock).flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).flatMap((name) => (names.has(name) ? [] : [`${path} wants ${name}`])),
    );
    expect(missing).toEqual([]);
    expect(names.size).toBeGreaterThan(200);
  });

  it.each(Object.entries(TOOLS))('holds %s for Linux, macOS and Windows', (_tool, prefix) => {
    const entries = Object.entries(lock).filter(([path]) => path.includes(`node_modules/${prefix}`));
    const systems = entries.flatMap(([, entry]) =>
      (entry.os ?? []).flatMap((os) => (entry.cpu ?? []).map((cpu) => `${os}-${cpu}`)),
    );
    expect(systems).toEqual(expect.arrayContaining([...SYSTEMS]));
  });

  it('holds no download address', () => {
    const addresses = Object.entries(lock).filter(([, entry]) => !entry.link && entry.resolved !== undefined);
    expect(addresses.map(([path, entry]) => `${path}: ${entry.resolved}`)).toEqual([]);
  });

  it('runs no install script but those that are refused by name', () => {
    const allowed = manifests.find((manifest) => manifest.name === 'sluice')?.allowScripts ?? {};
    const scripted = Object.keys(lock).filter((path) => lock[path]?.hasInstallScript);
    const names = scripted.map((path) => path.split('node_modules/').at(-1) ?? path);
    expect(names.filter((name) => allowed[name] !== false)).toEqual([]);
  });
});

describe('package.json of every workspace', () => {
  it('names exact versions only', () => {
    const loose = manifests.flatMap((manifest) => {
      const all = {
        ...manifest.dependencies,
        ...manifest.devDependencies,
        ...manifest.optionalDependencies,
        ...manifest.overrides,
      };
      return Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
    });
    expect(loose).toEqual([]);
    expect(manifests.length).toBeGreaterThanOrEqual(5);
  });
});

function npmCli(): string | undefined {
  const places = [process.env.npm_execpath, join(dirname(process.execPath), '..', 'lib/node_modules/npm/bin/npm-cli.js')];
  return places.find((path) => path?.endsWith('npm-cli.js') && existsSync(path));
}
