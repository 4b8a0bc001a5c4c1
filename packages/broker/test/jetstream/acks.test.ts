/** Acknowledgements: every kind, what they do to ack floor and pending, and when a message comes again. */
import type { Msg } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { headerOf, lineOf, ns, useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();

/** A stream with `count` messages and a consumer `c`. */
async function ready(count: number, config: object = {}): Promise<void> {
  await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'] });
  for (let index = 0; index < count; index++) await js.publish('s', `m${index}`);
  await js.mustApi('CONSUMER.CREATE.S.c', { stream_name: 'S', config: { durable_name: 'c', ack_policy: 'explicit', ...config } });
}

async function pull(batch: number, expiresMs = 5000): Promise<Msg[]> {
  return (await js.pull('S', 'c', { batch, expires: ns(expiresMs) })).take(batch);
}

const ack = (message: Msg | undefined, body = '+ACK'): Promise<Msg> => js.ask(message?.reply ?? '', body);
const info = (): Promise<unknown> => js.mustApi('CONSUMER.INFO.S.c');

describe('an acknowledgement', () => {
  it('is answered with an empty message when it asks, and again when it is repeated', async () => {
    await ready(1);
    const [message] = await pull(1);
    expect(message?.reply).toMatch(/^\$JS\.ACK\.S\.c\.1\.1\.1\.\d{19}\.0$/);
    expect((await ack(message)).data).toHaveLength(0);
    expect((await ack(message)).data).toHaveLength(0);
    expect(await info()).toMatchObject({ num_ack_pending: 0, ack_floor: { consumer_seq: 1, stream_seq: 1 } });
  });

  it('moves the floor only when nothing below it is open', async () => {
    await ready(3);
    const messages = await pull(3);
    await ack(messages[2]);
    expect(await info()).toMatchObject({ num_ack_pending: 2, ack_floor: { stream_seq: 0 } });
    await ack(messages[0], '');
    expect(await info()).toMatchObject({ num_ack_pending: 1, ack_floor: { stream_seq: 1 } });
    await ack(messages[1], '+OK');
    expect(await info()).toMatchObject({ num_ack_pending: 0, ack_floor: { stream_seq: 3 } });
  });

  it('stands for all before it under the policy all, and is not needed under none', async () => {
    await ready(4, { ack_policy: 'all' });
    const messages = await pull(4);
    await ack(messages[2]);
    expect(await info()).toMatchObject({ num_ack_pending: 1, ack_floor: { stream_seq: 3 } });
    await js.mustApi('CONSUMER.CREATE.S.n', { stream_name: 'S', config: { name: 'n', ack_policy: 'none' } });
    await (await js.pull('S', 'n', 2)).take(2);
    expect(await js.mustApi('CONSUMER.INFO.S.n')).toMatchObject({ num_ack_pending: 0, delivered: { stream_seq: 2 } });
  });

  it('lets the next messages out under max_ack_pending', async () => {
    await ready(4, { max_ack_pending: 2 });
    const collected = await js.pull('S', 'c', { batch: 4, expires: ns(8000) });
    const messages = await collected.take(2);
    expect(await info()).toMatchObject({ num_ack_pending: 2, num_waiting: 1 });
    await ack(messages[0]);
    expect((await collected.take(1)).map(lineOf)).toEqual(['s=m2']);
  });

  it('with +NXT brings the next message, and as many as it asks for', async () => {
    await ready(4);
    const [message] = await pull(1);
    const inbox = await js.collect('next');
    js.connection.publish(message?.reply ?? '', '+NXT', { reply: 'next' });
    const [next] = await inbox.take(1);
    expect(next && lineOf(next)).toBe('s=m1');
    js.connection.publish(next?.reply ?? '', '+NXT 2', { reply: 'next' });
    expect((await inbox.take(2)).map(lineOf)).toEqual(['s=m2', 's=m3']);
    expect(await info()).toMatchObject({ num_ack_pending: 2, ack_floor: { stream_seq: 2 } });
  });

  it('finds nobody when its consumer is gone', async () => {
    await ready(1);
    const [message] = await pull(1);
    await js.mustApi('CONSUMER.DELETE.S.c');
    await expect(ack(message)).rejects.toThrow(/no responders/);
  });

  it('is ignored when its words are unknown', async () => {
    await ready(1);
    const [message] = await pull(1);
    js.connection.publish(message?.reply ?? '', 'bogus');
    expect(await info()).toMatchObject({ num_ack_pending: 1 });
  });
});

describe('a message that is not acknowledged', () => {
  it('comes again at once after -NAK, as its second delivery', async () => {
    await ready(2);
    const [message] = await pull(1);
    await ack(message, '-NAK');
    const [again, second] = await pull(2);
    expect([again, second].map((one) => one && lineOf(one))).toEqual(['s=m0', 's=m1']);
    expect(again?.reply).toMatch(/^\$JS\.ACK\.S\.c\.2\.1\.2\./);
    expect(await info()).toMatchObject({ num_redelivered: 1 });
  });

  it('comes again after the delay that -NAK asks for', async () => {
    await ready(1);
    const [message] = await pull(1);
    const begin = performance.now();
    js.connection.publish(message?.reply ?? '', `-NAK {"delay": ${ns(400)}}`);
    const [again] = await pull(1);
    expect(again?.reply).toMatch(/^\$JS\.ACK\.S\.c\.2\./);
    expect(performance.now() - begin).toBeGreaterThan(300);
  });

  it('comes again when the ack wait is over, but not while +WPI tells of work', async () => {
    await ready(2, { ack_wait: ns(500) });
    const [first, second] = await pull(2);
    const begin = performance.now();
    const timer = setInterval(() => js.connection.publish(first?.reply ?? '', '+WPI'), 100);
    const [again] = await pull(1);
    clearInterval(timer);
    expect(again && lineOf(again)).toBe(second && lineOf(second));
    expect(performance.now() - begin).toBeGreaterThan(400);
    await ack(again);
    const [last] = await pull(1);
    expect(last && lineOf(last)).toBe('s=m0');
  });

  it('comes again with the waits of the backoff, the last of which stays, as often as max_deliver', async () => {
    await ready(1, { backoff: [ns(100), ns(300)], max_deliver: 4 });
    const told = await js.collect('$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.S.c');
    const times = [];
    for (let delivery = 1; delivery <= 4; delivery++) {
      const [message] = await pull(1);
      expect(message?.reply).toContain(`$JS.ACK.S.c.${delivery}.1.`);
      times.push(performance.now());
    }
    const [one = 0, two = 0, three = 0, four = 0] = times;
    expect(two - one).toBeGreaterThan(50);
    expect(three - two).toBeGreaterThan(200);
    expect(four - three).toBeGreaterThan(200);
    const waiting = await js.pull('S', 'c', { batch: 1, expires: ns(2000) });
    expect((await told.take(1))[0]?.json()).toMatchObject({ stream: 'S', consumer: 'c', stream_seq: 1, deliveries: 4 });
    expect((await waiting.take(1)).map(lineOf)).toEqual(['408 Request Timeout']);
  });

  it('does not come again after +TERM, and the reason is told', async () => {
    await ready(1, { ack_wait: ns(200) });
    const told = await js.collect('$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.S.c');
    const [message] = await pull(1);
    await ack(message, '+TERM broken');
    expect((await told.take(1))[0]?.json()).toMatchObject({ stream_seq: 1, reason: 'broken', deliveries: 1 });
    expect(await info()).toMatchObject({ num_ack_pending: 0, ack_floor: { stream_seq: 1 } });
    const [status] = await (await js.pull('S', 'c', { batch: 1, expires: ns(500) })).take(1);
    expect(status && lineOf(status)).toBe('408 Request Timeout');
    expect(status && headerOf(status, 'Nats-Pending-Messages')).toBe('1');
  });
});

describe('with the feature flag js_ack_fc_v2', () => {
  const flagged = useJetStream({ domain: 'd' }, { featureFlags: { js_ack_fc_v2: true } });

  it('subjects of acknowledgements name domain and account, and the shorter ones are understood', async () => {
    await flagged.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'] });
    await flagged.publish('s', 'a');
    await flagged.publish('s', 'b');
    const config = { durable_name: 'c', ack_policy: 'explicit' };
    await flagged.mustApi('CONSUMER.CREATE.S.c', { stream_name: 'S', config });
    const [first, second] = await (await flagged.pull('S', 'c', { batch: 2, expires: ns(5000) })).take(2);
    // Eight characters stand for the account `$G`.
    expect(first?.reply).toMatch(/^\$JS\.ACK\.d\.[A-Za-z0-9]{8}\.S\.c\.1\.1\.1\.\d{19}\.1$/);
    await flagged.ask(first?.reply ?? '', '+ACK');
    await flagged.ask((second?.reply ?? '').replace(/^\$JS\.ACK\.d\.[^.]+/, '$JS.ACK'), '+ACK');
    expect(await flagged.mustApi('CONSUMER.INFO.S.c')).toMatchObject({ num_ack_pending: 0, ack_floor: { stream_seq: 2 } });
  });
});
