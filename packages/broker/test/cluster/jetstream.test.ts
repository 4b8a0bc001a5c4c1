/** JetStream in a cluster: the server that has it serves all; two that have it keep their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Broker } from '../../src/index.ts';
import type { RawClient } from '../support/raw-client.ts';
import { eventually, formed, useCluster } from '../support/use-cluster.ts';

const folders: string[] = [];
const withJetStream = (): { jetstream: { storeDir: string } } => {
  const storeDir = mkdtempSync(join(tmpdir(), 'sluice-cluster-'));
  folders.push(storeDir);
  return { jetstream: { storeDir } };
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

let lastInbox = 0;

/** Sends a request and returns what is answered, as text. */
async function ask(client: RawClient, subject: string, body: object | string = '', prefix = 'i'): Promise<string> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const inbox = `${prefix}.${++lastInbox}`;
  client.send(`PUB ${subject} ${inbox} ${text.length}\r\n${text}\r\n`);
  const answer = new RegExp(`H?MSG ${inbox.replace('.', '\\.')} \\S+ [\\s\\S]*?\\r\\n[\\s\\S]*?\\r\\n`);
  await client.until((seen) => answer.test(seen));
  const [found = ''] = answer.exec(client.received) ?? [];
  client.received = client.received.replace(found, '');
  return found;
}

async function listening(client: RawClient, ...brokers: Broker[]): Promise<void> {
  await client.settle('SUB i.* 1\r\n');
  await eventually(() => brokers.every(({ server }) => server.globalAccount.hasInterest('i.x')), 'interest in answers');
}

describe('one server with JetStream', () => {
  const cluster = useCluster();

  it('serves clients of the others: requests, publishes, pushes, pulls and acknowledgements', async () => {
    const first = await cluster.start([], {}, { serverName: 'first', ...withJetStream() });
    const second = await cluster.start([first]);
    await formed(first, second);
    const client = await cluster.client(second, { headers: true, no_responders: true });
    await listening(client, first);
    await client.settle('SUB deliver 2\r\n');
    expect(await ask(client, '$JS.API.STREAM.CREATE.S', { name: 'S', subjects: ['orders.>'] })).toContain('"name":"S"');
    await eventually(() => second.server.globalAccount.hasInterest('orders.1'), 'the stream');
    expect(await ask(client, 'orders.1', 'one')).toContain('"seq":1');
    const push = { durable_name: 'P', deliver_subject: 'deliver', ack_policy: 'explicit' };
    await ask(client, '$JS.API.CONSUMER.DURABLE.CREATE.S.P', { stream_name: 'S', config: push });
    await client.until((text) => /MSG orders\.1 2 \$JS\.ACK\.S\.P\.\S+ 3\r\none\r\n/.test(text));
    const [, ack = ''] = /MSG orders\.1 2 (\$JS\.ACK\S+) /.exec(client.received) ?? [];
    expect(ack.split('.').length).toBe(9);
    expect(await ask(client, ack, '+ACK')).toMatch(/MSG i\.\d+ 1 0\r\n/);
    expect(await ask(client, '$JS.API.CONSUMER.INFO.S.P')).toContain('"num_ack_pending":0');
    await ask(client, '$JS.API.CONSUMER.DURABLE.CREATE.S.Q', {
      stream_name: 'S',
      config: { durable_name: 'Q', ack_policy: 'none' },
    });
    await client.settle('SUB pulled 3\r\n');
    await eventually(() => first.server.globalAccount.hasInterest('pulled'));
    client.send('PUB $JS.API.CONSUMER.MSG.NEXT.S.Q pulled 1\r\n2\r\n');
    await client.until((text) => /MSG orders\.1 3 \$JS\.ACK\.S\.Q\.\S+ 3\r\none\r\n/.test(text));
    client.send('PUB orders.2 3\r\ntwo\r\n');
    await client.until((text) => /MSG orders\.2 3 \$JS\.ACK\.S\.Q\.\S+ 3\r\ntwo\r\n/.test(text));
    await client.until((text) => /MSG orders\.2 2 \$JS\.ACK\.S\.P\.\S+ 3\r\ntwo\r\n/.test(text));
  });
});

describe('two servers with JetStream', () => {
  const cluster = useCluster();

  it('answer their own clients only, each for its own streams', async () => {
    const first = await cluster.start([], {}, { serverName: 'first', ...withJetStream() });
    const second = await cluster.start([first], {}, { serverName: 'second', ...withJetStream() });
    const third = await cluster.start([first]);
    await formed(first, second, third);
    const [one, two] = [await cluster.client(first), await cluster.client(second)];
    await listening(one, second, third);
    await two.settle('SUB k.* 1\r\n');
    await eventually(() => [first, third].every(({ server }) => server.globalAccount.hasInterest('k.x')));
    expect(await ask(one, '$JS.API.STREAM.CREATE.S', { name: 'S', subjects: ['s'] })).toContain('"name":"S"');
    expect(await ask(two, '$JS.API.STREAM.NAMES', '', 'k')).toContain('"total":0');
    expect(await ask(one, '$JS.API.STREAM.NAMES')).toContain('"total":1');
    for (const client of [one, two]) expect(await client.settle()).toBe('');
  });
});
