/** Pull consumers: the forms of a request, every status, filters, start and replay policies, groups, pause and reset. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import { type Answer, errCodeOf, headerOf, lineOf, ns, useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();

/** A stream with `count` messages `m0`… on `s.a` and a consumer `c` of it. */
async function ready(count: number, config: object = {}): Promise<void> {
  await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.*'] });
  for (let index = 0; index < count; index++) await js.publish('s.a', `m${index}`);
  await consumer(config);
}

function consumer(config: object): Promise<Answer> {
  return js.mustApi('CONSUMER.CREATE.S.c', {
    stream_name: 'S',
    config: { durable_name: 'c', ack_policy: 'explicit', ...config },
  });
}

async function lines(request: unknown, count: number): Promise<string[]> {
  return (await (await js.pull('S', 'c', request)).take(count)).map(lineOf);
}

describe('a pull request', () => {
  it('is a number, nothing, or JSON', async () => {
    await ready(6);
    expect(await lines('', 1)).toEqual(['s.a=m0']);
    expect(await lines('2', 2)).toEqual(['s.a=m1', 's.a=m2']);
    expect(await lines({ batch: 2 }, 2)).toEqual(['s.a=m3', 's.a=m4']);
    expect(await lines({ batch: 2, no_wait: true }, 2)).toEqual(['s.a=m5', '404 No Messages']);
  });

  it('waits for messages, and ends with 408 when it has waited long enough', async () => {
    await ready(0);
    const waiting = await js.pull('S', 'c', { batch: 2, expires: ns(5000) });
    await js.publish('s.a', 'late');
    await js.publish('s.a', 'later');
    expect((await waiting.take(2)).map(lineOf)).toEqual(['s.a=late', 's.a=later']);
    const [status] = await (await js.pull('S', 'c', { batch: 3, max_bytes: 1000, expires: ns(150) })).take(1);
    if (status === undefined) throw new Error('a status arrived');
    expect(lineOf(status)).toBe('408 Request Timeout');
    expect(headerOf(status, 'Nats-Pending-Messages')).toBe('3');
    expect(headerOf(status, 'Nats-Pending-Bytes')).toBe('1000');
  });

  it('is refused above the most the consumer gives', async () => {
    await ready(5, { max_batch: 2, max_expires: ns(1000), max_bytes: 200 });
    expect(await lines({ batch: 3 }, 1)).toEqual(['409 Exceeded MaxRequestBatch of 2']);
    expect(await lines({ batch: 1, expires: ns(2000) }, 1)).toEqual(['409 Exceeded MaxRequestExpires of 1s']);
    expect(await lines({ batch: 1, max_bytes: 201 }, 1)).toEqual(['409 Exceeded MaxRequestMaxBytes of 200']);
    expect(await lines({ batch: 2 }, 2)).toEqual(['s.a=m0', 's.a=m1']);
  });

  it('is refused when too many wait', async () => {
    await ready(0, { max_waiting: 1 });
    await js.pull('S', 'c', { batch: 1, expires: ns(5000) });
    expect(await lines({ batch: 1, expires: ns(5000) }, 1)).toEqual(['409 Exceeded MaxWaiting']);
    expect(await js.mustApi('CONSUMER.INFO.S.c')).toMatchObject({ num_waiting: 1 });
  });

  it('is refused when it is malformed', async () => {
    await ready(1);
    expect((await lines('{bad', 1))[0]).toMatch(/^400 Bad Request/);
    expect((await lines({ batch: 1, expires: ns(200), idle_heartbeat: ns(200) }, 1))[0]).toMatch(/^400 Bad Request/);
    expect(await lines({ batch: 1, priority: 10, group: 'g' }, 1)).toHaveLength(1);
  });

  it('stops at the bytes it may take', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.*'] });
    for (let index = 0; index < 3; index++) await js.publish('s.a', 'x'.repeat(300));
    await consumer({});
    expect(await lines({ batch: 1, max_bytes: 100, expires: ns(2000) }, 1)).toEqual(['409 Message Size Exceeds MaxBytes']);
    const two = await lines({ batch: 3, max_bytes: 900, expires: ns(2000) }, 3);
    expect(two.at(-1)).toBe('409 Message Size Exceeds MaxBytes');
  });

  it('hears heartbeats while nothing comes', async () => {
    await ready(1);
    expect(await lines({ batch: 5, expires: ns(2000), idle_heartbeat: ns(150) }, 3)).toEqual([
      's.a=m0',
      '100 Idle Heartbeat',
      '100 Idle Heartbeat',
    ]);
  });

  it('ends when its consumer is deleted, and finds nobody afterwards', async () => {
    await ready(0);
    const waiting = await js.pull('S', 'c', { batch: 1, expires: ns(5000) });
    await js.mustApi('CONSUMER.DELETE.S.c');
    expect((await waiting.take(1)).map(lineOf)).toEqual(['409 Consumer Deleted']);
    expect(await lines({ batch: 1 }, 1)).toEqual(['503 ']);
  });

  it('is answered 409 by a push consumer', async () => {
    await ready(1, { deliver_subject: 'd' });
    expect(await lines({ batch: 1 }, 1)).toEqual(['409 Consumer is push based']);
  });

  it('gets messages in turn with others that wait', async () => {
    await ready(0);
    const first = await js.pull('S', 'c', { batch: 2, expires: ns(5000) });
    const second = await js.pull('S', 'c', { batch: 2, expires: ns(5000) });
    for (let index = 0; index < 4; index++) await js.publish('s.a', `m${index}`);
    const seen = [...(await first.take(2)), ...(await second.take(2))].map((message) => message.string());
    expect(seen.sort()).toEqual(['m0', 'm1', 'm2', 'm3']);
  });
});

