/** What a stream keeps and refuses: its limits, both discard policies, the three retentions, and the limits of account and server. */
import { describe, expect, it } from 'vitest';
import { unlimitedAccount } from '../../src/options.ts';
import { errCodeOf, ns, useJetStream } from '../support/use-jetstream.ts';

for (const storage of ['file', 'memory']) {
  describe(`a stream in ${storage}`, () => {
    const js = useJetStream();
    const stream = (config: object): Promise<unknown> =>
      js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.*'], storage, ...config });
    const fill = async (count: number, subject = (_index: number): string => 's.1'): Promise<void> => {
      for (let index = 0; index < count; index++) await js.publish(subject(index), `m${index}`);
    };
    const state = async (): Promise<unknown> => (await js.mustApi('STREAM.INFO.S', { subjects_filter: '>' }))['state'];

    it('drops the oldest messages above its count, its bytes and its count per subject', async () => {
      await stream({ max_msgs: 3 });
      await fill(5);
      expect(await state()).toMatchObject({ messages: 3, first_seq: 3, last_seq: 5 });
      await js.mustApi('STREAM.UPDATE.S', { name: 'S', subjects: ['s.*'], storage, max_msgs: -1, max_msgs_per_subject: 1 });
      await fill(4, (index) => `s.${index % 2}`);
      expect(await state()).toMatchObject({ messages: 2, subjects: { 's.0': 1, 's.1': 1 } });
      await js.mustApi('STREAM.UPDATE.S', { name: 'S', subjects: ['s.*'], storage, max_bytes: 500 });
      await fill(100);
      const after = await state();
      expect(after).toHaveProperty('last_seq', 109);
      expect(after).toHaveProperty('bytes', expect.closeTo(450, -2));
    });

    it('refuses above its limits when it discards what is new', async () => {
      await stream({ max_msgs: 2, discard: 'new' });
      await fill(2);
      expect(await js.publish('s.1', 'x')).toMatchObject({
        error: { code: 503, err_code: 10077, description: 'maximum messages exceeded' },
        stream: 'S',
        seq: 0,
      });
      await js.mustApi('STREAM.UPDATE.S', { name: 'S', subjects: ['s.*'], storage, max_bytes: 150, discard: 'new' });
      expect(await js.publish('s.1', 'x'.repeat(200))).toMatchObject({ error: { description: 'maximum bytes exceeded' } });
      expect(await state()).toMatchObject({ messages: 2, last_seq: 2 });
    });

    it('refuses a subject’s next message when it discards new per subject', async () => {
      await stream({ discard: 'new', discard_new_per_subject: true, max_msgs_per_subject: 1 });
      expect(await js.publish('s.a', '1')).toHaveProperty('seq', 1);
      expect(errCodeOf(await js.publish('s.a', '2'))).toBe(10077);
      expect(await js.publish('s.b', '1')).toHaveProperty('seq', 2);
    });

    it('refuses a message above its size', async () => {
      await stream({ max_msg_size: 10 });
      expect(errCodeOf(await js.publish('s.1', 'x'.repeat(11)))).toBe(10054);
      expect(errCodeOf(await js.publish('s.1', 'x'.repeat(10)))).toBeUndefined();
    });

    it('lets messages go when they are too old', async () => {
      await stream({ max_age: ns(300) });
      await fill(3);
      await expect.poll(state, { timeout: 8000 }).toMatchObject({ messages: 0, first_seq: 4, last_seq: 3 });
    });

    it('keeps a work queue’s message until it is acknowledged, and lets two consumers not share a subject', async () => {
      await stream({ retention: 'workqueue' });
      await fill(3);
      const consumer = { ack_policy: 'explicit', durable_name: 'c', filter_subject: 's.1' };
      await js.mustApi('CONSUMER.DURABLE.CREATE.S.c', { stream_name: 'S', config: consumer });
      const create = async (name: string, more: object): Promise<unknown> =>
        errCodeOf(
          await js.api(`CONSUMER.CREATE.S.${name}`, { stream_name: 'S', config: { name, ack_policy: 'explicit', ...more } }),
        );
      expect(await create('d', {})).toBe(10099);
      expect(await create('d', { filter_subject: 's.*' })).toBe(10100);
      expect(await create('d', { filter_subject: 's.2', deliver_policy: 'new' })).toBe(10101);
      expect(await create('d', { filter_subject: 's.2', ack_policy: 'none' })).toBe(10084);
      expect(await create('d', { filter_subject: 's.2' })).toBeUndefined();
      const pulled = await js.pull('S', 'c', { batch: 2 });
      const [first] = await pulled.take(2);
      await js.ask(first?.reply ?? '', '+ACK');
      expect(await state()).toMatchObject({ messages: 2, first_seq: 2 });
    });

    it('keeps a message under interest until every consumer has it, and none that nobody wants', async () => {
      await stream({ retention: 'interest' });
      await fill(1);
      expect(await state()).toMatchObject({ messages: 0, last_seq: 1 });
      for (const name of ['a', 'b']) {
        await js.mustApi(`CONSUMER.CREATE.S.${name}`, {
          stream_name: 'S',
          config: { durable_name: name, ack_policy: 'explicit' },
        });
      }
      await fill(1);
      for (const [name, left] of [
        ['a', 1],
        ['b', 0],
      ] as const) {
        const [message] = await (await js.pull('S', name, { batch: 1 })).take(1);
        await js.ask(message?.reply ?? '', '+ACK');
        expect(await state()).toMatchObject({ messages: left });
      }
    });
  });
}

