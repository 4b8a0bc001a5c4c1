/** Object stores with the official client: objects of many chunks come back whole, are listed, watched, linked and removed. */
import { createHash, randomBytes } from 'node:crypto';
import { type ObjectStore, Objm } from '@nats-io/obj';
import { describe, expect, it } from 'vitest';
import { useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();

const store = (): Promise<ObjectStore> => new Objm(js.connection).create('O');

describe('an object store', () => {
  it('gives back an object of many chunks, with the digest of its bytes', async () => {
    const objects = await store();
    const bytes = randomBytes(1_500_000);
    const info = await objects.putBlob({ name: 'big', options: { max_chunk_size: 100_000 } }, bytes);
    expect(info).toMatchObject({ name: 'big', size: bytes.length, chunks: 15 });
    expect(info.digest).toBe(`SHA-256=${createHash('sha256').update(bytes).digest('base64url')}=`);
    const back = await objects.getBlob('big');
    expect(back !== null && Buffer.compare(back, bytes)).toBe(0);
  });

  it('replaces an object and drops the chunks of the old one', async () => {
    const objects = await store();
    await objects.putBlob({ name: 'a' }, Buffer.from('old'));
    await objects.putBlob({ name: 'a' }, Buffer.from('new'));
    expect(Buffer.from((await objects.getBlob('a')) ?? []).toString()).toBe('new');
    expect(await js.mustApi('STREAM.INFO.OBJ_O')).toMatchObject({ state: { messages: 2 } });
  });

  it('lists what there is, and removes it', async () => {
    const objects = await store();
    await objects.putBlob({ name: 'a', description: 'first' }, Buffer.from('1'));
    await objects.putBlob({ name: 'b' }, Buffer.from('2'));
    expect((await objects.list()).map(({ name }) => name).sort()).toEqual(['a', 'b']);
    await objects.delete('a');
    expect(await objects.getBlob('a')).toBeNull();
    expect(await objects.info('a')).toMatchObject({ deleted: true, size: 0 });
    expect((await objects.list()).map(({ name }) => name)).toEqual(['b']);
  });

  it('follows a link, and tells watchers of changes', async () => {
    const objects = await store();
    const info = await objects.putBlob({ name: 'a' }, Buffer.from('linked'));
    await objects.link('l', info);
    expect(Buffer.from((await objects.getBlob('l')) ?? []).toString()).toBe('linked');
    const names: string[] = [];
    const watched = await objects.watch({ includeHistory: true });
    for await (const entry of watched) {
      if (entry === null) continue;
      names.push(entry.name);
      if (names.length === 2) break;
    }
    expect(names).toEqual(['a', 'l']);
  });

  it('takes nothing more once it is sealed', async () => {
    const objects = await store();
    await objects.putBlob({ name: 'a' }, Buffer.from('1'));
    await objects.seal();
    await expect(objects.putBlob({ name: 'b' }, Buffer.from('2'))).rejects.toThrow(/sealed/);
    expect(await objects.status()).toMatchObject({ sealed: true });
  });
});
