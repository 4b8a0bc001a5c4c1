/** What an application does with the official client: publish, subscribe, request, headers, queues, errors, drain, reconnect. */
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker, type BrokerOptions } from '../../src/index.ts';

const brokers: Broker[] = [];
const connections: NatsConnection[] = [];
afterEach(async () => {
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
  await Promise.all(brokers.splice(0).map((broker) => broker.stop()));
});

async function start(options: BrokerOptions = {}): Promise<Broker> {
  const broker = await Broker.start({ port: 0, ...options });
  brokers.push(broker);
  return broker;
}

async function open(broker: Broker, options: Parameters<typeof connect>[0] = {}): Promise<NatsConnection> {
  const connection = await connect({ servers: broker.url, ...options });
  connections.push(connection);
  return connection;
}

/** Collects `count` messages as text. */
function collect(connection: NatsConnection, subject: string, count: number, queue?: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const seen: string[] = [];
    connection.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error !== null) return reject(error);
        seen.push(`${message.subject} ${message.string()}`);
        if (seen.length === count) resolve(seen);
      },
    });
  });
}

describe('the official client', () => {
  it('publishes to who is subscribed, with wildcards, in order', async () => {
    const broker = await start();
    const [sender, receiver] = [await open(broker), await open(broker)];
    const seen = collect(receiver, 'orders.*.new', 3);
    await receiver.flush();
    sender.publish('orders.eu.new', '1');
    sender.publish('orders.eu.old', 'no');
    sender.publish('orders.us.new', '2');
    sender.publish('orders.eu.new', '3');
    expect(await seen).toEqual(['orders.eu.new 1', 'orders.us.new 2', 'orders.eu.new 3']);
  });

  it('asks and is answered, one of several workers at a time, with headers', async () => {
    const broker = await start();
    const client = await open(broker);
    for (let worker = 0; worker < 3; worker++) {
      const connection = await open(broker);
      connection.subscribe('svc', {
        queue: 'workers',
        callback: (_error, message) => {
          const answer = headers();
          answer.set('Worker', `${worker}`);
          answer.append('Trace', message.headers?.get('Trace') ?? '');
          message.respond(message.string().toUpperCase(), { headers: answer });
        },
      });
      await connection.flush();
    }
    const workers = new Set<string>();
    for (let count = 0; count < 60; count++) {
      const question = headers();
      question.set('Trace', `t${count}`);
      const answer = await client.request('svc', 'hello', { headers: question, timeout: 5000 });
      expect(answer.string()).toBe('HELLO');
      expect(answer.headers?.get('Trace')).toBe(`t${count}`);
      workers.add(answer.headers?.get('Worker') ?? '');
    }
    expect(workers.size).toBe(3);
  });

  it('hears at once that nobody answers', async () => {
    const client = await open(await start());
    const begin = performance.now();
    await expect(client.request('nobody', '', { timeout: 10_000 })).rejects.toThrow(/no responders/i);
    expect(performance.now() - begin).toBeLessThan(5000);
  });

  it('is told of a permission it lacks, and goes on', async () => {
    const broker = await start({
      auth: {
        users: [
          {
            user: 'u',
            password: 'p',
            permissions: { publish: { allow: ['ok'], deny: [] }, subscribe: { allow: ['ok', '_INBOX.>'], deny: [] } },
          },
        ],
        timeoutMs: 2000,
      },
    });
    const client = await open(broker, { user: 'u', pass: 'p' });
    const refused = new Promise<string>((resolve) => {
      client.subscribe('secret', { callback: (error) => resolve(error?.message ?? '') });
    });
    expect(await refused).toMatch(/permissions violation for subscription to "secret"/i);
    const seen = collect(client, 'ok', 1);
    client.publish('ok', 'still here');
    expect(await seen).toEqual(['ok still here']);
  });

  it('is refused with a wrong password, and let in with token, password and nkey', async () => {
    const token = await start({ auth: { users: [], token: 'tok', timeoutMs: 2000 } });
    await expect(connect({ servers: token.url, token: 'no', reconnect: false })).rejects.toThrow(/authorization violation/i);
    expect((await open(token, { token: 'tok' })).isClosed()).toBe(false);

    const { createUser, fromSeed } = await import('@nats-io/nkeys');
    const { nkeyAuthenticator } = await import('@nats-io/transport-node');
    const seed = createUser().getSeed();
    const nkey = fromSeed(seed).getPublicKey();
    const keys = await start({ auth: { users: [{ user: nkey, nkey }], timeoutMs: 2000 } });
    const client = await open(keys, { authenticator: nkeyAuthenticator(seed) });
    await client.flush();
    const other = createUser().getSeed();
    await expect(connect({ servers: keys.url, authenticator: nkeyAuthenticator(other), reconnect: false })).rejects.toThrow(
      /authorization violation/i,
    );
  });

  it('drains: what is on its way still arrives', async () => {
    const broker = await start();
    const [sender, receiver] = [await open(broker), await open(broker)];
    let seen = 0;
    receiver.subscribe('d', {
      callback: () => {
        seen++;
      },
    });
    await receiver.flush();
    for (let count = 0; count < 1000; count++) sender.publish('d', 'x');
    await sender.flush();
    await receiver.drain();
    expect(seen).toBe(1000);
  });

  it('comes back after the server has gone and come back, subscriptions included', async () => {
    const first = await start();
    const { port } = first;
    const client = await open(first, { reconnectTimeWait: 50, maxReconnectAttempts: 100 });
    const back = new Promise<void>((resolve) => {
      void (async () => {
        for await (const status of client.status()) if (status.type === 'reconnect') resolve();
      })();
    });
    const seen = collect(client, 'after', 1);
    await client.flush();
    await first.stop();
    const second = await start({ port });
    await back;
    await client.flush();
    const sender = await open(second);
    sender.publish('after', 'again');
    expect(await seen).toEqual(['after again']);
  });

  it('passes a megabyte through, and is refused more than max_payload', async () => {
    const broker = await start();
    const [sender, receiver] = [await open(broker), await open(broker)];
    const seen = new Promise<number>((resolve) => {
      receiver.subscribe('big', { callback: (_error, message) => resolve(message.data.length) });
    });
    await receiver.flush();
    sender.publish('big', new Uint8Array(1_048_576));
    expect(await seen).toBe(1_048_576);
    expect(() => sender.publish('big', new Uint8Array(1_048_577))).toThrow();
  });

  it('is moved on in lame duck mode', async () => {
    const broker = await start({ lameDuckDurationMs: 200, lameDuckGracePeriodMs: 50 });
    const client = await open(broker, { reconnect: false });
    const told = new Promise<void>((resolve) => {
      void (async () => {
        for await (const status of client.status()) if (status.type === 'ldm') resolve();
      })();
    });
    const ended = client.closed();
    await client.flush();
    await broker.lameDuck();
    await told;
    await ended;
    expect(client.isClosed()).toBe(true);
  });
});
