/** Mirrors and sources of another account: its API and its deliveries come through imports. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker.ts';
import type { AccountOptions } from '../../src/options.ts';
import { unlimitedAccount } from '../../src/options.ts';
import { type Answer, jsonOf } from '../support/use-jetstream.ts';

const PATIENT = { timeout: 10_000 };

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** ORIGIN has stream O and lends its consumers to COPY. */
const mirroring: readonly AccountOptions[] = [
  {
    name: 'ORIGIN',
    jetstream: unlimitedAccount,
    exports: [
      { kind: 'service', subject: '$JS.API.CONSUMER.>' },
      { kind: 'service', subject: '$JS.FC.>' },
      { kind: 'stream', subject: 'deliver.copy.>' },
    ],
  },
  {
    name: 'COPY',
    jetstream: unlimitedAccount,
    imports: [
      { kind: 'service', account: 'ORIGIN', subject: '$JS.API.CONSUMER.>', to: 'ORIGIN.API.CONSUMER.>' },
      { kind: 'service', account: 'ORIGIN', subject: '$JS.FC.>' },
      { kind: 'stream', account: 'ORIGIN', subject: 'deliver.copy.>' },
    ],
  },
];

/** A broker with a user per account, named like it. */
async function startBroker(accounts: readonly AccountOptions[]): Promise<Broker> {
  const storeDir = mkdtempSync(join(tmpdir(), 'sluice-external-'));
  ends.push(() => rmSync(storeDir, { recursive: true, force: true }));
  const broker = await Broker.start({
    port: 0,
    jetstream: { storeDir },
    auth: {
      users: accounts.map(({ name }) => ({ user: name, password: 'p', account: name })),
      timeoutMs: 2000,
    },
    accounts,
  });
  ends.push(() => broker.stop());
  return broker;
}

async function client(broker: Broker, account: string): Promise<NatsConnection> {
  const connection = await connect({ servers: broker.url, user: account, pass: 'p', reconnect: false });
  ends.push(() => connection.close());
  return connection;
}

async function api(connection: NatsConnection, verb: string, body: object = {}): Promise<Answer> {
  const answer = jsonOf(await connection.request(`$JS.API.${verb}`, JSON.stringify(body), PATIENT));
  if (answer['error'] !== undefined) throw new Error(`${verb}: ${JSON.stringify(answer['error'])}`);
  return answer;
}

describe('a stream of another account', () => {
  it('is mirrored and taken as a source, with what it had and with what comes later', async () => {
    const broker = await startBroker(mirroring);
    const [origin, copy] = [await client(broker, 'ORIGIN'), await client(broker, 'COPY')];
    await api(origin, 'STREAM.CREATE.O', { name: 'O', subjects: ['o.*'] });
    for (const n of [1, 2, 3]) await origin.request(`o.${n}`, `m${n}`, PATIENT);
    const from = { name: 'O', external: { api: 'ORIGIN.API', deliver: 'deliver.copy' } };
    await api(copy, 'STREAM.CREATE.M', { name: 'M', mirror: from });
    await api(copy, 'STREAM.CREATE.S', { name: 'S', sources: [{ ...from, filter_subject: 'o.2' }] });
    const state = (name: string) => async (): Promise<unknown> => (await api(copy, `STREAM.INFO.${name}`))['state'];
    await expect.poll(state('M'), PATIENT).toMatchObject({ messages: 3, last_seq: 3 });
    await expect.poll(state('S'), PATIENT).toMatchObject({ messages: 1 });
    for (const n of [4, 2]) await origin.request(`o.${n}`, `m${n}`, PATIENT);
    await expect.poll(state('M'), PATIENT).toMatchObject({ messages: 5, last_seq: 5 });
    await expect.poll(state('S'), PATIENT).toMatchObject({ messages: 2 });
    const got = await api(copy, 'STREAM.MSG.GET.M', { seq: 3 });
    expect(got['message']).toMatchObject({ subject: 'o.3', data: Buffer.from('m3').toString('base64') });
  });
});

describe('the API in an account without JetStream', () => {
  const without = (subjects: readonly string[]): readonly AccountOptions[] => [
    { name: 'ORIGIN', jetstream: unlimitedAccount, exports: subjects.map((subject) => ({ kind: 'service', subject })) },
    { name: 'USER', imports: subjects.map((subject) => ({ kind: 'service', account: 'ORIGIN', subject })) },
  ];
  const errorOf = async (connection: NatsConnection, verb: string): Promise<unknown> =>
    jsonOf(await connection.request(`$JS.API.${verb}`, '', PATIENT))['error'];

  it('says that there is none', async () => {
    const user = await client(await startBroker(without(['$JS.API.STREAM.INFO.*'])), 'USER');
    expect(await errorOf(user, 'INFO')).toMatchObject({ err_code: 10039 });
  });

  it('is that of the account whose $JS.API.INFO is imported, and no other', async () => {
    const user = await client(await startBroker(without(['$JS.API.INFO', '$JS.API.STREAM.NAMES'])), 'USER');
    expect(await errorOf(user, 'INFO')).toBeUndefined();
    expect(await errorOf(user, 'STREAM.NAMES')).toBeUndefined();
    await expect(errorOf(user, 'STREAM.LIST')).rejects.toThrow('no responders');
  });
});
