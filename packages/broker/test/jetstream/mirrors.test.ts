/** Mirrors and sources: they follow their origin, also what it had before and after a restart; a mirror becomes a stream of its own. */
import { describe, expect, it } from 'vitest';
import { errCodeOf, headerOf, jsonOf, useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();
const PATIENT = { timeout: 10_000 };

async function origin(count: number, config: object = {}): Promise<void> {
  await js.mustApi('STREAM.CREATE.O', { name: 'O', subjects: ['o.*'], ...config });
  for (let index = 1; index <= count; index++) await js.publish(`o.${index % 2}`, `m${index}`);
}

const state = (name: string) => async (): Promise<unknown> =>
  (await js.mustApi(`STREAM.INFO.${name}`, { subjects_filter: '>' }))['state'];

describe('a mirror', () => {
  it('has its origin’s messages under the same sequences, and what comes later', async () => {
    await origin(5);
    await js.mustApi('STREAM.MSG.DELETE.O', { seq: 2 });
    await js.mustApi('STREAM.CREATE.M', { name: 'M', mirror: { name: 'O' } });
    await expect.poll(state('M'), PATIENT).toMatchObject({ messages: 4, last_seq: 5 });
    await js.publish('o.1', 'm6');
    await expect.poll(state('M'), PATIENT).toMatchObject({ messages: 5, last_seq: 6, num_deleted: 1 });
    const [mine, theirs] = [await js.mustApi('STREAM.MSG.GET.M', { seq: 6 }), await js.mustApi('STREAM.MSG.GET.O', { seq: 6 })];
    expect(mine['message']).toEqual(theirs['message']);
    await expect.poll(() => js.mustApi('STREAM.INFO.M'), PATIENT).toMatchObject({ mirror: { name: 'O', lag: 0 } });
  });

  it('answers direct gets of its origin’s messages', async () => {
    await origin(2);
    await js.mustApi('STREAM.CREATE.M', { name: 'M', mirror: { name: 'O' }, allow_direct: true });
    await expect.poll(state('M'), PATIENT).toMatchObject({ messages: 2 });
    const message = await js.ask('$JS.API.DIRECT.GET.M', JSON.stringify({ seq: 2 }));
    expect([message.string(), headerOf(message, 'Nats-Stream'), headerOf(message, 'Nats-Subject')]).toEqual(['m2', 'M', 'o.0']);
  });

  it('answers beside its origin when it is told to', async () => {
    await origin(2, { allow_direct: true });
    await js.mustApi('STREAM.CREATE.M', { name: 'M', mirror: { name: 'O' }, mirror_direct: true });
    await expect.poll(state('M'), PATIENT).toMatchObject({ messages: 2 });
    const ask = () => js.ask('$JS.API.DIRECT.GET.O', JSON.stringify({ seq: 2 }));
    const answers = await Promise.all(Array.from({ length: 50 }, ask));
    expect(new Set(answers.map((message) => message.string()))).toEqual(new Set(['m2']));
    expect(new Set(answers.map((message) => headerOf(message, 'Nats-Stream')))).toEqual(new Set(['O', 'M']));
  });

  it('does so once it has nearly caught up: until then it would say that there is no such message', async () => {
    await origin(1, { allow_direct: true });
    await js.mustApi('STREAM.CREATE.M', { name: 'M', mirror: { name: 'O' }, mirror_direct: true });
    const whoAnswers = async () => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => js.ask('$JS.API.DIRECT.GET.O', JSON.stringify({ seq: 1 }))),
      );
      return [...new Set(answers.map((message) => headerOf(message, 'Nats-Stream') ?? message.headers?.description))].sort();
    };
    // A mirror asks its origin a tenth of a second after it was made; a slow machine may be later than that.
    expect([['O'], ['M', 'O']]).toContainEqual(await whoAnswers());
    await expect.poll(whoAnswers, PATIENT).toEqual(['M', 'O']);
  });

  it('tells another stream of the same name by its identity', async () => {
    await origin(1);
    const body = { stream_name: 'O', config: { deliver_subject: 'd', ack_policy: 'none', direct: true } };
    const create = (identity: string) =>
      js.ask('$JS.API.CONSUMER.CREATE.O', JSON.stringify(body), identity === '' ? {} : { 'Nats-Stream-Identity': identity });
    const identity = headerOf(await create(''), 'Nats-Stream-Identity') ?? '';
    expect(identity).toMatch(/^\w{8}$/);
    expect(jsonOf(await create(identity))['error']).toBeUndefined();
    expect(errCodeOf(jsonOf(await create('other000')))).toBe(10225);
  });

  it('takes part of its origin, and other names for its subjects', async () => {
    await origin(6);
    await js.mustApi('STREAM.CREATE.M', {
      name: 'M',
      mirror: { name: 'O', subject_transforms: [{ src: 'o.1', dest: 'odd.1' }] },
    });
    await expect.poll(state('M'), PATIENT).toMatchObject({ messages: 3, subjects: { 'odd.1': 3 } });
  });

  it('becomes a stream of its own when the mirror is taken out, but is no other mirror', async () => {
    await origin(2);
    await js.mustApi('STREAM.CREATE.M', { name: 'M', mirror: { name: 'O' } });
    await expect.poll(state('M'), PATIENT).toMatchObject({ messages: 2 });
    expect(errCodeOf(await js.api('STREAM.UPDATE.M', { name: 'M', mirror: { name: 'OTHER' } }))).toBeDefined();
    await js.mustApi('STREAM.UPDATE.M', { name: 'M', subjects: ['m'] });
    expect(await js.publish('m', 'own')).toEqual({ stream: 'M', seq: 3 });
  });

  it('follows on after a restart', async () => {
    await origin(3);
    await js.mustApi('STREAM.CREATE.M', { name: 'M', mirror: { name: 'O' } });
    await expect.poll(state('M'), PATIENT).toMatchObject({ messages: 3 });
    await js.restart();
    await js.publish('o.1', 'm4');
    await expect.poll(state('M'), PATIENT).toMatchObject({ messages: 4, last_seq: 4 });
  });
});

