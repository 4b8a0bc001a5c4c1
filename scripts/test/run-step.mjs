/**
 * Runs one tool of the test run as a process group of its own, with a time limit: whatever it started dies with it, so that
 * a hanging child can neither hang the run nor leave a server on a port.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';

const KILL_GRACE_MS = 3000;
/** Group of the running step; 0 when none runs. Signals to the runner are passed on to it. */
let currentGroup = 0;

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} args arguments of Node: the tool's own script first
 * @property {string} cwd
 * @property {number} limitMs
 * @property {Record<string, string>} [env] added to the environment
 */

/**
 * Resolves with how the tool ended; `code` is undefined when it was killed, by the time limit or otherwise.
 * @param {Step} step
 * @returns {Promise<{ code: number | undefined, isTimeout: boolean, seconds: number }>}
 */
export function runStep(step) {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, step.args, {
      cwd: step.cwd,
      env: { ...process.env, ...step.env },
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: process.platform !== 'win32',
    });
    currentGroup = child.pid ?? 0;
    let isTimeout = false;
    const timer = setTimeout(() => {
      isTimeout = true;
      signalGroup('SIGTERM');
      setTimeout(() => signalGroup('SIGKILL'), KILL_GRACE_MS);
    }, step.limitMs);
    const finish = (/** @type {number | null} */ code) => {
      clearTimeout(timer);
      signalGroup('SIGKILL'); // What the tool left behind.
      currentGroup = 0;
      resolve({ code: code ?? undefined, isTimeout, seconds: (performance.now() - startedMs) / 1000 });
    };
    child.once('exit', finish);
    child.once('error', () => finish(null));
  });
}

/** Passes an interrupt of the runner on to the running step, then ends the runner. */
export function passOnSignals() {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.once(signal, () => {
      signalGroup('SIGKILL');
      process.exit(130);
    });
  }
}

/** @param {NodeJS.Signals} signal */
function signalGroup(signal) {
  if (currentGroup === 0) return;
  try {
    process.kill(process.platform === 'win32' ? currentGroup : -currentGroup, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
