/** What the trace of a message tells of streams; each expectation is what nats-server 2.15.1 tells. ADR-41, checklist row 112. */
import { headers as newHeaders } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { useJetStream } from '../support/use-jetstream.ts';

describe('the trace of a published message', () => {
  const fixture = useJetStream();

  /** Publishes with a trace and returns its step of the stream. */
  async function stepOf(subject: string, more: Record<string, string> = {}, payload = 'hi'): Promise<unknown> {
    const traces = await fixture.collect('tr');
    const header = newHeaders();
    for (const [name, value] of Object.entries({ 'Nats-Trace-Dest': 'tr', ...more })) header.set(name, value);
    fixture.connection.publish(subject, payload, { headers: header });
    const [message] = await traces.take(1);
    const event = JSON.parse(message?.string() ?? '{}') as { events: { type: string; ts: string }[] };
    const step = event.events.find(({ type }) => type === 'js');
    if (step === undefined) return undefined;
    const { ts, ...rest } = step;
    expect(ts).toMatch(/^\d{4}-/);
    return rest;
  }

  it('tells the stream and the subject under which it is stored', async () => {
    await fixture.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.>'], subject_transform: { src: 's.>', dest: 't.>' } });
    expect(await stepOf('s.a')).toEqual({ type: 'js', stream: 'S', subject: 't.a' });
    const stored = await fixture.ask('$JS.API.STREAM.MSG.GET.S', JSON.stringify({ seq: 1 }));
    const { message } = JSON.parse(stored.string()) as { message: { hdrs: string } };
    expect(Buffer.from(message.hdrs, 'base64').toString()).toBe('NATS/1.0\r\nNats-Trace-Dest: trace disabled\r\n\r\n');
  });

  it('stores nothing when only the trace is asked for', async () => {
    await fixture.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.>'] });
    expect(await stepOf('s.a', { 'Nats-Trace-Only': '1' })).toEqual({ type: 'js', stream: 'S', subject: 's.a' });
    expect(await fixture.mustApi('STREAM.INFO.S')).toMatchObject({ state: { messages: 0, last_seq: 0 } });
  });

  it('tells that nobody is interested', async () => {
    await fixture.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.>'], retention: 'interest' });
    const step = { type: 'js', stream: 'S', subject: 's.a', nointerest: true };
    expect(await stepOf('s.a', { 'Nats-Trace-Only': '1' })).toEqual(step);
    expect(await stepOf('s.a')).toEqual(step);
  });

  it('tells why it was refused, in the words of the store', async () => {
    await fixture.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.>'], max_msgs: 1, discard: 'new', max_msg_size: 100 });
    await fixture.publish('s.a', 'x', { 'Nats-Msg-Id': '1' });
    const error = async (more: Record<string, string>, payload?: string) => {
      const step = (await stepOf('s.a', more, payload)) as { error?: string };
      return step.error;
    };
    expect(await error({ 'Nats-Msg-Id': '1' })).toBe('msgid is duplicate');
    expect(await error({ 'Nats-Expected-Last-Sequence': '9' })).toBe('last sequence mismatch: 9 vs 1');
    expect(await error({ 'Nats-Expected-Last-Subject-Sequence': '9' })).toBe('last sequence by subject mismatch: 9 vs 1');
    expect(await error({ 'Nats-Expected-Last-Msg-Id': 'z' })).toBe('last msgid mismatch: "z" vs "1"');
    expect(await error({ 'Nats-Expected-Stream': 'X' })).toBe('expected stream does not match');
    expect(await error({ 'Nats-Rollup': 'sub' })).toBe('rollup not permitted');
    expect(await error({}, 'x'.repeat(200))).toBe('maximum payload exceeded');
    expect(await stepOf('s.a')).toEqual({ type: 'js', stream: 'S', subject: 's.a', error: 'maximum messages exceeded' });
  });
});
