/** A console over our own broker with JetStream, and a client of the data account: what every test of stored data starts from. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Broker, defaultOptions, type ResolvedOptions } from '@sluice/broker';
import type { ApiError, JetStreamState } from '@sluice/protocol/console';
import { apiRoutes } from '../../src/app.ts';
import { withConsoleAccess } from '../../src/broker-host/hosted-options.ts';
import { type ConsoleServer, startConsoleServer } from '../../src/server.ts';
import { eventually } from '../support/console-harness.ts';
import { checkAnswer } from '../support/contract.ts';
import { HttpClient } from '../support/http-client.ts';

const PASSWORD = 'correct horse battery';
const system = { user: 'sluice-console', password: 'only the console knows', hasAccountUsers: true };

export class JetStreamConsole {
  readonly broker: Broker;
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
    const wanted: ResolvedOptions = {
      ...defaultOptions,
      host: '127.0.0.1',
      port: 0,
      jetstream: isOff ? undefined : { storeDir: join(folder, 'broker') },
      ...rest,
    };
    const broker = await Broker.start(withConsoleAccess(wanted, system));
    const server = await startConsoleServer({
      host: '127.0.0.1',
      port: 0,
      folder: join(folder, 'console'),
      overridesFile: join(folder, 'overrides.json'),
      system,
      broker: { state: 'running', sinceMs: Date.now(), restarts: 0, lastExit: null, nextStartAtMs: null },
      natsUrl: broker.url,
      setupToken: 'x',
      adminPassword: PASSWORD,
      allowedHosts: [],
      isProxyTrusted: false,
      metricsToken: undefined,
      isVerbose: false,
    });
    const browser = new HttpClient(`http://127.0.0.1:${server.port}`);
    await browser.logIn('admin', PASSWORD);
    const client = await connect({ servers: broker.url, name: 'worker' });
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
