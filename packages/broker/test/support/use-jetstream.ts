/**
 * A broker with JetStream for the tests of one `describe`: its files lie in a folder of its own, and every test
 * has a client of its own and finds no streams.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, headers, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { Broker, type BrokerOptions } from '../../src/index.ts';
import type { JetStreamServerOptions } from '../../src/options.ts';

/** The JSON of an answer. */
export type Answer = Record<string, unknown>;
/** Header names with their values. */
export type Headers = Readonly<Record<string, string>>;

/** Messages that arrive from now on. */
export interface Collected {
  /** The next `count` messages, in order; rejects when they have not arrived in 10 seconds. */
  take(count: number): Promise<Msg[]>;
}

export interface JetStreamFixture {
  readonly broker: Broker;
  readonly connection: NatsConnection;
  /** Asks `$JS.API.<verb>` with `body` as JSON, or as it is if it is text. */
  api(verb: string, body?: unknown, header?: Headers): Promise<Answer>;
  /** Asks as `api` does and throws if the answer is an error. */
  mustApi(verb: string, body?: unknown): Promise<Answer>;
  /** Publishes and waits for the PubAck. */
  publish(subject: string, payload?: string, header?: Headers): Promise<Answer>;
  /** Listens to `subject` before it returns. */
  collect(subject: string): Promise<Collected>;
  /** Sends a pull request and collects what comes for it. */
  pull(stream: string, consumer: string, request: unknown): Promise<Collected>;
  /** Asks and gives the whole message: acknowledgements that are answered, direct gets. */
  ask(subject: string, payload?: string, header?: Headers): Promise<Msg>;
  /** Stops the broker, starts it on the same folder and connects again. */
  restart(): Promise<void>;
}

const TIMEOUT_MS = 10_000;

/** Another server to ask in place of ours, to check that a test says what nats-server does; its streams are deleted. */
const OTHER_URL = process.env['JETSTREAM_URL'];

/** Starts the broker before the tests and stops it after them; `more` are options beside those of JetStream. */
export function useJetStream(options: Partial<JetStreamServerOptions> = {}, more: BrokerOptions = {}): JetStreamFixture {
  const storeDir = mkdtempSync(join(tmpdir(), 'sluice-jetstream-'));
  let running: { broker: Broker; connection: NatsConnection } | undefined;
  const now = (): { broker: Broker; connection: NatsConnection } => {
    if (running === undefined) throw new Error('the broker has not started');
    return running;
  };
  const open = (broker: Broker): Promise<NatsConnection> => connect({ servers: OTHER_URL ?? broker.url, reconnect: false });
  const start = async (): Promise<void> => {
    const broker = await Broker.start({ port: 0, ...more, jetstream: { storeDir, ...options } });
    running = { broker, connection: await open(broker) };
  };
  const stop = async (): Promise<void> => {
    await now().connection.close();
    await now().broker.stop();
  };
  beforeAll(start);
  afterEach(async () => {
    const { broker, connection } = now();
    const { streams } = await request(connection, '$JS.API.STREAM.NAMES');
    for (const name of Array.isArray(streams) ? streams : []) await request(connection, `$JS.API.STREAM.DELETE.${name}`);
    await connection.close();
    running = { broker, connection: await open(broker) };
  });
  afterAll(async () => {
    await stop();
    rmSync(storeDir, { recursive: true, force: true });
  });
  const api: JetStreamFixture['api'] = (verb, body, header) => request(now().connection, `$JS.API.${verb}`, textOf(body), header);
  return {
    get broker() {
      return now().broker;
    },
    get connection() {
      return now().connection;
    },
    api,
    mustApi: async (verb, body) => {
      const answer = await api(verb, body);
      if (answer['error'] !== undefined) throw new Error(`${verb}: ${JSON.stringify(answer['error'])}`);
      return answer;
    },
    publish: (subject, payload = '', header = undefined) => request(now().connection, subject, payload, header),
    collect: (subject) => collect(now().connection, subject),
    pull: async (stream, consumer, wanted) => {
      const { connection } = now();
      const inbox = `_INBOX.${crypto.randomUUID()}`;
      const collected = await collect(connection, inbox);
      connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, textOf(wanted), { reply: inbox });
      return collected;
    },
    ask: (subject, payload = '', header = undefined) =>
      now().connection.request(subject, payload, { timeout: TIMEOUT_MS, ...headerOption(header) }),
    restart: async () => {
      await stop();
      await start();
    },
  };
}

/** What a message is, in one line: its status, or its subject and payload. */
export function lineOf(message: Msg): string {
  const code = message.headers?.code ?? 0;
  return code > 0 ? `${code} ${message.headers?.description}` : `${message.subject}=${message.string()}`;
}

/** Values of a header in a message, or undefined. */
export function headerOf(message: Msg, name: string): string | undefined {
  return message.headers?.has(name) === true ? message.headers.get(name) : undefined;
}

/** The `err_code` of an answer, or undefined when it is none. */
export function errCodeOf(answer: Answer): unknown {
  const { error } = answer;
  return typeof error === 'object' && error !== null && 'err_code' in error ? error.err_code : undefined;
}

/** Nanoseconds for the API. */
export function ns(ms: number): number {
  return ms * 1_000_000;
}

/** What is between the two ends of a connection and its stream: JSON in an answer's payload. */
export function jsonOf(message: Msg): Answer {
  const answer: Answer = JSON.parse(message.string());
  return answer;
}

async function request(connection: NatsConnection, subject: string, payload = '', header?: Headers): Promise<Answer> {
  return jsonOf(await connection.request(subject, payload, { timeout: TIMEOUT_MS, ...headerOption(header) }));
}

function headerOption(given: Headers | undefined): { headers?: MsgHdrs } {
  if (given === undefined) return {};
  const made = headers();
  for (const [name, value] of Object.entries(given)) made.set(name, value);
  return { headers: made };
}

function textOf(body: unknown): string {
  if (body === undefined) return '';
  return typeof body === 'string' ? body : JSON.stringify(body);
}

async function collect(connection: NatsConnection, subject: string): Promise<Collected> {
  const seen: Msg[] = [];
  let wake: (() => void) | undefined;
  connection.subscribe(subject, {
    callback: (_error, message) => {
      seen.push(message);
      wake?.();
    },
  });
  await connection.flush();
  return {
    take: (count) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${seen.length} of ${count} messages on ${subject}: ${seen.map(lineOf).join(', ')}`)),
          TIMEOUT_MS,
        );
        wake = (): void => {
          if (seen.length < count) return;
          clearTimeout(timer);
          wake = undefined;
          resolve(seen.splice(0, count));
        };
        wake();
      }),
  };
}
