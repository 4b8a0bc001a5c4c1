/** Counters that are copied: a stream of them adds up what its sources have counted, not what they stand at. */
import { describe, expect, it } from 'vitest';
import { useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();

const standOf = async (stream: string, subject: string): Promise<unknown> => {
  const { message } = (await js.mustApi(`STREAM.MSG.GET.${stream}`, { last_by_subj: subject })) as { message: { data: string } };
  return JSON.parse(Buffer.from(message.data, 'base64').toString()).val;
};

describe('a counter with sources', () => {
  it('is their sum, however often each has counted', async () => {
    for (const name of ['EU', 'US']) {
      await js.mustApi(`STREAM.CREATE.${name}`, {
        name,
        subjects: [`${name.toLowerCase()}.hits`],
        allow_msg_counter: true,
        allow_direct: true,
      });
    }
    const transform = (name: string) => ({ name, subject_transforms: [{ src: `${name.toLowerCase()}.hits`, dest: 'all.hits' }] });
    await js.mustApi('STREAM.CREATE.SUM', {
      name: 'SUM',
      allow_msg_counter: true,
      allow_direct: true,
      sources: ['EU', 'US'].map(transform),
    });
    const count = (subject: string, by: string) => js.publish(subject, '', { 'Nats-Incr': by });
    await count('eu.hits', '1');
    await count('eu.hits', '2');
    await count('us.hits', '10');
    await count('eu.hits', '-1');
    expect(await standOf('EU', 'eu.hits')).toBe('2');
    await expect.poll(async () => (await js.mustApi('STREAM.INFO.SUM'))['state']).toMatchObject({ last_seq: 4 });
    expect(await standOf('SUM', 'all.hits')).toBe('12');
  });
});
