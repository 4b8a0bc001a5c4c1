/** JetStream goes on and off in a running server, and gets other limits, without losing anything. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Broker, defaultOptions, nodeEnv, unlimitedAccount } from '../../src/index.ts';
import { CollectedLog } from '../support/collected-log.ts';

const storeDir = mkdtempSync(join(tmpdir(), 'sluice-js-reload-'));
let broker: Broker;
let connection: NatsConnection;

beforeAll(async () => {
  broker = await Broker.start({ port: 0 });
  connection = await connect({ servers: broker.url, reconnect: false });
});
afterAll(async () => {
  await connection.close();
  await broker.stop();
  rmSync(storeDir, { recursive: true, force: true });
});

async function api(verb: string, body: object = {}): Promise<Record<string, unknown>> {
  const reply = await connection.request(`$JS.API.${verb}`, JSON.stringify(body), { timeout: 2000 });
  return reply.json<Record<string, unknown>>();
}

it('starts and ends with a reload, and what was stored is there when it starts again', async () => {
  await expect(api('INFO')).rejects.toThrow(/no responders/i);
  broker.reload({ jetstream: { storeDir, maxMemoryBytes: 1000 } });
  await broker.jetStreamSettling;
  await api('STREAM.CREATE.S', { name: 'S', subjects: ['s'] });
  await connection.request('s', 'kept');
  broker.reload({ jetstream: undefined });
  // Whoever wants it back at once would meet files that are still being written.
  expect(() => broker.reload({ jetstream: { storeDir } })).toThrow('JetStream is still starting or shutting down');
  await broker.jetStreamSettling;
  await expect(api('INFO')).rejects.toThrow(/no responders/i);
  expect(broker.server.options.jetstream).toBeUndefined();
  broker.reload({ jetstream: { storeDir, maxMemoryBytes: 1000 } });
  await broker.jetStreamSettling;
  expect(await api('STREAM.INFO.S')).toMatchObject({ state: { messages: 1 } });
});

it('gets more room, and says no to another folder', async () => {
  const memory = { name: 'M', subjects: ['m'], storage: 'memory', max_bytes: 1500 };
  expect(await api('STREAM.CREATE.M', memory)).toMatchObject({ error: { err_code: 10028 } });
  broker.reload({ jetstream: { storeDir, maxMemoryBytes: 2000 } });
  expect(await api('STREAM.CREATE.M', memory)).not.toHaveProperty('error');
  expect(() => broker.reload({ jetstream: { storeDir: `${storeDir}2`, maxMemoryBytes: 2000 } })).toThrow(
    'config reload not supported for JetStream',
  );
  expect(await api('STREAM.INFO.S')).toMatchObject({ state: { messages: 1 } });
});

it('starts once where changes of an earlier run are taken into force at the start', async () => {
  const folder = `${storeDir}-again`;
  const options = { ...defaultOptions, host: '127.0.0.1', port: 0, jetstream: { storeDir: folder } };
  const again = await Broker.start(options, nodeEnv(), { configOverrides: { set: { max_payload: 4096 } } });
  const client = await connect({ servers: again.url, reconnect: false });
  expect(client.info).toMatchObject({ max_payload: 4096, jetstream: true });
  expect(again.jetStreamSettling).toBeUndefined();
  await client.close();
  await again.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('says when accounts reserve more than there is, at the start and at a reload', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-js-room-'));
  const jetstream = { storeDir: folder, maxMemoryBytes: 10, maxStoreBytes: 10 };
  const accounts = (memory: number, store: number) =>
    ['A', 'B'].map((name) => ({ name, jetstream: { ...unlimitedAccount, maxMemoryBytes: memory, maxStoreBytes: store } }));
  const log = new CollectedLog();
  const start = (memory: number, store: number) =>
    Broker.start({ port: 0, jetstream, accounts: accounts(memory, store) }, nodeEnv(log));
  const enabling = 'Error enabling jetstream on configured accounts: insufficient';
  try {
    await expect(start(6, 1)).rejects.toThrow(`Can't start JetStream: ${enabling} memory resources available (10028)`);
    await expect(start(1, 6)).rejects.toThrow(`Can't start JetStream: ${enabling} storage resources available (10047)`);
    const reserved = await start(5, 5);
    reserved.reload({ accounts: accounts(6, 1) });
    expect(log.take().join('\n')).toContain(`${enabling} memory resources available (10028)`);
    await reserved.stop();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
