/** Scheduled messages: at a time, again and again, by cron, from a source, and what is no schedule. */
import { describe, expect, it } from 'vitest';
import { type Answer, errCodeOf, headerOf, lineOf, useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();

const stream = (config: object = {}): Promise<Answer> =>
  js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.>'], allow_msg_schedules: true, allow_msg_ttl: true, ...config });

const schedule = (value: string, more: Record<string, string> = {}): Promise<Answer> =>
  js.publish('s.plan', 'body', { 'Nats-Schedule': value, 'Nats-Schedule-Target': 's.out', ...more });

/** Stored messages on `s.out` as they come. */
async function produced(): ReturnType<typeof js.collect> {
  const collected = await js.collect('produced');
  const config = { name: 'c', deliver_subject: 'produced', filter_subject: 's.out', ack_policy: 'none' };
  await js.mustApi('CONSUMER.CREATE.S.c', { stream_name: 'S', config });
  return collected;
}

describe('a schedule', () => {
  it('publishes once at its time, and is gone', async () => {
    await stream();
    const out = await produced();
    await schedule(`@at ${new Date(Date.now() + 1000).toISOString()}`, { Own: 'kept' });
    const [message] = await out.take(1);
    if (message === undefined) throw new Error('a message arrived');
    expect(lineOf(message)).toBe('s.out=body');
    expect(['Nats-Scheduler', 'Nats-Schedule-Next', 'Own'].map((name) => headerOf(message, name))).toEqual([
      's.plan',
      'purge',
      'kept',
    ]);
    await expect
      .poll(() => js.mustApi('STREAM.INFO.S', { subjects_filter: '>' }))
      .toMatchObject({ state: { subjects: { 's.out': 1 }, messages: 1 } });
  });

  it('publishes at once when its time has passed', async () => {
    await stream();
    const out = await produced();
    await schedule('@at 2020-01-01T00:00:00Z');
    expect((await out.take(1)).map(lineOf)).toEqual(['s.out=body']);
  });

  it('publishes again and again, and says when next', async () => {
    await stream();
    const out = await produced();
    await schedule('@every 1s');
    const messages = await out.take(2);
    expect(messages.map(lineOf)).toEqual(['s.out=body', 's.out=body']);
    const next = messages.map((message) => Date.parse(headerOf(message, 'Nats-Schedule-Next') ?? ''));
    expect((next[1] ?? 0) - (next[0] ?? 0)).toBe(1000);
    expect(await js.mustApi('STREAM.INFO.S', { subjects_filter: 's.plan' })).toMatchObject({
      state: { subjects: { 's.plan': 1 } },
    });
  });

  it('follows a cron of six fields', async () => {
    await stream();
    const out = await produced();
    await schedule('* * * * * *');
    expect((await out.take(1)).map(lineOf)).toEqual(['s.out=body']);
  });

  it('follows the clock of its time zone', async () => {
    await stream();
    const out = await produced();
    await schedule('* * * * * *', { 'Nats-Schedule-Time-Zone': 'America/New_York' });
    expect((await out.take(1)).map(lineOf)).toEqual(['s.out=body']);
    const noon = await js.publish('s.noon', 'x', {
      'Nats-Schedule': '0 0 12 * * *',
      'Nats-Schedule-Target': 's.out',
      'Nats-Schedule-Time-Zone': 'Asia/Tokyo',
    });
    expect(errCodeOf(noon)).toBeUndefined();
  });

  it('makes what it publishes a rollup', async () => {
    await stream();
    for (const payload of ['old', 'older']) await js.publish('s.out', payload);
    await schedule('@at 2020-01-01T00:00:00Z', { 'Nats-Schedule-Rollup': 'sub' });
    await expect
      .poll(() => js.mustApi('STREAM.INFO.S', { subjects_filter: '>' }))
      .toMatchObject({ state: { messages: 1, subjects: { 's.out': 1 } } });
  });

  it('publishes the last message of its source', async () => {
    await stream();
    await js.publish('s.source', 'old');
    await js.publish('s.source', 'new');
    const out = await produced();
    await schedule('@at 2020-01-01T00:00:00Z', { 'Nats-Schedule-Source': 's.source' });
    expect((await out.take(1)).map(lineOf)).toEqual(['s.out=new']);
  });

  it('gives what it publishes a time to live', async () => {
    await stream();
    const out = await produced();
    await schedule('@at 2020-01-01T00:00:00Z', { 'Nats-Schedule-TTL': '5s' });
    const [message] = await out.take(1);
    expect(message && headerOf(message, 'Nats-TTL')).toBe('5s');
  });

  it('is one per subject: a later one takes its place', async () => {
    await stream();
    const later = `@at ${new Date(Date.now() + 3_600_000).toISOString()}`;
    await schedule(later);
    await schedule(later);
    expect(await js.mustApi('STREAM.INFO.S')).toMatchObject({ state: { messages: 1, last_seq: 2 } });
  });

  it('is refused when it is no schedule, has no target of its stream, or the stream takes none', async () => {
    await stream();
    expect(errCodeOf(await schedule('sometimes'))).toBe(10189);
    expect(errCodeOf(await schedule('@every 1ms'))).toBe(10189);
    expect(errCodeOf(await schedule('* * * * * *', { 'Nats-Schedule-Time-Zone': 'Nowhere/City' }))).toBeDefined();
    expect(errCodeOf(await schedule('@every 1s', { 'Nats-Schedule-Target': 'other' }))).toBe(10190);
    expect(errCodeOf(await schedule('@every 1s', { 'Nats-Schedule-TTL': 'x' }))).toBe(10191);
    await js.mustApi('STREAM.CREATE.T', { name: 'T', subjects: ['t.*'] });
    const header = { 'Nats-Schedule': '@every 1s', 'Nats-Schedule-Target': 't.out' };
    expect(errCodeOf(await js.publish('t.plan', 'x', header))).toBe(10188);
    expect(await js.mustApi('STREAM.INFO.S')).toMatchObject({ state: { messages: 0 } });
  });
});
