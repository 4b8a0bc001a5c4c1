/**
 * Users without a shared secret: the client signs the nonce of INFO with the private half of an Ed25519 key, the configuration
 * knows the public half (`nkey: U…`). Source: nats-server server/auth.go, nkeys; nats-io/nkeys.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { decodePublicNkey } from '@sluice/protocol';
import { type AuthMethod, accepted, refused } from './auth-method.ts';
import type { AuthRequest, AuthResult } from './authenticator.ts';
import { mayAttach } from './connection-type.ts';
import type { KnownUser } from './user-password.ts';

/** DER header in front of the 32 key bytes. Source: RFC 8410. */
const ED25519_PUBLIC = Buffer.from('302a300506032b6570032100', 'hex');
const SIGNATURE_BYTES = 64;
/** 64 bytes are 86 chars of base64 without padding, 88 with it. */
const MAX_SIGNATURE_CHARS = 96;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

interface NkeyUser {
  readonly user: KnownUser;
  readonly key: KeyObject;
}

export class NkeyMethod implements AuthMethod {
  private readonly users: Map<string, NkeyUser> = new Map();

  /** @throws when a configured key is not a public user nkey: the configuration is wrong. */
  constructor(users: readonly KnownUser[]) {
    for (const user of users) {
      const text = user.options.nkey ?? '';
      const decoded = decodePublicNkey(text);
      if (decoded === undefined || decoded.kind !== 'user') throw new Error(`"${text}" is not a valid public nkey of a user`);
      const key = createPublicKey({ key: Buffer.concat([ED25519_PUBLIC, decoded.key]), format: 'der', type: 'spki' });
      this.users.set(text, { user, key });
    }
  }

  applies({ connect }: AuthRequest): boolean {
    return connect.nkey !== undefined && connect.nkey !== '';
  }

  check({ connect, nonce, peer }: AuthRequest): AuthResult {
    const known = this.users.get(connect.nkey ?? '');
    if (known === undefined) return refused('unknown nkey');
    if (!mayAttach(known.user.options.allowedConnectionTypes, peer)) return refused('connection type not allowed');
    const signature = decodeSignature(connect.sig ?? '');
    if (signature === undefined || nonce === '') return refused('signature missing or malformed');
    const isRight = verify(null, Buffer.from(nonce, 'latin1'), known.key, signature);
    return isRight ? accepted(known.user.identity) : refused('wrong signature');
  }
}

/** base64url as the protocol has it, or standard base64 as old clients send it; both with or without padding. */
function decodeSignature(text: string): Buffer | undefined {
  if (text.length > MAX_SIGNATURE_CHARS || !BASE64.test(text)) return undefined;
  const signature = Buffer.from(text, 'base64');
  return signature.length === SIGNATURE_BYTES ? signature : undefined;
}
