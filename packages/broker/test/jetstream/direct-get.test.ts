/** Direct get: one message by sequence, subject or time, batches, the last of many subjects, and what it says when there is none. */
import { jetstreamManager } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { headerOf, lineOf, useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();

async function ready(): Promise<void> {
  await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.*'], allow_direct: true });
  for (const [index, subject] of ['s.a', 's.b', 's.a', 's.c', 's.b'].entries()) {
    await js.publish(subject, `m${index + 1}`, index === 0 ? { Trace: 't' } : undefined);
  }
}

const get = (request: object | string): Promise<Msg> =>
  js.ask('$JS.API.DIRECT.GET.S', typeof request === 'string' ? request : JSON.stringify(request));

/** Status, or sequence and payload. */
function told(message: Msg): string {
  const seq = headerOf(message, 'Nats-Sequence');
  return seq === undefined ? lineOf(message) : `${seq}=${message.string()}`;
}

async function batch(request: object, count: number): Promise<Msg[]> {
  const inbox = `_INBOX.${crypto.randomUUID()}`;
  const collected = await js.collect(inbox);
  js.connection.publish('$JS.API.DIRECT.GET.S', JSON.stringify(request), { reply: inbox });
  return collected.take(count);
}

describe('a direct get', () => {
  it('answers with the message itself and where it is stored', async () => {
    await ready();
    const message = await get({ seq: 1 });
    expect(message.string()).toBe('m1');
    const names = ['Trace', 'Nats-Stream', 'Nats-Subject', 'Nats-Sequence'];
    expect(names.map((name) => headerOf(message, name))).toEqual(['t', 'S', 's.a', '1']);
    expect(headerOf(message, 'Nats-Time-Stamp')).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('finds the last of a subject, the next from a sequence, and by the subject behind the stream’s name', async () => {
    await ready();
    expect(told(await get({ last_by_subj: 's.a' }))).toBe('3=m3');
    expect(told(await get({ seq: 2, next_by_subj: 's.a' }))).toBe('3=m3');
    expect(told(await get({ next_by_subj: 's.b' }))).toBe('2=m2');
    expect(told(await js.ask('$JS.API.DIRECT.GET.S.s.b'))).toBe('5=m5');
  });

  it('says 404 for what is not there and 408 for what is no request', async () => {
    await ready();
    expect(lineOf(await get({ seq: 99 }))).toBe('404 Message Not Found');
    expect(lineOf(await get({ last_by_subj: 's.z' }))).toBe('404 Message Not Found');
    expect(lineOf(await get(''))).toBe('408 Empty Request');
    expect(lineOf(await get('{bad'))).toBe('408 Malformed Request');
    expect(lineOf(await get({ seq: 1, last_by_subj: 's.a' }))).toBe('408 Bad Request');
  });

  it('finds nobody where the stream does not allow it', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.*'] });
    await expect(get({ seq: 1 })).rejects.toThrow(/no responders/);
  });

  it('sends a batch with how many are left, and ends it', async () => {
    await ready();
    const messages = await batch({ seq: 1, batch: 2 }, 3);
    expect(messages.map(told)).toEqual(['1=m1', '2=m2', '204 EOB']);
    expect(messages.map((message) => headerOf(message, 'Nats-Num-Pending'))).toEqual(['4', '3', '3']);
    const filtered = await batch({ seq: 1, batch: 10, next_by_subj: 's.b' }, 3);
    expect(filtered.map(told)).toEqual(['2=m2', '5=m5', '204 EOB']);
    expect((await batch({ seq: 99, batch: 2 }, 1)).map(lineOf)).toEqual(['404 Message Not Found']);
  });

  it('sends the last of many subjects, as they are or as they were', async () => {
    await ready();
    const last = await batch({ multi_last: ['s.*'] }, 4);
    expect(last.map(told)).toEqual(['3=m3', '4=m4', '5=m5', '204 EOB']);
    expect(last.map((message) => headerOf(message, 'Nats-UpTo-Sequence')).at(-1)).toBe('5');
    const before = await batch({ multi_last: ['s.a', 's.b'], up_to_seq: 3 }, 3);
    expect(before.map(told)).toEqual(['2=m2', '3=m3', '204 EOB']);
    const { message } = await js.mustApi('STREAM.MSG.GET.S', { seq: 4 });
    const upTo = JSON.stringify(message).match(/"time":"([^"]+)"/)?.[1];
    const atTime = await batch({ multi_last: ['s.*'], up_to_time: upTo }, 3);
    expect(atTime.map(told)).toEqual(['2=m2', '3=m3', '204 EOB']);
    expect((await batch({ multi_last: ['s.z'] }, 1)).map(lineOf)).toEqual(['404 No Results']);
  });

  it('leaves the headers out when asked to', async () => {
    await ready();
    const [message] = await batch({ seq: 1, batch: 1, no_hdr: true }, 1);
    expect(message && headerOf(message, 'Trace')).toBeUndefined();
    expect(message?.string()).toBe('m1');
  });

  it('serves the official client', async () => {
    await ready();
    const { direct } = await jetstreamManager(js.connection);
    expect((await direct.getMessage('S', { seq: 4 }))?.string()).toBe('m4');
    const seen = [];
    for await (const message of await direct.getLastMessagesFor('S', { multi_last: ['s.a', 's.c'] })) seen.push(message.seq);
    expect(seen).toEqual([3, 4]);
  });
});
