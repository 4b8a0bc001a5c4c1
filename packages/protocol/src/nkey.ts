/**
 * Nkeys: a public key or a seed as base32 text with a type prefix and a checksum. Signing and verifying are the server's, on
 * `node:crypto`; this is only the text form. Source: nats-io/nkeys strkey.go.
 */

/** The first byte of each kind of public key; shown as its first letter. */
export const nkeyPrefixes = {
  server: 0x68,
  cluster: 0x10,
  operator: 0x70,
  account: 0,
  user: 0xa0,
  curve: 0xb8,
} as const;
export type NkeyKind = keyof typeof nkeyPrefixes;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const KEY_BYTES = 32;

/** 56 chars for 32 key bytes. */
export function encodePublicNkey(kind: NkeyKind, key: Uint8Array): string {
  const body = new Uint8Array(1 + key.length + 2);
  body[0] = nkeyPrefixes[kind];
  body.set(key, 1);
  const sum = crc16(body.subarray(0, 1 + key.length));
  body[1 + key.length] = sum & 0xff;
  body[2 + key.length] = sum >>> 8;
  return encodeBase32(body);
}

/** The kind and the 32 key bytes, or undefined for anything that is not a public nkey. */
export function decodePublicNkey(text: string): { kind: NkeyKind; key: Uint8Array } | undefined {
  const body = decodeBase32(text);
  if (body === undefined || body.length !== 1 + KEY_BYTES + 2) return undefined;
  const sum = (body[KEY_BYTES + 1] ?? 0) | ((body[KEY_BYTES + 2] ?? 0) << 8);
  if (sum !== crc16(body.subarray(0, 1 + KEY_BYTES))) return undefined;
  for (const [kind, prefix] of Object.entries(nkeyPrefixes)) {
    if (prefix === body[0]) return { kind: kind as NkeyKind, key: body.slice(1, 1 + KEY_BYTES) };
  }
  return undefined;
}

/** First byte of every seed, whose low bits belong to the kind behind it. */
const SEED_PREFIX = 0x90;

/** The 32 bytes behind a seed (`SU…`), or undefined for anything that is none. */
export function decodeNkeySeed(text: string): Uint8Array | undefined {
  const body = decodeBase32(text);
  if (body === undefined || body.length !== 2 + KEY_BYTES + 2) return undefined;
  const sum = (body[KEY_BYTES + 2] ?? 0) | ((body[KEY_BYTES + 3] ?? 0) << 8);
  const isSeed = ((body[0] ?? 0) & 0xf8) === SEED_PREFIX && sum === crc16(body.subarray(0, 2 + KEY_BYTES));
  return isSeed ? body.slice(2, 2 + KEY_BYTES) : undefined;
}

/** RFC 4648 without padding, as nkeys and the ids of JWTs are written. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(value >>> bits) & 31];
    }
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
}

function decodeBase32(text: string): Uint8Array | undefined {
  if (text.length > 128) return undefined;
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const char of text) {
    const digit = ALPHABET.indexOf(char);
    if (digit < 0) return undefined;
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >>> bits) & 0xff);
    }
  }
  return Uint8Array.from(bytes);
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
