/**
 * Operator mode: a client shows a user JWT, signed by its account or one of the account's signing keys, and proves with a signature
 * over the nonce that it is that user. Source: nats-server server/auth.go processClientOrLeafAuthentication.
 */
import type { Clock } from '../../env/env.ts';
import type { OperatorModeOptions } from '../../options.ts';
import { accepted, refusedOpenly as refused } from '../auth-method.ts';
import type { Authenticator, AuthRequest, AuthResult, Expiry, Identity, IdentityClaims } from '../authenticator.ts';
import { rawUser } from '../callout/auth-request.ts';
import { withoutCalloutSubject } from '../callout/callout-authenticator.ts';
import type { Callouts, Placement } from '../callout/callouts.ts';
import { mayAttach } from '../connection-type.ts';
import { isSignedBy } from '../nkey-signature.ts';
import type { AccountClaims, ExternalAuth } from './account-claims.ts';
import { asAddressBlocks, asTexts, decodeJwt, type JwtClaims } from './decode-jwt.ts';
import type { KnownAccounts } from './known-accounts.ts';
import { allowedUntil, isAddressAllowed } from './user-restrictions.ts';
import { limitsOf, rightsOf, userProblem } from './user-rights.ts';

interface JwtParts {
  readonly clock: Clock;
  /** Asks the service of accounts that have one. */
  readonly callouts: Callouts;
}

export class JwtAuthenticator implements Authenticator {
  readonly isRequired = true;
  readonly isRequiredOnWebSocket = true;
  readonly needsNonce = true;
  private readonly known: KnownAccounts;
  private readonly parts: JwtParts;
  /** The JWT of clients that send none. */
  private readonly defaultSentinel: string;
  private readonly pinnedAccounts: ReadonlySet<string> | undefined;

  constructor(known: KnownAccounts, options: OperatorModeOptions, parts: JwtParts) {
    const { defaultSentinel = '', pinnedAccounts } = options;
    this.known = known;
    this.parts = parts;
    this.defaultSentinel = defaultSentinel;
    this.pinnedAccounts = pinnedAccounts === undefined ? undefined : new Set(pinnedAccounts);
  }

  /** Nobody is let in without a JWT. */
  anonymous(): undefined {
    return undefined;
  }

  authenticate(request: AuthRequest): AuthResult | Promise<AuthResult> {
    const shown = this.shownUser(request);
    if ('ok' in shown) return shown;
    const id = accountIdOf(shown.claims);
    if (this.pinnedAccounts?.has(id) === false) return refused(`Account ${id} not listed as operator pinned account`);
    const account = this.known.find(id);
    return account instanceof Promise
      ? account.then((found) => this.enter(request, shown, found))
      : this.enter(request, shown, account);
  }

  private enter(request: AuthRequest, shown: ShownUser, account: AccountClaims | undefined): AuthResult | Promise<AuthResult> {
    if (account === undefined) return refused('Account JWT lookup error: account missing');
    const result = this.checkUser(request, shown, account);
    const { externalAuth } = account;
    if (externalAuth === undefined) return result;
    // Whoever is nobody in the account cannot be asked about there; the account hears of it without a reason, as in nats-server.
    if (!result.ok) return { ...result, told: { account: account.id, reason: '' } };
    const { identity } = result;
    if (externalAuth.users.includes(identity.user)) {
      return accepted(withoutCalloutSubject(identity, account.id));
    }
    return this.askService({ request, identity, account, externalAuth });
  }

  /** The user whose JWT the client shows, or the sentinel's when it shows none. */
  private shownUser({ connect }: AuthRequest): ShownUser | AuthResult {
    const own = connect.jwt === undefined || connect.jwt === '' ? undefined : decodeUser(connect.jwt);
    if (own?.ok === true) return { claims: own.claims, jwt: connect.jwt ?? '' };
    const { defaultSentinel } = this;
    if (defaultSentinel === '') return refused('Authentication requires a user JWT');
    const sentinel = decodeUser(defaultSentinel);
    return sentinel.ok ? { claims: sentinel.claims, jwt: defaultSentinel } : refused(sentinel.error);
  }

  private checkUser(request: AuthRequest, { claims, jwt }: ShownUser, account: AccountClaims): AuthResult {
    const nowMs = this.parts.clock.nowMs();
    const problem = userProblem(claims, nowMs / 1000);
    if (problem !== undefined) return refused(`User JWT no longer valid: ${problem}`);
    const rights = rightsOf(claims, account);
    if (!rights.ok) return refused(REASONS[rights.problem]);
    const { nats } = rights;
    const isBearer = nats['bearer_token'] === true;
    if (isBearer && account.disallowsBearer) return refused('Account does not allow bearer tokens');
    if (!mayAttach(asTexts(nats['allowed_connection_types']), request.peer)) return refused('Connection type not allowed');
    const { nonce, connect } = request;
    if (!isBearer && (connect.sig ?? '') === '') return refused('Signature missing');
    if (!isBearer && !isSignedBy(claims.subject, nonce, connect.sig ?? '')) return refused('Signature not verified');
    if (isRevoked({ subject: claims.subject, issuedAt: claims.issuedAt }, account)) return refused('User authentication revoked');
    if (!isAddressAllowed(asAddressBlocks(nats['src']), request.peer.address)) {
      return { ok: false, reason: 'address not allowed', logged: `Bad src Ip ${request.peer.address}` };
    }
    const until = allowedUntil(nats['times'], nats['times_location'], nowMs);
    if (until === undefined) return { ok: false, reason: 'not allowed at this time', logged: 'Outside connect times' };
    const expiry = firstExpiry(claims, account, until);
    return accepted({
      user: rawUser(request, claims.subject),
      account: account.id,
      permissions: rights.permissions ?? account.options.defaultPermissions,
      ...(expiry === undefined ? {} : { expiry }),
      userExpiryMs: Math.min(until, claims.expiresAt > 0 ? claims.expiresAt * 1000 : Number.POSITIVE_INFINITY),
      ...(nats['proxy_required'] === true ? { proxyRequired: true } : {}),
      claims: {
        jwt,
        isBearer: claims.nats['bearer_token'] === true,
        issuerKey: claims.issuer,
        name: claims.name,
        tags: asTexts(claims.nats['tags']),
        subject: claims.subject,
        issuedAt: claims.issuedAt,
      },
      ...(rights.permissions === undefined ? { hasDefaultPermissions: true } : {}),
      ...limitsOf(nats),
    });
  }

