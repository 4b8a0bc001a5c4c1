/**
 * A console over our own broker with JetStream, and a client of the data account: what every test of stored data starts from. With
 * `SLUICE_TEST_NATS_SERVER=<path of a nats-server>` the same tests run over that server instead: the console must not know the difference.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Broker, defaultOptions, type ResolvedOptions } from '@sluice/broker';
import type { ApiError, JetStreamState } from '@sluice/protocol/console';
import { apiRoutes } from '../../src/app.ts';
import { withConsoleAccess } from '../../src/broker-host/hosted-options.ts';
import type { ConsoleServer } from '../../src/server.ts';
import { eventually, startConsoleOver } from '../support/console-harness.ts';
import { checkAnswer } from '../support/contract.ts';
import { HttpClient } from '../support/http-client.ts';

const PASSWORD = 'correct horse battery';
const system = { user: 'sluice-console', password: 'only the console knows' };

/** What the console is tested over. */
interface TestServer {
  readonly url: string;
  readonly hasAccountUsers: boolean;
  stop(): Promise<void>;
}

export const natsServerBinary: string | undefined = process.env['SLUICE_TEST_NATS_SERVER'];

export class JetStreamConsole {
  readonly broker: TestServer;
  readonly server: ConsoleServer;
  readonly browser: HttpClient;
  /** A client without credentials, as any program would connect. */
  readonly client: NatsConnection;
  readonly folder: string;

  private constructor(parts: Pick<JetStreamConsole, 'broker' | 'server' | 'browser' | 'client' | 'folder'>) {
    this.broker = parts.broker;
    this.server = parts.server;
    this.browser = parts.browser;
    this.client = parts.client;
    this.folder = parts.folder;
  }

  static async start(options: Partial<ResolvedOptions> & { isOff?: boolean } = {}): Promise<JetStreamConsole> {
    const { isOff = false, ...rest } = options;
    const folder = mkdtempSync(join(tmpdir(), 'sluice-jetstream-'));
    const broker =
      natsServerBinary === undefined
        ? await startBroker(folder, isOff, rest)
        : await startNatsServer(natsServerBinary, folder, isOff);
    const server = await startConsoleOver({
      folder,
      system: { ...system, hasAccountUsers: broker.hasAccountUsers },
      natsUrl: broker.url,
      adminPassword: PASSWORD,
    });
    const browser = new HttpClient(`http://127.0.0.1:${server.port}`);
    await browser.logIn('admin', PASSWORD);
    const client = await connect({ servers: broker.url, name: 'worker', waitOnFirstConnect: true });
    const started = new JetStreamConsole({ broker, server, browser, client, folder });
    await eventually(async () => {
      const state = await browser.json<JetStreamState>('GET', '/api/jetstream');
      return state.isEnabled || (isOff && state.reason !== 'unreachable') ? true : undefined;
    });
    return started;
  }

  async stop(): Promise<void> {
    await this.client.close();
    await this.server.stop();
    await this.broker.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Asks, and holds the answer to the schema of its route. */
  async ask<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await this.browser.json<T>(method, path, body);
    checkAnswer(apiRoutes(this.server.console), method, path, answer);
    return answer;
  }

  /** A request without an answer worth reading; throws unless it went well. */
  async do(method: string, path: string, body?: object): Promise<void> {
    const response = await this.browser.send(method, path, body);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }

  /** The refusal of a request. */
  async refusal(method: string, path: string, body?: object): Promise<ApiError['error'] & { status: number }> {
    const response = await this.browser.send(method, path, body);
    if (response.ok) throw new Error(`${method} ${path} was not refused: ${response.status}`);
    return { ...((await response.json()) as ApiError).error, status: response.status };
  }

  /** Publishes `count` messages and waits for each PubAck. */
  async publish(subject: string, count: number, payload: (index: number) => string = (index) => `${index}`): Promise<void> {
    for (let index = 0; index < count; index++) {
      const ack = (await this.client.request(subject, payload(index))).json<{ error?: { description: string } }>();
      if (ack.error !== undefined) throw new Error(ack.error.description);
    }
  }

  /** An answer of the JetStream API, asked for directly. */
  async api<T>(name: string, body: object | '' = ''): Promise<T> {
    return (await this.client.request(`$JS.API.${name}`, body === '' ? '' : JSON.stringify(body))).json<T>();
  }
}

async function startBroker(folder: string, isOff: boolean, rest: Partial<ResolvedOptions>): Promise<TestServer> {
  const wanted: ResolvedOptions = {
    ...defaultOptions,
    host: '127.0.0.1',
    port: 0,
    jetstream: isOff ? undefined : { storeDir: join(folder, 'broker') },
    ...rest,
  };
  const broker = await Broker.start(withConsoleAccess(wanted, system));
  return { url: broker.url, hasAccountUsers: true, stop: () => broker.stop() };
}

/** nats-server with a system user, and anonymous clients in the global account. */
async function startNatsServer(binary: string, folder: string, isOff: boolean): Promise<TestServer> {
  const port = await freePort();
  const config = join(folder, 'nats.conf');
  writeFileSync(
    config,
    `${isOff ? '' : `jetstream { store_dir: ${JSON.stringify(join(folder, 'server'))}, sync_interval: always }`}
no_auth_user: anonymous
authorization { users: [{ user: anonymous, password: x }] }
accounts {
  $SYS { users: [{ user: ${JSON.stringify(system.user)}, password: ${JSON.stringify(system.password)} }] }
}
`,
  );
  const child = spawn(binary, ['-c', config, '-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    url: `nats://127.0.0.1:${port}`,
    hasAccountUsers: false,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', () => resolve()));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
