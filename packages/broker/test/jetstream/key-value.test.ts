/** Key-value buckets with the official client: put, create, update, delete, purge, history, watch, keys, TTL, limit markers. */
import { type KV, Kvm } from '@nats-io/kv';
import { describe, expect, it } from 'vitest';
import { useJetStream } from '../support/use-jetstream.ts';

const js = useJetStream();

const bucket = (options: Parameters<Kvm['create']>[1] = {}): Promise<KV> => new Kvm(js.connection).create('B', options);

describe('a bucket', () => {
  it('gives back what was put, with its revision', async () => {
    const kv = await bucket();
    expect(await kv.put('a', 'one')).toBe(1);
    expect(await kv.put('a', 'two')).toBe(2);
    expect((await kv.get('a'))?.string()).toBe('two');
    expect(await kv.get('a')).toMatchObject({ operation: 'PUT', revision: 2, key: 'a' });
    expect(await kv.get('none')).toBeNull();
  });

  it('creates a key only once, until it is deleted', async () => {
    const kv = await bucket();
    await kv.create('a', 'one');
    await expect(kv.create('a', 'two')).rejects.toThrow(/wrong last sequence: 1/);
    await kv.delete('a');
    expect((await kv.get('a'))?.operation).toBe('DEL');
    expect(await kv.create('a', 'three')).toBe(3);
  });

  it('updates a key only from the revision it is at', async () => {
    const kv = await bucket();
    await kv.put('a', 'one');
    expect(await kv.update('a', 'two', 1)).toBe(2);
    await expect(kv.update('a', 'three', 1)).rejects.toThrow(/wrong last sequence: 2/);
    expect((await kv.get('a'))?.string()).toBe('two');
  });

  it('keeps as much history as it was told, and a purge ends it', async () => {
    const kv = await bucket({ history: 3 });
    for (let value = 1; value <= 5; value++) await kv.put('a', `${value}`);
    const values = [];
    for await (const entry of await kv.history({ key: 'a' })) values.push(entry.string());
    expect(values).toEqual(['3', '4', '5']);
    await kv.purge('a');
    const left = [];
    for await (const entry of await kv.history({ key: 'a' })) left.push(entry.operation);
    expect(left).toEqual(['PURGE']);
  });

  it('lists keys, and tells its status', async () => {
    const kv = await bucket({ history: 2 });
    for (const key of ['a', 'b.c', 'b.d']) await kv.put(key, 'x');
    await kv.delete('a');
    const keys = [];
    for await (const key of await kv.keys('>')) keys.push(key);
    expect(keys.sort()).toEqual(['b.c', 'b.d']);
    expect(await kv.status()).toMatchObject({ bucket: 'B', values: 4, history: 2 });
    const names = [];
    for await (const status of new Kvm(js.connection).list()) names.push(status.bucket);
    expect(names).toEqual(['B']);
  });

  it('tells watchers what there is and what changes', async () => {
    const kv = await bucket();
    await kv.put('a', '1');
    await kv.put('other', '1');
    const seen: string[] = [];
    for await (const entry of await kv.watch({ key: 'a' })) {
      seen.push(`${entry.operation} ${entry.string()}`);
      if (seen.length === 1) await kv.put('a', '2');
      if (seen.length === 2) await kv.delete('a');
      if (seen.length === 3) break;
    }
    expect(seen).toEqual(['PUT 1', 'PUT 2', 'DEL ']);
  });

  it('forgets keys when their time is over, and leaves a marker', async () => {
    const kv = await bucket({ ttl: 1000, markerTTL: 60_000 });
    await kv.put('a', '1');
    await expect.poll(async () => (await kv.get('a'))?.operation, { timeout: 8000 }).toBe('PURGE');
  });

  it('is gone with all its keys when it is destroyed', async () => {
    const kv = await bucket();
    await kv.put('a', '1');
    expect(await kv.destroy()).toBe(true);
    expect(await js.mustApi('STREAM.NAMES')).toMatchObject({ total: 0 });
  });
});
