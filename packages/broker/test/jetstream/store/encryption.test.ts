/** Encrypted stores: nothing can be read on disk, nothing that was changed or moved is believed, and plain ones become encrypted. */
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { StreamCipher } from '../../../src/jetstream/encryption.ts';
import { ByteArea, placeSeed } from '../../../src/jetstream/store/byte-area.ts';
import { CipherKind } from '../../../src/jetstream/store/cipher.ts';
import { type FileStore, SEGMENT_BYTES } from '../../../src/jetstream/store/file-store.ts';
import { lengthAt, sealRecord } from '../../../src/jetstream/store/record.ts';
import { runTimeoutMs } from '../../long/runs.ts';
import { contents, type FileBench, FOLDER, fileBench, get, put, settle, streamCipher } from './store-bench.ts';

const SECRET = 'a-secret-word';
const SEED = 0x51a1ce;
const FIRST_SEGMENT = `${FOLDER}/000000000001.seg`;

function fill(store: FileStore, count: number, padding = 40): void {
  for (let n = 1; n <= count; n++) {
    put(store, `${SECRET}.s.${n % 5}`, `${SECRET} ${n}`.padEnd(padding, '.'), { headers: `NATS/1.0\r\nX: ${SECRET}\r\n\r\n` });
    if (n % 3 === 0) store.flush();
  }
  store.flush();
}

/** Files in which the secret can be read. */
function leaks(bench: FileBench): string[] {
  return bench.disk.files().filter((path) => Buffer.from(bench.disk.readFileSync(path)).includes(SECRET));
}

/** Everything that timers do in a long quiet time. */
async function rest(bench: FileBench): Promise<void> {
  for (let step = 0; step < 60; step++) {
    bench.clock.advance(300);
    await settle();
  }
}

/** Puts other bytes at a place of a file, behind everybody's back. */
function overwrite(bench: FileBench, path: string, position: number, bytes: Uint8Array): void {
  const file = bench.disk.openSync(path);
  file.writeSync(bytes, 0, bytes.length, position);
  file.syncSync();
}

/** The record at `position`, with a right checksum for `target` after `change`. */
function forged(bench: FileBench, position: number, target: number, change: (area: ByteArea) => void = () => undefined): Buffer {
  const content = bench.disk.readFileSync(FIRST_SEGMENT);
  const area = new ByteArea(content.length);
  area.bytes.set(content.subarray(position));
  const length = lengthAt(area, 0);
  change(area);
  sealRecord(area, 0, length, placeSeed(SEED, 1, target), crc32);
  return Buffer.from(area.bytes.subarray(0, length));
}

describe.each([
  ['ChaCha20-Poly1305', CipherKind.chacha],
  ['AES-GCM', CipherKind.aes],
])('a store encrypted with %s', (_name, kind) => {
  it('leaves nothing on disk that can be read, and gives everything back', async () => {
    const bench = fileBench({ cipher: streamCipher(kind), segmentBytes: 8192 });
    const store = bench.open();
    fill(store, 200);
    const before = contents(store);
    await settle();
    await store.close();
    expect(leaks(bench)).toEqual([]);
    const again = bench.open();
    expect(contents(again)).toEqual(before);
    expect(again.load(7)?.headers().toString()).toBe(`NATS/1.0\r\nX: ${SECRET}\r\n\r\n`);
    expect(again.lost).toBeUndefined();
  });

  it('is read without its checkpoint and through a damaged segment header', async () => {
    const bench = fileBench({ cipher: streamCipher(kind), segmentBytes: 8192 });
    const store = bench.open();
    fill(store, 100);
    const before = contents(store);
    await settle();
    bench.clock.advance(500);
    await settle();
    bench.disk.flipBit(FIRST_SEGMENT, 24 * 8);
    expect(contents(bench.open())).toEqual(before);
  });
});