describe('consumer limits of a stream', () => {
  const js = useJetStream();

  it('are the defaults and the most a consumer may ask for', async () => {
    await js.mustApi('STREAM.CREATE.S', {
      name: 'S',
      subjects: ['s'],
      max_consumers: 2,
      consumer_limits: { max_ack_pending: 10, inactive_threshold: ns(60_000) },
    });
    const create = (name: string, more: object = {}): ReturnType<typeof js.api> =>
      js.api(`CONSUMER.CREATE.S.${name}`, { stream_name: 'S', config: { durable_name: name, ack_policy: 'explicit', ...more } });
    expect(await create('a')).toMatchObject({ config: { max_ack_pending: 10, inactive_threshold: ns(60_000) } });
    expect(errCodeOf(await create('b', { max_ack_pending: 11 }))).toBe(10121);
    expect(errCodeOf(await create('b', { inactive_threshold: ns(70_000) }))).toBe(10153);
    expect(errCodeOf(await create('b'))).toBeUndefined();
    expect(errCodeOf(await create('c'))).toBe(10026);
  });
});

describe('the limits of an account', () => {
  const js = useJetStream(
    {},
    {
      accounts: [
        {
          name: 'A',
          jetstream: {
            ...unlimitedAccount,
            maxStoreBytes: 10_000,
            maxMemoryBytes: 0,
            maxStreams: 2,
            maxConsumers: 1,
            storeMaxStreamBytes: 5000,
            isMaxBytesRequired: true,
          },
        },
      ],
      auth: { users: [{ user: 'a', password: 'p', account: 'A' }], noAuthUser: 'a', timeoutMs: 2000 },
    },
  );

  it('are told, and hold for streams, bytes and consumers', async () => {
    expect(await js.api('INFO')).toMatchObject({
      limits: { max_storage: 10_000, max_streams: 2, max_consumers: 1, max_bytes_required: true, storage_max_stream_bytes: 5000 },
    });
    const create = async (name: string, more: object): Promise<unknown> =>
      errCodeOf(await js.api(`STREAM.CREATE.${name}`, { name, subjects: [name], ...more }));
    expect(await create('S', {})).toBe(10113);
    expect(await create('S', { max_bytes: 6000 })).toBe(10122);
    expect(await create('S', { max_bytes: 4000 })).toBeUndefined();
    expect(await create('M', { max_bytes: 100, storage: 'memory' })).toBeDefined();
    expect(await create('T', { max_bytes: 5000 })).toBeUndefined();
    expect(await create('U', { max_bytes: 100 })).toBe(10027);
    const consumer = { stream_name: 'S', config: { durable_name: 'c', ack_policy: 'explicit' } };
    expect(errCodeOf(await js.api('CONSUMER.DURABLE.CREATE.S.c', consumer))).toBeUndefined();
  });
});

describe('a server with a domain and limits of its own', () => {
  const js = useJetStream({ domain: 'hub', duplicateWindowMs: 1000, maxRequestBatch: 5 });

  it('answers under its domain as well, and names it', async () => {
    const answer = await js.ask('$JS.hub.API.INFO');
    expect(answer.json()).toMatchObject({ domain: 'hub' });
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'] });
    expect(await js.publish('s', 'x')).toEqual({ stream: 'S', domain: 'hub', seq: 1 });
    await expect(js.ask('$JS.other.API.INFO')).rejects.toThrow(/no responders/);
  });

  it('holds streams to the server’s duplicate window and requests to its batch', async () => {
    expect(errCodeOf(await js.api('STREAM.CREATE.S', { name: 'S', duplicate_window: ns(2000) }))).toBe(10052);
    expect(await js.mustApi('STREAM.CREATE.S', { name: 'S' })).toMatchObject({ config: { duplicate_window: ns(1000) } });
    await js.mustApi('CONSUMER.CREATE.S.c', { stream_name: 'S', config: { durable_name: 'c', ack_policy: 'explicit' } });
    const info = await js.mustApi('CONSUMER.INFO.S.c');
    expect(info).toMatchObject({ name: 'c' });
  });
});

describe('a stream that gets more than may wait', () => {
  const js = useJetStream({ maxBufferedMessages: 10 });

  it('refuses what is too much, stores what it has acknowledged, and goes on', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'] });
    const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => js.publish('s', `m${index}`)));
    const stored = answers.filter((answer) => errCodeOf(answer) === undefined);
    const refused = answers.filter((answer) => errCodeOf(answer) === 10167);
    expect(refused.length).toBeGreaterThan(0);
    expect(stored.length + refused.length).toBe(500);
    expect(await js.mustApi('STREAM.INFO.S')).toMatchObject({ state: { messages: stored.length } });
    expect(errCodeOf(await js.publish('s', 'after'))).toBeUndefined();
  });
});
