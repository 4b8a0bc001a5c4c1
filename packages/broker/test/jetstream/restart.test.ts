/** A restart on the same folder: streams, messages, consumers with what they had, dedupe, schedules and buckets are all there. */
import { Kvm } from '@nats-io/kv';
import { describe, expect, it } from 'vitest';
import { errCodeOf, headerOf, lineOf, ns, useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();

const streamConfig = { name: 'S', subjects: ['s.*'], allow_direct: true, allow_msg_ttl: true, allow_msg_schedules: true };

/** Info of a stream or consumer without the moment at which it was asked and the server's id, which is another one. */
async function info(verb: string): Promise<unknown> {
  const { ts: _ts, cluster: _cluster, ...rest } = await js.mustApi(verb);
  return rest;
}

describe('after a restart', () => {
  it('a stream has its configuration, messages, headers and holes', async () => {
    await js.mustApi('STREAM.CREATE.S', { ...streamConfig, description: 'kept', metadata: { team: 'blue' } });
    for (let index = 0; index < 20; index++) await js.publish(`s.${index % 2}`, `m${index}`, { Index: `${index}` });
    await js.mustApi('STREAM.MSG.DELETE.S', { seq: 7 });
    await js.mustApi('STREAM.PURGE.S', { seq: 3 });
    const before = await info('STREAM.INFO.S');
    await js.restart();
    expect(await info('STREAM.INFO.S')).toEqual(before);
    const message = await js.ask('$JS.API.DIRECT.GET.S', JSON.stringify({ seq: 10 }));
    expect([lineOf(message).split('=')[1], headerOf(message, 'Index')]).toEqual(['m9', '9']);
    expect(errCodeOf(await js.api('STREAM.MSG.GET.S', { seq: 7 }))).toBe(10037);
    expect(await js.publish('s.1', 'next')).toEqual({ stream: 'S', seq: 21 });
  });

  it('a message that was put off comes when its time has come, not after the ack wait', async () => {
    await js.mustApi('STREAM.CREATE.S', streamConfig);
    await js.publish('s.a', 'm');
    const config = { durable_name: 'c', ack_policy: 'explicit', ack_wait: ns(60_000) };
    await js.mustApi('CONSUMER.DURABLE.CREATE.S.c', { stream_name: 'S', config });
    const [message] = await (await js.pull('S', 'c', { batch: 1 })).take(1);
    await js.ask(message?.reply ?? '', `-NAK {"delay": ${ns(500)}}`);
    await js.restart();
    expect((await (await js.pull('S', 'c', { batch: 1, expires: ns(8000) })).take(1)).map(lineOf)).toEqual(['s.a=m']);
  });

  it('the first request to make or change a consumer is answered with what it was when it was recovered', async () => {
    await js.mustApi('STREAM.CREATE.S', streamConfig);
    const create = (description: string) =>
      js.mustApi('CONSUMER.CREATE.S.c', {
        stream_name: 'S',
        config: { durable_name: 'c', ack_policy: 'explicit', description },
      });
    await create('old');
    await js.restart();
    await js.publish('s.a', 'm');
    expect(await create('new')).toMatchObject({ config: { description: 'old' }, num_pending: 0 });
    expect(await js.mustApi('CONSUMER.INFO.S.c')).toMatchObject({ config: { description: 'new' }, num_pending: 1 });
    expect(await create('newer')).toMatchObject({ config: { description: 'newer' }, num_pending: 1 });
  });

  it('a consumer goes on where it was, and brings again what was not acknowledged', async () => {
    await js.mustApi('STREAM.CREATE.S', streamConfig);
    for (let index = 0; index < 5; index++) await js.publish('s.a', `m${index}`);
    const config = { durable_name: 'c', ack_policy: 'explicit', ack_wait: ns(1000) };
    await js.mustApi('CONSUMER.DURABLE.CREATE.S.c', { stream_name: 'S', config });
    const messages = await (await js.pull('S', 'c', { batch: 3 })).take(3);
    await js.ask(messages[0]?.reply ?? '', '+ACK');
    await js.ask(messages[2]?.reply ?? '', '+ACK');
    await js.restart();
    expect(await js.mustApi('CONSUMER.INFO.S.c')).toMatchObject({
      num_pending: 2,
      num_ack_pending: 1,
      ack_floor: { stream_seq: 1 },
      delivered: { stream_seq: 3 },
    });
    const again = await (await js.pull('S', 'c', { batch: 3, expires: ns(8000) })).take(3);
    expect(again.map((message) => message.string()).sort()).toEqual(['m1', 'm3', 'm4']);
  });

  it('a message id is still known, and a pause still holds', async () => {
    await js.mustApi('STREAM.CREATE.S', streamConfig);
    await js.publish('s.a', 'x', { 'Nats-Msg-Id': 'id' });
    await js.mustApi('CONSUMER.CREATE.S.c', { stream_name: 'S', config: { durable_name: 'c', ack_policy: 'explicit' } });
    await js.mustApi('CONSUMER.PAUSE.S.c', { pause_until: new Date(Date.now() + 3_600_000).toISOString() });
    await js.restart();
    expect(await js.publish('s.a', 'x', { 'Nats-Msg-Id': 'id' })).toMatchObject({ seq: 1, duplicate: true });
    expect(await js.mustApi('CONSUMER.INFO.S.c')).toMatchObject({ paused: true });
  });

  it('messages that were to go, go; schedules that were to fire, fire', async () => {
    await js.mustApi('STREAM.CREATE.S', streamConfig);
    await js.publish('s.short', 'x', { 'Nats-TTL': '1s' });
    const at = new Date(Date.now() + 1500).toISOString();
    await js.publish('s.plan', 'body', { 'Nats-Schedule': `@at ${at}`, 'Nats-Schedule-Target': 's.out' });
    await js.restart();
    await expect
      .poll(() => js.mustApi('STREAM.INFO.S', { subjects_filter: '>' }), { timeout: 8000 })
      .toMatchObject({ state: { messages: 1, subjects: { 's.out': 1 } } });
  });

  it('a work queue has what was not done, a bucket its keys', async () => {
    await js.mustApi('STREAM.CREATE.W', { name: 'W', subjects: ['w'], retention: 'workqueue' });
    await js.publish('w', 'done');
    await js.publish('w', 'open');
    await js.mustApi('CONSUMER.CREATE.W.c', { stream_name: 'W', config: { durable_name: 'c', ack_policy: 'explicit' } });
    const [message] = await (await js.pull('W', 'c', 1)).take(1);
    await js.ask(message?.reply ?? '', '+ACK');
    const kv = await new Kvm(js.connection).create('B');
    await kv.put('key', 'value');
    await js.restart();
    expect(await js.mustApi('STREAM.INFO.W')).toMatchObject({ state: { messages: 1, first_seq: 2 } });
    const opened = await new Kvm(js.connection).open('B');
    expect((await opened.get('key'))?.string()).toBe('value');
  });

  it('what was deleted stays deleted, and what is in memory only is empty', async () => {
    await js.mustApi('STREAM.CREATE.GONE', { name: 'GONE', subjects: ['gone'] });
    await js.mustApi('STREAM.CREATE.M', { name: 'M', subjects: ['m'], storage: 'memory' });
    await js.publish('m', 'x');
    await js.mustApi('STREAM.DELETE.GONE');
    await js.restart();
    expect(errCodeOf(await js.api('STREAM.INFO.GONE'))).toBe(10059);
    expect(JSON.stringify(await js.mustApi('STREAM.NAMES'))).not.toContain('GONE');
  });
});
