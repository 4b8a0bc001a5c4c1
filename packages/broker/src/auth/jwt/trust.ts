/**
 * Whom an operator-mode server believes: operators by their JWTs or public keys, accounts by JWTs that an operator has signed.
 * Source: nats-server server/jwt.go, server/accounts.go.
 */
import type { OperatorModeOptions } from '../../options.ts';
import { type AccountClaims, readAccountClaims } from './account-claims.ts';
import { asTexts, decodeJwt } from './decode-jwt.ts';

export class Trust {
  private readonly keys: Set<string>;
  private readonly accounts: Map<string, AccountClaims> = new Map();
  /** The system account that an operator names, or undefined. */
  readonly systemAccount: string | undefined;

  /** @throws when a JWT is not what it should be. */
  constructor(options: OperatorModeOptions) {
    this.keys = new Set(options.trustedKeys);
    let systemAccount: string | undefined;
    for (const jwt of options.operators) {
      const result = decodeJwt(jwt);
      if (!result.ok) throw new Error(`error parsing operator JWT: ${result.error}`);
      const { claims } = result;
      if (claims.type !== 'operator' || claims.issuer !== claims.subject)
        throw new Error('error parsing operator JWT: not an operator');
      this.keys.add(claims.subject);
      for (const key of asTexts(claims.nats['signing_keys'])) this.keys.add(key);
      const named = claims.nats['system_account'];
      if (typeof named === 'string' && named !== '') systemAccount = named;
    }
    this.systemAccount = systemAccount;
    for (const [id, jwt] of Object.entries(options.preload)) {
      // An account that is not what it should be is unknown; the others are not worse for it.
      this.add(id, jwt);
    }
  }

  /** Takes an account JWT in place of an older one; says why not. */
  add(id: string, jwt: string): string | undefined {
    const result = decodeJwt(jwt);
    if (!result.ok) return result.error;
    const claims = readAccountClaims(result.claims);
    if (claims === undefined || claims.id !== id) return 'the JWT is not of that account';
    if (!this.keys.has(result.claims.issuer)) return 'the account is not signed by a trusted operator';
    this.accounts.set(id, claims);
    return undefined;
  }

  /** True for operators and their signing keys. */
  isTrustedKey(key: string): boolean {
    return this.keys.has(key);
  }

  find(id: string): AccountClaims | undefined {
    return this.accounts.get(id);
  }

  all(): AccountClaims[] {
    return [...this.accounts.values()];
  }
}
