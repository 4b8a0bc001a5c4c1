/**
 * What is meant for one reader only: NaCl boxes (X25519, XSalsa20, Poly1305) between two curve nkeys, as nkeys writes them, with `xkv1`
 * and the nonce in front. `node:crypto` has the key agreement; the cipher is here, because it is needed once per login and not worth
 * a dependency. Source: nats-io/nkeys xkeys.go; Bernstein, "Extending the Salsa20 nonce"; RFC 8439 for Poly1305.
 */
import { createPublicKey, diffieHellman, type KeyObject, timingSafeEqual } from 'node:crypto';
import { decodePublicNkey } from '@sluice/protocol';
import type { Random } from '../../env/env.ts';

/** DER header in front of the 32 key bytes. Source: RFC 8410. */
const X25519_PUBLIC = Buffer.from('302a300506032b656e032100', 'hex');
const VERSION = Buffer.from('xkv1', 'latin1');
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const BLOCK_BYTES = 64;
/** The first bytes of the key stream are the key of the tag. */
const TAG_KEY_BYTES = 32;
/** "expand 32-byte k" */
const SIGMA: readonly number[] = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

/** A box, or what was wrong with it in the words of nkeys. */
export type OpenedBox = { readonly ok: true; readonly content: Buffer } | { readonly ok: false; readonly error: string };

/** Seals `content` for the holder of `recipient`'s private half; undefined when that is not a public curve key. */
export function sealBox(content: Uint8Array, recipient: string, own: KeyObject, random: Random): Buffer | undefined {
  const key = sharedKey(recipient, own);
  if (key === undefined) return undefined;
  const nonce = random.bytes(NONCE_BYTES);
  const { tagKey, text } = xsalsa20(key, nonce, content);
  return Buffer.concat([VERSION, nonce, poly1305(tagKey, text), text]);
}

/** Opens what the holder of `sender`'s private half has sealed for us. */
export function openBox(box: Uint8Array, sender: string, own: KeyObject): OpenedBox {
  const start = VERSION.length + NONCE_BYTES;
  if (box.length <= start) return { ok: false, error: 'nkeys: encrypted input is not valid' };
  if (!VERSION.equals(box.subarray(0, VERSION.length))) return { ok: false, error: 'nkeys: encrypted input wrong version' };
  const key = sharedKey(sender, own);
  if (key === undefined) return { ok: false, error: 'nkeys: not a valid sender public curve key' };
  const tag = box.subarray(start, start + TAG_BYTES);
  const sealed = box.subarray(start + TAG_BYTES);
  const { tagKey, text } = xsalsa20(key, box.subarray(VERSION.length, start), sealed);
  const isGenuine = tag.length === TAG_BYTES && timingSafeEqual(poly1305(tagKey, sealed), tag);
  return isGenuine ? { ok: true, content: text } : { ok: false, error: 'nkeys: could not decrypt input' };
}

/** The key that both ends come to, as words; undefined when `other` is no curve key, or one that gives everybody the same. */
function sharedKey(other: string, own: KeyObject): Uint32Array | undefined {
  const decoded = decodePublicNkey(other);
  if (decoded?.kind !== 'curve') return undefined;
  const publicKey = createPublicKey({ key: Buffer.concat([X25519_PUBLIC, decoded.key]), format: 'der', type: 'spki' });
  try {
    const secret = diffieHellman({ privateKey: own, publicKey });
    return hsalsa20(wordsOf(secret), new Uint32Array(4));
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** Enciphers or deciphers; the two are the same. */
function xsalsa20(key: Uint32Array, nonce: Uint8Array, input: Uint8Array): { tagKey: Buffer; text: Buffer } {
  const words = wordsOf(nonce);
  const subkey = hsalsa20(key, words.subarray(0, 4));
  const stream = Buffer.alloc(Math.ceil((TAG_KEY_BYTES + input.length) / BLOCK_BYTES) * BLOCK_BYTES);
  for (let block = 0; block * BLOCK_BYTES < stream.length; block++) {
    const start = initialState(subkey, Uint32Array.of(words[4] ?? 0, words[5] ?? 0, block, 0));
    const mixed = rounds(start);
    for (let index = 0; index < mixed.length; index++) {
      const word = ((mixed[index] ?? 0) + (start[index] ?? 0)) >>> 0;
      stream.writeUInt32LE(word, block * BLOCK_BYTES + index * 4);
    }
  }
  const text = Buffer.alloc(input.length);
  for (let index = 0; index < input.length; index++) text[index] = (input[index] ?? 0) ^ (stream[TAG_KEY_BYTES + index] ?? 0);
  return { tagKey: stream.subarray(0, TAG_KEY_BYTES), text };
}

/** A key of its own for each nonce: the state after the rounds, without what it began with, at eight places. */
function hsalsa20(key: Uint32Array, nonce: Uint32Array): Uint32Array {
  const mixed = rounds(initialState(key, nonce));
  return Uint32Array.from([0, 5, 10, 15, 6, 7, 8, 9], (place) => mixed[place] ?? 0);
}

/** Constants on the diagonal, key in two halves, nonce and counter between them. */
function initialState(key: Uint32Array, nonce: Uint32Array): Uint32Array {
  const state = new Uint32Array(16);
  for (let index = 0; index < 4; index++) {
    state[index * 5] = SIGMA[index] ?? 0;
    state[index + 1] = key[index] ?? 0;
    state[index + 6] = nonce[index] ?? 0;
    state[index + 11] = key[index + 4] ?? 0;
  }
  return state;
}

/** Columns, then rows, ten times over. */
const QUARTERS: readonly (readonly [number, number, number, number])[] = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
];

function rounds(start: Uint32Array): Uint32Array {
  const state = Uint32Array.from(start);
  const mix = (target: number, left: number, right: number, bits: number): void => {
    const sum = ((state[left] ?? 0) + (state[right] ?? 0)) >>> 0;
    state[target] = (state[target] ?? 0) ^ ((sum << bits) | (sum >>> (32 - bits)));
  };
  for (let round = 0; round < 10; round++) {
    for (const [a, b, c, d] of QUARTERS) {
      mix(b, a, d, 7);
      mix(c, b, a, 9);
      mix(d, c, b, 13);
      mix(a, d, c, 18);
    }
  }
  return state;
}

const POLY_PRIME = (1n << 130n) - 5n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

/** The tag of one message under a key that is used once. */
function poly1305(key: Uint8Array, message: Uint8Array): Buffer {
  const factor = littleEndian(key.subarray(0, TAG_BYTES)) & CLAMP;
  let sum = 0n;
  for (let start = 0; start < message.length; start += TAG_BYTES) {
    const block = message.subarray(start, start + TAG_BYTES);
    sum = ((sum + littleEndian(block) + (1n << BigInt(block.length * 8))) * factor) % POLY_PRIME;
  }
  const tag = (sum + littleEndian(key.subarray(TAG_BYTES, TAG_KEY_BYTES))) & ((1n << 128n) - 1n);
  return Buffer.from(tag.toString(16).padStart(TAG_BYTES * 2, '0'), 'hex').reverse();
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).reverse().toString('hex')}`);
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  const buffer = Buffer.from(bytes);
  return Uint32Array.from({ length: bytes.length >> 2 }, (_, index) => buffer.readUInt32LE(index * 4));
}
