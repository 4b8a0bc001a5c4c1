/** What JetStream tells of itself: streams and consumers made and removed, requests, pauses, naks, samples of acknowledgements. */
import { describe, expect, it } from 'vitest';
import { ns, useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();

async function ready(config: object = {}): Promise<void> {
  await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'] });
  await js.publish('s', 'x');
  await js.mustApi('CONSUMER.CREATE.S.c', { stream_name: 'S', config: { durable_name: 'c', ack_policy: 'explicit', ...config } });
}

describe('an advisory', () => {
  it('tells when streams are created, updated and deleted', async () => {
    const told = await js.collect('$JS.EVENT.ADVISORY.STREAM.*.S');
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'] });
    await js.mustApi('STREAM.UPDATE.S', { name: 'S', subjects: ['s'], max_msgs: 5 });
    await js.mustApi('STREAM.DELETE.S');
    const messages = await told.take(3);
    expect(messages.map(({ subject }) => subject.split('.')[4])).toEqual(['CREATED', 'UPDATED', 'DELETED']);
    expect(messages.map((message) => message.json())).toMatchObject([
      { type: 'io.nats.jetstream.advisory.v1.stream_action', stream: 'S', action: 'create' },
      { stream: 'S', action: 'modify' },
      { stream: 'S', action: 'delete' },
    ]);
    const { id, timestamp } = messages[0]?.json<{ id: string; timestamp: string }>() ?? { id: '', timestamp: '' };
    expect(id).toMatch(/^\w{22}$/);
    expect(timestamp).toMatch(/^\d{4}-.*Z$/);
  });

  it('tells when consumers are created, paused and deleted', async () => {
    const told = await js.collect('$JS.EVENT.ADVISORY.CONSUMER.*.S.c');
    await ready();
    await js.mustApi('CONSUMER.PAUSE.S.c', { pause_until: new Date(Date.now() + 60_000).toISOString() });
    await js.mustApi('CONSUMER.DELETE.S.c');
    expect((await told.take(3)).map((message) => message.json())).toMatchObject([
      { type: 'io.nats.jetstream.advisory.v1.consumer_action', stream: 'S', consumer: 'c', action: 'create' },
      { type: 'io.nats.jetstream.advisory.v1.consumer_pause', paused: true },
      { action: 'delete' },
    ]);
  });

  it('tells each request with who asked and what was answered', async () => {
    const told = await js.collect('$JS.EVENT.ADVISORY.API');
    await js.api('STREAM.INFO.NONE', { offset: 0 });
    const audit = (await told.take(1))[0]?.json<{ response: string }>();
    expect(audit).toMatchObject({
      type: 'io.nats.jetstream.advisory.v1.api_audit',
      subject: '$JS.API.STREAM.INFO.NONE',
      request: '{"offset":0}',
      client: { acc: '$G', kind: 'Client' },
    });
    expect(audit?.response).toContain('10059');
  });

  it('tells a message that is refused by its receiver', async () => {
    await ready();
    const told = await js.collect('$JS.EVENT.ADVISORY.CONSUMER.MSG_NAKED.S.c');
    const [message] = await (await js.pull('S', 'c', 1)).take(1);
    js.connection.publish(message?.reply ?? '', '-NAK');
    expect((await told.take(1))[0]?.json()).toMatchObject({
      type: 'io.nats.jetstream.advisory.v1.nak',
      stream: 'S',
      consumer: 'c',
      stream_seq: 1,
      consumer_seq: 1,
      deliveries: 1,
    });
  });

  it('measures acknowledgements where the consumer is sampled', async () => {
    await ready({ sample_freq: '100%' });
    const told = await js.collect('$JS.EVENT.METRIC.CONSUMER.ACK.S.c');
    const [message] = await (await js.pull('S', 'c', 1)).take(1);
    js.connection.publish(message?.reply ?? '', '+ACK');
    const metric = (await told.take(1))[0]?.json<{ ack_time: number }>();
    expect(metric).toMatchObject({ type: 'io.nats.jetstream.metric.v1.consumer_ack', stream_seq: 1, deliveries: 1 });
    expect(metric?.ack_time).toBeGreaterThan(0);
    expect(metric?.ack_time).toBeLessThan(ns(10_000));
  });

  it('is stored by a stream that asks for it', async () => {
    await js.mustApi('STREAM.CREATE.LOG', { name: 'LOG', subjects: ['$JS.EVENT.ADVISORY.STREAM.>'] });
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'] });
    await expect
      .poll(() => js.api('STREAM.MSG.GET.LOG', { last_by_subj: '$JS.EVENT.ADVISORY.STREAM.CREATED.S' }))
      .toMatchObject({ message: { subject: '$JS.EVENT.ADVISORY.STREAM.CREATED.S' } });
  });
});
