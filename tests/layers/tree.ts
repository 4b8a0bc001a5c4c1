/** Reads the repository's own TypeScript, as git knows it: tracked files and new ones that are not ignored. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the repository's root. */
export const repositoryRoot: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Paths from the root, with `/`, of all files below the given folders that end in one of `endings`. */
export function listFiles(folders: readonly string[], endings: readonly string[]): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...folders];
  const run = spawnSync('git', args, { cwd: repositoryRoot, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (run.status !== 0) throw new Error(`git ls-files failed: ${run.stderr}`);
  const names = run.stdout.split('\0').filter((name) => endings.some((ending) => name.endsWith(ending)));
  return names.filter((name) => existsSync(join(repositoryRoot, name)));
}

/** Path → text of every TypeScript file of the workspaces. */
export function readSources(): Map<string, string> {
  const names = listFiles(['apps', 'packages'], ['.ts', '.tsx']);
  return new Map(names.map((name) => [name, readFileSync(join(repositoryRoot, name), 'utf8')]));
}
