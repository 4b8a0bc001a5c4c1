/**
 * Encryption at rest. The configured key never encrypts data: it opens the key of a stream, which is random and lies in the stream's
 * folder, encrypted. A new configured key therefore changes one small file per stream. From a stream's key come others, one per
 * segment and one per small file that is written, so that no key is used for more than what random nonces are safe for (ADR 11).
 */
import {
  type CipherChaCha20Poly1305,
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  createHmac,
  type DecipherChaCha20Poly1305,
  type DecipherGCM,
  scryptSync,
} from 'node:crypto';
import type { Random } from '../env/env.ts';
import { CipherKind, type RecordCipher, type StoreCipher } from './store/cipher.ts';

/** What the options say. */
export interface EncryptionOptions {
  readonly key: string;
  /** Key of before, for streams that were written under it. */
  readonly previousKey?: string;
  readonly cipher: CipherKind;
  /** What one guess at the configured key costs, as a power of two: 15 is 32 MiB and about 0.05 s. */
  readonly cost?: number;
}

const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const DEFAULT_COST = 15;
const MAX_COST = 20;
/** scrypt's own block size, and its need of memory per unit of cost. */
const SCRYPT_BLOCK = 8;
const SCRYPT_UNIT_BYTES = 128 * SCRYPT_BLOCK;
/** Nonces are drawn in pieces of this size. */
const POOL_BYTES = 12_288;
const FORMAT = 1;

/** Name of a cipher as nats-server's log spells it. */
export function cipherName(kind: CipherKind): string {
  return kind === CipherKind.aes ? 'AES-GCM' : 'ChaCha20-Poly1305';
}

function sealerOf(kind: CipherKind, key: Uint8Array, nonce: Uint8Array): CipherGCM | CipherChaCha20Poly1305 {
  const options = { authTagLength: TAG_BYTES };
  if (kind === CipherKind.aes) return createCipheriv('aes-256-gcm', key, nonce, options);
  return createCipheriv('chacha20-poly1305', key, nonce, options);
}

function openerOf(kind: CipherKind, key: Uint8Array, nonce: Uint8Array): DecipherGCM | DecipherChaCha20Poly1305 {
  const options = { authTagLength: TAG_BYTES };
  if (kind === CipherKind.aes) return createDecipheriv('aes-256-gcm', key, nonce, options);
  return createDecipheriv('chacha20-poly1305', key, nonce, options);
}

function derive(key: Uint8Array, ...context: (string | Uint8Array)[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of context) hmac.update(part);
  return hmac.digest();
}

/** Nonces, 12 random bytes each. */
class Nonces {
  private readonly random: Random;
  private pool: Uint8Array = new Uint8Array(0);
  private used = 0;

  constructor(random: Random) {
    this.random = random;
  }

  next(): Uint8Array {
    if (this.used + NONCE_BYTES > this.pool.length) {
      this.pool = this.random.bytes(POOL_BYTES);
      this.used = 0;
    }
    this.used += NONCE_BYTES;
    return this.pool.subarray(this.used - NONCE_BYTES, this.used);
  }
}

class SegmentCipher implements RecordCipher {
  private readonly key: Uint8Array;
  private readonly kind: CipherKind;
  private readonly nonces: Nonces;

  constructor(key: Uint8Array, kind: CipherKind, nonces: Nonces) {
    this.key = key;
    this.kind = kind;
    this.nonces = nonces;
  }

  seal(bytes: Buffer, start: number, end: number, bound: Uint8Array): void {
    const nonce = this.nonces.next();
    const cipher = sealerOf(this.kind, this.key, nonce);
    cipher.setAAD(bound, { plaintextLength: end - start });
    const sealed = cipher.update(bytes.subarray(start, end));
    cipher.final();
    sealed.copy(bytes, start);
    bytes.set(nonce, end);
    bytes.set(cipher.getAuthTag(), end + NONCE_BYTES);
  }