  private askService({ request, identity, account, externalAuth }: Question): Promise<AuthResult> {
    const { name = '', tags = [], jwt = '' } = identity.claims ?? {};
    const decision = this.parts.callouts.decide({
      request,
      account: account.id,
      subject: account.id,
      xkey: externalAuth.xkey,
      claimed: { jwt, user: identity.user, name, tags },
      isKnownSigner: (key) => key === account.id || account.signingKeys.has(key),
      place: (user) => this.place(user, account, externalAuth),
      seenAs: identity,
    });
    if (identity.proxyRequired !== true) return decision;
    return decision.then((result) => (result.ok ? accepted({ ...result.identity, proxyRequired: true }) : result));
  }

  /** The issuer of the user that the service made names the account: its own, or one of those it may place users in. */
  private async place(user: JwtClaims, account: AccountClaims, { allowedAccounts }: ExternalAuth): Promise<Placement> {
    const id = accountIdOf(user);
    const isAllowed = id === account.id || (allowedAccounts.length === 1 && allowedAccounts[0] === '*');
    if (!isAllowed && !allowedAccounts.includes(id)) {
      const what = 'not permitted as valid account option for auth callout for account';
      return { ok: false, error: `Account "${user.issuer}" ${what} "${account.id}"` };
    }
    const target = await this.known.find(id);
    if (target === undefined) {
      const problem = `No valid account "${id}" for auth callout response on account "${account.id}": account missing`;
      return { ok: false, error: problem };
    }
    const rights = rightsOf(user, target);
    if (!rights.ok) return { ok: false, error: PROBLEMS[rights.problem](user.issuer) };
    const permissions = rights.permissions ?? target.options.defaultPermissions;
    const { issuer: issuerKey, subject, issuedAt } = user;
    const claims = { jwt: '', issuerKey, name: '', tags: [], subject, issuedAt };
    return { ok: true, identity: withoutCalloutSubject({ user: '', account: id, permissions, claims }, account.id) };
  }
}

interface Question {
  readonly request: AuthRequest;
  readonly identity: Identity;
  readonly account: AccountClaims;
  readonly externalAuth: ExternalAuth;
}

/** The JWT that a client counts as having shown. */
interface ShownUser {
  readonly claims: JwtClaims;
  readonly jwt: string;
}

/** As a client that shows such a JWT itself is told of in the log. */
const REASONS: Readonly<Record<'unknown' | 'scope' | 'template', string>> = {
  unknown: 'User JWT issuer is not known',
  scope: 'User JWT is not valid: scoped users require no permissions or limits set',
  template: 'User JWT generated invalid permissions',
};

const PROBLEMS: Readonly<Record<'unknown' | 'scope' | 'template', (issuer: string) => string>> = {
  unknown: (issuer) => `User JWT issuer "${issuer}" is not known`,
  scope: () => 'User JWT is not valid: scoped users require no permissions or limits set',
  template: () => 'User JWT generated invalid permissions: generated invalid subject',
};

function decodeUser(jwt: string): ReturnType<typeof decodeJwt> {
  const decoded = decodeJwt(jwt);
  if (!decoded.ok) return decoded;
  const { type, subject } = decoded.claims;
  return type === 'user' && subject.startsWith('U') ? decoded : { ok: false, error: 'not a user JWT' };
}

/** Whichever comes first: the end of either JWT, or of the time of day in which the user may be here. */
function firstExpiry(user: JwtClaims, account: AccountClaims, untilMs: number): Expiry | undefined {
  const ends: Expiry[] = [
    ...(user.expiresAt > 0 ? [{ timeMs: user.expiresAt * 1000, of: 'user' as const }] : []),
    ...(account.expiresAt > 0 ? [{ timeMs: account.expiresAt * 1000, of: 'account' as const }] : []),
    ...(Number.isFinite(untilMs) ? [{ timeMs: untilMs, of: 'user' as const }] : []),
  ];
  return ends.sort((left, right) => left.timeMs - right.timeMs)[0];
}

/** A signing key is not the account: then the claims name it. */
function accountIdOf(claims: JwtClaims): string {
  const named = claims.nats['issuer_account'];
  return typeof named === 'string' && named !== '' ? named : claims.issuer;
}

/** Revoked by name or all at once: users that were issued at that time or before. */
export function isRevoked(user: Pick<IdentityClaims, 'subject' | 'issuedAt'>, account: AccountClaims): boolean {
  return [account.revocations.get(user.subject), account.revocations.get('*')].some(
    (time) => time !== undefined && user.issuedAt <= time,
  );
}
