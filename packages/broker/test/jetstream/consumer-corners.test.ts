/** Corners of consumers that nats-server 2.15.1 has; each test says the rule. */
import { describe, expect, it } from 'vitest';
import { type Answer, errCodeOf, useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();
const explicit = { durable_name: 'c', ack_policy: 'explicit' };

async function stream(count: number, config: object = {}): Promise<void> {
  await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.>'], storage: 'memory', ...config });
  for (let n = 1; n <= count; n++) await js.publish('s.a', `m${n}`);
}

const consumer = (config: object, more: object = {}): Promise<Answer> =>
  js.api('CONSUMER.CREATE.S.c', { stream_name: 'S', config: { ...explicit, ...config }, ...more });
const info = (): Promise<Answer> => js.api('CONSUMER.INFO.S.c');
const settled = async (): Promise<void> => void (await js.connection.flush());
const until = async (probe: () => Promise<boolean>): Promise<void> => {
  while (!(await probe())) await settled();
};

describe('the ack floor', () => {
  it('stays where it was when messages are given up, and follows at the next acknowledgement', async () => {
    await stream(2);
    await consumer({ max_deliver: 1, ack_wait: 50_000_000 });
    await (await js.pull('S', 'c', { batch: 1 })).take(1);
    await until(async () => (await info())['num_ack_pending'] === 0);
    expect(await info()).toMatchObject({ ack_floor: { consumer_seq: 0, stream_seq: 0 }, delivered: { stream_seq: 1 } });
    const [second] = await (await js.pull('S', 'c', { batch: 1 })).take(1);
    await js.ask(second?.reply ?? '', '+ACK');
    expect(await info()).toMatchObject({ ack_floor: { consumer_seq: 2, stream_seq: 2 } });
  });
});

describe('an acknowledgement', () => {
  it('is read in the longer form only under the name of the account', async () => {
    await stream(1);
    await consumer({});
    await (await js.pull('S', 'c', { batch: 1 })).take(1);
    await expect(js.ask('$JS.ACK._.x.S.c.1.1.1.1700000000000000000.0.r')).rejects.toThrow(/no responders/);
    expect(await info()).toMatchObject({ num_ack_pending: 1 });
  });

  it('whose numbers are none is beyond all sequences, and is not answered', async () => {
    await stream(1);
    await consumer({});
    await (await js.pull('S', 'c', { batch: 1 })).take(1);
    js.connection.publish('$JS.ACK.S.c.a.b.c.d.e', '+ACK');
    await settled();
    const { num_ack_pending: pending, ack_floor: floor } = await info();
    expect({ pending, floor }).toEqual({ pending: 1, floor: { consumer_seq: 0, stream_seq: 0 } });
    expect((await js.ask('$JS.ACK.S.c.0.0.0.0.0', '+ACK')).string()).toBe('');
  });
});

describe('a consumer', () => {
  it('of a work queue may lose its filter in an update, even beside others', async () => {
    await stream(0, { retention: 'workqueue' });
    await consumer({ filter_subject: 's.a' });
    await js.mustApi('CONSUMER.CREATE.S.d', {
      stream_name: 'S',
      config: { durable_name: 'd', ack_policy: 'explicit', filter_subject: 's.b' },
    });
    expect(errCodeOf(await consumer({ filter_subject: 's.b' }, { action: 'update' }))).toBe(10100);
    expect(await consumer({}, { action: 'update' })).toMatchObject({ name: 'c' });
  });

  it('that is no longer durable keeps its threshold unless that changes', async () => {
    await stream(0);
    await consumer({});
    const answer = await js.mustApi('CONSUMER.CREATE.S.c', { stream_name: 'S', config: { name: 'c', ack_policy: 'explicit' } });
    expect(answer['config']).not.toHaveProperty('inactive_threshold');
  });

  it('needs no level for a pause at the zero time, and is told of a negative sampling rate in Go’s words', async () => {
    await stream(0);
    const paused = await consumer({ pause_until: '0001-01-01T00:00:00Z' });
    expect(paused).toMatchObject({ config: { metadata: { '_nats.req.level': '0' } } });
    const sampled = await consumer({ sample_freq: '-1' });
    expect(sampled).toMatchObject({ error: { description: 'failed to parse consumer sampling configuration: <nil>' } });
  });

  it('with pinned clients serves a request without a group, pins nobody, and says so', async () => {
    await stream(2);
    await consumer({ priority_groups: ['g'], priority_policy: 'pinned_client' });
    const [message] = await (await js.pull('S', 'c', '1')).take(1);
    expect(message?.headers?.get('Nats-Pin-Id')).toBe('');
    expect(await info()).toMatchObject({ priority_groups: [{ group: 'g' }] });
  });
});

describe('a consumer that starts at a time', () => {
  it('begins at the first message of its filter where that lies behind', async () => {
    await stream(0);
    for (const letter of 'ababb') await js.publish(`s.${letter}`, 'm');
    const old = { deliver_policy: 'by_start_time', opt_start_time: '2020-01-01T00:00:00Z' };
    expect(await consumer({ ...old, filter_subject: 's.b' })).toMatchObject({ delivered: { stream_seq: 1 }, num_pending: 3 });
  });
});

describe('a purge by subject', () => {
  const pullThree = async (): Promise<void> => void (await (await js.pull('S', 'c', { batch: 3 })).take(3));
  const fill = async (subjects: string): Promise<void> => {
    for (const letter of subjects) await js.publish(`s.${letter}`, 'm');
  };

  it('that takes only some of the filters moves the floor to the first message and drops what is gone above it', async () => {
    await stream(0);
    await consumer({ filter_subjects: ['s.a', 's.b'] });
    await fill('abcacab');
    await pullThree();
    await js.mustApi('STREAM.PURGE.S', { filter: 's.a' });
    expect(await info()).toMatchObject({
      delivered: { consumer_seq: 3, stream_seq: 4 },
      ack_floor: { consumer_seq: 3, stream_seq: 1 },
      num_ack_pending: 1,
    });
  });

  it('leaves the floor that is told where acknowledgements would have brought it, if that is further', async () => {
    await stream(0);
    await consumer({ filter_subjects: ['s.a', 's.d'] });
    await fill('abacdba');
    await pullThree();
    await js.mustApi('STREAM.PURGE.S', { filter: 's.a' });
    expect(await info()).toMatchObject({ ack_floor: { consumer_seq: 2, stream_seq: 4 }, num_ack_pending: 1 });
  });

  it('of a single message is still told of as of one that is done', async () => {
    await stream(0);
    await consumer({});
    await fill('abcd');
    await pullThree();
    const told = await js.collect('$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.S.c');
    await js.mustApi('STREAM.PURGE.S', { filter: 's.b' });
    expect((await told.take(1))[0]?.json()).toMatchObject({ stream_seq: 2, reason: 'Unacknowledged message was deleted' });
  });
});

describe('a pause that ends early', () => {
  const resumed = async (): Promise<Awaited<ReturnType<typeof js.pull>>> => {
    await stream(1);
    await consumer({ pause_until: '2100-01-01T00:00:00Z' });
    const open = await js.pull('S', 'c', { batch: 3, expires: 5_000_000_000 });
    expect(await info()).toMatchObject({ num_waiting: 1 });
    await js.mustApi('CONSUMER.PAUSE.S.c', {});
    return open;
  };

  it('wakes nobody, and the next message brings what was waiting', async () => {
    const open = await resumed();
    expect(await info()).toMatchObject({ num_pending: 1, delivered: { stream_seq: 0 } });
    await js.publish('s.a', 'm2');
    expect((await open.take(2)).map((message) => message.string())).toEqual(['m1', 'm2']);
  });

  it('is noticed by the next heartbeat of a push consumer', async () => {
    await stream(1);
    const told = await js.collect('d');
    await consumer({ deliver_subject: 'd', idle_heartbeat: 200_000_000, pause_until: '2100-01-01T00:00:00Z' });
    await js.mustApi('CONSUMER.PAUSE.S.c', {});
    const [heartbeat, message] = await told.take(2);
    expect([heartbeat?.headers?.code, message?.string()]).toEqual([100, 'm1']);
  });
});

describe('a stream that begins to keep messages for interest', () => {
  const state = async (): Promise<unknown> => (await js.mustApi('STREAM.INFO.S', { deleted_details: true }))['state'];
  const keepForInterest = (): Promise<Answer> =>
    js.mustApi('STREAM.UPDATE.S', { name: 'S', subjects: ['s.>'], storage: 'memory', retention: 'interest' });

  it('lets go what consumers are done with, and keeps what none of them filters', async () => {
    await stream(0);
    for (const letter of 'abab') await js.publish(`s.${letter}`, 'm');
    await consumer({ filter_subject: 's.a' });
    const [first] = await (await js.pull('S', 'c', { batch: 2 })).take(2);
    await js.ask(first?.reply ?? '', '+ACK');
    await keepForInterest();
    expect(await state()).toMatchObject({ messages: 3, first_seq: 2 });
    await js.publish('s.b', 'nobody');
    expect(await state()).toMatchObject({ messages: 3, last_seq: 5, deleted: [5] });
  });

  it('keeps what a consumer without acknowledgements gets, because that had begun before', async () => {
    await stream(2);
    await consumer({ ack_policy: 'none' });
    await keepForInterest();
    await (await js.pull('S', 'c', { batch: 2 })).take(2);
    expect(await state()).toMatchObject({ messages: 2 });
  });
});

it('a request that expires after a nanosecond gets nothing, though there is something', async () => {
  await stream(1);
  await consumer({});
  const [status] = await (await js.pull('S', 'c', { batch: 1, expires: 1 })).take(1);
  expect(status?.headers?.code).toBe(408);
});
