/** A broker with a system user and two ordinary accounts, and official clients that are closed after each test. */
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { Broker, type BrokerOptions, type Env } from '../../src/index.ts';

const PATIENCE_MS = 10_000;

/** An answer of the system services. */
export interface Answer {
  readonly server?: Record<string, unknown>;
  readonly data?: Record<string, unknown> | null;
  readonly error?: { readonly code: number; readonly description: string };
  readonly statsz?: Record<string, unknown>;
}

export interface SystemFixture {
  readonly broker: Broker;
  /** A connection as `sys`, `a` (account A), `b` (account B) or any other user. */
  client(user: string, name?: string): Promise<NatsConnection>;
  /** Asks `$SYS.REQ.SERVER.<id>.<verb>` as a system user. */
  ask(verb: string, body?: unknown): Promise<Answer>;
}

export const systemUsers = [
  { user: 'a', password: 'x', account: 'A' },
  { user: 'b', password: 'x', account: 'B' },
  { user: 'sys', password: 'x', account: '$SYS' },
];

export function useSystem(options: BrokerOptions = {}, env?: Env): SystemFixture {
  let started: Broker | undefined;
  let asking: NatsConnection | undefined;
  const connections: NatsConnection[] = [];
  const running = (): Broker => {
    if (started === undefined) throw new Error('the broker has not started');
    return started;
  };
  const open = (user: string, name: string): Promise<NatsConnection> =>
    connect({ servers: running().url, user, pass: 'x', name, reconnect: false });
  beforeAll(async () => {
    started = await Broker.start({ port: 0, auth: { users: systemUsers, timeoutMs: 2000 }, ...options }, env);
    asking = await open('sys', 'asking');
  });
  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
  });
  afterAll(async () => {
    await asking?.close();
    await running().stop();
  });
  return {
    get broker() {
      return running();
    },
    client: async (user, name = user) => {
      const connection = await open(user, name);
      connections.push(connection);
      return connection;
    },
    ask: async (verb, body) => {
      if (asking === undefined) throw new Error('the broker has not started');
      return askAs(asking, `$SYS.REQ.SERVER.${running().id}.${verb}`, body);
    },
  };
}

/** Sends a request and reads the JSON of its answer. */
export async function askAs(connection: NatsConnection, subject: string, body?: unknown): Promise<Answer> {
  const payload = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await connection.request(subject, payload, { timeout: PATIENCE_MS });
  return answer.json<Answer>();
}

/** Collects what comes on a subject; `first(count)` resolves with the first so many. */
export function collect(
  connection: NatsConnection,
  subject: string,
): { first(count: number): Promise<Msg[]>; readonly seen: Msg[] } {
  const seen: Msg[] = [];
  let wake = (): void => undefined;
  connection.subscribe(subject, {
    callback: (error, message) => {
      if (error === null) seen.push(message);
      wake();
    },
  });
  const first = async (count: number): Promise<Msg[]> => {
    const deadline = performance.now() + PATIENCE_MS;
    while (seen.length < count) {
      if (performance.now() > deadline) throw new Error(`${seen.length} messages on ${subject}, not ${count}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return seen.slice(0, count);
  };
  return { first, seen };
}
