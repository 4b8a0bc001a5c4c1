/** The other side of nkeys: what a server that connects to another one proves itself with. Source: nats-io/nkeys, creds files of nsc. */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { decodeNkeySeed, encodePublicNkey } from '@sluice/protocol';

/** DER header in front of the 32 bytes of a seed. Source: RFC 8410. */
const ED25519_PRIVATE = Buffer.from('302e020100300506032b657004220420', 'hex');
const RAW_KEY_BYTES = 32;
const JWT = /-----BEGIN NATS USER JWT-----\s*([A-Za-z0-9_.-]+)\s*-----/;
const SEED = /-----BEGIN USER NKEY SEED-----\s*([A-Z2-7]+)\s*-----/;

/** What a seed says of itself, and its signature. */
export interface SignedNonce {
  /** `U…` */
  readonly publicKey: string;
  /** base64url */
  readonly signature: string;
}

/** Undefined for a text that is no seed. */
export function signNonce(seed: string, nonce: string): SignedNonce | undefined {
  const bytes = decodeNkeySeed(seed);
  if (bytes === undefined) return undefined;
  const key = createPrivateKey({ key: Buffer.concat([ED25519_PRIVATE, bytes]), format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-RAW_KEY_BYTES);
  const signature = sign(null, Buffer.from(nonce, 'latin1'), key).toString('base64url');
  return { publicKey: encodePublicNkey('user', raw), signature };
}

/** The JWT and the seed of a credentials file; undefined for a file that holds no such pair. */
export function readCredentials(text: string): { readonly jwt: string; readonly seed: string } | undefined {
  const jwt = JWT.exec(text)?.[1];
  const seed = SEED.exec(text)?.[1];
  return jwt === undefined || seed === undefined ? undefined : { jwt, seed };
}
