/** A backup of a stream and its way back: piece by piece with acknowledgements, messages and consumers as they were. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Msg } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { errCodeOf, headerOf, useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();

interface Backup {
  readonly config: unknown;
  readonly state: unknown;
  readonly pieces: readonly Uint8Array[];
}

/** Asks for a snapshot and acknowledges every piece until the empty one. */
async function backUp(name: string): Promise<Backup> {
  const inbox = await js.collect('backup');
  const { config, state } = await js.mustApi(`STREAM.SNAPSHOT.${name}`, { deliver_subject: 'backup', chunk_size: 2048 });
  const pieces: Uint8Array[] = [];
  for (;;) {
    const [piece] = await inbox.take(1);
    if (piece === undefined) throw new Error('a piece arrived');
    if (piece.data.length === 0) {
      expect(piece.headers?.code ?? 204).toBe(204);
      return { config, state, pieces };
    }
    pieces.push(piece.data);
    if (piece.reply !== undefined && piece.reply !== '') js.connection.publish(piece.reply);
  }
}

/** Sends the pieces back; resolves with the answer to the last, which is empty. */
async function restore(name: string, { config, state, pieces }: Backup): Promise<Msg> {
  const { deliver_subject: to } = await js.mustApi(`STREAM.RESTORE.${name}`, { config, state });
  if (typeof to !== 'string') throw new Error('the answer names no subject');
  for (const piece of pieces) expect((await js.connection.request(to, piece, { timeout: 5000 })).string()).toBe('');
  return js.ask(to, '');
}

describe('a snapshot', () => {
  it('brings back messages, headers, holes and consumers of a deleted stream', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'], description: 'kept', allow_direct: true });
    for (let index = 1; index <= 50; index++) await js.publish('s', `m${index} ${'x'.repeat(500)}`, { Index: `${index}` });
    await js.mustApi('STREAM.MSG.DELETE.S', { seq: 7 });
    await js.mustApi('CONSUMER.CREATE.S.c', { stream_name: 'S', config: { durable_name: 'c', ack_policy: 'explicit' } });
    const [first] = await (await js.pull('S', 'c', 1)).take(1);
    await js.ask(first?.reply ?? '', '+ACK');
    const backup = await backUp('S');
    expect(backup.pieces.length).toBeGreaterThan(0);
    await js.mustApi('STREAM.DELETE.S');
    expect((await restore('S', backup)).json()).toMatchObject({ config: { description: 'kept' }, state: { messages: 49 } });
    expect(await js.mustApi('STREAM.INFO.S')).toMatchObject({ state: { messages: 49, last_seq: 50, num_deleted: 1 } });
    const message = await js.ask('$JS.API.DIRECT.GET.S', JSON.stringify({ seq: 20 }));
    expect([message.string().split(' ')[0], headerOf(message, 'Index')]).toEqual(['m20', '20']);
    expect(await js.mustApi('CONSUMER.INFO.S.c')).toMatchObject({ ack_floor: { stream_seq: 1 }, num_pending: 48 });
    await js.restart();
    expect(await js.mustApi('STREAM.INFO.S')).toMatchObject({ state: { messages: 49, last_seq: 50 } });
  });

  it('is refused of a stream that is not there, and a restore over one that is', async () => {
    expect(errCodeOf(await js.api('STREAM.SNAPSHOT.NONE', { deliver_subject: 'backup' }))).toBe(10059);
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'] });
    await js.publish('s', 'x');
    const { config, state } = await backUp('S');
    expect(errCodeOf(await js.api('STREAM.RESTORE.S', { config, state }))).toBe(10130);
  });
});

