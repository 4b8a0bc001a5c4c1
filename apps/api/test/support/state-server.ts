/** The server of the console's state on a temporary folder, with stores over it and a client that may do what no console would. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { ABSOLUTE_TIMEOUT_MS } from '../../src/auth/sessions.ts';
import { type StateBroker, startStateBroker } from '../../src/broker-host/state-broker.ts';
import type { Clock } from '../../src/env/clock.ts';
import { JetStreamConsoleStore } from '../../src/store/jetstream-console-store.ts';
import { stateCredentials } from './console-harness.ts';
import { ManualClock } from './manual-clock.ts';

export class StateServer {
  readonly folder: string;
  readonly clock: Clock;
  readonly notices: string[] = [];
  /** How often a store told of progress at its start. */
  progress = 0;
  readonly #stores: JetStreamConsoleStore[] = [];
  #broker: StateBroker | undefined;
  #client: NatsConnection | undefined;

  constructor(clock: Clock = new ManualClock()) {
    this.folder = mkdtempSync(join(tmpdir(), 'sluice-state-'));
    this.clock = clock;
  }

  async start(): Promise<this> {
    this.#broker = await startStateBroker(this.folder, stateCredentials);
    for (const store of this.#stores) store.setUrl(this.#broker.url);
    return this;
  }

  /** Ends the server; stores stay open without it. */
  async halt(): Promise<void> {
    await this.#client?.close();
    this.#client = undefined;
    await this.#broker?.stop();
    this.#broker = undefined;
  }

  get url(): string {
    return this.#broker?.url ?? '';
  }

  async open(): Promise<JetStreamConsoleStore> {
    const store = await JetStreamConsoleStore.open({
      folder: this.folder,
      clock: this.clock,
      credentials: stateCredentials,
      url: this.url,
      sessionTtlMs: ABSOLUTE_TIMEOUT_MS,
      onNotice: (text) => this.notices.push(text),
      onProgress: () => {
        this.progress += 1;
      },
    });
    this.#stores.push(store);
    return store;
  }

  /** A client of the private account. */
  async client(): Promise<NatsConnection> {
    this.#client ??= await connect({ servers: this.url, user: stateCredentials.user, pass: stateCredentials.password });
    return this.#client;
  }

  /** The answer of the JetStream API. */
  async api(name: string, body: object = {}): Promise<Record<string, unknown>> {
    const client = await this.client();
    return (await client.request(`$JS.API.${name}`, JSON.stringify(body))).json<Record<string, unknown>>();
  }

  /** Configuration of a stream, changed; the answer to the update. */
  async reconfigure(stream: string, change: object): Promise<Record<string, unknown>> {
    const { config } = await this.api(`STREAM.INFO.${stream}`);
    return this.api(`STREAM.UPDATE.${stream}`, { ...(config as object), ...change });
  }

  async stop(): Promise<void> {
    for (const store of this.#stores) await store.close();
    await this.halt();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