describe('a pull consumer', () => {
  it('serves fetch and consume of the official client', async () => {
    await ready(25);
    const client = await jetstream(js.connection).consumers.get('S', 'c');
    const fetched = [];
    for await (const message of await client.fetch({ max_messages: 10, expires: 3000 })) {
      fetched.push(message.string());
      message.ack();
    }
    expect(fetched).toEqual(Array.from({ length: 10 }, (_, index) => `m${index}`));
    const consumed = [];
    for await (const message of await client.consume({ max_messages: 5 })) {
      consumed.push(message.string());
      message.ack();
      if (consumed.length === 15) break;
    }
    expect(consumed.at(-1)).toBe('m24');
    expect((await client.next({ expires: 1000 }))?.string()).toBeUndefined();
    await expect.poll(() => client.info()).toMatchObject({ num_pending: 0, num_ack_pending: 0, ack_floor: { stream_seq: 25 } });
  });

  it('starts where its deliver policy says', async () => {
    await ready(0);
    for (const subject of ['s.a', 's.b', 's.a', 's.b', 's.c']) await js.publish(subject, 'x');
    const { message } = await js.mustApi('STREAM.MSG.GET.S', { seq: 4 });
    const time = JSON.stringify(message).match(/"time":"([^"]+)"/)?.[1];
    const first = async (config: object): Promise<string | undefined> => {
      await js.mustApi('CONSUMER.CREATE.S.p', { stream_name: 'S', config: { name: 'p', ack_policy: 'none', ...config } });
      const [got] = await (await js.pull('S', 'p', { batch: 1, no_wait: true })).take(1);
      await js.mustApi('CONSUMER.DELETE.S.p');
      return got?.reply?.split('.')[5] ?? (got && lineOf(got));
    };
    expect(await first({ deliver_policy: 'all' })).toBe('1');
    expect(await first({ deliver_policy: 'last' })).toBe('5');
    expect(await first({ deliver_policy: 'new' })).toBe('404 No Messages');
    expect(await first({ deliver_policy: 'by_start_sequence', opt_start_seq: 3 })).toBe('3');
    expect(await first({ deliver_policy: 'by_start_time', opt_start_time: time })).toBe('4');
    expect(await first({ deliver_policy: 'last_per_subject', filter_subject: 's.*' })).toBe('3');
    const bad = { stream_name: 'S', config: { name: 'p', deliver_policy: 'all', opt_start_seq: 3 } };
    expect(errCodeOf(await js.api('CONSUMER.CREATE.S.p', bad))).toBe(10094);
  });

  it('filters by one or several subjects, that must not overlap', async () => {
    await ready(0);
    for (const subject of ['s.a', 's.b', 's.c', 's.a']) await js.publish(subject, 'x');
    await js.mustApi('CONSUMER.DELETE.S.c');
    await consumer({ filter_subjects: ['s.a', 's.c'] });
    expect(await lines({ batch: 9, no_wait: true }, 4)).toEqual(['s.a=x', 's.c=x', 's.a=x', '404 No Messages']);
    const create = async (filters: object): Promise<unknown> =>
      errCodeOf(await js.api('CONSUMER.CREATE.S.d', { stream_name: 'S', config: { name: 'd', ...filters } }));
    expect(await create({ filter_subjects: ['s.a', 's.*'] })).toBe(10138);
    expect(await create({ filter_subjects: ['s.a'], filter_subject: 's.b' })).toBe(10136);
  });

  it('is created with its filter in the subject, which must say the same', async () => {
    await ready(1);
    const config = { name: 'f', filter_subject: 's.a' };
    expect(await js.api('CONSUMER.CREATE.S.f.s.a', { stream_name: 'S', config })).toMatchObject({ name: 'f', num_pending: 1 });
    expect(errCodeOf(await js.api('CONSUMER.CREATE.S.g.s.b', { stream_name: 'S', config: { ...config, name: 'g' } }))).toBe(
      10131,
    );
    expect(errCodeOf(await js.api('CONSUMER.CREATE.S.g', { stream_name: 'T', config: { name: 'g' } }))).toBe(10056);
  });

  it('is created or updated only where the action says so', async () => {
    await ready(0);
    const act = async (name: string, action: string, more: object = {}): Promise<unknown> => {
      const config = { durable_name: name, ack_policy: 'explicit', ...more };
      return errCodeOf(await js.api(`CONSUMER.CREATE.S.${name}`, { stream_name: 'S', config, action }));
    };
    expect(await act('c', 'create', { description: 'other' })).toBe(10148);
    expect(await act('d', 'update')).toBe(10149);
    expect(await act('c', 'update', { description: 'other' })).toBeUndefined();
    expect(await js.mustApi('CONSUMER.INFO.S.c')).toMatchObject({ config: { description: 'other' } });
  });

  it('is listed with others, and found missing once deleted', async () => {
    await ready(0);
    await js.mustApi('CONSUMER.CREATE.S.d', { stream_name: 'S', config: { name: 'd' } });
    expect(await js.mustApi('CONSUMER.NAMES.S')).toMatchObject({ total: 2, consumers: ['c', 'd'] });
    const manager = await jetstreamManager(js.connection);
    const names = [];
    for await (const { name } of manager.consumers.list('S')) names.push(name);
    expect(names.sort()).toEqual(['c', 'd']);
    await js.mustApi('CONSUMER.DELETE.S.d');
    expect(errCodeOf(await js.api('CONSUMER.INFO.S.d'))).toBe(10014);
    expect(errCodeOf(await js.api('CONSUMER.DELETE.S.d'))).toBe(10014);
    expect(errCodeOf(await js.api('CONSUMER.INFO.T.d'))).toBe(10059);
  });

  it('gives headers alone, with the size of the body', async () => {
    await ready(1, { headers_only: true });
    const [message] = await (await js.pull('S', 'c', 1)).take(1);
    expect(message?.string()).toBe('');
    expect(message && headerOf(message, 'Nats-Msg-Size')).toBe('2');
  });

  it('gives nothing while it is paused, and goes on when the pause is over', async () => {
    await ready(1);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    expect(await js.mustApi('CONSUMER.PAUSE.S.c', { pause_until: until })).toMatchObject({ paused: true });
    expect(await js.mustApi('CONSUMER.INFO.S.c')).toMatchObject({ paused: true });
    expect(await lines({ batch: 1, expires: ns(200) }, 1)).toEqual(['408 Request Timeout']);
    expect(await js.mustApi('CONSUMER.PAUSE.S.c')).toMatchObject({ paused: false });
    expect(await lines({ batch: 1 }, 1)).toEqual(['s.a=m0']);
  });

  it('begins again at a sequence when it is reset', async () => {
    await ready(4);
    await lines({ batch: 4 }, 4);
    expect(await js.mustApi('CONSUMER.RESET.S.c', { seq: 3 })).toMatchObject({ reset_seq: 3, num_ack_pending: 0 });
    expect(await lines({ batch: 4, no_wait: true }, 3)).toEqual(['s.a=m2', 's.a=m3', '404 No Messages']);
  });

  it('begins with the last message of its filter where it asks for the last', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.*'] });
    for (const [subject, body] of [
      ['s.a', 'first'],
      ['s.a', 'last'],
      ['s.b', 'other'],
    ] as const)
      await js.publish(subject, body);
    await consumer({ deliver_policy: 'last', filter_subject: 's.a' });
    expect(await lines({ batch: 2, no_wait: true }, 2)).toEqual(['s.a=last', '404 No Messages']);
  });

  it('goes when nobody has used it for its inactive threshold', async () => {
    await ready(0, { inactive_threshold: ns(200), mem_storage: true });
    const gone = await js.collect('$JS.EVENT.ADVISORY.CONSUMER.DELETED.S.c');
    expect((await gone.take(1))[0]?.json()).toMatchObject({ stream: 'S', consumer: 'c', action: 'delete' });
    expect(errCodeOf(await js.api('CONSUMER.INFO.S.c'))).toBe(10014);
  });

  it('keeps the gaps between messages when it replays them as they came', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.*'] });
    await js.publish('s.a', 'm0');
    await new Promise((resolve) => setTimeout(resolve, 400));
    await js.publish('s.a', 'm1');
    await consumer({ replay_policy: 'original' });
    const begin = performance.now();
    expect(await lines({ batch: 2, expires: ns(5000) }, 2)).toEqual(['s.a=m0', 's.a=m1']);
    expect(performance.now() - begin).toBeGreaterThan(300);
    // Also for a request that does not want to wait: what is to come is there already.
    await js.mustApi('CONSUMER.RESET.S.c');
    expect(await lines({ batch: 3, no_wait: true }, 3)).toEqual(['s.a=m0', 's.a=m1', '404 No Messages']);
  });
});