describe('the subject of a snapshot', () => {
  const ask = { deliver_subject: 'late.one', chunk_size: 1024 };

  const fill = async (): Promise<void> => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'] });
    for (let index = 0; index < 20; index++) await js.publish('s', randomBytes(1000).toString('hex'));
  };

  it('may be subscribed to after the answer, though a subscription with a wildcard covers it', async () => {
    await fill();
    const all = await js.collect('late.*');
    await js.mustApi('STREAM.SNAPSHOT.S', ask);
    await js.connection.flush();
    const inbox = await js.collect('late.one');
    const [[piece], [same]] = [await inbox.take(1), await all.take(1)];
    expect(piece?.data.length).toBe(1024);
    expect(same?.data).toEqual(piece?.data);
  });

  it('gets the pieces after two seconds where nobody subscribes to it but with a wildcard', async () => {
    await fill();
    const all = await js.collect('late.*');
    await js.mustApi('STREAM.SNAPSHOT.S', ask);
    const askedMs = performance.now();
    const [piece] = await all.take(1);
    expect(piece?.data.length).toBe(1024);
    expect(performance.now() - askedMs).toBeGreaterThan(1800);
  });

  it('is told that nobody listens when its subscriber goes', async () => {
    await fill();
    const advisories = await js.collect('$JS.EVENT.ADVISORY.STREAM.SNAPSHOT_COMPLETE.S');
    const inbox = js.connection.subscribe('late.one', { max: 3 });
    await js.mustApi('STREAM.SNAPSHOT.S', { ...ask, window_size: 1024 });
    for await (const piece of inbox) js.connection.publish(piece.reply ?? '');
    const [advisory] = await advisories.take(1);
    expect(advisory?.json()).toMatchObject({ error: 'no interest' });
  });
});

describe('an archive of nats-server 2.14', () => {
  it.each(['none', 's2'])('brings back messages, holes and consumers (compression: %s)', async (compression) => {
    const file = new URL(`./archives/v1-${compression}.json`, import.meta.url);
    const { config, state, archive } = JSON.parse(readFileSync(file, 'utf8')) as {
      config: object;
      state: object;
      archive: string;
    };
    const bytes = Buffer.from(archive, 'base64');
    const pieces = [bytes.subarray(0, 700), bytes.subarray(700)];
    const name = `OLD_${compression}`;
    expect((await restore(name, { config, state, pieces })).json()).toMatchObject({ config: { name, compression } });
    expect(await js.mustApi(`STREAM.INFO.${name}`, { deleted_details: true })).toMatchObject({
      state: { messages: 11, first_seq: 1, last_seq: 12, deleted: [5], num_subjects: 3 },
    });
    const message = await js.ask(`$JS.API.DIRECT.GET.${name}`, JSON.stringify({ seq: 7 }));
    expect([message.string(), headerOf(message, 'Index'), headerOf(message, 'Nats-Subject')]).toEqual([
      'message 7 of an older server',
      '7',
      `old.${compression}.1`,
    ]);
    expect(await js.mustApi(`CONSUMER.INFO.${name}.worker`)).toMatchObject({
      ack_floor: { consumer_seq: 2, stream_seq: 4 },
      num_pending: 2,
      num_ack_pending: 0,
    });
    expect(await js.publish(`old.${compression}.1`, 'new')).toEqual({ stream: name, seq: 13 });
  });
});

describe('a restore', () => {
  const js = useJetStream();
  const config = { name: 'R', subjects: ['r'], storage: 'memory' };

  async function restore(data: Uint8Array, more: object = {}): Promise<unknown> {
    const { deliver_subject: to } = await js.mustApi('STREAM.RESTORE.R', { config: { ...config, ...more }, state: {} });
    if (data.length > 0) {
      const answer = await js.connection.request(String(to), data);
      if (answer.data.length > 0) return answer.json();
    }
    return (await js.connection.request(String(to), '')).json();
  }

  it('without content ends in EOF, with a broken one in what Go’s S2 reader says', async () => {
    const description = (text: string): object => ({ error: { err_code: 10062, description: `restore failed: ${text}` } });
    expect(await restore(Buffer.alloc(0))).toMatchObject(description('EOF'));
    expect(await restore(Buffer.from('garbage garbage garbage'))).toMatchObject(description('s2: corrupt input'));
    expect(await restore(Buffer.from('\xff\x06\x00\x00S2sTwO\x00\x40', 'latin1'))).toMatchObject(
      description('s2: corrupt input'),
    );
  });
});
