/** The ordered consumer of the official client: everything once and in order, and nothing is left of it. */
import { jetstream } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import { useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();

async function fill(count: number): Promise<void> {
  await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s.*'] });
  await Promise.all(Array.from({ length: count }, (_, index) => js.publish(`s.${index % 3}`, `m${index}`)));
}

describe('an ordered consumer', () => {
  it('reads a whole stream in order', async () => {
    await fill(300);
    const sequences: number[] = [];
    const consumer = await jetstream(js.connection).consumers.get('S');
    for await (const message of await consumer.consume()) {
      sequences.push(message.seq);
      if (sequences.length === 300) break;
    }
    expect(sequences).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
  });

  it('reads what its filter says, from a sequence on', async () => {
    await fill(30);
    const consumer = await jetstream(js.connection).consumers.get('S', { filter_subjects: 's.1', opt_start_seq: 10 });
    const sequences: number[] = [];
    for await (const message of await consumer.fetch({ max_messages: 100, expires: 1000 })) sequences.push(message.seq);
    const { total } = await js.mustApi('STREAM.INFO.S', { subjects_filter: '>' });
    expect(total).toBe(3);
    expect(sequences.length).toBeGreaterThan(0);
    expect(sequences.every((seq, index) => seq >= 10 && (index === 0 || seq > (sequences[index - 1] ?? 0)))).toBe(true);
  });

  it('is nothing that lasts: not in the stream’s folder, gone when its reader is', async () => {
    await fill(3);
    const consumer = await jetstream(js.connection).consumers.get('S');
    for await (const message of await consumer.fetch({ max_messages: 3, expires: 1000 })) expect(message.seq).toBeGreaterThan(0);
    const { consumers } = await js.mustApi('CONSUMER.LIST.S');
    expect(consumers).toMatchObject([{ config: { ack_policy: 'none', mem_storage: true, num_replicas: 1 } }]);
    expect(await consumer.delete()).toBe(true);
    expect(await js.mustApi('CONSUMER.NAMES.S')).toMatchObject({ total: 0 });
  });
});
