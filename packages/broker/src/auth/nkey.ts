/**
 * Users without a shared secret: the client signs the nonce of INFO with the private half of an Ed25519 key, the configuration
 * knows the public half (`nkey: U…`). Source: nats-server server/auth.go, nkeys; nats-io/nkeys.
 */
import { type KeyObject, verify } from 'node:crypto';
import { decodePublicNkey } from '@sluice/protocol';
import { type AuthMethod, accepted, refused, refusedOpenly } from './auth-method.ts';
import type { AuthRequest, AuthResult } from './authenticator.ts';
import { mayAttach } from './connection-type.ts';
import { decodeSignature, publicKeyOf } from './nkey-signature.ts';
import type { KnownUser } from './user-password.ts';

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
      const key = publicKeyOf(text);
      if (key !== undefined) this.users.set(text, { user, key });
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
    if (signature === undefined || nonce === '')
      return refusedOpenly((connect.sig ?? '') === '' ? 'Signature missing' : 'Signature not valid base64');
    const isRight = verify(null, Buffer.from(nonce, 'latin1'), known.key, signature);
    return isRight ? accepted(known.user.identity) : refusedOpenly('Signature not verified');
  }
}
