/** Starts and stops the servers under test and reads the CPU time that they used. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const START_LIMIT_MS = 10_000;
const PROBE_MS = 25;
/** Both servers get the same file: one account for the load, the system account for the tap. */
export const systemLogin = { user: 'sys', password: 'sys' };
export const loadAccount = 'BENCH';
const CONFIG = `
accounts {
  ${loadAccount} { users: [ { user: load, password: load } ] }
  $SYS { users: [ { user: ${systemLogin.user}, password: ${systemLogin.password} } ] }
}
no_auth_user: load
`;

/** Path of a nats-server of version 2.15 or newer, by NATS_SERVER_BIN or on PATH; undefined when there is none. */
export function findReference() {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'nats-server'));
  return [process.env.NATS_SERVER_BIN ?? '', ...onPath].find((path) => {
    if (path === '' || !existsSync(path)) return false;
    const run = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 5000 });
    return /v(2\.(1[5-9]|[2-9]\d)|[3-9])\./.test(`${run.stdout}`) && !`${run.stdout}`.includes('sluice');
  });
}

/**
 * Starts a server on a free port and resolves when it answers PING.
 * @param {string} command
 */
export async function startServer(command) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const config = join(folder, 'bench.conf');
  writeFileSync(config, CONFIG);
  const port = await freePort();
  const child = spawn(command, ['-a', '127.0.0.1', '-p', String(port), '-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => {
    log = (log + chunk).slice(-4000);
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`${command} did not start:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
  }
  return { port, stop, cpuSeconds: () => cpuSeconds(child.pid ?? 0) };
}

/**
 * CPU seconds of all threads of a process so far; NaN where the system does not tell (only Linux does, here).
 * @param {number} pid
 */
function cpuSeconds(pid) {
  try {
    let ns = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    }
    return ns / 1e9;
  } catch {
    return Number.NaN; // Not Linux, or a thread that ended in between: the table shows a dash.
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

/** @param {number} port @returns {Promise<boolean>} */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const settle = (/** @type {boolean} */ isUp) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.setTimeout(1000, () => settle(false));
    socket.on('error', () => settle(false));
    let text = '';
    socket.on('data', (chunk) => {
      if (text === '') socket.write('CONNECT {"verbose":false}\r\nPING\r\n');
      text += chunk.toString('latin1');
      if (text.includes('PONG')) settle(true);
    });
  });
}
