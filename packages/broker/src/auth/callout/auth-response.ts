/**
 * The answer of an auth callout → the claims of a user, or why they do not count, in nats-server's words.
 * Source: nats-server server/auth_callout.go decodeResponse, processReply; nats-io/jwt v2 authorization_claims.go Validate.
 */
import { decodePublicNkey } from '@sluice/protocol';
import { decodeJwt, type JwtClaims } from '../jwt/decode-jwt.ts';
import { timeProblem, userProblem } from '../jwt/user-rights.ts';

/** What the answer must fit. */
export interface ResponseRules {
  /** The key that the request asked about. */
  readonly userNkey: string;
  readonly serverId: string;
  /** Account in which was asked; it is named in the texts. */
  readonly account: string;
  readonly nowS: number;
  /** True for keys that may sign answers that came in the clear. */
  readonly isKnownSigner: (key: string) => boolean;
}

export type ResponseResult = { readonly ok: true; readonly user: JwtClaims } | { readonly ok: false; readonly error: string };

/** `isSealed`: it could be opened with the service's key, which proves who made it. */
export function judgeResponse(text: string, isSealed: boolean, rules: ResponseRules): ResponseResult {
  const decoded = decodeJwt(text);
  if (!decoded.ok) return failed(decoded.error);
  const { claims } = decoded;
  if (claims.type !== 'authorization_response') return failed('not an authorization request claim');
  const problem = responseProblem(claims, rules.nowS);
  if (problem !== undefined) return failed(`authorization response had validation errors: ${problem}`);
  if (claims.subject !== rules.userNkey) {
    return failed('auth callout violation: auth callout response is not for expected user');
  }
  if (claims.audience !== rules.serverId) return failed('auth callout violation: auth callout response is not for server');
  const { jwt, error } = claims.nats;
  if (isFilled(error)) return failed(`auth callout service returned an error: ${error}`);
  const issuerAccount = claims.nats['issuer_account'];
  const signer = isFilled(issuerAccount) ? issuerAccount : claims.issuer;
  if (!isSealed && !rules.isKnownSigner(signer)) return failed('auth callout signing key is unknown');
  return judgeUser(isFilled(jwt) ? jwt : '', rules);
}

function judgeUser(jwt: string, { userNkey, account, nowS }: ResponseRules): ResponseResult {
  const decoded = decodeJwt(jwt);
  if (!decoded.ok) return failed(decoded.error);
  const { claims } = decoded;
  if (claims.type !== 'user') return failed('not user claim');
  const problem = userProblem(claims, nowS);
  if (problem !== undefined) return failed(`error validating user JWT: ${problem}`);
  if (claims.subject !== userNkey) {
    return failed(`expected authorized user of "${userNkey}" but got "${claims.subject}" on account "${account}"`);
  }
  return { ok: true, user: claims };
}

function responseProblem(claims: JwtClaims, nowS: number): string | undefined {
  const { jwt, error } = claims.nats;
  if (decodePublicNkey(claims.subject)?.kind !== 'user') return 'Subject must be a user public key';
  if (decodePublicNkey(claims.audience)?.kind !== 'server') return 'Audience must be a server public key';
  if (!isFilled(error) && !isFilled(jwt)) return 'Error or Jwt is required';
  if (isFilled(error) && isFilled(jwt)) return 'Only Error or Jwt can be set';
  const issuerAccount = claims.nats['issuer_account'];
  if (isFilled(issuerAccount) && decodePublicNkey(issuerAccount)?.kind !== 'account') {
    return 'issuer_account is not an account public key';
  }
  return timeProblem(claims, nowS);
}

const isFilled = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** The texts go into warnings and begin there with a capital. */
function failed(error: string): ResponseResult {
  return { ok: false, error: error.slice(0, 1).toUpperCase() + error.slice(1) };
}
