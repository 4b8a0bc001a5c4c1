/** A real nats-server to compare with, where there is one: NATS_SERVER_BIN, or a `nats-server` 2.15 or newer on PATH that is not ours. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const START_MS = 10_000;
const POLL_MS = 10;

/** Path of the reference, or undefined. */
export function findReference(): string | undefined {
  const named = process.env['NATS_SERVER_BIN'];
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'nats-server'));
  const candidates = named === undefined || named === '' ? onPath : [named];
  return candidates.find((path) => existsSync(path) && !isScript(path) && isRecent(path));
}

/** Ours is a script with the same name and version. */
function isScript(path: string): boolean {
  return readFileSync(path).subarray(0, 2).toString() === '#!';
}

function isRecent(path: string): boolean {
  const match = /v(\d+)\.(\d+)\./.exec(spawnSync(path, ['-v'], { encoding: 'utf8' }).stdout ?? '');
  return match !== null && Number(match[1]) * 1000 + Number(match[2]) >= 2015;
}

export interface RunningReference {
  readonly port: number;
  /** Port for routes, or 0 without a cluster. */
  readonly clusterPort: number;
  stop(): Promise<void>;
}

/** Starts the reference with a configuration; its port is its own choice. */
export async function startReference(path: string, config: string): Promise<RunningReference> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-conformance-'));
  const file = join(folder, 'server.conf');
  writeFileSync(file, `listen: "127.0.0.1:-1"\nports_file_dir: "${folder}"\n${config}\n`);
  const child = spawn(path, ['-c', file], { stdio: 'ignore' });
  const portsFile = join(folder, `nats-server_${child.pid}.ports`);
  try {
    return { ...(await readPorts(child, portsFile)), stop: () => stop(child, folder) };
  } catch (error) {
    await stop(child, folder);
    throw error;
  }
}

async function readPorts(child: ChildProcess, portsFile: string): Promise<{ port: number; clusterPort: number }> {
  for (let waitedMs = 0; waitedMs < START_MS && child.exitCode === null; waitedMs += POLL_MS) {
    const text = existsSync(portsFile) ? readFileSync(portsFile, 'utf8') : '';
    const port = /"nats":\["nats:\/\/[^"]*:(\d+)"/.exec(text)?.[1];
    const clusterPort = /"cluster":\["nats:\/\/[^"]*:(\d+)"/.exec(text)?.[1];
    if (port !== undefined) return { port: Number(port), clusterPort: Number(clusterPort ?? 0) };
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error('the reference did not start');
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  const gone = new Promise((resolve) => child.once('close', resolve));
  if (child.exitCode === null && child.kill('SIGKILL')) await gone;
  rmSync(folder, { recursive: true, force: true });
}
