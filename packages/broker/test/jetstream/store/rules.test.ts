/** The rules of docs/reliability.md, one test each; the random lives in power-cut.test.ts hold them everywhere at once. */
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { AccountFiles } from '../../../src/jetstream/account-files.ts';
import { ByteArea, checksum, placeSeed } from '../../../src/jetstream/store/byte-area.ts';
import type { FileStore } from '../../../src/jetstream/store/file-store.ts';
import { SimDisk } from '../../simulation/sim-disk.ts';
import { SeededRandom } from '../../support/random.ts';
import { contents, type FileBench, FOLDER, fileBench, get, put, settle } from './store-bench.ts';

const FIRST_SEGMENT = `${FOLDER}/000000000001.seg`;

/** A store of `count` messages, durable and marked as such; its process is dead. */
async function written(count: number): Promise<FileBench> {
  const bench = fileBench({ segmentBytes: 1 << 20 });
  const store = bench.open();
  for (let n = 1; n <= count; n++) put(store, 's', `m${n}`.padEnd(60, '.'));
  store.flush();
  await settle();
  bench.clock.advance(500);
  await settle();
  return bench;
}

function listen(store: FileStore): { committed: number[]; failed: unknown[]; damage: [number, number][] } {
  const heard = { committed: [] as number[], failed: [] as unknown[], damage: [] as [number, number][] };
  store.listener = {
    onRemoved: () => undefined,
    onManyRemoved: () => undefined,
    onCommitted: (seq) => heard.committed.push(seq),
    onFailed: (cause) => heard.failed.push(cause),
    onDamage: (first, count) => heard.damage.push([first, count]),
  };
  return heard;
}

describe('R1: nothing is destroyed on doubt', () => {
  it('damage in the middle costs one message, is reported, and leaves the file as it is', async () => {
    const bench = await written(60);
    bench.disk.flipBit(FIRST_SEGMENT, 3000 * 8);
    const before = Buffer.from(bench.disk.readFileSync(FIRST_SEGMENT));
    const store = bench.open();
    const [range] = store.lost?.ranges ?? [];
    expect(range?.[1]).toBe(1);
    expect(contents(store)).toHaveLength(59);
    const after = Buffer.from(bench.disk.readFileSync(FIRST_SEGMENT));
    expect(after.equals(before.subarray(0, after.length))).toBe(true);
    expect(before.subarray(after.length).every((byte) => byte === 0)).toBe(true);
  });

  it('a torn end is cut off, and kept beside', async () => {
    const bench = fileBench({ segmentBytes: 1 << 20 });
    const store = bench.open();
    bench.disk.holdsSyncs = true;
    for (let n = 1; n <= 20; n++) put(store, 's', `m${n}`.padEnd(60, '.'));
    store.flush();
    bench.disk.crash(1, 'none');
    bench.disk.flipBit(FIRST_SEGMENT, 1000 * 8);
    const after = bench.open();
    expect(after.lost).toBeUndefined();
    expect(after.state().lastSeq).toBeLessThan(20);
    const [torn] = bench.disk.files().filter((path) => path.includes('/torn-'));
    expect(torn).toBeDefined();
    expect(Buffer.from(bench.disk.readFileSync(torn ?? '')).includes('m20')).toBe(true);
  });

  it('a file of a later version is left alone', async () => {
    const bench = await written(5);
    const header = new ByteArea(64);
    header.bytes.set(bench.disk.readFileSync(FIRST_SEGMENT).subarray(0, 64));
    header.view.setUint32(8, 9, true);
    header.view.setInt32(60, checksum(header, 0, 60, placeSeed(0x51a1ce, 1, 0), crc32), true);
    bench.disk.openSync(FIRST_SEGMENT).writeSync(header.bytes, 0, 64, 0);
    const before = Buffer.from(bench.disk.readFileSync(FIRST_SEGMENT));
    expect(() => bench.open()).toThrow('is of version 9');
    expect(Buffer.from(bench.disk.readFileSync(FIRST_SEGMENT)).equals(before)).toBe(true);
  });
});

describe('R2: sequences never go back', () => {
  it('not when the last messages are damaged', async () => {
    const bench = await written(20);
    for (let at = 1500; at < 64 + 20 * 112; at += 64) bench.disk.flipBit(FIRST_SEGMENT, at * 8);
    expect(put(bench.open(), 's', 'next')).toBe(21);
  });

  it('not when all files of messages are gone and only a checkpoint is left', async () => {
    const bench = fileBench();
    const store = bench.open();
    for (let n = 1; n <= 20; n++) put(store, 's', `m${n}`);
    await store.close();
    for (const path of bench.disk.files().filter((name) => name.endsWith('.seg'))) bench.disk.loseFile(path);
    const after = bench.open();
    expect(after.lost?.ranges).toEqual([[1, 20]]);
    expect(put(after, 's', 'next')).toBe(21);
  });
});

