/**
 * Services by NATS's convention (ADR-32): several instances answer on `$SRV.PING|INFO|STATS`, by name and by id, and share the work of
 * an endpoint through a queue group. The server has no part in it but routing, so routing is what this shows.
 */
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/index.ts';

const connections: NatsConnection[] = [];
let broker: Broker | undefined;
afterEach(async () => {
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
  await broker?.stop();
  broker = undefined;
});

async function open(): Promise<NatsConnection> {
  broker ??= await Broker.start({ port: 0 });
  const connection = await connect({ servers: broker.url });
  connections.push(connection);
  return connection;
}

/** One instance of the service `adder`, with the endpoint `sum`. */
async function startInstance(id: string): Promise<void> {
  const connection = await open();
  for (const verb of ['PING', 'INFO', 'STATS']) {
    const body = JSON.stringify({ type: `io.nats.micro.v1.${verb.toLowerCase()}_response`, name: 'adder', id, version: '1.0.0' });
    for (const subject of [`$SRV.${verb}`, `$SRV.${verb}.adder`, `$SRV.${verb}.adder.${id}`]) {
      connection.subscribe(subject, { callback: (_error, message) => void message.respond(body) });
    }
  }
  connection.subscribe('sum', {
    queue: 'q',
    callback: (_error, message) =>
      void message.respond(JSON.stringify({ id, sum: message.json<number[]>().reduce((a, b) => a + b, 0) })),
  });
  await connection.flush();
}

async function ask(connection: NatsConnection, subject: string, answers: number): Promise<string[]> {
  const ids: string[] = [];
  const iterator = await connection.requestMany(subject, '', { strategy: 'count', maxMessages: answers, maxWait: 5000 });
  for await (const message of iterator) ids.push(message.json<{ id: string }>().id);
  return ids.sort();
}

describe('services', () => {
  it('are found by all, by name and by id', async () => {
    await startInstance('A1');
    await startInstance('B2');
    const client = await open();
    for (const verb of ['PING', 'INFO', 'STATS']) {
      expect(await ask(client, `$SRV.${verb}`, 2)).toEqual(['A1', 'B2']);
      expect(await ask(client, `$SRV.${verb}.adder`, 2)).toEqual(['A1', 'B2']);
      expect(await ask(client, `$SRV.${verb}.adder.B2`, 1)).toEqual(['B2']);
    }
    await expect(client.request('$SRV.PING.subtractor', '')).rejects.toThrow(/no responders/i);
  });

  it('share the requests of an endpoint between their instances', async () => {
    await startInstance('A1');
    await startInstance('B2');
    const client = await open();
    const seen = new Set<string>();
    for (let request = 0; request < 64; request++) {
      const answer = (await client.request('sum', JSON.stringify([request, 1]))).json<{ id: string; sum: number }>();
      expect(answer.sum).toBe(request + 1);
      seen.add(answer.id);
    }
    expect([...seen].sort()).toEqual(['A1', 'B2']);
  });
});
