/** JetStream on the first page: what is looked at, how often, and how it is said. */
import { describe, expect, it } from 'vitest';
import { JetStreamWatch } from '../../src/nats/jetstream/jetstream-watch.ts';
import { LagTrend } from '../../src/nats/jetstream/lag-trend.ts';
import { jetStreamProblems, type MeasuredJetStream } from '../../src/nats/jetstream-findings.ts';
import type { JsonRecord } from '../../src/nats/json-fields.ts';
import { plainText } from '../../src/presenters/sentence.ts';
import { FakeRequests } from '../support/fake-requests.ts';
import { ManualClock } from '../support/manual-clock.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));
const NO_USE = { used: 0, limit: 0 };

interface Consumer {
  readonly name: string;
  readonly pending?: number;
  readonly ackPending?: number;
  readonly redelivered?: number;
  readonly waiting?: number;
}

function consumerInfo({ name, pending = 0, ackPending = 0, redelivered = 0, waiting = 1 }: Consumer): JsonRecord {
  return {
    stream_name: 'ORDERS',
    name,
    config: { durable_name: name, max_ack_pending: 5 },
    num_pending: pending,
    num_ack_pending: ackPending,
    num_redelivered: redelivered,
    num_waiting: waiting,
  };
}

class World {
  readonly clock = new ManualClock();
  readonly nats = new FakeRequests();
  readonly watch = new JetStreamWatch({ clock: this.clock, nats: this.nats, onNotice: (text) => this.notices.push(text) });
  readonly notices: string[] = [];
  consumers: JsonRecord[] = [];
  stream: JsonRecord = { config: { name: 'ORDERS', max_msgs: 100, discard: 'old' }, state: { messages: 100 } };
  streamCount = 1;

  constructor() {
    this.nats.answers['JSZ'] = (body) => ({
      config: { max_storage: 1000 },
      streams: this.streamCount,
      consumers: this.consumers.length,
      messages: 7,
      ...(body['accounts'] === true
        ? { account_details: [{ name: 'SHOP', stream_detail: [{ ...this.stream, consumer_detail: this.consumers }] }] }
        : {}),
    });
  }

  async look(): Promise<string[]> {
    this.clock.advance(5000);
    this.watch.sight();
    await settled();
    const measured: MeasuredJetStream = { file: NO_USE, memory: NO_USE, sight: this.watch.sight() };
    return jetStreamProblems(measured).map((problem) => `${problem.severity}: ${plainText(problem.sentence)}`);
  }
}

