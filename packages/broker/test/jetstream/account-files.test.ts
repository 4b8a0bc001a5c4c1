/** Keys of streams on disk: with the right one everything is there, with none or another nothing is touched, and a new one takes over. */
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { AccountFiles, type FoundFolder } from '../../src/jetstream/account-files.ts';
import { Encryption, type EncryptionOptions } from '../../src/jetstream/encryption.ts';
import { CipherKind } from '../../src/jetstream/store/cipher.ts';
import { SimDisk } from '../simulation/sim-disk.ts';
import { SeededRandom } from '../support/random.ts';

const PATH = '/streams';
const chacha = CipherKind.chacha;

function filesOn(disk: SimDisk, options?: EncryptionOptions): AccountFiles {
  const encryption = options === undefined ? undefined : new Encryption({ ...options, cost: 4 }, new SeededRandom(disk.calls));
  return new AccountFiles(disk, (bytes) => crc32(bytes), PATH, encryption);
}

interface Loaded {
  readonly found: FoundFolder[];
  readonly problems: string[];
}

function load(disk: SimDisk, options?: EncryptionOptions): Loaded {
  const problems: string[] = [];
  const found = filesOn(disk, options).load((_path, problem) => problems.push(problem));
  return { found, problems };
}

function snapshot(disk: SimDisk): string {
  return disk
    .files()
    .map((path) => `${path} ${Buffer.from(disk.readFileSync(path)).toString('base64')}`)
    .join('\n');
}

function made(options?: EncryptionOptions): SimDisk {
  const disk = new SimDisk();
  disk.mkdirSync(PATH);
  const files = filesOn(disk, options);
  for (const id of ['first', 'second']) {
    const folder = files.create(id, { secret: `of ${id}` });
    files.consumerFile(folder, 'c').save({ secret: `consumer of ${id}` });
  }
  return disk;
}

const contents = ({ found }: Loaded): unknown[] => found.map(({ content }) => content);
const both = [{ secret: 'of first' }, { secret: 'of second' }];
const isReadable = (disk: SimDisk): boolean =>
  disk.files().some((path) => Buffer.from(disk.readFileSync(path)).includes('secret'));

describe('streams under a key', () => {
  it('are read with it, and cannot be read on disk', () => {
    const disk = made({ key: 'k', cipher: chacha });
    expect(isReadable(disk)).toBe(false);
    const options = { key: 'k', cipher: chacha };
    expect(contents(load(disk, options))).toEqual(both);
    const [folder] = load(disk, options).found;
    if (folder === undefined) throw new Error('no folder was found');
    const [consumer] = filesOn(disk, options).loadConsumers(folder, () => undefined);
    expect(consumer?.content).toEqual({ secret: 'consumer of first' });
  });

  it('are left alone without it, and with another one', () => {
    const disk = made({ key: 'k', cipher: chacha });
    const before = snapshot(disk);
    expect(load(disk)).toEqual({ found: [], problems: Array(2).fill("it is encrypted, and there is no 'encryption_key'") });
    const wrong = load(disk, { key: 'other', cipher: chacha });
    expect(wrong).toEqual({ found: [], problems: Array(2).fill("it is encrypted with another key than 'encryption_key'") });
    expect(snapshot(disk)).toBe(before);
    expect(contents(load(disk, { key: 'k', cipher: chacha }))).toEqual(both);
  });

  it('come under a new key when the old one is the previous one, once', () => {
    const disk = made({ key: 'k', cipher: chacha });
    const rotated = load(disk, { key: 'new', previousKey: 'k', cipher: CipherKind.aes });
    expect(contents(rotated)).toEqual(both);
    expect(rotated.found.map(({ isConverted }) => isConverted)).toEqual([true, true]);
    expect(contents(load(disk, { key: 'new', cipher: CipherKind.aes }))).toEqual(both);
    expect(load(disk, { key: 'k', cipher: chacha }).found).toEqual([]);
  });

  it('come under a new key or stay under the old one when the power goes', () => {
    for (let seed = 1; seed < 16; seed++) {
      const disk = made({ key: 'k', cipher: chacha });
      disk.failAt(seed * 3, 'EIO');
      const both = { key: 'new', previousKey: 'k', cipher: chacha };
      load(disk, both);
      disk.crash(seed);
      expect(contents(load(disk, both)), `seed ${seed}`).toHaveLength(2);
    }
  });

  it('become encrypted when they were plain', () => {
    const disk = made();
    expect(isReadable(disk)).toBe(true);
    const options = { key: 'k', cipher: chacha };
    const { found } = load(disk, options);
    expect(found.map(({ isConverted }) => isConverted)).toEqual([true, true]);
    const files = filesOn(disk, options);
    for (const folder of found) files.loadConsumers(folder, () => undefined);
    expect(isReadable(disk)).toBe(false);
    expect(contents(load(disk, options))).toEqual(both);
    expect(load(disk).found).toEqual([]);
  });

  it('do not open with the key of another stream, nor with plain content in the place of theirs', () => {
    const disk = made({ key: 'k', cipher: chacha });
    const copy = (from: string, to: string): void => {
      const bytes = disk.readFileSync(`${PATH}/${from}`);
      const file = disk.openSync(`${PATH}/${to}`, { create: true });
      file.writeSync(bytes, 0, bytes.length, 0);
      file.truncateSync(bytes.length);
    };
    for (const half of ['a', 'b']) copy(`first/key-${half}`, `second/key-${half}`);
    expect(contents(load(disk, { key: 'k', cipher: chacha }))).toEqual([both[0]]);
    const plain = made();
    for (const half of ['a', 'b']) {
      const bytes = plain.readFileSync(`${PATH}/first/stream-${half}`);
      const file = disk.openSync(`${PATH}/first/stream-${half}`);
      file.writeSync(bytes, 0, bytes.length, 0);
    }
    expect(contents(load(disk, { key: 'k', cipher: chacha }))).toEqual([]);
  });

  it('delete without the key', () => {
    const disk = made({ key: 'k', cipher: chacha });
    const files = filesOn(disk, { key: 'k', cipher: chacha });
    const [folder] = files.load(() => undefined);
    if (folder !== undefined) files.markDeleted(folder);
    expect(load(disk).problems).toHaveLength(1);
  });
});
