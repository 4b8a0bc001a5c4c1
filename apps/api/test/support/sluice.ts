/** Runs the real `sluice` command from its sources, on free ports and a temporary data folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './console-harness.ts';

const entry = fileURLToPath(new URL('../../src/cli/sluice.ts', import.meta.url));

export class Sluice {
  readonly process: ChildProcess;
  readonly folder: string;
  output = '';
  errors = '';
  exitCode: number | null | undefined;

  /** `inShell`: as a child of a shell that waits for it, which `process` is then. */
  constructor(
    args: string[],
    env: Record<string, string> = {},
    folder: string = mkdtempSync(join(tmpdir(), 'sluice-run-')),
    inShell = false,
  ) {
    this.folder = folder;
    const flags = ['--conditions=@sluice/source', '--import', 'tsx', entry, '--data', folder, '--verbose', ...args];
    const command = inShell ? ['sh', '-c', '"$0" "$@"; exit $?', process.execPath, ...flags] : [process.execPath, ...flags];
    const [program = '', ...rest] = command;
    this.process = spawn(program, rest, { env: { ...cleanEnv(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.process.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    this.process.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    this.process.on('exit', (code) => {
      this.exitCode = code;
    });
  }

  /** Resolves when both addresses are printed. */
  async ready(): Promise<{ natsUrl: string; consoleUrl: string }> {
    return this.until(() => {
      const natsUrl = /NATS\s+(nats:\S+)/.exec(this.output)?.[1];
      const consoleUrl = /Console\s+(http:\S+)/.exec(this.output)?.[1];
      return natsUrl === undefined || consoleUrl === undefined ? undefined : { natsUrl, consoleUrl };
    });
  }

  /** Process id of a child that said it is ready, the `count`-th time. */
  async pid(name: 'broker' | 'console', count = 1): Promise<number> {
    return this.until(() => {
      const found = [...this.errors.matchAll(new RegExp(`${name} process (\\d+) is ready`, 'g'))][count - 1]?.[1];
      return found === undefined ? undefined : Number(found);
    });
  }

  async exited(): Promise<number | null> {
    return this.until(() => (this.exitCode === undefined ? undefined : this.exitCode));
  }

  async stop(): Promise<void> {
    if (this.exitCode === undefined) {
      this.process.kill('SIGTERM');
      await this.exited();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async until<T>(check: () => T | undefined): Promise<T> {
    try {
      return await eventually(check, 20_000);
    } catch (error) {
      throw new Error(`${String(error)}; output so far:\n${this.output}\n${this.errors}`);
    }
  }
}

function cleanEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('SLUICE_') && name !== 'NODE_OPTIONS'),
  );
}

/** True while a process of that id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