describe('sources', () => {
  it('bring several streams into one, each once, with where it is from', async () => {
    await origin(3);
    await js.mustApi('STREAM.CREATE.P', { name: 'P', subjects: ['p'] });
    await js.publish('p', 'from P');
    await js.mustApi('STREAM.CREATE.A', {
      name: 'A',
      subjects: ['own'],
      allow_direct: true,
      sources: [
        { name: 'O', filter_subject: 'o.1' },
        { name: 'P', subject_transforms: [{ src: 'p', dest: 'renamed' }] },
      ],
    });
    await js.publish('own', 'mine');
    await expect.poll(state('A'), PATIENT).toMatchObject({ messages: 4, subjects: { 'o.1': 2, renamed: 1, own: 1 } });
    const message = await js.ask('$JS.API.DIRECT.GET.A.renamed');
    expect(headerOf(message, 'Nats-Stream-Source')).toMatch(/^P 1 /);
    await js.restart();
    await js.publish('o.1', 'm4');
    await expect.poll(state('A'), PATIENT).toMatchObject({ messages: 5, subjects: { 'o.1': 3, renamed: 1 } });
  });

  it('begin where they are told, and may not run in a circle', async () => {
    await origin(4);
    await js.mustApi('STREAM.CREATE.A', { name: 'A', sources: [{ name: 'O', opt_start_seq: 3 }] });
    await expect.poll(state('A'), PATIENT).toMatchObject({ messages: 2 });
    const circle = { name: 'O', subjects: ['o.*'], sources: [{ name: 'A' }] };
    expect(errCodeOf(await js.api('STREAM.UPDATE.O', circle))).toBeDefined();
  });

  it('drain a work queue through a consumer of its own, message by message', async () => {
    await js.mustApi('STREAM.CREATE.W', { name: 'W', subjects: ['w'], retention: 'workqueue' });
    for (const payload of ['a', 'b']) await js.publish('w', payload);
    const config = { durable_name: 'drain', deliver_subject: 'drained', ack_policy: 'flow_control', flow_control: true };
    await js.mustApi('CONSUMER.CREATE.W.drain', {
      stream_name: 'W',
      config: { ...config, idle_heartbeat: 1_000_000_000, max_ack_pending: 100 },
    });
    await js.mustApi('STREAM.CREATE.A', {
      name: 'A',
      sources: [{ name: 'W', consumer: { name: 'drain', deliver_subject: 'drained' } }],
    });
    await expect.poll(state('A'), PATIENT).toMatchObject({ messages: 2, subjects: { w: 2 } });
    await expect.poll(state('W'), PATIENT).toMatchObject({ messages: 0, last_seq: 2 });
  });
});

describe('a rollup in what is copied', () => {
  const copied = async (copy: object): Promise<() => Promise<unknown>> => {
    await origin(0, { allow_rollup_hdrs: true });
    await js.mustApi('STREAM.CREATE.M', { name: 'M', ...copy });
    for (const subject of ['a', 'a', 'b']) await js.publish(`o.${subject}`, 'x');
    await expect.poll(state('M'), PATIENT).toMatchObject({ messages: 3 });
    await js.publish('o.a', 'all', { 'Nats-Rollup': 'sub' });
    return state('M');
  };

  it('has no effect in a source that does not allow it', async () => {
    await expect.poll(await copied({ sources: [{ name: 'O' }] }), PATIENT).toMatchObject({ messages: 4, last_seq: 4 });
  });

  it('replaces in a source and in a mirror that allow it', async () => {
    const rolled = { messages: 2, last_seq: 4, subjects: { 'o.a': 1, 'o.b': 1 } };
    await expect.poll(await copied({ sources: [{ name: 'O' }], allow_rollup_hdrs: true }), PATIENT).toMatchObject(rolled);
    await js.mustApi('STREAM.DELETE.M');
    await js.mustApi('STREAM.DELETE.O');
    await expect.poll(await copied({ mirror: { name: 'O' }, allow_rollup_hdrs: true }), PATIENT).toMatchObject(rolled);
  });
});

it('counts in its lag what a source could not store', async () => {
  await origin(4);
  await js.mustApi('STREAM.CREATE.M', { name: 'M', sources: [{ name: 'O' }], max_msg_size: 5 });
  await expect.poll(() => js.mustApi('STREAM.INFO.M'), PATIENT).toMatchObject({ sources: [{ name: 'O', lag: 2 }] });
});

it('asks the other stream a moment after it was made, so that a new mirror is told of as empty', async () => {
  await origin(3);
  expect(await js.mustApi('STREAM.CREATE.M', { name: 'M', mirror: { name: 'O' } })).toMatchObject({ state: { messages: 0 } });
  expect(await js.mustApi('STREAM.INFO.M')).toMatchObject({ state: { messages: 0 }, mirror: { lag: 0, active: -1 } });
  await expect.poll(state('M'), PATIENT).toMatchObject({ messages: 3 });
});
