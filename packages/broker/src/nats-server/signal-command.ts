/** `nats-server --signal reload=<pid or pid file>`: tells another process what to do. */
import { readFileSync } from 'node:fs';

/** Command → signal. Source: nats-server server/signal.go. */
const SIGNALS: ReadonlyMap<string, NodeJS.Signals> = new Map([
  ['stop', 'SIGKILL'],
  ['quit', 'SIGINT'],
  ['term', 'SIGTERM'],
  ['reopen', 'SIGUSR1'],
  ['reload', 'SIGHUP'],
  ['ldm', 'SIGUSR2'],
]);

/** Undefined when the signal was sent, else why not. */
export function sendSignal(argument: string): string | undefined {
  const equals = argument.indexOf('=');
  const command = equals < 0 ? argument : argument.slice(0, equals);
  const target = equals < 0 ? '' : argument.slice(equals + 1);
  const signal = SIGNALS.get(command);
  const pid = pidOf(target);
  if (typeof pid === 'string') return pid;
  if (signal === undefined) return `unknown signal "${command}"`;
  try {
    process.kill(pid, signal);
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH' ? 'os: process already finished' : String(error);
  }
}

/** The process id, or why there is none. */
function pidOf(target: string): number | string {
  if (target === '') return 'no nats-server processes running';
  const text = /^\d+$/.test(target) ? target : readPidFile(target);
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : `invalid pid: ${target}`;
}

function readPidFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
