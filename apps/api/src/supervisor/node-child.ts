/**
 * Real child processes: `fork` with an IPC channel. Output goes to ours, so that the log of both is in one place. Ctrl-C
 * reaches the whole process group; the children leave it to the supervisor to stop them in order.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ChildEvents, ChildHandle } from './supervised-child.ts';

export interface NodeChildOptions {
  readonly entry: URL;
  readonly execArgv?: readonly string[];
}

/** Starts `entry` in a process of its own. */
export function spawnNodeChild<Out extends object, In>(options: NodeChildOptions, events: ChildEvents<In>): ChildHandle<Out> {
  const child = fork(fileURLToPath(options.entry), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [...(options.execArgv ?? process.execArgv)],
    env: childEnvironment(),
  });
  let hasEnded = false;
  const end = (code: number | null, signal: string | null): void => {
    if (hasEnded) return;
    hasEnded = true;
    events.onExit(code, signal);
  };
  // The channel is ours alone: what arrives on it was sent by our own code in the child.
  child.on('message', (message) => events.onMessage(message as In));
  child.on('exit', end);
  child.on('error', () => {
    if (child.exitCode === null && child.pid === undefined) end(1, null);
  });
  return {
    pid: child.pid,
    send(message) {
      // A child that dies meanwhile reports its exit; the message is moot then.
      if (child.connected) child.send(message, () => undefined);
    },
    kill: (signal) => child.kill(signal),
  };
}

/** The supervisor's environment without what only the supervisor may know. */
function childEnvironment(): NodeJS.ProcessEnv {
  const { SLUICE_ADMIN_PASSWORD: _password, SLUICE_METRICS_TOKEN: _token, ...rest } = process.env;
  return rest;
}
