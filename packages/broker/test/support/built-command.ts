/** The `nats-server` command bundled from the sources into a folder of its own, for tests that start it as a process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface BuiltCommand {
  /** Where it lies, and where its processes may keep what they write. */
  readonly folder: string;
  /** The script that Node is to run. */
  readonly script: string;
  /** Processes that were started and have not ended; the owner adds and removes them. */
  readonly running: Set<number>;
  /** Kills what still runs. */
  killAll(): void;
  /** The same, and removes the folder. */
  remove(): void;
}

export async function buildCommand(): Promise<BuiltCommand> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-command-'));
  const script = join(folder, 'nats-server');
  await build({
    entryPoints: [new URL('../../src/nats-server/main.ts', import.meta.url).pathname],
    outfile: join(folder, 'main.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@sluice/source'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  writeFileSync(script, "import('./main.mjs');\n");
  const running = new Set<number>();
  const killAll = (): void => {
    for (const pid of running) process.kill(pid, 'SIGKILL');
  };
  const remove = (): void => {
    killAll();
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, script, running, killAll, remove };
}
