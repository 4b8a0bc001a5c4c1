/**
 * Looking at stored data never consumes it: on every retention policy, with and without direct get, nothing is taken away, no consumer
 * is made, and the only questions that reach JetStream are those that read. A client of the account listens to them.
 */
import type {
  ConsumersPage,
  KeyDetail,
  KeysPage,
  MessagesPage,
  PurgeResult,
  StoredMessage,
  StreamSubjectsPage,
} from '@sluice/protocol/console';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiveClient } from '../support/live-client.ts';
import { JetStreamConsole } from './console-with-jetstream.ts';

let at: JetStreamConsole;
beforeAll(async () => {
  at = await JetStreamConsole.start();
});
afterAll(() => at?.stop());

/** What reads and nothing else; everything that makes, moves, pulls, acknowledges or removes is missing here. */
const READS =
  /^\$JS\.API\.(INFO|STREAM\.(INFO|LIST|NAMES)(\..+)?|STREAM\.MSG\.GET\..+|DIRECT\.GET\..+|CONSUMER\.(INFO|LIST)\..+)$/;

/** Runs `look` and returns what reached JetStream meanwhile: questions, acknowledgements, advisories of consumers. */
async function whatIsAsked(look: () => Promise<void>): Promise<string[]> {
  const heard: string[] = [];
  const subscriptions = ['$JS.API.>', '$JS.ACK.>', '$JS.EVENT.ADVISORY.CONSUMER.>'].map((subject) =>
    at.client.subscribe(subject, { callback: (_error, message) => void heard.push(message.subject) }),
  );
  await at.client.flush();
  await look();
  await at.client.flush();
  for (const subscription of subscriptions) subscription.unsubscribe();
  return heard;
}

async function expectReadsOnly(look: () => Promise<void>): Promise<void> {
  const heard = await whatIsAsked(look);
  expect(heard.filter((subject) => !READS.test(subject))).toEqual([]);
  expect(heard.length).toBeGreaterThan(0);
}

describe.each(['limits', 'interest', 'workqueue'] as const)('reading a stream of %s', (retention) => {
  it.each([
    ['direct get', true],
    ['message get', false],
  ])('takes nothing away (%s)', async (_name, isDirect) => {
    const name = `R_${retention}_${isDirect ? 'DIRECT' : 'PLAIN'}`;
    const subject = `r.${retention}.${isDirect}`;
    await at.ask('POST', '/api/streams', { config: { name, subjects: [subject], retention, allow_direct: isDirect } });
    await at.ask('POST', `/api/streams/${name}/consumers`, {
      config: { durable_name: 'worker', ack_policy: 'explicit', deliver_policy: 'all' },
    });
    await at.publish(subject, 20);
    const state = async (): Promise<object> => (await at.api<{ state: object }>(`STREAM.INFO.${name}`)).state;
    const consumer = async (): Promise<object> => {
      const info = await at.api<Record<string, object>>(`CONSUMER.INFO.${name}.worker`);
      const { delivered, ack_floor, num_pending, num_ack_pending, num_waiting } = info;
      return { delivered, ack_floor, num_pending, num_ack_pending, num_waiting };
    };
    const before = [await state(), await consumer()];
    expect(before[0]).toMatchObject({ messages: 20, consumer_count: 1 });
    await expectReadsOnly(async () => {
      const url = `/api/streams/${name}`;
      expect((await at.ask<MessagesPage>('GET', `${url}/messages?limit=500`)).items).toHaveLength(20);
      expect((await at.ask<MessagesPage>('GET', `${url}/messages?order=asc&subject=${subject}`)).items).toHaveLength(20);
      expect((await at.ask<MessagesPage>('GET', `${url}/messages?order=asc&atMs=${Date.now() - 60_000}`)).items[0]?.seq).toBe(1);
      expect((await at.ask<StoredMessage>('GET', `${url}/messages/7`)).seq).toBe(7);
      await at.ask<PurgeResult>('POST', `${url}/purge`, { isDryRun: true, seq: 5 });
      await at.ask<StreamSubjectsPage>('GET', `${url}/subjects`);
      await at.ask<ConsumersPage>('GET', `${url}/consumers`);
      await at.ask('GET', url);
    });
    expect([await state(), await consumer()]).toEqual(before);
  });
});

describe('looking into buckets', () => {
  it('only reads keys, values, histories and live changes', async () => {
    await at.ask('POST', '/api/kv', { bucket: 'looked', history: 5 });
    for (const payload of ['one', 'two']) await at.ask('PUT', '/api/kv/looked/entry', { key: 'a.b', encoding: 'utf8', payload });
    const live = await LiveClient.open(at.browser);
    await expectReadsOnly(async () => {
      expect((await at.ask<KeysPage>('GET', '/api/kv/looked/keys')).total).toBe(1);
      expect((await at.ask<KeyDetail>('GET', '/api/kv/looked/entry?key=a.b')).history).toHaveLength(2);
      live.say({ type: 'subscribe', id: 1, topic: 'kv', kv: { bucket: 'looked' } });
      await live.find((message) => (message.type === 'subscribed' ? message : undefined));
      await at.ask('GET', '/api/kv/looked');
    });
    live.close();
  });

  it('only reads objects, their lists and their contents', async () => {
    await at.ask('POST', '/api/objects', { bucket: 'looked' });
    const uploaded = await at.browser.upload('/api/objects/looked/upload?name=file', new Uint8Array(300_000));
    expect(uploaded.status).toBe(200);
    await expectReadsOnly(async () => {
      await at.ask('GET', '/api/objects/looked/list');
      await at.ask('GET', '/api/objects/looked/info?name=file');
      const content = await at.browser.send('GET', '/api/objects/looked/download?name=file');
      expect((await content.arrayBuffer()).byteLength).toBe(300_000);
    });
  });
});

describe('a broker that is gone', () => {
  it('is no empty list', async () => {
    const lost = await JetStreamConsole.start();
    try {
      await lost.ask('POST', '/api/streams', { config: { name: 'KEPT', subjects: ['kept'] } });
      await lost.broker.stop();
      for (const url of ['/api/streams', '/api/consumers', '/api/kv', '/api/objects']) {
        expect(await lost.refusal('GET', url), url).toMatchObject({ status: 503, code: 'unavailable' });
      }
    } finally {
      await lost.stop();
    }
  });
});
