/** Names in answers come in the order in which nats-server 2.15.1 writes them, those of maps by their bytes. */
import { describe, expect, it } from 'vitest';
import { useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();
const textOf = async (verb: string, body: object = {}): Promise<string> =>
  (await js.ask(`$JS.API.${verb}`, JSON.stringify(body))).string();

describe('an answer', () => {
  it('has the parts of a configuration in their own order, not in that of the request', async () => {
    const text = await textOf('STREAM.CREATE.S', {
      name: 'S',
      subjects: ['s.>'],
      republish: { headers_only: true, dest: 'r.>', src: 's.>' },
      subject_transform: { dest: 't.>', src: 's.>' },
      consumer_limits: { max_ack_pending: 5, inactive_threshold: 1_000_000_000 },
    });
    expect(text).toContain('"subject_transform":{"src":"s.\\u003e","dest":"t.\\u003e"}');
    expect(text).toContain('"republish":{"src":"s.\\u003e","dest":"r.\\u003e","headers_only":true}');
    expect(text).toContain('"consumer_limits":{"inactive_threshold":1000000000,"max_ack_pending":5}');
  });

  it('sorts metadata by bytes, numbers too', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'], metadata: { b: '1', '9': '2', '10': '3', a: '4' } });
    const text = await textOf('STREAM.INFO.S');
    const metadata = /"metadata":\{(.*?)\}/.exec(text)?.[1] ?? '';
    expect([...metadata.matchAll(/"([^"]+)":/g)].map(([, name]) => name)).toEqual([
      '10',
      '9',
      '_nats.level',
      '_nats.req.level',
      '_nats.ver',
      'a',
      'b',
    ]);
    expect(text).toMatch(/"state":\{.*\},"cluster":\{"leader":".*"\},"ts":/);
  });

  it('names subjects before what was deleted', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.>', '7', '12'] });
    for (const subject of ['s.b', '7', 's.a', '12']) await js.publish(subject);
    await js.mustApi('STREAM.MSG.DELETE.S', { seq: 2 });
    await js.publish('7');
    const text = await textOf('STREAM.INFO.S', { subjects_filter: '>', deleted_details: true });
    expect(text).toContain(
      '"num_subjects":4,"subjects":{"12":1,"7":1,"s.a":1,"s.b":1},"num_deleted":1,"deleted":[2],"consumer_count":0}',
    );
  });
});