  open(bytes: Buffer, start: number, end: number, bound: Uint8Array): boolean {
    const nonce = bytes.subarray(end, end + NONCE_BYTES);
    const cipher = openerOf(this.kind, this.key, nonce);
    cipher.setAAD(bound, { plaintextLength: end - start });
    cipher.setAuthTag(bytes.subarray(end + NONCE_BYTES, end + NONCE_BYTES + TAG_BYTES));
    const plain = cipher.update(bytes.subarray(start, end));
    if (!isAuthentic(cipher)) return false;
    plain.copy(bytes, start);
    return true;
  }
}

/** Node says by an exception what the tag says. */
function isAuthentic(cipher: { final(): Buffer }): boolean {
  try {
    cipher.final();
    return true;
  } catch (_tagDiffers) {
    return false;
  }
}

/** Encrypts with a key of its own, made from `key` and a random salt: salt, nonce, content, tag. */
function sealWhole(
  key: Uint8Array,
  kind: CipherKind,
  what: { label: string; bound: Uint8Array; content: Uint8Array; random: Random },
): Buffer {
  const { label, bound, content, random } = what;
  const fresh = random.bytes(SALT_BYTES + NONCE_BYTES);
  const own = derive(key, `${label} ${kind} `, fresh.subarray(0, SALT_BYTES));
  const cipher = sealerOf(kind, own, fresh.subarray(SALT_BYTES));
  cipher.setAAD(bound, { plaintextLength: content.length });
  const sealed = cipher.update(content);
  cipher.final();
  return Buffer.concat([fresh, sealed, cipher.getAuthTag()]);
}

function openWhole(
  key: Uint8Array,
  sealed: { label: string; kind: CipherKind; bound: Uint8Array; bytes: Uint8Array },
): Buffer | undefined {
  const { label, kind, bound, bytes } = sealed;
  const start = SALT_BYTES + NONCE_BYTES;
  const end = bytes.length - TAG_BYTES;
  if (end < start) return undefined;
  const own = derive(key, `${label} ${kind} `, bytes.subarray(0, SALT_BYTES));
  const cipher = openerOf(kind, own, bytes.subarray(SALT_BYTES, start));
  cipher.setAAD(bound, { plaintextLength: end - start });
  cipher.setAuthTag(bytes.subarray(end));
  const content = cipher.update(bytes.subarray(start, end));
  return isAuthentic(cipher) ? content : undefined;
}

/** The key of one stream, and what is encrypted with it. */
export class StreamCipher implements StoreCipher {
  readonly kind: CipherKind;
  acceptsPlain: boolean;
  /** Called once nothing plain is left. */
  onSettled: () => void = () => undefined;
  private readonly key: Uint8Array;
  private readonly random: Random;
  private readonly nonces: Nonces;

  constructor(key: Uint8Array, kind: CipherKind, options: { random: Random; acceptsPlain: boolean }) {
    this.key = key;
    this.kind = kind;
    this.random = options.random;
    this.acceptsPlain = options.acceptsPlain;
    this.nonces = new Nonces(options.random);
  }

  records(segmentNumber: number, kind: CipherKind): RecordCipher {
    return new SegmentCipher(derive(this.key, `segment ${kind} ${segmentNumber}`), kind, this.nonces);
  }

  seal(label: string, bound: Uint8Array, content: Uint8Array): Buffer {
    return sealWhole(this.key, this.kind, { label, bound, content, random: this.random });
  }

  open(sealed: { label: string; kind: CipherKind; bound: Uint8Array; bytes: Uint8Array }): Buffer | undefined {
    return openWhole(this.key, sealed);
  }

  onAllEncrypted(): void {
    if (!this.acceptsPlain) return;
    this.acceptsPlain = false;
    this.onSettled();
  }

  /** The key itself, to be written down encrypted. */
  wrapped<T>(by: (key: Uint8Array) => T): T {
    return by(this.key);
  }
}

/** What the `key` file of a stream says. */
interface KeyRecord {
  readonly kind: CipherKind;
  readonly cost: number;
  readonly salt: Buffer;
  readonly sealed: Buffer;
  readonly acceptsPlain: boolean;
}

/** How a stream's key was opened; `isOutdated` when its file has to be written anew, under the key of now. */
export type OpenedKey = { readonly cipher: StreamCipher; readonly isOutdated: boolean } | { readonly problem: string };

