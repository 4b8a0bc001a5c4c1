/** Push consumers: interest, queue groups, heartbeats, flow control, rate. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { errCodeOf, headerOf, lineOf, ns, useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();

async function ready(count: number): Promise<void> {
  await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'] });
  for (let index = 0; index < count; index++) await js.publish('s', `m${index}`);
}

function consumer(config: object): Promise<unknown> {
  const all = { durable_name: 'c', deliver_subject: 'd', ack_policy: 'explicit', ...config };
  return js.mustApi('CONSUMER.CREATE.S.c', { stream_name: 'S', config: all });
}

describe('a push consumer', () => {
  it('sends what there is and what comes, under the stored subject', async () => {
    await ready(2);
    const pushed = await js.collect('d');
    await consumer({});
    await js.publish('s', 'm2');
    const messages = await pushed.take(3);
    expect(messages.map(lineOf)).toEqual(['s=m0', 's=m1', 's=m2']);
    for (const { reply } of messages) await js.ask(reply ?? '', '+ACK');
    expect(await js.mustApi('CONSUMER.INFO.S.c')).toMatchObject({ push_bound: true, num_ack_pending: 0, num_pending: 0 });
  });

  it('waits until somebody listens, and again when nobody does any more', async () => {
    await ready(1);
    await consumer({});
    expect(await js.mustApi('CONSUMER.INFO.S.c')).toMatchObject({ delivered: { stream_seq: 0 }, num_pending: 1 });
    const subscription = js.connection.subscribe('d', { max: 1 });
    for await (const message of subscription) expect(lineOf(message)).toBe('s=m0');
    await js.connection.flush();
    await js.publish('s', 'm1');
    expect(await js.mustApi('CONSUMER.INFO.S.c')).toMatchObject({ delivered: { stream_seq: 1 }, num_pending: 1 });
    const again = await js.collect('d');
    expect((await again.take(1)).map(lineOf)).toEqual(['s=m1']);
  });

  it('sends each message to one member of its deliver group', async () => {
    await ready(20);
    const seen: string[][] = [[], []];
    let finish: (() => void) | undefined;
    const all = new Promise<void>((resolve) => {
      finish = resolve;
    });
    for (const list of seen) {
      js.connection.subscribe('d', {
        queue: 'g',
        callback: (_error, message) => {
          list.push(message.string());
          if (seen.flat().length === 20) finish?.();
        },
      });
    }
    await js.connection.flush();
    await consumer({ deliver_group: 'g', ack_policy: 'none' });
    await all;
    expect(new Set(seen.flat()).size).toBe(20);
    expect(seen.every((list) => list.length > 0)).toBe(true);
  });

  it('sends heartbeats with where it stands while nothing comes', async () => {
    await ready(1);
    const pushed = await js.collect('d');
    await consumer({ idle_heartbeat: ns(150), ack_policy: 'none' });
    const [message, beat] = await pushed.take(2);
    expect(message && lineOf(message)).toBe('s=m0');
    expect(beat && lineOf(beat)).toBe('100 Idle Heartbeat');
    expect(beat && [headerOf(beat, 'Nats-Last-Consumer'), headerOf(beat, 'Nats-Last-Stream')]).toEqual(['1', '1']);
  });

  it('stops sending until flow control is answered, then sends the rest', async () => {
    await ready(0);
    for (let index = 0; index < 60; index++) js.connection.publish('s', 'x'.repeat(100_000));
    await expect.poll(() => js.mustApi('STREAM.INFO.S')).toMatchObject({ state: { messages: 60 } });
    let messages = 0;
    let requests = 0;
    const held: Msg[] = [];
    const events: { stalled?: () => void; finished?: () => void } = {};
    const stalled = new Promise<void>((resolve) => {
      events.stalled = resolve;
    });
    const finished = new Promise<void>((resolve) => {
      events.finished = resolve;
    });
    let isAnswering = false;
    js.connection.subscribe('d', {
      callback: (_error, message) => {
        if ((message.headers?.code ?? 0) === 0) {
          messages++;
          if (messages === 60) events.finished?.();
          return;
        }
        if (headerOf(message, 'Nats-Consumer-Stalled') !== undefined) events.stalled?.();
        if (!lineOf(message).includes('FlowControl')) return;
        requests++;
        if (isAnswering) message.respond();
        else held.push(message);
      },
    });
    await js.connection.flush();
    await consumer({ ack_policy: 'none', flow_control: true, idle_heartbeat: ns(200) });
    await stalled;
    expect(messages).toBeLessThan(60);
    expect(held).toHaveLength(1);
    isAnswering = true;
    held[0]?.respond();
    await finished;
    expect(requests).toBeGreaterThan(1);
  });

  it('keeps its subject while it is listened to, and may not need what only pull consumers have', async () => {
    await ready(0);
    await js.collect('d');
    await consumer({});
    const change = { durable_name: 'c', deliver_subject: 'e', ack_policy: 'explicit' };
    expect(errCodeOf(await js.api('CONSUMER.CREATE.S.c', { stream_name: 'S', config: change }))).toBe(10013);
    const refused = async (config: object): Promise<unknown> =>
      errCodeOf(
        await js.api('CONSUMER.CREATE.S.x', { stream_name: 'S', config: { name: 'x', deliver_subject: 'x', ...config } }),
      );
    expect(await refused({ deliver_subject: 'x.*' })).toBe(10079);
    expect(await refused({ flow_control: true })).toBe(10108);
    expect(await refused({ max_waiting: 5 })).toBe(10080);
    expect(await refused({ deliver_subject: 's' })).toBe(10081);
  });

  it('holds to its rate limit', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'], max_msg_size: 1000 });
    for (let index = 0; index < 4; index++) await js.publish('s', 'x'.repeat(900));
    const pushed = await js.collect('d');
    const begin = performance.now();
    await consumer({ ack_policy: 'none', rate_limit_bps: 40_000 });
    await pushed.take(4);
    expect(performance.now() - begin).toBeGreaterThan(300);
  });

  it('serves the official client', async () => {
    await ready(10);
    const manager = await jetstreamManager(js.connection);
    await manager.consumers.add('S', { durable_name: 'c', deliver_subject: 'd', ack_policy: 'explicit' });
    const client = await jetstream(js.connection).consumers.getPushConsumer('S', 'c');
    const seen = [];
    for await (const message of await client.consume()) {
      seen.push(message.string());
      message.ack();
      if (seen.length === 10) break;
    }
    expect(seen.at(-1)).toBe('m9');
    await expect.poll(() => js.mustApi('CONSUMER.INFO.S.c')).toMatchObject({ ack_floor: { stream_seq: 10 } });
  });
});
