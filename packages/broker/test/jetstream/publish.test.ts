/** Publishing into a stream: PubAcks, what headers ask for, republish, transforms, TTLs, counters, rollups. */
import { jetstream } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import { errCodeOf, headerOf, lineOf, ns, useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();
const stream = (config: object = {}): Promise<unknown> =>
  js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.>'], ...config });

describe('a publish', () => {
  it('is answered with stream and sequence, by the client as by hand', async () => {
    await stream();
    expect(await js.publish('s.1', 'a')).toEqual({ stream: 'S', seq: 1 });
    expect(await jetstream(js.connection).publish('s.1', 'b')).toMatchObject({ stream: 'S', seq: 2, duplicate: false });
    expect((await js.ask('s.1', 'c')).string()).toBe('{"stream":"S","seq":3}');
  });

  it('gets a time of its own also among many at once, in the order of the sequences', async () => {
    await stream();
    for (let count = 0; count < 1500; count++) js.connection.publish('s.1', 'a');
    await js.publish('s.1', 'last', { 'Nats-Msg-Id': 'm' });
    const times: string[] = [];
    for (let seq = 1; seq <= 1501; seq++) {
      const { message } = await js.mustApi('STREAM.MSG.GET.S', { seq });
      times.push((message as { time: string }).time.replace(/\.?(\d*)Z$/, (_all, digits: string) => digits.padEnd(9, '0')));
    }
    expect(times).toEqual([...times].sort());
    expect(new Set(times).size).toBeGreaterThan(1450);
  });

  it('is stored once per message id, and answered as a duplicate with the first sequence', async () => {
    await stream();
    const client = jetstream(js.connection);
    expect(await client.publish('s.1', 'a', { msgID: 'm1' })).toMatchObject({ seq: 1, duplicate: false });
    expect(await client.publish('s.2', 'b', { msgID: 'm1' })).toMatchObject({ seq: 1, duplicate: true });
    expect(await client.publish('s.2', 'b', { msgID: 'm2' })).toMatchObject({ seq: 2, duplicate: false });
    expect(await js.api('STREAM.INFO.S')).toMatchObject({ state: { messages: 2 } });
  });

  it('forgets a message id when the duplicate window is over', async () => {
    await stream({ duplicate_window: ns(100) });
    await js.publish('s.1', 'a', { 'Nats-Msg-Id': 'm1' });
    await expect
      .poll(() => js.publish('s.1', 'a', { 'Nats-Msg-Id': 'm1' }), { timeout: 5000, interval: 150 })
      .toEqual({ stream: 'S', seq: 2 });
  });

  it('is refused when what it expects is not so', async () => {
    await stream();
    await js.publish('s.1', 'a', { 'Nats-Msg-Id': 'm1' });
    await js.publish('s.2', 'b');
    const code = async (header: Record<string, string>): Promise<unknown> => errCodeOf(await js.publish('s.1', 'x', header));
    expect(await code({ 'Nats-Expected-Stream': 'OTHER' })).toBe(10060);
    expect(await code({ 'Nats-Expected-Last-Sequence': '1' })).toBe(10071);
    expect(await code({ 'Nats-Expected-Last-Msg-Id': 'm1' })).toBe(10070);
    expect(await code({ 'Nats-Expected-Last-Subject-Sequence': '0' })).toBe(10071);
    expect(await code({ 'Nats-Expected-Last-Subject-Sequence-Subject': 's.2' })).toBe(10193);
    expect(await js.publish('s.1', 'x', { 'Nats-Expected-Last-Sequence': '9' })).toEqual({
      error: { code: 400, err_code: 10071, description: 'wrong last sequence: 2' },
      stream: 'S',
      seq: 0,
    });
    expect(await js.api('STREAM.INFO.S')).toMatchObject({ state: { messages: 2 } });
  });

  it('is stored when what it expects is so', async () => {
    await stream();
    await js.publish('s.1', 'a', { 'Nats-Msg-Id': 'm1' });
    const seq = async (header: Record<string, string>): Promise<unknown> => (await js.publish('s.1', 'x', header))['seq'];
    expect(
      await seq({ 'Nats-Expected-Stream': 'S', 'Nats-Expected-Last-Sequence': '1', 'Nats-Expected-Last-Msg-Id': 'm1' }),
    ).toBe(2);
    expect(await seq({ 'Nats-Expected-Last-Subject-Sequence': '2' })).toBe(3);
    const other = { 'Nats-Expected-Last-Subject-Sequence': '0', 'Nats-Expected-Last-Subject-Sequence-Subject': 's.9' };
    expect(await seq(other)).toBe(4);
  });

  it('gets no answer from a stream without acknowledgements, and no responders without a stream', async () => {
    await stream({ no_ack: true });
    const answers = await js.collect('answers');
    js.connection.publish('s.1', 'x', { reply: 'answers' });
    await expect.poll(() => js.api('STREAM.INFO.S')).toMatchObject({ state: { messages: 1 } });
    js.connection.publish('answers', 'the first to arrive');
    expect((await answers.take(1)).map(lineOf)).toEqual(['answers=the first to arrive']);
    await expect(js.publish('nowhere', 'x')).rejects.toThrow(/no responders/);
  });
});

describe('a rollup', () => {
  it('leaves only itself of its subject, or of the whole stream', async () => {
    await stream({ allow_rollup_hdrs: true });
    for (const subject of ['s.a', 's.a', 's.b', 's.b']) await js.publish(subject);
    expect(await js.publish('s.a', 'sum', { 'Nats-Rollup': 'sub' })).toMatchObject({ seq: 5 });
    expect(await js.api('STREAM.INFO.S', { subjects_filter: '>' })).toMatchObject({
      state: { subjects: { 's.a': 1, 's.b': 2 } },
    });
    await js.publish('s.c', 'all', { 'Nats-Rollup': 'all' });
    expect(await js.api('STREAM.INFO.S')).toMatchObject({ state: { messages: 1, first_seq: 6 } });
    expect(errCodeOf(await js.publish('s.c', 'x', { 'Nats-Rollup': 'other' }))).toBe(10111);
  });

  it('is refused where the stream does not allow it', async () => {
    await stream();
    expect(errCodeOf(await js.publish('s.a', 'x', { 'Nats-Rollup': 'sub' }))).toBe(10111);
    expect(await js.api('STREAM.CREATE.T', { name: 'T', allow_rollup_hdrs: true, deny_purge: true })).toHaveProperty('error');
  });
});

describe('a stream with subjects changed', () => {
  it('stores under the transformed subject', async () => {
    await stream({ subject_transform: { src: 's.*.*', dest: 'stored.{{wildcard(2)}}.{{wildcard(1)}}' } });
    await js.publish('s.1.2', 'x');
    expect(await js.api('STREAM.MSG.GET.S', { seq: 1 })).toMatchObject({ message: { subject: 'stored.2.1' } });
    expect(
      await js.api('STREAM.CREATE.T', { name: 'T', subject_transform: { src: 't.*', dest: 'x.{{wildcard(3)}}' } }),
    ).toHaveProperty('error');
  });

  it('republishes what it has stored, with where it is from', async () => {
    await stream({ republish: { src: 's.>', dest: 'again.>' } });
    const again = await js.collect('again.>');
    await js.publish('s.1', 'one');
    await js.publish('s.1', 'two');
    const [first, second] = await again.take(2);
    if (first === undefined || second === undefined) throw new Error('two messages arrived');
    expect([lineOf(first), lineOf(second)]).toEqual(['again.1=one', 'again.1=two']);
    const told = ['Nats-Stream', 'Nats-Subject', 'Nats-Sequence', 'Nats-Last-Sequence'];
    expect(told.map((name) => headerOf(second, name))).toEqual(['S', 's.1', '2', '1']);
    expect(headerOf(first, 'Nats-Last-Sequence')).toBe('0');
    expect(headerOf(first, 'Nats-Time-Stamp')).toMatch(/^\d{4}-/);
  });

  it('republishes headers alone with the size of what it leaves out', async () => {
    await stream({ republish: { src: 's.>', dest: 'again.>', headers_only: true } });
    const again = await js.collect('again.>');
    await js.publish('s.1', 'twelve bytes');
    const [message] = await again.take(1);
    expect(message?.string()).toBe('');
    expect(message && headerOf(message, 'Nats-Msg-Size')).toBe('12');
  });
});

describe('a message with a time to live', () => {
  it('goes when its time is over, while others stay', async () => {
    await stream({ allow_msg_ttl: true });
    await js.publish('s.short', 'x', { 'Nats-TTL': '1s' });
    await js.publish('s.never', 'x', { 'Nats-TTL': 'never' });
    await js.publish('s.none', 'x');
    expect(await js.api('STREAM.INFO.S')).toMatchObject({ state: { messages: 3 } });
    await expect.poll(() => js.api('STREAM.INFO.S'), { timeout: 8000 }).toMatchObject({ state: { messages: 2, first_seq: 2 } });
  });

  it('is refused with a bad value, or where the stream does not allow it', async () => {
    await stream({ allow_msg_ttl: true });
    expect(errCodeOf(await js.publish('s.1', 'x', { 'Nats-TTL': 'soon' }))).toBe(10165);
    expect(errCodeOf(await js.publish('s.1', 'x', { 'Nats-TTL': '10ms' }))).toBe(10165);
    await js.mustApi('STREAM.CREATE.T', { name: 'T', subjects: ['t'] });
    expect(errCodeOf(await js.publish('t', 'x', { 'Nats-TTL': '1s' }))).toBe(10166);
  });

  it('leaves a marker when it was the last of its subject', async () => {
    await stream({ max_age: ns(1000), subject_delete_marker_ttl: ns(60_000) });
    await js.publish('s.1', 'x');
    const markers = await js.collect('markers');
    await js.mustApi('CONSUMER.CREATE.S.c', {
      stream_name: 'S',
      config: { name: 'c', deliver_subject: 'markers', deliver_policy: 'new', ack_policy: 'none' },
    });
    const [marker] = await markers.take(1);
    if (marker === undefined) throw new Error('a marker arrived');
    expect(marker.subject).toBe('s.1');
    expect(['Nats-Marker-Reason', 'Nats-Rollup', 'Nats-TTL'].map((name) => headerOf(marker, name))).toEqual([
      'MaxAge',
      'sub',
      '1m0s',
    ]);
  });
});

describe('a counter', () => {
  it('adds up what is sent, and says the sum', async () => {
    await stream({ allow_msg_counter: true });
    expect(await js.publish('s.hits', '', { 'Nats-Incr': '5' })).toMatchObject({ seq: 1, val: '5' });
    expect(await js.publish('s.hits', '', { 'Nats-Incr': '+10' })).toMatchObject({ seq: 2, val: '15' });
    expect(await js.publish('s.hits', '', { 'Nats-Incr': '-16' })).toMatchObject({ seq: 3, val: '-1' });
    const big = '123456789012345678901234567890';
    expect(await js.publish('s.big', '', { 'Nats-Incr': big })).toMatchObject({ val: big });
    const { message } = await js.mustApi('STREAM.MSG.GET.S', { last_by_subj: 's.hits' });
    expect(message).toMatchObject({ data: Buffer.from('{"val":"-1"}').toString('base64') });
  });

  it('takes nothing but increments, and no other stream takes those', async () => {
    await stream({ allow_msg_counter: true });
    expect(errCodeOf(await js.publish('s.hits', '5'))).toBe(10169);
    expect(errCodeOf(await js.publish('s.hits', '', { 'Nats-Incr': 'many' }))).toBeDefined();
    expect(errCodeOf(await js.publish('s.hits', 'body', { 'Nats-Incr': '1' }))).toBeDefined();
    await js.mustApi('STREAM.CREATE.T', { name: 'T', subjects: ['t'] });
    expect(errCodeOf(await js.publish('t', '', { 'Nats-Incr': '1' }))).toBeDefined();
  });
});
