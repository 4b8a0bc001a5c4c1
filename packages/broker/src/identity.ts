/** The keys that name one running server: its public nkey (`server_id`) and its public curve key (`xkey`). */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { encodePublicNkey } from '@sluice/protocol';
import type { Random } from './env/env.ts';

export interface ServerIdentity {
  /** `N…`, 56 chars. */
  readonly id: string;
  /** `X…`, 56 chars. */
  readonly xkey: string;
  /** The private halves of the two. */
  readonly signingKey: KeyObject;
  readonly curveKey: KeyObject;
}

/** DER headers in front of the 32 key bytes. Source: RFC 8410. */
const ED25519_PRIVATE = Buffer.from('302e020100300506032b657004220420', 'hex');
const X25519_PRIVATE = Buffer.from('302e020100300506032b656e04220420', 'hex');
const RAW_KEY_BYTES = 32;

export function makeServerIdentity(random: Random): ServerIdentity {
  const signingKey = privateKey(ED25519_PRIVATE, random);
  const curveKey = privateKey(X25519_PRIVATE, random);
  return {
    id: encodePublicNkey('server', publicBytes(signingKey)),
    xkey: encodePublicNkey('curve', publicBytes(curveKey)),
    signingKey,
    curveKey,
  };
}

function privateKey(header: Buffer, random: Random): KeyObject {
  return createPrivateKey({ key: Buffer.concat([header, random.bytes(RAW_KEY_BYTES)]), format: 'der', type: 'pkcs8' });
}

function publicBytes(key: KeyObject): Uint8Array {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-RAW_KEY_BYTES);
}