describe('R3: a publish is committed after it is durable', () => {
  it('and not before, unless the policy is lazy', async () => {
    const bench = fileBench();
    bench.disk.holdsSyncs = true;
    const store = bench.open();
    const heard = listen(store);
    for (const payload of ['a', 'b']) put(store, 's', payload);
    store.flush();
    await settle();
    expect([heard.committed, store.durability]).toEqual([[], 'fsync before ack']);
    bench.disk.releaseSyncs();
    await settle();
    expect(heard.committed).toEqual([2]);
    const lazy = fileBench({ policy: { kind: 'interval', intervalMs: 120_000 } }).open();
    const heardLazily = listen(lazy);
    put(lazy, 's', 'a');
    lazy.flush();
    expect([heardLazily.committed, lazy.durability]).toEqual([[1], 'fsync every 2m0s']);
  });
});

describe('R4: a checksum covers every byte and its place', () => {
  it('a record in the place of another is not served', async () => {
    const bench = await written(10);
    const content = Buffer.from(bench.disk.readFileSync(FIRST_SEGMENT));
    const length = content.readUInt32LE(64 + 4);
    const file = bench.disk.openSync(FIRST_SEGMENT);
    file.writeSync(content, 64, length, 64 + length);
    const store = bench.open();
    expect(get(store, 1)).toBe('m1'.padEnd(60, '.'));
    expect(get(store, 2)).toBeUndefined();
    expect(store.lost?.ranges).toEqual([[2, 1]]);
  });

  it('a record or configuration of another stream is not believed', () => {
    const disk = new SimDisk();
    disk.mkdirSync('/streams');
    const files = new AccountFiles(disk, (bytes) => crc32(bytes), '/streams');
    for (const id of ['one', 'two']) files.create(id, { of: id });
    for (const half of ['a', 'b']) {
      const bytes = disk.readFileSync(`/streams/one/stream-${half}`);
      disk.openSync(`/streams/two/stream-${half}`).writeSync(bytes, 0, bytes.length, 0);
    }
    expect(files.load(() => undefined).map(({ content }) => content)).toEqual([{ of: 'one' }]);
  });

  it('a configuration lives in two copies: any one bit of it is made good', () => {
    const random = new SeededRandom(4);
    for (let flip = 0; flip < 300; flip++) {
      const disk = new SimDisk();
      disk.mkdirSync('/streams');
      const files = new AccountFiles(disk, (bytes) => crc32(bytes), '/streams');
      files.create('id', { name: 'S' });
      disk.flipBit(`/streams/id/stream-${random.chance(0.5) ? 'a' : 'b'}`, random.uint32());
      for (let start = 0; start < 2; start++) expect(files.load(() => undefined)[0]?.content).toEqual({ name: 'S' });
      const [a, b] = ['a', 'b'].map((half) => Buffer.from(disk.readFileSync(`/streams/id/stream-${half}`)));
      expect(b?.equals(a ?? Buffer.alloc(0))).toBe(true);
    }
  });
});

describe('R5: a failed sync ends writing', () => {
  it('is not tried again, refuses what waits and what comes, and says so once', async () => {
    const bench = fileBench();
    const store = bench.open();
    put(store, 's', 'kept');
    store.flush();
    await settle();
    const heard = listen(store);
    bench.disk.holdsSyncs = true;
    put(store, 's', 'waits');
    put(store, 's', 'waits too');
    store.flush();
    bench.disk.failAt(1, 'failed-sync');
    bench.disk.releaseSyncs();
    await settle();
    const { syncs } = bench.disk;
    expect(put(store, 's', 'late')).toBeLessThan(0);
    store.flush();
    bench.clock.advance(5000);
    await settle();
    expect([heard.failed.length, heard.committed, bench.disk.syncs]).toEqual([1, [], syncs]);
    expect(contents(store)).toEqual(['1 s kept']);
  });
});

describe('R6: what is made is durable before anybody hears of it', () => {
  it('a new stream and its first message are there after a power cut that takes everything else', async () => {
    const disk = new SimDisk();
    disk.mkdirSync('/streams');
    const files = new AccountFiles(disk, (bytes) => crc32(bytes), '/streams');
    files.create('id', { name: 'S' });
    disk.crash(1, 'all');
    expect(files.load(() => undefined).map(({ content }) => content)).toEqual([{ name: 'S' }]);
    const bench = fileBench();
    const store = bench.open();
    put(store, 's', 'first');
    store.flush();
    await settle();
    bench.disk.crash(1, 'all');
    expect(contents(bench.open())).toEqual(['1 s first']);
  });
});