describe('a priority group', () => {
  const grouped = (priority_policy: string): object => ({ priority_policy, priority_groups: ['g'] });

  it('lets overflow in when enough is pending', async () => {
    await ready(3, grouped('overflow'));
    expect((await lines({ batch: 1 }, 1))[0]).toBe('400 Bad Request - Priority Group missing');
    expect((await lines({ batch: 1, group: 'x' }, 1))[0]).toBe('400 Bad Request - Invalid Priority Group');
    expect(await lines({ batch: 1, group: 'g', min_pending: 10, expires: ns(200) }, 1)).toEqual(['408 Request Timeout']);
    expect(await lines({ batch: 1, group: 'g', min_pending: 2, expires: ns(2000) }, 1)).toEqual(['s.a=m0']);
  });

  it('serves the lower priority number first', async () => {
    await ready(0, grouped('prioritized'));
    const low = await js.pull('S', 'c', { batch: 1, group: 'g', priority: 5, expires: ns(5000) });
    const high = await js.pull('S', 'c', { batch: 1, group: 'g', priority: 1, expires: ns(5000) });
    await js.publish('s.a', 'first');
    await js.publish('s.a', 'second');
    expect((await high.take(1)).map(lineOf)).toEqual(['s.a=first']);
    expect((await low.take(1)).map(lineOf)).toEqual(['s.a=second']);
  });

  it('serves equal priority numbers in the order in which they came', async () => {
    await ready(0, grouped('prioritized'));
    const pull = (priority: number) => js.pull('S', 'c', { batch: 1, group: 'g', priority, expires: ns(5000) });
    const [first, second, third] = [await pull(3), await pull(3), await pull(3)];
    for (const body of ['one', 'two', 'three']) await js.publish('s.a', body);
    const got = await Promise.all([first, second, third].map(async (one) => (await one.take(1)).map(lineOf)));
    expect(got).toEqual([['s.a=one'], ['s.a=two'], ['s.a=three']]);
  });

  it('pins one client, refuses another id and lets go when told', async () => {
    await ready(4, { ...grouped('pinned_client'), priority_timeout: ns(60_000) });
    const unpinned = await js.collect('$JS.EVENT.ADVISORY.CONSUMER.UNPINNED.S.c');
    const [first] = await (await js.pull('S', 'c', { batch: 1, group: 'g', expires: ns(2000) })).take(1);
    const id = first && headerOf(first, 'Nats-Pin-Id');
    expect(id).toMatch(/\S{10,}/);
    expect(await lines({ batch: 1, group: 'g', id, expires: ns(2000) }, 1)).toEqual(['s.a=m1']);
    expect((await lines({ batch: 1, group: 'g', id: 'wrong', expires: ns(2000) }, 1))[0]).toMatch(/^423 /);
    expect(await js.mustApi('CONSUMER.INFO.S.c')).toMatchObject({ priority_groups: [{ group: 'g', pinned_client_id: id }] });
    await js.mustApi('CONSUMER.UNPIN.S.c', { group: 'g' });
    expect((await unpinned.take(1))[0]?.json()).toMatchObject({ group: 'g', reason: 'admin' });
    expect(await lines({ batch: 1, group: 'g', expires: ns(2000) }, 1)).toEqual(['s.a=m2']);
  });
});
