/**
 * Small things that must survive: configurations and consumer states, each as JSON in two copies with a checksum that binds its place.
 * A write changes one copy after the other, so that a power cut leaves one whole; a rotten copy is made good from the other.
 */
import type { Disk } from '../env/disk.ts';
import type { Crc32 } from './store/byte-area.ts';
import { cipherKind, type StoreCipher } from './store/cipher.ts';

const MAGIC = 'SLUICEAS';
const HEADER_BYTES = 32;
const AT_LENGTH = 20;
const AT_CIPHER = 28;
const LABEL = 'asset';
const VERSION = 1;
const MAX_BYTES = 67_108_864;
/** Lazy writes to one copy before it is synced and the other one takes over. */
const LAZY_WRITES = 16;
const copies = ['a', 'b'] as const;

export interface AssetFileOptions {
  readonly disk: Disk;
  readonly crc32: Crc32;
  readonly folder: string;
  /** Base name of the two copies. */
  readonly name: string;
  /** Binds the content to its owner. */
  readonly seed: number;
  /** What the content is encrypted with. */
  readonly cipher?: StoreCipher | undefined;
}

interface Copy {
  readonly generation: number;
  readonly content: unknown;
  /** It is plain, and should not be. */
  readonly isPlain: boolean;
}

/** Content that cannot be read without the right key: no damage, and nothing that could be made good. */
export class EncryptedAsset extends Error {}

function otherThan(copy: 'a' | 'b'): 'a' | 'b' {
  return copy === 'a' ? 'b' : 'a';
}

export class AssetFile {
  private readonly options: AssetFileOptions;
  private generation = 0;
  /** The copy that is written next and may not be durable; the other one is, unless `isOtherUnsure`. */
  private lazyCopy: 'a' | 'b' = 'a';
  /** After a load: what was read may have come from memory that a power cut would take. */
  private isOtherUnsure = false;
  private lazyWrites = 0;
  private isSyncing = false;
  private isRemoved = false;

  constructor(options: AssetFileOptions) {
    this.options = options;
  }

  private path(copy: 'a' | 'b'): string {
    return `${this.options.folder}/${this.options.name}-${copy}`;
  }

  /**
   * The newest whole copy; undefined when there is none. A missing or damaged one is written anew, a plain one encrypted.
   * Throws `EncryptedAsset` when the key is missing or another one.
   */
  load(): unknown {
    const found = copies.map((copy) => this.read(copy));
    let best: Copy | undefined;
    for (const copy of found) if (copy !== undefined && (best === undefined || copy.generation > best.generation)) best = copy;
    if (best === undefined) return undefined;
    this.generation = best.generation;
    this.isOtherUnsure = true;
    found.forEach((copy, position) => {
      if (copy?.generation !== best.generation || copy.isPlain) this.write(copies[position] as 'a' | 'b', best.content, true);
    });
    return best.content;
  }

