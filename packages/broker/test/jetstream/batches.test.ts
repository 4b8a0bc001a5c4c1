/** Atomic batches: all or nothing, their bounds and refusals. Fast batches: acks on the way, gaps, the last ack. */
import { describe, expect, it } from 'vitest';
import { type Answer, errCodeOf, jsonOf, useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream({ batchTimeoutMs: 300, maxBatchMessages: 5, maxBatchInflightPerStream: 2 });

const stream = (config: object): Promise<Answer> => js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.*'], ...config });
const messages = async (): Promise<unknown> => (await js.mustApi('STREAM.INFO.S'))['state'];

/** Sends one message of a batch; an answer without a body is given as an empty object. */
async function send(id: string, seq: number, more: Record<string, string> = {}, subject = 's.1'): Promise<Answer> {
  const header = { 'Nats-Batch-Id': id, 'Nats-Batch-Sequence': `${seq}`, ...more };
  const answer = await js.ask(subject, `b${seq}`, header);
  return answer.string() === '' ? {} : jsonOf(answer);
}

describe('an atomic batch', () => {
  it('is stored as a whole when it is committed, and not before', async () => {
    await stream({ allow_atomic: true });
    expect(await send('one', 1)).toEqual({});
    expect(await send('one', 2, {}, 's.2')).toEqual({});
    expect(await messages()).toMatchObject({ messages: 0 });
    expect(await send('one', 3, { 'Nats-Batch-Commit': '1' })).toEqual({ stream: 'S', seq: 3, batch: 'one', count: 3 });
    expect(await messages()).toMatchObject({ messages: 3, last_seq: 3 });
  });

  it('is committed without the last message by eob', async () => {
    await stream({ allow_atomic: true });
    await send('one', 1);
    expect(await send('one', 2, { 'Nats-Batch-Commit': 'eob' })).toMatchObject({ seq: 1, batch: 'one', count: 1 });
    expect(await messages()).toMatchObject({ messages: 1 });
  });

  it('leaves nothing when one of its messages may not be stored', async () => {
    await stream({ allow_atomic: true });
    await js.publish('s.1', 'before');
    await send('one', 1);
    const answer = await send('one', 2, { 'Nats-Batch-Commit': '1', 'Nats-Expected-Last-Subject-Sequence': '77' }, 's.2');
    expect(errCodeOf(answer)).toBeDefined();
    expect(await messages()).toMatchObject({ messages: 1 });
  });

  it('is refused with a gap, without a beginning, above its size, and where it is not allowed', async () => {
    await stream({ allow_atomic: true });
    await send('gap', 1);
    expect(errCodeOf(await send('gap', 3, { 'Nats-Batch-Commit': '1' }))).toBe(10176);
    expect(errCodeOf(await send('late', 2, { 'Nats-Batch-Commit': '1' }))).toBe(10176);
    expect(errCodeOf(await send('x'.repeat(65), 1))).toBe(10179);
    for (let seq = 1; seq <= 5; seq++) await send('large', seq);
    expect(errCodeOf(await send('large', 6, { 'Nats-Batch-Commit': '1' }))).toBe(10199);
    await js.mustApi('STREAM.CREATE.T', { name: 'T', subjects: ['t'] });
    expect(errCodeOf(await send('t', 1, { 'Nats-Batch-Commit': '1' }, 't'))).toBe(10174);
    expect(await messages()).toMatchObject({ messages: 0 });
  });

  it('is given up when it is left alone, which is told, and only so many are open', async () => {
    await stream({ allow_atomic: true });
    const told = await js.collect('$JS.EVENT.ADVISORY.STREAM.BATCH_ABANDONED.S');
    await send('a', 1);
    await send('b', 1);
    expect(errCodeOf(await send('c', 1))).toBeDefined();
    const abandoned = (await told.take(2)).map((message) => message.json<{ batch: string; reason: string }>());
    expect(abandoned.map(({ batch }) => batch)).toEqual(expect.arrayContaining(['a', 'b']));
    expect(abandoned.find(({ batch }) => batch === 'a')?.reason).toBe('timeout');
    expect(errCodeOf(await send('a', 2, { 'Nats-Batch-Commit': '1' }))).toBe(10176);
  });
});

describe('a fast batch', () => {
  const OP = { start: 0, append: 1, commit: 2, commitEob: 3 } as const;

  /** Publishes message `seq` of batch `id` with what its reply subject says. */
  function publish(id: string, seq: number, op: number, gap: 'ok' | 'fail' = 'fail'): void {
    js.connection.publish('s.1', `f${seq}`, { reply: `fast.${id}.2.${gap}.${seq}.${op}.$FI` });
  }

  it('is acknowledged on its way and at its end', async () => {
    await stream({ allow_batched: true });
    const answers = await js.collect('fast.>');
    publish('one', 1, OP.start);
    const [first] = await answers.take(1);
    expect(first?.json()).toMatchObject({ type: 'ack' });
    publish('one', 2, OP.append);
    publish('one', 3, OP.commit);
    let last: unknown;
    do last = (await answers.take(1))[0]?.json<Record<string, unknown>>();
    while (!JSON.stringify(last).includes('"batch"'));
    expect(last).toMatchObject({ stream: 'S', seq: 3, batch: 'one', count: 3 });
    expect(await messages()).toMatchObject({ messages: 3 });
  });

  it('tells a gap, and ends there when it may have none', async () => {
    await stream({ allow_batched: true });
    const answers = await js.collect('fast.>');
    publish('two', 1, OP.start);
    await answers.take(1);
    publish('two', 5, OP.append);
    expect((await answers.take(1))[0]?.json()).toMatchObject({ type: 'gap', last_seq: 2, seq: 5 });
    expect(await messages()).toMatchObject({ messages: 1 });
  });
});
