/**
 * NATS JWTs: three base64url parts, the last one the issuer's Ed25519 signature over the first two. The algorithm is fixed, every
 * length is checked before anything is decoded, and claims count only after the signature was verified.
 * Source: nats-io/jwt v2 decoder.go, header.go.
 */
import { decodePublicNkey } from '@sluice/protocol';
import { isSignedBy } from '../nkey-signature.ts';

/** Largest JWT that is looked at, in characters. */
export const MAX_JWT_CHARS = 1_048_576;
const ALGORITHM = 'ed25519-nkey';
const CLAIMS_VERSION = 2;

/** What all kinds of claims have in common; `nats` is checked by those who read it. */
export interface JwtClaims {
  /** Public nkey of whom the claims are about. */
  readonly subject: string;
  /** Public nkey of who signed. */
  readonly issuer: string;
  readonly name: string;
  /** Seconds since the epoch; 0 when absent. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly notBefore: number;
  readonly type: string;
  readonly nats: Readonly<Record<string, unknown>>;
}

export type JwtResult = { readonly ok: true; readonly claims: JwtClaims } | { readonly ok: false; readonly error: string };

const failed = (error: string): JwtResult => ({ ok: false, error });

/** Decodes and verifies; whether the issuer is trusted is the caller's question. */
export function decodeJwt(text: string): JwtResult {
  if (text.length > MAX_JWT_CHARS) return failed('the JWT is too long');
  const parts = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(text.trim());
  if (parts === null) return failed('the JWT does not have three parts');
  const [, header = '', body = '', signature = ''] = parts;
  const head = parseObject(header);
  if (head?.['alg'] !== ALGORITHM) return failed('the JWT does not use ed25519-nkey');
  const claims = readClaims(parseObject(body));
  if (claims === undefined) return failed('the JWT holds no claims of version 2');
  if (!isSignedBy(claims.issuer, `${header}.${body}`, signature)) return failed('the signature of the JWT is wrong');
  return { ok: true, claims };
}

function readClaims(body: Readonly<Record<string, unknown>> | undefined): JwtClaims | undefined {
  const nats = asRecord(body?.['nats']);
  if (body === undefined || nats === undefined || nats['version'] !== CLAIMS_VERSION) return undefined;
  const subject = body['sub'];
  const issuer = body['iss'];
  const type = nats['type'];
  if (typeof subject !== 'string' || typeof issuer !== 'string' || typeof type !== 'string') return undefined;
  if (decodePublicNkey(issuer) === undefined || decodePublicNkey(subject) === undefined) return undefined;
  return {
    subject,
    issuer,
    type,
    nats,
    name: typeof body['name'] === 'string' ? body['name'] : '',
    issuedAt: secondsOf(body['iat']),
    expiresAt: secondsOf(body['exp']),
    notBefore: secondsOf(body['nbf']),
  };
}

function secondsOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

function parseObject(base64: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return asRecord(JSON.parse(Buffer.from(base64, 'base64url').toString('utf8')));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A JSON object, or undefined. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

/** The texts of a JSON list; anything else in it is left out. */
export function asTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** A whole number, or the fallback. */
export function asInteger(value: unknown, fallback: number): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : fallback;
}