  private read(copy: 'a' | 'b'): Copy | undefined {
    const { disk, crc32, seed } = this.options;
    const path = this.path(copy);
    if (!disk.existsSync(path)) return undefined;
    const bytes = Buffer.from(disk.readFileSync(path));
    if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 8) !== MAGIC || bytes.readUInt32LE(8) !== VERSION)
      return undefined;
    const length = bytes.readUInt32LE(20);
    if (length > MAX_BYTES || HEADER_BYTES + length > bytes.length || bytes.readInt32LE(12) !== seed) return undefined;
    const whole = bytes.subarray(0, HEADER_BYTES + length);
    const expected = whole.readUInt32LE(24);
    whole.writeUInt32LE(0, 24);
    if (expected !== crc32(whole)) return undefined;
    return this.decode(whole);
  }

  /** The content of a copy that is whole, its checksum set to 0. */
  private decode(whole: Buffer): Copy | undefined {
    const { cipher } = this.options;
    const generation = whole.readUInt32LE(16);
    const kind = cipherKind(whole.readUInt32LE(AT_CIPHER));
    if (kind === 0) {
      if (cipher?.acceptsPlain === false) return undefined;
      return { generation, content: JSON.parse(whole.toString('utf8', HEADER_BYTES)), isPlain: cipher !== undefined };
    }
    const bytes = whole.subarray(HEADER_BYTES);
    const content = cipher?.open({ label: LABEL, kind, bound: this.boundOf(whole), bytes });
    if (content === undefined)
      throw new EncryptedAsset(
        cipher === undefined ? 'it is encrypted, and there is no key for it' : 'it was encrypted with another key',
      );
    return { generation, content: JSON.parse(content.toString('utf8')), isPlain: false };
  }

  /** What encrypted content is bound to: the header but for length and checksum, and the name. */
  private boundOf(header: Buffer): Buffer {
    return Buffer.concat([header.subarray(0, AT_LENGTH), Buffer.from(this.options.name)]);
  }

  /**
   * Replaces the content, durably: first in the copy that may not be durable, then in the other one, each synced, so that a whole one is
   * there at any time. Of a new file one synced copy is enough: the other one is written first next time. Throws what the disk throws.
   */
  save(content: unknown): void {
    const isNew = this.generation === 0;
    const other = otherThan(this.lazyCopy);
    if (this.isOtherUnsure) this.syncNow(other);
    this.generation++;
    this.lazyWrites = 0;
    this.write(this.lazyCopy, content, !isNew);
    this.write(other, content, true);
    if (isNew) this.options.disk.syncFolderSync(this.options.folder);
  }

  /**
   * Replaces the content in one copy while the other one stays as it is, durable; now and then they change places. False when that is
   * under way: the caller comes again.
   */
  saveLazily(content: unknown): boolean {
    if (this.isSyncing || this.isRemoved) return false;
    if (this.generation === 0) {
      this.save(content);
      return true;
    }
    if (this.isOtherUnsure) {
      this.syncLater(otherThan(this.lazyCopy), () => undefined);
      return false;
    }
    this.generation++;
    this.write(this.lazyCopy, content, false);
    this.lazyWrites++;
    if (this.lazyWrites >= LAZY_WRITES) this.swap();
    return true;
  }

  /** The last write before an orderly stop: lazily, or durably while the copies change places. */
  saveAtStop(content: unknown): void {
    if (!this.isRemoved && !this.saveLazily(content)) this.save(content);
  }

  /** Makes the lazily written copy durable, so that the other one may be written. */
  private swap(): void {
    const copy = this.lazyCopy;
    this.syncLater(copy, () => {
      this.lazyWrites = 0;
      this.lazyCopy = otherThan(copy);
    });
  }

  private syncNow(copy: 'a' | 'b'): void {
    const file = this.options.disk.openSync(this.path(copy));
    try {
      file.syncSync();
    } finally {
      file.closeSync();
    }
    this.isOtherUnsure = false;
  }

  private syncLater(copy: 'a' | 'b', then: () => void): void {
    const file = this.options.disk.openSync(this.path(copy));
    this.isSyncing = true;
    const end = (): void => {
      this.isSyncing = false;
      file.closeSync();
    };
    file.sync().then(
      () => {
        end();
        this.isOtherUnsure = false;
        then();
      },
      // The other copy is as durable as before; the next lazy write tries again.
      () => end(),
    );
  }

  private write(copy: 'a' | 'b', content: unknown, isSynced: boolean): void {
    const { disk, crc32, seed, cipher } = this.options;
    const plain = Buffer.from(JSON.stringify(content));
    const header = Buffer.alloc(HEADER_BYTES);
    header.write(MAGIC, 0, 'latin1');
    header.writeUInt32LE(VERSION, 8);
    header.writeInt32LE(seed, 12);
    header.writeUInt32LE(this.generation, 16);
    const body = cipher === undefined ? plain : cipher.seal(LABEL, this.boundOf(header), plain);
    header.writeUInt32LE(body.length, AT_LENGTH);
    header.writeUInt32LE(cipher?.kind ?? 0, AT_CIPHER);
    const bytes = Buffer.concat([header, body]);
    bytes.writeUInt32LE(crc32(bytes), 24);
    const file = disk.openSync(this.path(copy), { create: true });
    try {
      file.writeSync(bytes, 0, bytes.length, 0);
      // Nothing plain from before may be left behind the end.
      if (cipher !== undefined) file.truncateSync(bytes.length);
      if (isSynced) file.syncSync();
    } finally {
      file.closeSync();
    }
  }

  remove(): void {
    this.isRemoved = true;
    const { disk } = this.options;
    for (const copy of copies) if (disk.existsSync(this.path(copy))) disk.removeSync(this.path(copy));
  }
}
