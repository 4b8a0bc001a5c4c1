/** Corners of batches, mirrors and sources that nats-server 2.15.1 has; each test says the rule. */
import { describe, expect, it } from 'vitest';
import { type Answer, errCodeOf, useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();

async function stream(config: object): Promise<void> {
  await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.>'], storage: 'memory', ...config });
}

/** Publishes parts of a batch; the last one commits. */
async function batch(
  id: string,
  ...parts: readonly (readonly [subject: string, header?: Record<string, string>])[]
): Promise<Answer> {
  let answer: Answer = {};
  for (const [index, [subject, header]] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const own = {
      'Nats-Batch-Id': id,
      'Nats-Batch-Sequence': String(index + 1),
      ...(isLast ? { 'Nats-Batch-Commit': '1' } : {}),
    };
    const reply = await js.ask(subject, 'x', { ...own, ...header });
    if (isLast) answer = JSON.parse(reply.string());
  }
  return answer;
}

describe('an atomic batch', () => {
  it('rolls up a subject only before it writes to it, and everything only at its beginning', async () => {
    await stream({ allow_atomic: true, allow_rollup_hdrs: true });
    const late = await batch('a', ['s.a'], ['s.a', { 'Nats-Rollup': 'sub' }]);
    expect(late).toMatchObject({ error: { err_code: 10111, description: 'batch rollup sub invalid' } });
    const all = await batch('b', ['s.a'], ['s.b', { 'Nats-Rollup': 'all' }]);
    expect(all).toMatchObject({ error: { err_code: 10111, description: 'batch rollup all invalid' } });
    expect(await batch('c', ['s.a', { 'Nats-Rollup': 'sub' }], ['s.b', { 'Nats-Rollup': 'sub' }])).toMatchObject({ count: 2 });
  });

  it('cannot expect anything of a subject that it has written to itself', async () => {
    await stream({ allow_atomic: true });
    const expected = { 'Nats-Expected-Last-Subject-Sequence': '0' };
    expect(errCodeOf(await batch('a', ['s.a', expected], ['s.a', expected]))).toBe(10164);
    expect(errCodeOf(await batch('b', ['s.a'], ['s.b', { 'Nats-Expected-Last-Sequence': '1' }]))).toBe(10164);
    expect(errCodeOf(await batch('c', ['s.a'], ['s.b', { 'Nats-Expected-Last-Sequence': '0' }]))).toBe(10071);
    expect(await batch('d', ['s.a', expected], ['s.b', expected])).toMatchObject({ count: 2 });
  });

  it('is refused for the first of its messages that a counter cannot take, whatever comes later', async () => {
    await stream({ allow_atomic: true, allow_msg_counter: true });
    const refused = await batch('a', ['s.a'], ['s.b', { 'Nats-Expected-Last-Subject-Sequence': '7' }]);
    expect(errCodeOf(refused)).toBe(10169);
  });

  it('counts its own messages against what a subject may hold', async () => {
    await stream({ allow_atomic: true, max_msgs_per_subject: 1, discard: 'new', discard_new_per_subject: true });
    expect(errCodeOf(await batch('a', ['s.a'], ['s.a']))).toBe(10077);
    expect(await js.api('STREAM.INFO.S')).toMatchObject({ state: { messages: 0 } });
    expect(await batch('b', ['s.a'], ['s.b'])).toMatchObject({ count: 2 });
  });
});

describe('a fast batch', () => {
  it('reports a message that comes twice as a gap, and ends', async () => {
    await stream({ allow_batched: true });
    const replies = await js.collect('fb.>');
    const send = (seq: number, operation: number): void =>
      js.connection.publish('s.a', 'x', { reply: `fb.u.10.ok.${seq}.${operation}.$FI` });
    send(1, 0);
    send(1, 0);
    const [, gap, end] = (await replies.take(3)).map((message) => message.json());
    expect(gap).toEqual({ type: 'gap', last_seq: 2, seq: 1 });
    expect(end).toEqual({ stream: 'S', seq: 1, batch: 'u', count: 1 });
  });

  it('needs a subject before its id, and answers a wrong last id as any publish', async () => {
    await stream({ allow_batched: true });
    const replies = await js.collect('fb.>');
    js.connection.publish('s.a', 'x', { reply: 'fb.10.ok.1.0.$FI' });
    const [refused] = await replies.take(1);
    expect(errCodeOf(refused?.json() ?? {})).toBe(10206);
  });
});

describe('a copying stream', () => {
  it('that is a mirror transforms what it stores', async () => {
    await js.mustApi('STREAM.CREATE.O', { name: 'O', subjects: ['o.*'], storage: 'memory' });
    await js.publish('o.a', 'x');
    const mirror = {
      name: 'M',
      storage: 'memory',
      mirror: { name: 'O' },
      subject_transform: { src: '>', dest: 'm.>' },
      allow_direct: true,
    };
    await js.mustApi('STREAM.CREATE.M', mirror);
    let answer = await js.api('STREAM.INFO.M', { subjects_filter: '>' });
    while (!JSON.stringify(answer).includes('"subjects"')) answer = await js.api('STREAM.INFO.M', { subjects_filter: '>' });
    expect(answer).toMatchObject({ state: { subjects: { 'm.o.a': 1 } } });
  });

  it('says which of two mirrored filters overlap before it looks at the next destination', async () => {
    const transforms = [
      { src: 'a.>', dest: 'b.>' },
      { src: 'a.*', dest: 'c.*' },
    ];
    const config = { name: 'M', storage: 'memory', mirror: { name: 'O', subject_transforms: transforms } };
    expect(errCodeOf(await js.api('STREAM.CREATE.M', config))).toBe(10152);
  });

  it('learns the identity of its origin from the reset of a durable consumer', async () => {
    await js.mustApi('STREAM.CREATE.O', { name: 'O', subjects: ['o.*'], storage: 'memory' });
    await js.mustApi('CONSUMER.CREATE.O.c', { stream_name: 'O', config: { durable_name: 'c', ack_policy: 'explicit' } });
    const told = await js.ask('$JS.API.CONSUMER.RESET.O.c', '', { 'Nats-Stream-Identity': '' });
    expect(told.headers?.get('Nats-Stream-Identity')).toMatch(/^\w{8}$/);
    expect((await js.ask('$JS.API.CONSUMER.RESET.O.c')).headers).toBeUndefined();
  });
});

describe('a source', () => {
  it('is ahead of whoever publishes after the acknowledgement of its origin', async () => {
    await js.mustApi('STREAM.CREATE.O', { name: 'O', subjects: ['o'], storage: 'memory' });
    await js.mustApi('STREAM.CREATE.C', { name: 'C', subjects: ['c'], storage: 'memory', sources: [{ name: 'O' }] });
    await js.publish('o');
    while (JSON.stringify(await js.api('STREAM.INFO.C')).includes('"messages":0')) await js.connection.flush();
    for (let round = 1; round <= 20; round++) {
      await js.publish('o');
      expect(await js.publish('c')).toEqual({ stream: 'C', seq: 2 * round + 1 });
    }
  });
});