describe('an encrypted store', () => {
  it('compresses before it encrypts', async () => {
    const size = async (compresses: boolean): Promise<number> => {
      const bench = fileBench({
        cipher: streamCipher(),
        limits: { compresses },
        segmentBytes: 65_536,
        policy: { kind: 'interval', intervalMs: 1e6 },
      });
      const store = bench.open();
      fill(store, 100, 400);
      expect(get(store, 50)).toBe(`${SECRET} 50`.padEnd(400, '.'));
      await store.close();
      expect(get(bench.open(), 50)).toBe(`${SECRET} 50`.padEnd(400, '.'));
      return bench.disk.sizeOf(FIRST_SEGMENT);
    };
    expect(await size(true)).toBeLessThan((await size(false)) / 2);
  });

  it('does not serve what was changed, although its checksum is right', async () => {
    const bench = fileBench({ cipher: streamCipher(), segmentBytes: SEGMENT_BYTES });
    const store = bench.open();
    fill(store, 20);
    await settle();
    // The sequence in the header, then a byte of the body.
    for (const [at, seq] of [
      [16, 1],
      [60, 1],
    ] as const) {
      const original = Buffer.from(bench.disk.readFileSync(FIRST_SEGMENT));
      const bytes = forged(bench, 64, 64, (area) => area.bytes.writeUInt8(area.bytes.readUInt8(at) ^ 2, at));
      overwrite(bench, FIRST_SEGMENT, 64, bytes);
      const after = bench.open();
      expect(get(after, seq)).toBeUndefined();
      expect(get(after, 2)).toBe(`${SECRET} 2`.padEnd(40, '.'));
      expect(after.lost?.ranges).toEqual([[1, 1]]);
      overwrite(bench, FIRST_SEGMENT, 0, original);
    }
  });

  it('does not serve a record that lies in the place of another', async () => {
    const bench = fileBench({ cipher: streamCipher(), segmentBytes: SEGMENT_BYTES });
    const store = bench.open();
    fill(store, 20);
    await settle();
    const length = forged(bench, 64, 64).readUInt32LE(4);
    overwrite(bench, FIRST_SEGMENT, 64 + length, forged(bench, 64, 64 + length));
    const after = bench.open();
    expect(get(after, 1)).toBe(`${SECRET} 1`.padEnd(40, '.'));
    expect(get(after, 2)).toBeUndefined();
    expect(get(after, 3)).toBe(`${SECRET} 3`.padEnd(40, '.'));
  });

  it('does not believe a plain record', async () => {
    const plain = fileBench({ segmentBytes: SEGMENT_BYTES });
    const store = plain.open();
    fill(store, 5);
    await settle();
    plain.clock.advance(500);
    await settle();
    const after = plain.open(streamCipher());
    expect(contents(after)).toEqual([]);
    expect(after.lost?.bytes).toBeGreaterThan(500);
    expect(put(after, 's', 'next')).toBe(6);
  });

  it('writes the same message to the same place under another nonce', async () => {
    const bodies = new Set<string>();
    const cipher = streamCipher();
    for (let time = 0; time < 50; time++) {
      const bench = fileBench({ cipher });
      const store = bench.open();
      put(store, 's', 'the same', { timeUs: 1 });
      store.flush();
      await settle();
      bodies.add(Buffer.from(bench.disk.readFileSync(FIRST_SEGMENT)).toString('hex', 112, 152));
    }
    expect(bodies.size).toBe(50);
  });
});

/** Plain data in several segments with holes, and the cipher that will take it over. */
async function plainStore(): Promise<{ bench: FileBench; before: string[]; cipher: StreamCipher }> {
  const bench = fileBench({ segmentBytes: 4096 });
  const store = bench.open();
  fill(store, 120);
  for (let seq = 10; seq < 30; seq += 2) store.remove(seq, seq % 4 === 0);
  store.flush();
  await settle();
  await store.close();
  return { bench, before: contents(bench.open()), cipher: streamCipher(CipherKind.aes, 9, true) };
}

describe('a plain store that is opened with a key', () => {
  it('becomes encrypted in the background, and keeps everything', async () => {
    const { bench, before, cipher } = await plainStore();
    let settled = 0;
    cipher.onSettled = () => settled++;
    const store = bench.open(cipher);
    expect(contents(store)).toEqual(before);
    put(store, 's', 'more');
    store.flush();
    await rest(bench);
    expect([settled, cipher.acceptsPlain]).toEqual([1, false]);
    expect(contents(store)).toEqual([...before, '121 s more']);
    await store.close();
    expect(leaks(bench)).toEqual([]);
    expect(contents(bench.open(cipher))).toEqual([...before, '121 s more']);
  });

  it('loses nothing when the power goes at any moment of that', { timeout: runTimeoutMs }, async () => {
    for (let at = 1; at < 120; at++) {
      const { bench, before, cipher } = await plainStore();
      bench.disk.failAt(at, 'EIO');
      try {
        bench.open(cipher);
        await rest(bench);
      } catch {
        // It could not be opened: the disk failed before anything was changed.
      }
      bench.disk.crash(at);
      const store = bench.open(streamCipher(CipherKind.aes, 9, true));
      expect(contents(store), `call ${at}`).toEqual(before);
      expect(store.lost).toBeUndefined();
      await rest(bench);
      expect(contents(store), `call ${at}`).toEqual(before);
      await store.close();
      expect(leaks(bench)).toEqual([]);
    }
  });

  it('keeps a damaged segment as it is', async () => {
    const { bench, before, cipher } = await plainStore();
    bench.disk.flipBit(FIRST_SEGMENT, (64 + 100) * 8);
    const store = bench.open(cipher);
    await rest(bench);
    expect(contents(store)).toEqual(before.slice(1));
    expect(store.lost?.ranges).toEqual([[1, 1]]);
    expect(leaks(bench)).toEqual([FIRST_SEGMENT]);
    expect(cipher.acceptsPlain).toBe(true);
  });

  it('changes from one cipher to the other in the same way', async () => {
    const bench = fileBench({ segmentBytes: 4096 });
    const store = bench.open(streamCipher(CipherKind.chacha, 9));
    fill(store, 60);
    const before = contents(store);
    await settle();
    await store.close();
    const other = streamCipher(CipherKind.aes, 9);
    const again = bench.open(other);
    expect(contents(again)).toEqual(before);
    await rest(bench);
    await again.close();
    expect(
      bench.disk
        .files()
        .filter((path) => path.endsWith('.seg'))
        .map((path) => bench.disk.readFileSync(path)[40]),
    ).not.toContain(1);
    expect(contents(bench.open(other))).toEqual(before);
  });
});