/** The configured key: opens and closes keys of streams. */
export class Encryption {
  readonly kind: CipherKind;
  private readonly options: EncryptionOptions;
  private readonly random: Random;
  /** Salt under which keys are written: that of the first stream that was opened, so that one derivation serves all. */
  private salt: Buffer | undefined;
  private readonly derived: Map<string, Buffer> = new Map();

  constructor(options: EncryptionOptions, random: Random) {
    this.options = options;
    this.kind = options.cipher;
    this.random = random;
  }

  private masterKey(secret: string, salt: Buffer, cost: number): Buffer {
    const name = `${cost} ${salt.toString('hex')} ${secret}`;
    let key = this.derived.get(name);
    if (key === undefined) {
      const N = 2 ** cost;
      key = scryptSync(secret, salt, KEY_BYTES, { N, r: SCRYPT_BLOCK, p: 1, maxmem: 2 * N * SCRYPT_UNIT_BYTES });
      this.derived.set(name, key);
    }
    return key;
  }

  /** A key for a stream that has none; `acceptsPlain` when there is something plain. */
  fresh(acceptsPlain: boolean): StreamCipher {
    return new StreamCipher(this.random.bytes(KEY_BYTES), this.kind, { random: this.random, acceptsPlain });
  }

  /** What the `key` file of stream `id` is to say. */
  close(id: string, cipher: StreamCipher): unknown {
    this.salt ??= Buffer.from(this.random.bytes(SALT_BYTES));
    const { kind, random, salt } = this;
    const { acceptsPlain } = cipher;
    const { key, cost = DEFAULT_COST } = this.options;
    const master = this.masterKey(key, salt, cost);
    const sealed = cipher.wrapped((content) =>
      sealWhole(master, kind, { label: 'stream key', bound: bound(id, acceptsPlain), content, random }).toString('base64'),
    );
    return { format: FORMAT, cipher: kind, cost, salt: salt.toString('base64'), sealed, accepts_plain: acceptsPlain };
  }

  /** The key of stream `id` from what its file says. */
  open(id: string, content: unknown): OpenedKey {
    const record = parseKeyRecord(content);
    if (record === undefined) return { problem: 'its key is of an unknown format' };
    const { previousKey } = this.options;
    for (const secret of previousKey === undefined ? [this.options.key] : [this.options.key, previousKey]) {
      const { kind, cost, salt, sealed: bytes, acceptsPlain } = record;
      const sealed = { label: 'stream key', kind, bound: bound(id, acceptsPlain), bytes };
      const key = openWhole(this.masterKey(secret, salt, cost), sealed);
      if (key === undefined) continue;
      const isOutdated = secret !== this.options.key || kind !== this.kind;
      if (!isOutdated) this.salt ??= salt;
      return { cipher: new StreamCipher(key, this.kind, { random: this.random, acceptsPlain }), isOutdated };
    }
    return {
      problem: `it is encrypted with another key than 'encryption_key'${previousKey === undefined ? '' : " and 'prev_encryption_key'"}`,
    };
  }
}

function bound(id: string, acceptsPlain: boolean): Buffer {
  return Buffer.from(`${id} ${acceptsPlain ? 'plain' : 'encrypted'}`, 'latin1');
}

function parseKeyRecord(content: unknown): KeyRecord | undefined {
  if (typeof content !== 'object' || content === null) return undefined;
  const fields: Record<string, unknown> = { ...content };
  const { format, cipher, cost, salt, sealed, accepts_plain: acceptsPlain } = fields;
  if (format !== FORMAT || typeof salt !== 'string' || typeof sealed !== 'string' || typeof acceptsPlain !== 'boolean')
    return undefined;
  if (typeof cost !== 'number' || !Number.isInteger(cost) || cost < 1 || cost > MAX_COST) return undefined;
  if (cipher !== CipherKind.chacha && cipher !== CipherKind.aes) return undefined;
  return { kind: cipher, cost, salt: Buffer.from(salt, 'base64'), sealed: Buffer.from(sealed, 'base64'), acceptsPlain };
}
