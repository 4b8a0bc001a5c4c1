/** Compressed bodies: what comes out is what went in, after every way a record can go, and it takes less space. */
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteArea, placeSeed } from '../../../src/jetstream/store/byte-area.ts';
import { sealRecord } from '../../../src/jetstream/store/record.ts';
import { CorruptBlock, compressBlock, expandBlock } from '../../../src/jetstream/store/s2-block.ts';
import { unlimited } from '../../../src/jetstream/store/store.ts';
import { SeededRandom } from '../../support/random.ts';
import { contents, FOLDER, fileBench, get, memoryStore, put, settle } from './store-bench.ts';

const text = (n: number): string => `{"order":${n},"state":"shipped","lines":[${'{"sku":"A-17","count":1},'.repeat(n % 40)}]}`;
const noise = (n: number): string => Buffer.from(new SeededRandom(n).bytes(400)).toString('latin1');

describe('a block', () => {
  it('expands to what it was made of', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 60 }), { maxLength: 200 }), fc.integer({ min: 1, max: 9 }), (words, times) => {
        const source = Buffer.from(words.join(' ').repeat(times));
        expect(expandBlock(compressBlock(source), source.length).equals(source)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('that is damaged is refused or expands within its bound', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          expect(expandBlock(Buffer.from(bytes), 100_000).length).toBeLessThanOrEqual(100_000);
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptBlock);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('that claims more than it may hold is refused before memory is taken', () => {
    expect(() => expandBlock(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]), 4_194_304)).toThrow(CorruptBlock);
  });
});

const bench = (): ReturnType<typeof fileBench> => fileBench({ limits: { ...unlimited, compresses: true }, segmentBytes: 16_384 });

describe('a compressing store', () => {
  it('gives back what was stored, before and after it was opened again', async () => {
    const files = bench();
    const store = files.open();
    const expected: string[] = [];
    for (let n = 1; n <= 200; n++) {
      const payload = n % 3 === 0 ? noise(n) : text(n);
      put(store, `s.${n % 5}`, payload, n % 2 === 0 ? { headers: 'NATS/1.0\r\na: b\r\n\r\n' } : {});
      expected.push(`${n} s.${n % 5} ${Buffer.from(payload).toString()}`);
      if (n % 20 === 0) store.flush();
    }
    store.flush();
    await settle();
    expect(contents(store)).toEqual(expected);
    expect(store.load(4)?.headers().toString()).toBe('NATS/1.0\r\na: b\r\n\r\n');
    await store.close();
    expect(contents(files.open())).toEqual(expected);
  });

  it('counts bytes as if nothing were compressed, and takes fewer', async () => {
    const files = bench();
    const store = files.open();
    const memory = memoryStore();
    for (let n = 1; n <= 300; n++) for (const one of [store, memory]) put(one, 's', text(30));
    store.flush();
    await settle();
    // 30 bytes of overhead per message in a file, 16 in memory.
    expect(store.bytes - 30 * 300).toBe(memory.bytes - 16 * 300);
    const names = files.disk.listSync(FOLDER).filter((name) => name.endsWith('.seg'));
    const onDisk = names.reduce((sum, name) => sum + files.disk.readFileSync(`${FOLDER}/${name}`).length, 0);
    expect(onDisk).toBeLessThan(store.bytes / 2);
  });

  it('erases and compacts like any other', async () => {
    const files = bench();
    const store = files.open();
    for (let n = 1; n <= 300; n++) {
      put(store, `s.${n}`, text(35));
      store.flush();
    }
    await settle();
    for (let n = 1; n <= 300; n++) if (n % 10 !== 0) store.remove(n, true);
    store.flush();
    await settle();
    files.clock.advance(10_000);
    await settle();
    expect(store.state().messages).toBe(30);
    await store.close();
    const again = files.open();
    expect(again.lost).toBeUndefined();
    expect(again.state().messages).toBe(30);
    expect(get(again, 50)).toBe(text(35));
    expect(get(again, 51)).toBeUndefined();
  });
});

describe('a compressed record that was changed together with its checksum', () => {
  it('is served in its right length or counted as lost, whatever byte it is', async () => {
    const original = bench();
    const store = original.open();
    put(store, 's', text(3));
    put(store, 's', 'behind');
    store.flush();
    await settle();
    original.clock.advance(500);
    const content = original.disk.readFileSync(`${FOLDER}/000000000001.seg`);
    const area = new ByteArea(content.length);
    const length = Buffer.from(content).readUInt32LE(64 + 4);
    let lost = 0;
    // Lengths of headers and payload, then the body; the length of the record and its kind are what finds it.
    for (let at = 36; at < length; at += at < 44 ? 1 : 3) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        area.bytes.set(content);
        area.bytes.writeUInt8(value, 64 + at);
        sealRecord(area, 64, length, placeSeed(0x51a1ce, 1, 64), crc32);
        const files = bench();
        const file = files.disk.openSync(`${FOLDER}/000000000001.seg`, { create: true });
        file.writeSync(area.bytes, 0, content.length, 0);
        const after = files.open();
        const message = after.load(1);
        if (message === undefined) lost++;
        else expect(message.headers().length + message.payload().length).toBe(message.headerBytes + message.payloadBytes);
        expect(message === undefined).toBe(after.lost !== undefined);
        expect(get(after, 2)).toBe('behind');
      }
    }
    expect(lost).toBeGreaterThan(20);
  });
});
