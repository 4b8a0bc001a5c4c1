/** Streams as their users manage them: create, update, list, purge, delete, and what is refused with which `err_code`. */
import { jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import { errCodeOf, useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();

describe('a stream', () => {
  it('is created with the defaults and told with its state', async () => {
    const created = await js.api('STREAM.CREATE.S', { name: 'S', subjects: ['s.>'] });
    expect(created).toMatchObject({
      type: 'io.nats.jetstream.api.v1.stream_create_response',
      did_create: true,
      config: {
        name: 'S',
        subjects: ['s.>'],
        retention: 'limits',
        storage: 'file',
        discard: 'old',
        max_consumers: -1,
        max_msgs: -1,
        max_bytes: -1,
        max_age: 0,
        max_msgs_per_subject: -1,
        max_msg_size: -1,
        num_replicas: 1,
        duplicate_window: 120_000_000_000,
        compression: 'none',
      },
      state: { messages: 0, bytes: 0, first_seq: 0, last_seq: 0, consumer_count: 0, first_ts: '0001-01-01T00:00:00Z' },
    });
  });

  it('is created again by the same configuration, refused by another', async () => {
    const config = { name: 'S', subjects: ['s.>'], max_msgs: 10 };
    expect(await js.api('STREAM.CREATE.S', config)).toMatchObject({ config });
    await js.publish('s.1', 'kept');
    expect(await js.api('STREAM.CREATE.S', config)).toMatchObject({ config, state: { messages: 1 } });
    expect(errCodeOf(await js.api('STREAM.CREATE.S', { ...config, max_msgs: 11 }))).toBe(10058);
  });

  it('is refused when the request is no JSON, empty, of another name or has an unknown field', async () => {
    expect(errCodeOf(await js.api('STREAM.CREATE.S', '{nope'))).toBe(10025);
    expect(errCodeOf(await js.api('STREAM.CREATE.S', { name: 'S', surprise: true }))).toBe(10025);
    expect(errCodeOf(await js.api('STREAM.CREATE.S', { name: 'S', max_msgs: 'ten' }))).toBe(10025);
    expect(errCodeOf(await js.api('STREAM.CREATE.S', { name: 'T' }))).toBe(10056);
    expect(errCodeOf(await js.api('STREAM.INFO.S', { surprise: true }))).toBe(10025);
    expect(errCodeOf(await js.api('STREAM.INFO.S'))).toBe(10059);
  });

  it('is refused when its subjects belong to another stream or are the API’s', async () => {
    await js.mustApi('STREAM.CREATE.A', { name: 'A', subjects: ['a.*'] });
    expect(errCodeOf(await js.api('STREAM.CREATE.B', { name: 'B', subjects: ['a.b'] }))).toBe(10065);
    expect(await js.api('STREAM.CREATE.B', { name: 'B', subjects: ['$JS.API.>'] })).toHaveProperty('error');
    expect(await js.api('STREAM.CREATE.B', { name: 'B', subjects: ['b.>', 'b.c'] })).toHaveProperty('error');
    expect(await js.api('STREAM.NAMES')).toMatchObject({ total: 1, streams: ['A'] });
  });

  it('cannot have replicas outside a cluster, nor a mirror with subjects', async () => {
    expect(errCodeOf(await js.api('STREAM.CREATE.R', { name: 'R', num_replicas: 3 }))).toBe(10074);
    expect(errCodeOf(await js.api('STREAM.CREATE.R', { name: 'R', subjects: ['r'], mirror: { name: 'X' } }))).toBe(10034);
  });

  it('keeps what cannot change when it is updated', async () => {
    const config = { name: 'S', subjects: ['s.>'], storage: 'file', retention: 'workqueue' };
    await js.mustApi('STREAM.CREATE.S', config);
    expect(await js.api('STREAM.UPDATE.S', { ...config, max_msgs: 5, subjects: ['s.>', 't'] })).toMatchObject({
      config: { max_msgs: 5, subjects: ['s.>', 't'] },
    });
    expect(errCodeOf(await js.api('STREAM.UPDATE.S', { ...config, storage: 'memory' }))).toBe(10052);
    expect(errCodeOf(await js.api('STREAM.UPDATE.S', { ...config, retention: 'limits' }))).toBe(10052);
    expect(errCodeOf(await js.api('STREAM.UPDATE.T', { ...config, name: 'T' }))).toBe(10059);
  });

  it('persists asynchronously only in files, without atomic batches, and for good', async () => {
    const config = { name: 'S', subjects: ['s'], persist_mode: 'async' };
    expect(await js.api('STREAM.CREATE.S', { ...config, allow_atomic: true })).toHaveProperty('error');
    expect(await js.mustApi('STREAM.CREATE.S', config)).toMatchObject({ config: { persist_mode: 'async' } });
    expect(await js.publish('s', 'x')).toEqual({ stream: 'S', seq: 1 });
    expect(await js.api('STREAM.UPDATE.S', { ...config, persist_mode: 'default' })).toHaveProperty('error');
  });

  it('carries description, metadata and first sequence, and says which API level it needs', async () => {
    const answer = await js.mustApi('STREAM.CREATE.S', {
      name: 'S',
      subjects: ['s'],
      description: 'all of it',
      compression: 's2',
      first_seq: 100,
      metadata: { team: 'blue' },
      placement: { cluster: '', tags: [] },
    });
    expect(answer).toMatchObject({
      config: {
        description: 'all of it',
        compression: 's2',
        first_seq: 100,
        metadata: { team: 'blue', '_nats.req.level': '0', '_nats.ver': '2.15.1', '_nats.level': '5' },
      },
    });
    expect(await js.publish('s', 'x')).toEqual({ stream: 'S', seq: 100 });
    const listed = await js.api('STREAM.LIST');
    expect(listed).toMatchObject({ streams: [{ config: { metadata: { '_nats.req.level': '0' } } }] });
    expect(JSON.stringify(listed)).not.toContain('_nats.ver');
  });

  it('refuses a request that needs a higher API level than there is', async () => {
    expect(errCodeOf(await js.api('STREAM.NAMES', '', { 'Nats-Required-Api-Level': '999' }))).toBe(10185);
    expect(errCodeOf(await js.api('STREAM.NAMES', '', { 'Nats-Required-Api-Level': '5' }))).toBeUndefined();
  });

  it('is found by the subjects it takes, and tells how many messages each has', async () => {
    await js.mustApi('STREAM.CREATE.A', { name: 'A', subjects: ['a.>'] });
    await js.mustApi('STREAM.CREATE.B', { name: 'B', subjects: ['b.>'] });
    for (const subject of ['a.1', 'a.2', 'a.2', 'a.x.y']) await js.publish(subject);
    expect(await js.api('STREAM.NAMES', { subject: 'a.2' })).toMatchObject({ total: 1, streams: ['A'] });
    expect(await js.api('STREAM.INFO.A', { subjects_filter: 'a.*' })).toMatchObject({
      total: 2,
      state: { messages: 4, num_subjects: 3, subjects: { 'a.1': 1, 'a.2': 2 } },
    });
  });

  it('is listed in pages', async () => {
    for (let index = 0; index < 260; index++) {
      const name = `P${String(index).padStart(3, '0')}`;
      await js.mustApi(`STREAM.CREATE.${name}`, { name, subjects: [name], storage: 'memory' });
    }
    const first = await js.mustApi('STREAM.LIST');
    expect(first).toMatchObject({ total: 260, offset: 0, limit: 256 });
    const second = await js.mustApi('STREAM.LIST', { offset: 256 });
    expect(second).toMatchObject({ total: 260, offset: 256 });
    expect([first['streams'], second['streams']].map((page) => (Array.isArray(page) ? page.length : -1))).toEqual([256, 4]);
    const manager = await jetstreamManager(js.connection);
    const names = [];
    for await (const { config } of manager.streams.list()) names.push(config.name);
    expect(new Set(names).size).toBe(260);
  });

  it('answers INFO of the account with what is used and what was asked', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'] });
    await js.mustApi('CONSUMER.CREATE.S.c', { stream_name: 'S', config: { name: 'c', ack_policy: 'explicit' } });
    await js.publish('s', 'x'.repeat(100));
    const info = await js.mustApi('INFO');
    expect(info).toMatchObject({ streams: 1, consumers: 1, limits: { max_streams: -1 }, api: { level: 5 } });
    expect(info['storage']).toBeGreaterThan(100);
  });
});

describe('messages of a stream', () => {
  it('are deleted one by one, and told as deleted', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.*'] });
    for (let count = 0; count < 5; count++) await js.publish('s.1', `${count}`);
    expect(await js.api('STREAM.MSG.DELETE.S', { seq: 3 })).toMatchObject({ success: true });
    expect(errCodeOf(await js.api('STREAM.MSG.DELETE.S', { seq: 3 }))).toBe(10043);
    expect(errCodeOf(await js.api('STREAM.MSG.GET.S', { seq: 3 }))).toBe(10037);
    expect(await js.api('STREAM.INFO.S', { deleted_details: true })).toMatchObject({
      state: { messages: 4, num_deleted: 1, deleted: [3] },
    });
  });

  it('that never had any count as one deleted at 0 where a file lists them', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.*'] });
    const state = async (body: object): Promise<unknown> => (await js.mustApi('STREAM.INFO.S', body))['state'];
    expect(await state({ deleted_details: true })).toMatchObject({ num_deleted: 1, deleted: [0] });
    expect(await state({})).not.toHaveProperty('num_deleted');
  });

  it('are read by sequence, by the last of a subject and by the next from a sequence', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.*'] });
    for (const subject of ['s.a', 's.b', 's.a']) await js.publish(subject, subject, { Trace: 't' });
    const data = Buffer.from('s.a').toString('base64');
    expect(await js.api('STREAM.MSG.GET.S', { seq: 1 })).toMatchObject({ message: { subject: 's.a', seq: 1, data } });
    expect(await js.api('STREAM.MSG.GET.S', { last_by_subj: 's.a' })).toMatchObject({ message: { seq: 3 } });
    expect(await js.api('STREAM.MSG.GET.S', { seq: 2, next_by_subj: 's.a' })).toMatchObject({ message: { seq: 3 } });
    expect(errCodeOf(await js.api('STREAM.MSG.GET.S', { last_by_subj: 's.z' }))).toBe(10037);
    const { message } = await js.mustApi('STREAM.MSG.GET.S', { seq: 1 });
    expect(Buffer.from(JSON.stringify(message).match(/"hdrs":"([^"]+)"/)?.[1] ?? '', 'base64').toString()).toContain('Trace: t');
  });

  it('are purged all, by subject, up to a sequence, or but for the last', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.*'] });
    for (let count = 0; count < 10; count++) await js.publish(`s.${count % 2}`);
    expect(await js.api('STREAM.PURGE.S', { filter: 's.0', keep: 1 })).toMatchObject({ success: true, purged: 4 });
    expect(await js.api('STREAM.PURGE.S', { seq: 5 })).toMatchObject({ purged: 2 });
    expect(errCodeOf(await js.api('STREAM.PURGE.S', { seq: 5, keep: 1 }))).toBeDefined();
    expect(await js.api('STREAM.PURGE.S')).toMatchObject({ purged: 4 });
    expect(await js.api('STREAM.INFO.S')).toMatchObject({ state: { messages: 0, first_seq: 11, last_seq: 10 } });
  });

  it('stay where deletes and purges are denied, and that cannot be taken back', async () => {
    const config = { name: 'S', subjects: ['s'], deny_delete: true, deny_purge: true };
    await js.mustApi('STREAM.CREATE.S', config);
    await js.publish('s', 'x');
    expect(errCodeOf(await js.api('STREAM.MSG.DELETE.S', { seq: 1 }))).toBe(10057);
    expect(errCodeOf(await js.api('STREAM.PURGE.S'))).toBe(10110);
    expect(errCodeOf(await js.api('STREAM.UPDATE.S', { ...config, deny_delete: false }))).toBe(10052);
  });

  it('are neither added nor removed once the stream is sealed', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'] });
    await js.publish('s', 'x');
    expect(await js.mustApi('STREAM.UPDATE.S', { name: 'S', subjects: ['s'], sealed: true })).toMatchObject({
      config: { sealed: true, discard: 'new', deny_delete: true, deny_purge: true },
    });
    expect(errCodeOf(await js.publish('s', 'y'))).toBe(10109);
    expect(errCodeOf(await js.api('STREAM.MSG.DELETE.S', { seq: 1 }))).toBe(10109);
  });
});
