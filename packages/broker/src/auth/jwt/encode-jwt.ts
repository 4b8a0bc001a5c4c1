/** JWTs that the server signs itself: the requests of auth callouts. Source: nats-io/jwt v2 claims.go doEncode. */
import { createHash, type KeyObject, sign } from 'node:crypto';
import { encodeBase32 } from '@sluice/protocol';

/** Claims without what the signer adds. */
export interface OwnClaims {
  readonly audience: string;
  readonly subject: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** The part of this type, without type and version. */
  readonly nats: object;
  readonly type: string;
}

/** The JWT, signed by `issuer`, whose private key is `key`. */
export function encodeJwt(claims: OwnClaims, issuer: string, key: KeyObject): string {
  const { audience: aud, subject: sub, issuedAt: iat, expiresAt: exp, type } = claims;
  const common = { aud, exp, iat, iss: issuer, sub };
  const jti = encodeBase32(createHash('sha512-256').update(JSON.stringify(common)).digest());
  const body = { aud, exp, jti, iat, iss: issuer, sub, nats: { ...claims.nats, type, version: 2 } };
  const text = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part(body)}`;
  return `${text}.${sign(null, Buffer.from(text, 'latin1'), key).toString('base64url')}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
}
