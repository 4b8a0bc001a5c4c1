/**
 * Operator mode: a client shows a user JWT, signed by its account or one of the account's signing keys, and proves with a signature
 * over the nonce that it is that user. Source: nats-server server/auth.go processClientOrLeafAuthentication.
 */
import type { Clock } from '../../env/env.ts';
import type { Log } from '../../env/log.ts';
import type { Permissions } from '../../options.ts';
import { accepted, refused } from '../auth-method.ts';
import type { Authenticator, AuthRequest, AuthResult, Expiry } from '../authenticator.ts';
import { mayAttach } from '../connection-type.ts';
import { isSignedBy } from '../nkey-signature.ts';
import type { AccountClaims } from './account-claims.ts';
import { fillTemplates, permissionsOf } from './claims-permissions.ts';
import { asAddressBlocks, asInteger, asRecord, asTexts, decodeJwt, type JwtClaims } from './decode-jwt.ts';
import type { Trust } from './trust.ts';
import { isAddressAllowed, isTimeAllowed } from './user-restrictions.ts';

interface JwtParts {
  readonly clock: Clock;
  readonly log: Log;
  /** The JWT of clients that send none. */
  readonly defaultSentinel?: string | undefined;
}

export class JwtAuthenticator implements Authenticator {
  readonly isRequired = true;
  readonly needsNonce = true;
  private readonly trust: Trust;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly defaultSentinel: string;

  constructor(trust: Trust, { clock, log, defaultSentinel = '' }: JwtParts) {
    this.defaultSentinel = defaultSentinel;
    this.trust = trust;
    this.clock = clock;
    this.log = log;
  }

  /** Nobody is let in without a JWT. */
  anonymous(): undefined {
    return undefined;
  }

  authenticate(request: AuthRequest): AuthResult {
    const jwt = request.connect.jwt || this.defaultSentinel;
    if (jwt === '') return refused('no user JWT');
    const decoded = decodeJwt(jwt);
    if (!decoded.ok) return refused(decoded.error);
    const { claims } = decoded;
    if (claims.type !== 'user' || !claims.subject.startsWith('U')) return refused('not a user JWT');
    const account = this.trust.find(accountIdOf(claims));
    if (account === undefined) {
      this.log.write('WRN', 'Account fetch failed: account missing');
      return refused('unknown account');
    }
    return this.checkUser(request, claims, account);
  }

  private checkUser(request: AuthRequest, claims: JwtClaims, account: AccountClaims): AuthResult {
    const nowS = this.clock.nowMs() / 1000;
    const rights = rightsOf(claims, account);
    if (rights === undefined) return refused('the issuer may not sign users of the account, or the scope cannot be applied');
    if (account.expiresAt > 0 && account.expiresAt <= nowS) return refused('the account has expired');
    if (claims.expiresAt > 0 && claims.expiresAt <= nowS) return refused('the user has expired');
    if (claims.notBefore > nowS) return refused('the user is not valid yet');
    if (isRevoked(claims, account)) return refused('the user is revoked');
    const { nats } = rights;
    if (!mayAttach(asTexts(nats['allowed_connection_types']), request.peer)) return refused('connection type not allowed');
    if (!isAddressAllowed(asAddressBlocks(nats['src']), request.peer.address)) {
      return { ok: false, reason: 'address not allowed', logged: `Bad src Ip ${request.peer.address}` };
    }
    if (!isTimeAllowed(nats['times'], nats['times_location'], this.clock.nowMs())) {
      return { ok: false, reason: 'not allowed at this time', logged: 'Outside connect times' };
    }
    const isBearer = nats['bearer_token'] === true;
    if (isBearer && account.disallowsBearer) return refused('the account does not allow bearer tokens');
    const { nonce, connect } = request;
    if (!isBearer && (nonce === '' || !isSignedBy(claims.subject, nonce, connect.sig ?? ''))) return refused('wrong signature');
    const permissions = rights.permissions ?? account.options.defaultPermissions;
    const expiry = firstExpiry(claims, account);
    return accepted({
      user: claims.subject,
      account: account.id,
      permissions,
      ...(expiry === undefined ? {} : { expiry }),
      ...(nats['proxy_required'] === true ? { proxyRequired: true } : {}),
      claims: {
        jwt: isBearer ? '' : (connect.jwt ?? ''),
        issuerKey: claims.issuer,
        name: claims.name,
        tags: asTexts(claims.nats['tags']),
      },
      ...limitsOf(nats),
    });
  }
}

/** Whichever of the two JWTs ends first. */
function firstExpiry(user: JwtClaims, account: AccountClaims): Expiry | undefined {
  const isOfAccount = account.expiresAt > 0 && (user.expiresAt === 0 || account.expiresAt < user.expiresAt);
  if (isOfAccount) return { timeMs: account.expiresAt * 1000, of: 'account' };
  return user.expiresAt > 0 ? { timeMs: user.expiresAt * 1000, of: 'user' } : undefined;
}

/** A signing key is not the account: then the claims name it. */
function accountIdOf(claims: JwtClaims): string {
  const named = claims.nats['issuer_account'];
  return typeof named === 'string' && named !== '' ? named : claims.issuer;
}

interface Rights {
  /** The claims that apply: the user's own, or the template of its scope. */
  readonly nats: Readonly<Record<string, unknown>>;
  readonly permissions: Permissions | undefined;
}

/** What the user may do, or undefined when its issuer had no right to say so. */
function rightsOf(claims: JwtClaims, account: AccountClaims): Rights | undefined {
  if (claims.issuer === account.id) return { nats: claims.nats, permissions: permissionsOf(claims.nats) };
  const key = account.signingKeys.get(claims.issuer);
  if (key === undefined) return undefined;
  if (key.scope === undefined) return { nats: claims.nats, permissions: permissionsOf(claims.nats) };
  const own = permissionsOf(claims.nats);
  if (own !== undefined) return undefined;
  const { template } = key.scope;
  const scoped = permissionsOf(template);
  if (scoped === undefined) return { nats: template, permissions: undefined };
  const permissions = fillTemplates(scoped, {
    name: claims.name,
    subject: claims.subject,
    accountName: account.name,
    accountSubject: account.id,
    tags: asTexts(claims.nats['tags']),
    accountTags: account.tags,
  });
  return permissions === undefined ? undefined : { nats: template, permissions };
}

/** Revoked by name or all at once: users that were issued at that time or before. */
function isRevoked(claims: JwtClaims, account: AccountClaims): boolean {
  return [account.revocations.get(claims.subject), account.revocations.get('*')].some(
    (time) => time !== undefined && claims.issuedAt <= time,
  );
}

function limitsOf(nats: Readonly<Record<string, unknown>>): { maxSubscriptions?: number; maxPayloadBytes?: number } {
  const subs = asInteger(asRecord(nats)?.['subs'], -1);
  const payload = asInteger(asRecord(nats)?.['payload'], -1);
  return { ...(subs >= 0 ? { maxSubscriptions: subs } : {}), ...(payload >= 0 ? { maxPayloadBytes: payload } : {}) };
}
