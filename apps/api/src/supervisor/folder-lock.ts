/**
 * One Sluice per data folder: two would write into the same audit log. A lock file names the process that holds it. A crash leaves
 * the file behind; it counts only while that very process lives, told by its number and, where the system says it, its start.
 */
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const LOCK_FILE = 'sluice.lock';

interface Holder {
  readonly pid: number;
  /** Clock ticks between boot and the start of the process; 0 where the system does not tell. */
  readonly startedTicks: number;
}

/** Takes the lock of `folder`; the returned function gives it back. @throws when another Sluice holds it. */
export function lockFolder(folder: string): () => void {
  const path = join(folder, LOCK_FILE);
  for (;;) {
    if (tryCreate(path)) return () => rmSync(path, { force: true });
    const holder = readHolder(path);
    if (holder !== undefined && isAlive(holder)) {
      throw new Error(`it is in use by another Sluice, process ${holder.pid} (if that is not so, delete ${path})`);
    }
    rmSync(path, { force: true });
  }
}

/** Process that runs on `folder`, if one does. */
export function folderHolder(folder: string): number | undefined {
  const holder = readHolder(join(folder, LOCK_FILE));
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined;
}

function tryCreate(path: string): boolean {
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  const holder: Holder = { pid: process.pid, startedTicks: startOf(process.pid) };
  writeSync(file, JSON.stringify(holder));
  closeSync(file);
  return true;
}

/** The holder that the file names; undefined when it names none, as after a crash while writing it. */
function readHolder(path: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('startedTicks' in value)) return undefined;
    const { pid, startedTicks } = value;
    return typeof pid === 'number' && typeof startedTicks === 'number' ? { pid, startedTicks } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || isMissing(error)) return undefined;
    throw error;
  }
}

function isAlive({ pid, startedTicks }: Holder): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Not ours to signal, but there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const now = startOf(pid);
  return startedTicks === 0 || now === 0 || now === startedTicks;
}

/** Field 22 of /proc/<pid>/stat. Source: proc(5). */
function startOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 0);
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}
