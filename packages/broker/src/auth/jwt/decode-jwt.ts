/**
 * NATS JWTs: three base64url parts, the last one the issuer's Ed25519 signature over the first two (over the claims alone in JWTs of
 * version 1, which name their type beside `nats`). The algorithm is fixed, every length is checked before anything is decoded, and
 * claims count only after the signature was verified. Source: nats-io/jwt v2 decoder.go, decoder_user.go, header.go.
 */
import { decodePublicNkey, type NkeyKind } from '@sluice/protocol';
import { isSignedBy } from '../nkey-signature.ts';

/** Largest JWT that is looked at, in characters. */
export const MAX_JWT_CHARS = 1_048_576;
/** Both name the same algorithm; the first is what version 1 wrote. */
const ALGORITHMS: readonly string[] = ['ed25519', 'ed25519-nkey'];
const CLAIMS_VERSION = 2;

/** What all kinds of claims have in common; `nats` is checked by those who read it. */
export interface JwtClaims {
  /** Public nkey of whom the claims are about. */
  readonly subject: string;
  /** Public nkey of who signed. */
  readonly issuer: string;
  readonly name: string;
  /** Whom the claims are for; empty when absent. */
  readonly audience: string;
  /** Seconds since the epoch; 0 when absent. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly notBefore: number;
  readonly type: string;
  readonly nats: Readonly<Record<string, unknown>>;
}

export type JwtResult = { readonly ok: true; readonly claims: JwtClaims } | { readonly ok: false; readonly error: string };

const failed = (error: string): JwtResult => ({ ok: false, error });

/** The kind of key that must have signed each type of claims; other types may be signed by any. */
const SIGNERS: Readonly<Record<string, NkeyKind | undefined>> = {
  operator: 'operator',
  user: 'account',
  authorization_request: 'server',
  authorization_response: 'account',
};

/** Decodes and verifies, with the errors of the official package; whether the issuer is trusted is the caller's question. */
export function decodeJwt(text: string): JwtResult {
  if (text.length > MAX_JWT_CHARS) {
    return failed(`token size ${text.length} exceeds maximum of ${MAX_JWT_CHARS} bytes: token too large`);
  }
  const [header = '', body = '', signature = '', ...more] = text.trim().split('.');
  if (signature === '' || more.length > 0) return failed('expected 3 chunks');
  for (const part of [header, body, signature]) {
    const place = badBase64At(part);
    if (place !== undefined) return failed(`illegal base64 data at input byte ${place}`);
  }
  const problem = headerProblem(parseObject(header));
  if (problem !== undefined) return failed(problem);
  const object = parseObject(body);
  const isVersion1 = object !== undefined && isText(object['type']);
  const claims = readClaims(isVersion1 ? withVersion2Layout(object) : object);
  if (claims === undefined) return failed('the JWT holds no claims of version 1 or 2');
  const signed = isVersion1 ? body : `${header}.${body}`;
  const version = isVersion1 ? 1 : 2;
  if (!isSignedBy(claims.issuer, signed, signature)) return failed(`claim failed V${version} signature verification`);
  const signer = SIGNERS[claims.type];
  if (signer !== undefined && decodePublicNkey(claims.issuer)?.kind !== signer) {
    return failed(`unable to validate expected prefixes - [${signer}]`);
  }
  return { ok: true, claims };
}

/** Where base64url without padding stops being that, or undefined. */
function badBase64At(text: string): number | undefined {
  const at = text.search(/[^\w-]/);
  if (at >= 0) return at;
  return text.length % 4 === 1 ? text.length - 1 : undefined;
}

function headerProblem(head: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const { typ = '', alg = '' } = head ?? {};
  if (String(typ).toUpperCase() !== 'JWT') return `not supported type ${JSON.stringify(typ)}`;
  return ALGORITHMS.includes(String(alg).toLowerCase()) ? undefined : `unexpected ${JSON.stringify(alg)} algorithm`;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Claims of version 1 in the layout of version 2; undefined for users with `max`, a limit that version 2 no longer has. */
function withVersion2Layout(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  const nats = asRecord(body['nats']) ?? {};
  const { type, tags, issuer_account } = body;
  if (type === 'user' && nats['max'] !== undefined && nats['max'] !== -1) return undefined;
  // What a user of version 1 does not say is unlimited.
  const limits = type === 'user' ? { subs: -1, data: -1, payload: -1 } : {};
  return { ...body, nats: { ...limits, ...nats, type, tags, issuer_account, version: CLAIMS_VERSION } };
}

function readClaims(body: Readonly<Record<string, unknown>> | undefined): JwtClaims | undefined {
  const nats = asRecord(body?.['nats']);
  if (body === undefined || nats === undefined || nats['version'] !== CLAIMS_VERSION) return undefined;
  const { sub: subject, iss: issuer, name, aud: audience } = body;
  const type = nats['type'];
  if (typeof subject !== 'string' || typeof issuer !== 'string' || typeof type !== 'string') return undefined;
  if (decodePublicNkey(issuer) === undefined || decodePublicNkey(subject) === undefined) return undefined;
  return {
    subject,
    issuer,
    type,
    nats,
    name: typeof name === 'string' ? name : '',
    audience: typeof audience === 'string' ? audience : '',
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

/** Address blocks: a JSON list, or one text with commas between them. */
export function asAddressBlocks(value: unknown): string[] {
  if (typeof value !== 'string') return asTexts(value);
  const blocks = value.split(',').map((block) => block.trim());
  return blocks.filter((block) => block !== '');
}

/** A whole number, or the fallback. */
export function asInteger(value: unknown, fallback: number): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : fallback;
}

/** What the claims say, signed or not: for what does not decide about trust. Undefined when it is no JWT. */
export function peekJwt(jwt: string): Readonly<Record<string, unknown>> | undefined {
  if (jwt.length > MAX_JWT_CHARS) return undefined;
  const body = jwt.split('.')[1];
  return body === undefined ? undefined : parseObject(body);
}
