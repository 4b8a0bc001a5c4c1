/** Corners of the API that nats-server 2.15.1 answers in a way of its own; each test says the rule. */
import { describe, expect, it } from 'vitest';
import { errCodeOf, useJetStream } from '../support/use-jetstream.ts';

describe('the JetStream API', () => {
  const js = useJetStream();

  it('answers what only a cluster does with 10010, whatever the body', async () => {
    for (const verb of ['STREAM.PEER.EVACUATE.S', 'STREAM.CANCEL_MOVE.S', 'STREAM.PEER.REMOVE.S', 'STREAM.LEADER.STEPDOWN.S'])
      expect(errCodeOf(await js.api(verb, '{nope'))).toBe(10010);
  });

  it('takes several JSON values in one body, each into what is there', async () => {
    expect(await js.api('STREAM.CREATE.S', '{"name":"S"} {"subjects":["s"],"max_msgs":5}')).toMatchObject({
      config: { name: 'S', subjects: ['s'], max_msgs: 5 },
    });
    expect(errCodeOf(await js.api('STREAM.INFO.S', '{} x'))).toBe(10025);
  });

  it('refuses null for an enumerated field', async () => {
    expect(errCodeOf(await js.api('STREAM.CREATE.S', { name: 'S', storage: null }))).toBe(10025);
  });

  it('shows the first sequence that was asked for, 1 included', async () => {
    for (const storage of ['memory', 'file']) {
      const name = `F${storage}`;
      expect(await js.api(`STREAM.CREATE.${name}`, { name, storage, first_seq: 1 })).toMatchObject({ state: { first_seq: 1 } });
    }
    await js.restart();
    expect(await js.api('STREAM.INFO.Ffile')).toMatchObject({ state: { first_seq: 1, last_seq: 0 } });
  });

  it('accepts a republish without destination, and republishes nothing', async () => {
    const config = { name: 'S', subjects: ['s'], republish: {} };
    expect(await js.api('STREAM.CREATE.S', config)).toMatchObject({ config: { republish: { src: '>', dest: '' } } });
    expect(await js.publish('s')).toMatchObject({ seq: 1 });
  });
});

describe('a stream', () => {
  const js = useJetStream();

  it('has names and subjects of any UTF-8, through a restart', async () => {
    const config = { name: 'Ström', subjects: ['ä.>'], description: '日本', metadata: { ö: 'ü' }, allow_direct: true };
    expect(await js.api('STREAM.CREATE.Ström', config)).toMatchObject({ config: { ...config, metadata: { ö: 'ü' } } });
    expect(await js.publish('ä.é', 'x')).toEqual({ stream: 'Ström', seq: 1 });
    await js.mustApi('CONSUMER.CREATE.Ström.ç', {
      stream_name: 'Ström',
      config: { name: 'ç', durable_name: 'ç', filter_subject: 'ä.é' },
    });
    await js.restart();
    expect(await js.api('STREAM.INFO.Ström', { subjects_filter: 'ä.*' })).toMatchObject({
      config,
      state: { subjects: { 'ä.é': 1 } },
    });
    expect((await js.ask('$JS.API.DIRECT.GET.Ström.ä.é')).string()).toBe('x');
    const [message] = await (await js.pull('Ström', 'ç', { batch: 1 })).take(1);
    expect(message?.subject).toBe('ä.é');
  });

  it.each(['memory', 'file'])('of %s does not keep a single message that is larger than the stream may be', async (storage) => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'], storage, max_bytes: 200 });
    expect(await js.publish('s', 'x'.repeat(300))).toMatchObject({ seq: 1 });
    expect(await js.api('STREAM.INFO.S')).toMatchObject({ state: { messages: 0, bytes: 0, first_seq: 2, last_seq: 1 } });
    await js.publish('s', 'x'.repeat(20));
    expect(await js.api('STREAM.INFO.S')).toMatchObject({ state: { messages: 1, first_seq: 2, last_seq: 2 } });
  });

  it('stores a traced message so that it is not traced again', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'], allow_direct: true });
    await js.publish('s', 'x', { 'Nats-Trace-Dest': 'trace', k: 'v' });
    expect((await js.ask('$JS.API.DIRECT.GET.S.s')).headers?.get('Nats-Trace-Dest')).toBe('trace disabled');
  });

  it('reads a TTL beyond an int64 as nats-server does: wrapped around', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'], allow_msg_ttl: true });
    expect(await js.publish('s', 'x', { 'Nats-TTL': '99999999999999999999' })).toMatchObject({ seq: 1 });
    expect(errCodeOf(await js.publish('s', 'x', { 'Nats-TTL': '18446744073709551615' }))).toBe(10165);
  });

  it('knows time zones of schedules by their exact names, and its own as Local', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s', 't'], allow_msg_schedules: true });
    const zone = (name: string) =>
      js.publish('s', '', { 'Nats-Schedule': '0 0 0 * * *', 'Nats-Schedule-Target': 't', 'Nats-Schedule-Time-Zone': name });
    for (const name of ['Europe/Berlin', 'UTC', 'Local']) expect(await zone(name)).toHaveProperty('seq');
    for (const name of ['europe/berlin', 'utc', '+01:00', 'X/Y']) expect(errCodeOf(await zone(name))).toBe(10223);
  });
});

describe('the JetStream API of a domain', () => {
  const js = useJetStream({ domain: 'hub' });

  it('renames requests in the name of the domain, and keys of buckets, but nothing else', async () => {
    await js.mustApi('STREAM.CREATE.KV_b', { name: 'KV_b', subjects: ['$KV.b.>'] });
    expect(JSON.parse((await js.ask('$JS.hub.API.INFO')).string())).toMatchObject({ domain: 'hub', streams: 1 });
    expect(JSON.parse((await js.ask('$JS.hub.API.$KV.b.key', 'v')).string())).toMatchObject({ stream: 'KV_b', seq: 1 });
    await expect(js.ask('$JS.hub.API.BOGUS')).rejects.toThrow(/no responders/);
  });
});

describe('a server with little room', () => {
  const js = useJetStream({ maxMemoryBytes: 1000 });

  it('refuses the first message after its streams have used more than there is', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'], storage: 'memory' });
    const message = 'x'.repeat(233);
    for (let count = 0; count < 5; count++) expect(await js.publish('s', message)).toHaveProperty('seq', count + 1);
    expect(errCodeOf(await js.publish('s', message))).toBe(10023);
    await js.mustApi('STREAM.PURGE.S');
    expect(await js.publish('s', message)).toMatchObject({ seq: 6 });
  });
});