describe('looking at JetStream', () => {
  it('is one question for all accounts, and no more often than every five seconds', async () => {
    const world = new World();
    expect(world.watch.sight()).toBeNull();
    await settled();
    for (let again = 0; again < 10; again++) expect(world.watch.sight()).toMatchObject({ streams: 1, consumers: 0, messages: 7 });
    expect(world.nats.asked).toHaveLength(2);
    world.clock.advance(5000);
    world.watch.sight();
    await settled();
    expect(world.nats.asked).toHaveLength(4);
  });

  it('asks for totals alone where there is too much to look at each', async () => {
    const world = new World();
    world.streamCount = 20_001;
    await world.look();
    expect(world.watch.sight()).toMatchObject({ streams: 20_001, isDetailed: false, troubledConsumers: [] });
    expect(world.nats.asked.map(({ body }) => body)).toEqual([{}]);
  });

  it('sees nothing where there is no JetStream, or no answer', async () => {
    const world = new World();
    world.nats.answers = {};
    expect(await world.look()).toEqual([]);
    expect(world.watch.sight()).toBeNull();
  });

  it('says which consumers stand still, worst first, and calls nobody unwell for one that nobody uses', async () => {
    const world = new World();
    world.consumers = [
      consumerInfo({ name: 'fine', waiting: 3 }),
      consumerInfo({ name: 'unused', pending: 40, waiting: 0 }),
      consumerInfo({ name: 'poison', ackPending: 2, redelivered: 2 }),
      consumerInfo({ name: 'stuck', ackPending: 5, pending: 1200 }),
    ];
    expect(await world.look()).toEqual([
      'bad: stuck of ORDERS is stalled: 5 are not acknowledged, 1,200 wait',
      'warn: poison of ORDERS gets 2 messages again and again',
      'info: unused of ORDERS: 40 messages not delivered, nobody pulls',
    ]);
  });

  it('tells of a lag that grows for half a minute, and leads to the consumer', async () => {
    const world = new World();
    const grow = async (pending: number) => {
      world.consumers = [consumerInfo({ name: 'slow', pending })];
      return world.look();
    };
    for (let reading = 0; reading < 6; reading++) expect(await grow(1000 + reading * 100)).toEqual([]);
    expect(await grow(1600)).toEqual(['warn: slow of ORDERS falls behind: 600 more wait than 30 s ago']);
    const [problem] = jetStreamProblems({ file: NO_USE, memory: NO_USE, sight: world.watch.sight() });
    expect(problem?.link).toMatchObject({ to: '/consumers', search: { account: 'SHOP', of: 'ORDERS', consumer: 'slow' } });
    expect(await grow(900)).toEqual([]);
  });

  it('counts a stalled consumer from its last acknowledgement', async () => {
    const world = new World();
    const lastAck = new Date(world.clock.nowMs() - 420_000).toISOString();
    world.consumers = [{ ...consumerInfo({ name: 'stuck', ackPending: 5 }), ack_floor: { last_active: lastAck } }];
    await world.look();
    const [problem] = jetStreamProblems({ file: NO_USE, memory: NO_USE, sight: world.watch.sight() });
    expect(problem?.sinceMs).toBe(Date.parse(lastAck));
  });

  it('tells of a consumer that gave up, without calling the server unwell', async () => {
    const world = new World();
    const info = consumerInfo({ name: 'mailer', redelivered: 7 });
    world.consumers = [{ ...info, config: { durable_name: 'mailer', max_deliver: 3 } }];
    expect(await world.look()).toEqual(['info: mailer of ORDERS gave up on 7 messages']);
  });

  it('names some consumers and counts the others', async () => {
    const world = new World();
    world.consumers = Array.from({ length: 9 }, (_, n) => consumerInfo({ name: `c${n}`, ackPending: 5, pending: n }));
    const said = await world.look();
    expect(said).toHaveLength(5);
    expect(said.at(-1)).toBe('info: 5 more consumers stand still or fall behind');
  });

  it('tells of lost messages, and of a full stream only where it refuses what comes', async () => {
    const world = new World();
    expect(await world.look()).toEqual([]);
    world.stream = { config: { name: 'ORDERS', max_msgs: 100, discard: 'new' }, state: { messages: 90 } };
    expect(await world.look()).toEqual(['warn: Stream ORDERS is 90 % full and refuses messages when it is']);
    world.stream = { config: { name: 'ORDERS', max_msgs: 100, discard: 'new' }, state: { messages: 100 } };
    expect(await world.look()).toEqual(['bad: Stream ORDERS is full and refuses messages']);
    world.stream = { config: { name: 'ORDERS' }, state: { messages: 5, lost: { msgs: [3, 4], bytes: 100 } } };
    expect(await world.look()).toEqual(['bad: Stream ORDERS has lost 2 messages to damage of its files']);
  });

  it('tells of a stream whose disk failed before anything else, and counts damage on all of them', async () => {
    const world = new World();
    await world.look();
    expect(world.watch.sight()?.damage).toEqual({ lostMessages: 0, lostBytes: 0, damagedStreams: 0, readOnlyStreams: 0 });
    world.stream = { config: { name: 'ORDERS' }, state: { messages: 5, lost: { msgs: [3, 4], bytes: 100 } }, read_only: true };
    expect(await world.look()).toEqual([
      'bad: Stream ORDERS is read-only: its disk failed, and it refuses messages until the server is started again',
    ]);
    expect(world.watch.sight()?.damage).toEqual({ lostMessages: 2, lostBytes: 100, damagedStreams: 1, readOnlyStreams: 1 });
    world.streamCount = 20_001;
    await world.look();
    expect(world.watch.sight()?.damage).toBeNull();
  });

  it('is waited for by whoever looks seldom, and asked no more often for it', async () => {
    const world = new World();
    expect(await world.watch.freshSight()).toMatchObject({ messages: 7 });
    await world.watch.freshSight();
    expect(world.nats.asked).toHaveLength(2);
  });

  it('warns before the storage is full', () => {
    const used = (amount: number) =>
      jetStreamProblems({ file: { used: amount, limit: 100 }, memory: NO_USE, sight: null }).map(({ severity }) => severity);
    expect(used(84)).toEqual([]);
    expect(used(85)).toEqual(['warn']);
    expect(used(95)).toEqual(['bad']);
  });
});

describe('the trend of a lag', () => {
  const reading = (trend: LagTrend, lag: number, atMs: number) => {
    trend.begin();
    const growth = trend.note('c', lag, atMs);
    trend.end();
    return growth;
  };

  it('is measured over the last half minute to minute and a half', () => {
    const trend = new LagTrend();
    for (let s = 0; s <= 600; s += 5) {
      const growth = reading(trend, 1000 + s * 10, s * 1000);
      if (s < 30) expect(growth).toBeNull();
      else expect(growth?.overMs).toBeLessThanOrEqual(95_000);
      if (s >= 30) expect(growth?.messages).toBe(((growth?.overMs ?? 0) / 1000) * 10);
    }
  });

  it('is none for a burst that is worked off, for noise, and for what was away', () => {
    const trend = new LagTrend();
    const lags = [0, 5000, 4000, 3000, 2000, 1000, 20, 10];
    for (const [index, lag] of lags.entries()) expect(reading(trend, lag, index * 5000)).toBeNull();
    trend.begin();
    trend.end();
    expect(reading(trend, 100_000, 60_000)).toBeNull();
  });
});
