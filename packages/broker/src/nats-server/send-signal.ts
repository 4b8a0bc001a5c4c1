/** `--signal command[=pid]`: finds the server and signals it. Source: nats-server server/signal.go, and its error texts. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = {
  stop: 'SIGKILL',
  quit: 'SIGINT',
  reopen: 'SIGUSR1',
  reload: 'SIGHUP',
  ldm: 'SIGUSR2',
  term: 'SIGTERM',
};
const PROCESS_NAME = 'nats-server';
/** Go's words for what `kill` refuses. */
const KILL_ERRORS: Readonly<Record<string, string>> = {
  ESRCH: 'no such process',
  EPERM: 'operation not permitted',
  EINVAL: 'invalid argument',
};

/** Sends the signal; returns what went wrong, or undefined. `pid` may end in `*`, or name a file that holds it. */
export function sendSignal(parameter: string): string | undefined {
  const parts = parameter.split('=');
  if (parts.length > 2) return `invalid signal parameters: [${parts.slice(2).join(' ')}]`;
  const [command = '', target = ''] = parts;
  const expression = target === '' ? '' : readPidFile(target);
  const isPrefix = expression.endsWith('*');
  const wanted = isPrefix ? expression.slice(0, -1) : expression;
  if (wanted !== '' && !/^[+-]?\d{1,18}$/.test(wanted)) return `invalid pid: ${wanted}`;
  let pids = [Number(wanted)];
  if (wanted === '' || isPrefix) {
    const found = findServers();
    if (typeof found === 'string') return found;
    pids = found;
  }
  if (pids.length > 1 && !isPrefix) return `multiple ${PROCESS_NAME} processes running:\n${pids.join('\n')}`;
  if (pids.length === 0) return `no ${PROCESS_NAME} processes running`;
  const signal = Object.hasOwn(SIGNALS, command) ? SIGNALS[command] : undefined;
  if (signal === undefined) return `unknown signal ${JSON.stringify(command)}`;
  const problems = pids
    .filter((pid) => wanted === '' || String(pid) === wanted || (isPrefix && String(pid).startsWith(wanted)))
    .flatMap((pid) => kill(pid, signal) ?? [])
    .map(({ pid, why }) => `\nsignal ${JSON.stringify(command)} ${pid}: ${why}`);
  return problems.length === 0 ? undefined : problems.join('');
}

function readPidFile(target: string): string {
  try {
    return readFileSync(target, 'utf8');
  } catch {
    // Not the name of a file: then it is a process id.
    return target;
  }
}

/** Nothing but one process is signalled: for the system, 0 and less stand for groups of them, -1 for all there are. */
function kill(pid: number, signal: NodeJS.Signals): { pid: number; why: string } | undefined {
  if (pid <= 0) return { pid, why: KILL_ERRORS['ESRCH'] ?? '' };
  try {
    process.kill(pid, signal);
    return undefined;
  } catch (error) {
    const code = errorCode(error);
    return { pid, why: KILL_ERRORS[code] ?? code };
  }
}

/** Process ids of other servers, or why they cannot be known. */
function findServers(): number[] | string {
  try {
    const output = execFileSync('pgrep', [PROCESS_NAME], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return output.split('\n').flatMap((line) => (line === '' || Number(line) === process.pid ? [] : [Number(line)]));
  } catch (error) {
    // pgrep answers 1 when nothing matches.
    const isNoMatch = typeof error === 'object' && error !== null && 'status' in error && error.status === 1;
    return isNoMatch ? [] : 'unable to resolve pid, try providing one';
  }
}

function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}
