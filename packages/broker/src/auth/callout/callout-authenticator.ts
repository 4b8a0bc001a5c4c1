/**
 * `auth_callout` of a configuration: whoever is not one of its `auth_users` is asked about, known or not, unless its account is none of
 * the `allowed_accounts`. Source: nats-server server/auth.go processClientOrLeafAuthentication.
 */
import type { CalloutOptions, UserOptions } from '../../options.ts';
import { refused } from '../auth-method.ts';
import type { Authenticator, AuthRequest, AuthResult, Identity } from '../authenticator.ts';
import { permissionsOf } from '../jwt/claims-permissions.ts';
import type { JwtClaims } from '../jwt/decode-jwt.ts';
import { rawUser } from './auth-request.ts';
import { CALLOUT_SUBJECT, type Callouts, type Placement } from './callouts.ts';

/** Clients without an account of their own are asked about whatever `allowed_accounts` says. */
const GLOBAL_ACCOUNT = '$G';

export interface CalloutAuthenticatorParts {
  readonly inner: Authenticator;
  readonly options: CalloutOptions;
  readonly callouts: Callouts;
  readonly users: readonly UserOptions[];
  readonly hasAccount: (name: string) => boolean;
  readonly warn: (text: string) => void;
}

export class CalloutAuthenticator implements Authenticator {
  readonly isRequired: boolean;
  readonly isRequiredOnWebSocket: boolean;
  readonly needsNonce: boolean;
  private readonly parts: CalloutAuthenticatorParts;
  private readonly direct: ReadonlySet<string>;

  constructor(parts: CalloutAuthenticatorParts) {
    this.parts = parts;
    this.isRequired = parts.inner.isRequired;
    this.isRequiredOnWebSocket = parts.inner.isRequiredOnWebSocket;
    this.needsNonce = parts.inner.needsNonce;
    // Users of the program that runs the broker are nobody else's business.
    const hidden = parts.users.flatMap(({ user, isHidden }) => (isHidden === true ? [user] : []));
    this.direct = new Set([...parts.options.users, ...hidden]);
  }

  /** Nobody works before it was asked about. */
  anonymous(): Identity | undefined {
    return undefined;
  }

  authenticate(request: AuthRequest): AuthResult | Promise<AuthResult> {
    const answer = this.parts.inner.authenticate(request);
    return answer instanceof Promise ? answer.then((result) => this.decide(request, result)) : this.decide(request, answer);
  }

  stop(): void | Promise<void> {
    return this.parts.inner.stop?.();
  }

  private decide(request: AuthRequest, result: AuthResult): AuthResult | Promise<AuthResult> {
    const { options, callouts, hasAccount, warn } = this.parts;
    const { account } = options;
    if (this.direct.has(rawUser(request, ''))) {
      return result.ok
        ? { ok: true, identity: withoutCalloutSubject(result.identity, account) }
        : { ...result, told: { account, reason: result.closedReason ?? 'Authentication Failure' } };
    }
    const isScoped = result.ok && result.identity.account !== GLOBAL_ACCOUNT && options.allowedAccounts.length > 0;
    if (isScoped && !options.allowedAccounts.includes(result.identity.account)) return result;
    if (!hasAccount(account)) {
      warn(`No valid account "${account}" for auth callout request: account missing`);
      return refused('the account of the auth callout is missing');
    }
    const decision = callouts.decide({
      request,
      account,
      subject: options.issuer,
      xkey: options.xkey,
      claimed: { jwt: '', user: '', name: '', tags: [] },
      isKnownSigner: (key) => key === options.issuer,
      place: (user) => this.place(user),
    });
    const mustProxy = result.ok && result.identity.proxyRequired === true;
    return decision.then((decided) =>
      decided.ok && mustProxy ? { ok: true, identity: { ...decided.identity, proxyRequired: true } } : decided,
    );
  }

  /** The audience names the account. */
  private place(user: JwtClaims): Placement {
    const { options, hasAccount } = this.parts;
    const { account, issuer } = options;
    if (typeof user.nats['issuer_account'] === 'string' && user.nats['issuer_account'] !== '') {
      return { ok: false, error: `Error non operator mode account "${account}": attempted to use issuer_account` };
    }
    if (user.issuer !== issuer) {
      const wrong = `expected "${issuer}" got "${user.issuer}"`;
      return { ok: false, error: `Wrong issuer for auth callout response on account "${account}", ${wrong}` };
    }
    const target = user.audience;
    if (!hasAccount(target)) {
      const problem = `No valid account "${target}" for auth callout response on account "${account}": account missing`;
      return { ok: false, error: problem };
    }
    const identity = {
      user: '',
      account: target,
      permissions: permissionsOf(user.nats),
      claims: { jwt: '', issuerKey: target, name: '', tags: [], subject: user.subject, issuedAt: user.issuedAt },
    };
    return { ok: true, identity: withoutCalloutSubject(identity, account) };
  }
}

/** Clients of the service's account must not ask it themselves: they could make it believe that they are the server. */
export function withoutCalloutSubject(identity: Identity, account: string): Identity {
  if (identity.account !== account) return identity;
  const { publish = { allow: [], deny: [] }, ...rest } = identity.permissions ?? {};
  return { ...identity, permissions: { ...rest, publish: { ...publish, deny: [...publish.deny, CALLOUT_SUBJECT] } } };
}
