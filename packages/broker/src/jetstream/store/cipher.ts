// hot path
/**
 * Encryption as the store needs it. The store says what is bound to what; how it is done, and with which key, is handed in, as the
 * store reaches no platform module. `docs/file-format.md` says where nonce and tag lie, ADR 11 why it is done record by record.
 */
import { assert } from '../../assert.ts';
import { ByteArea } from './byte-area.ts';
import { flagsAt, kindAt, lengthAt, RECORD_HEADER_BYTES, RecordFlag, RecordKind, SEAL_BYTES } from './record.ts';

/** Ciphers by their number in files; 0 is none. */
export const CipherKind = { chacha: 1, aes: 2 } as const;
export type CipherKind = (typeof CipherKind)[keyof typeof CipherKind];

/** Encrypts the records of one segment. */
export interface RecordCipher {
  /** Encrypts `bytes[start, end)` in place and writes nonce and tag behind it; `bound` is what must be the same when it is opened. */
  seal(bytes: Buffer, start: number, end: number, bound: Uint8Array): void;
  /** The reverse; false, with nothing changed, when it is not what was sealed. */
  open(bytes: Buffer, start: number, end: number, bound: Uint8Array): boolean;
}

/** Encrypts what belongs to one stream. */
export interface StoreCipher {
  /** What is written now; what is there may have been written with the other one. */
  readonly kind: CipherKind;
  /** True while plain data from before encryption may still be there; afterwards it is not believed. */
  readonly acceptsPlain: boolean;
  records(segmentNumber: number, kind: CipherKind): RecordCipher;
  /** Encrypts something small that is written as a whole; `label` says what it is. */
  seal(label: string, bound: Uint8Array, content: Uint8Array): Buffer;
  /** The reverse; undefined when it is not what was sealed. */
  open(sealed: { label: string; kind: CipherKind; bound: Uint8Array; bytes: Uint8Array }): Buffer | undefined;
  /** Nothing plain is left in the store. */
  onAllEncrypted(): void;
}

/** The cipher that a number in a file stands for. Throws for one that a later version may know. */
export function cipherKind(number: number): CipherKind | 0 {
  if (number === 0 || number === CipherKind.chacha || number === CipherKind.aes) return number;
  throw new Error(`is encrypted with a cipher (${number}) that this version does not know`);
}

const bothKinds = [CipherKind.chacha, CipherKind.aes] as const;
const BOUND_BYTES = 56;
const FIRST_SCRATCH_BYTES = 4096;
const KEPT_SCRATCH_BYTES = 1_048_576;

/** Records of one segment: encrypting them, and opening them either in place or in memory of their own. */
export class RecordSeal {
  /** Cipher of this segment, 0 for a plain one; undefined when its header is damaged. */
  readonly kind: CipherKind | 0 | undefined;
  /** After `reveal`: the record in clear, at offset 0. Valid until the next call. */
  area: ByteArea = new ByteArea(0);
  private readonly cipher: StoreCipher;
  private readonly number: number;
  private readonly seed: number;
  private readonly records: Map<CipherKind, RecordCipher> = new Map();
  private readonly bound: Buffer = Buffer.alloc(BOUND_BYTES);

  constructor(cipher: StoreCipher, place: { seed: number; number: number }, kind: CipherKind | 0 | undefined) {
    this.cipher = cipher;
    this.seed = place.seed;
    this.number = place.number;
    this.kind = kind;
  }

  /** Encrypts the body of the record at `offset`, whose header is complete but for the checksum. */
  seal(area: ByteArea, offset: number, length: number, position: number): void {
    const { kind } = this;
    assert(kind !== 0 && kind !== undefined, 'a plain segment takes no encrypted record');
    this.bind(area, offset, position);
    this.recordsOf(kind).seal(area.bytes, offset + RECORD_HEADER_BYTES, offset + length - SEAL_BYTES, this.bound);
  }

  private recordsOf(kind: CipherKind): RecordCipher {
    let found = this.records.get(kind);
    if (found === undefined) {
      found = this.cipher.records(this.number, kind);
      this.records.set(kind, found);
    }
    return found;
  }

  /** Everything that must not change: the header behind the checksum, and the place. */
  private bind(area: ByteArea, offset: number, position: number): void {
    const { bound } = this;
    area.bytes.copy(bound, 0, offset + 4, offset + RECORD_HEADER_BYTES);
    bound.writeInt32LE(this.seed, 44);
    bound.writeUInt32LE(this.number, 48);
    bound.writeUInt32LE(position, 52);
  }

  /** Brings the whole record at `offset` into clear where it lies. False when it is not what was written. */
  openInPlace(area: ByteArea, offset: number, position: number): boolean {
    const flags = flagsAt(area, offset);
    if (kindAt(area, offset) !== RecordKind.message || (flags & RecordFlag.erased) !== 0) return true;
    if ((flags & RecordFlag.encrypted) === 0) return this.cipher.acceptsPlain;
    const start = offset + RECORD_HEADER_BYTES;
    const end = offset + lengthAt(area, offset) - SEAL_BYTES;
    if (end < start) return false;
    this.bind(area, offset, position);
    if (this.kind) return this.recordsOf(this.kind).open(area.bytes, start, end, this.bound);
    return bothKinds.some((kind) => this.recordsOf(kind).open(area.bytes, start, end, this.bound));
  }

  /** Copies the record to `area` and opens it there: what was read may be needed again as it is. */
  reveal(from: ByteArea, offset: number, position: number): boolean {
    const length = lengthAt(from, offset);
    if (length > this.area.capacity || this.area.capacity > KEPT_SCRATCH_BYTES)
      this.area = new ByteArea(Math.max(length, FIRST_SCRATCH_BYTES));
    from.bytes.copy(this.area.bytes, 0, offset, offset + length);
    return this.openInPlace(this.area, 0, position);
  }
}
