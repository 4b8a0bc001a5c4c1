/** A whole Sluice for browser tests: broker and console as processes, a data folder of their own, ports that are free. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Page } from '@playwright/test';

/** The built command; `SLUICE_COMMAND` names another build. */
const COMMAND = process.env['SLUICE_COMMAND'] ?? fileURLToPath(new URL('../../../api/dist/sluice.mjs', import.meta.url));
const START_TIMEOUT_MS = 30_000;

export const ADMIN = { username: 'admin', password: 'correct horse battery' } as const;

export interface SluiceStart {
  /** Text of a nats.conf. */
  config?: string;
  /** True: no administrator yet; `setupUrl` is the one-time link. */
  isFresh?: boolean;
}

export class Sluice {
  readonly consoleUrl: string;
  readonly natsUrl: string;
  /** The one-time link; empty unless started fresh. */
  readonly setupUrl: string;
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #clients: NatsConnection[] = [];

  private constructor(process: ChildProcess, folder: string, addresses: Addresses) {
    this.#process = process;
    this.#folder = folder;
    this.consoleUrl = addresses.consoleUrl;
    this.natsUrl = addresses.natsUrl;
    this.setupUrl = addresses.setupUrl;
  }

  /** Starts and waits for both addresses. Rejects with what was printed when it does not start. */
  static async start(options: SluiceStart = {}): Promise<Sluice> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'));
    const args = ['--data', join(folder, 'data'), '--port', '0', '--console-port', '0'];
    if (options.config !== undefined) {
      await writeFile(join(folder, 'nats.conf'), options.config);
      args.push('--config', join(folder, 'nats.conf'));
    }
    const env = { ...process.env, SLUICE_ADMIN_PASSWORD: options.isFresh === true ? '' : ADMIN.password };
    const child = spawn(process.execPath, [COMMAND, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const addresses = await addressesOf(child, options.isFresh === true);
    return new Sluice(child, folder, addresses);
  }

  /** A client of the broker, closed with it. */
  async client(options: { name?: string; user?: string; pass?: string } = {}): Promise<NatsConnection> {
    const client = await connect({ servers: this.natsUrl, ...options });
    this.#clients.push(client);
    return client;
  }

  /**
   * Sends a signal to the broker's process and leaves the rest alone: by default the one that nothing can catch. SIGSTOP makes it
   * stand still, SIGCONT go on.
   */
  signalBroker(signal: NodeJS.Signals = 'SIGKILL'): void {
    const lines = execFileSync('ps', ['-ax', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' }).split('\n');
    for (const line of lines) {
      const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      if (Number(parent) !== this.#process.pid || command?.includes('broker-process') !== true) continue;
      process.kill(Number(pid), signal);
      return;
    }
    throw new Error('no broker process was found');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    if (this.#process.exitCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await ended;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

interface Addresses {
  consoleUrl: string;
  natsUrl: string;
  setupUrl: string;
}

function addressesOf(child: ChildProcess, isFresh: boolean): Promise<Addresses> {
  let output = '';
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`sluice ${why}: ${output}`));
    const timer = setTimeout(() => fail('did not start in time'), START_TIMEOUT_MS);
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const natsUrl = /NATS\s+(nats:\S+)/.exec(output)?.[1];
      const consoleUrl = /Console\s+(http\S+)/.exec(output)?.[1];
      const setupUrl = /(http\S+\/setup#\S+)/.exec(output)?.[1];
      if (natsUrl === undefined || consoleUrl === undefined || (isFresh && setupUrl === undefined)) return;
      clearTimeout(timer);
      resolve({ natsUrl, consoleUrl: consoleUrl.replace(/\/$/, ''), setupUrl: setupUrl ?? '' });
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.on('exit', () => fail('ended'));
  });
}

/** Logs the page's browser in, without the form: that one has its own test. */
export async function logIn(
  page: Page,
  sluice: Sluice,
  { username, password }: { username: string; password: string } = ADMIN,
): Promise<void> {
  await page.goto(`${sluice.consoleUrl}/login`);
  const status = await page.evaluate(
    async (body) => {
      const response = await fetch('/api/session', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return response.status;
    },
    { username, password },
  );
  if (status >= 400) throw new Error(`login answered ${status}`);
}

/** Creates a console user as the administrator who is logged in on `page`. */
export async function createUser(page: Page, user: { username: string; password: string; role: string }): Promise<void> {
  const status = await page.evaluate(async (body) => {
    const session = await (await fetch('/api/session')).json();
    const response = await fetch('/api/users', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrf-token': session.csrfToken },
      body: JSON.stringify(body),
    });
    return response.status;
  }, user);
  if (status >= 400) throw new Error(`creating a user answered ${status}`);
}

/** Opens a page of the console by its path. */
export async function open(page: Page, sluice: Sluice, path: string): Promise<void> {
  await page.goto(`${sluice.consoleUrl}${path}`);
}

/** Messages that a test publishes again and again until it stops them. */
export function publishEvery(client: NatsConnection, everyMs: number, publish: (count: number) => void): () => void {
  let count = 0;
  const timer = setInterval(() => {
    if (!client.isClosed()) publish(++count);
  }, everyMs);
  return () => clearInterval(timer);
}
