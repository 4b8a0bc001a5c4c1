/**
 * Ed25519 signatures by nkeys, on `node:crypto`: 0.1 ms each, where the pure JavaScript packages block the event loop for 13 ms. Keys come
 * in as JWK: that takes 8 us, as DER it takes 72 us, more than the signature itself (67 us).
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { decodePublicNkey } from '@sluice/protocol';

const SIGNATURE_BYTES = 64;
/** 64 bytes are 86 chars of base64 without padding, 88 with it. */
const MAX_SIGNATURE_CHARS = 96;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** The key to verify with, or undefined for anything that is not a public nkey. */
export function publicKeyOf(nkey: string): KeyObject | undefined {
  const decoded = decodePublicNkey(nkey);
  if (decoded === undefined) return undefined;
  const x = Buffer.from(decoded.key).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

/** base64url as the protocol has it, or standard base64 as old clients send it; both with or without padding. */
export function decodeSignature(text: string): Buffer | undefined {
  if (text.length > MAX_SIGNATURE_CHARS || !BASE64.test(text)) return undefined;
  const signature = Buffer.from(text, 'base64');
  return signature.length === SIGNATURE_BYTES ? signature : undefined;
}

/** True when `signature` (base64) over `text` was made by the private half of `nkey`. */
export function isSignedBy(nkey: string, text: string, signature: string): boolean {
  const key = publicKeyOf(nkey);
  const bytes = decodeSignature(signature);
  return key !== undefined && bytes !== undefined && verify(null, Buffer.from(text, 'latin1'), key, bytes);
}
