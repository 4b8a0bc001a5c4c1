/**
 * Whom an operator-mode server believes: operators by their JWTs or public keys, accounts by JWTs that an operator has signed.
 * Source: nats-server server/jwt.go, server/server.go verifyAccountClaims.
 */
import type { AccountOptions, OperatorModeOptions } from '../../options.ts';
import { type AccountClaims, readAccountClaims } from './account-claims.ts';
import { accountProblems } from './account-problems.ts';
import { linkedOptions } from './activation.ts';
import { asTexts, decodeJwt, type JwtClaims } from './decode-jwt.ts';

/** What is told of an account whose claims do not count. */
const INVALID = 'account validation failed';

export class Trust {
  /** Public keys of operators, and of what they sign with. */
  private readonly keys: Set<string>;
  /** Operators that forbid accounts to sign users with their own key. */
  private readonly strictKeys: Set<string> = new Set();
  private readonly accounts: Map<string, AccountClaims> = new Map();
  /** Exporter → accounts that want something of it. */
  private readonly importers: Map<string, Set<string>> = new Map();
  /** Claims of the operators, in the order of the configuration. */
  readonly operators: readonly JwtClaims[];

  /** `known` is account id → JWT, taken as far as they count. @throws when the JWT of an operator is not what it should be. */
  constructor(
    options: Pick<OperatorModeOptions, 'operators' | 'trustedKeys' | 'preload'>,
    nowS: number,
    known: Readonly<Record<string, string>> = options.preload,
  ) {
    this.keys = new Set(options.trustedKeys);
    this.operators = options.operators.map(readOperator);
    for (const { subject, nats } of this.operators) {
      const isStrict = nats['strict_signing_key_usage'] === true;
      const own = isStrict ? asTexts(nats['signing_keys']) : [subject, ...asTexts(nats['signing_keys'])];
      for (const key of own) this.keys.add(key);
      if (isStrict) for (const key of own) this.strictKeys.add(key);
    }
    // An account that is not what it should be is unknown; the others are not worse for it.
    for (const [id, jwt] of Object.entries(known)) this.add(id, jwt, nowS);
  }

  /** The system account that the first operator names, or undefined. */
  get systemAccount(): string | undefined {
    const named = this.operators[0]?.nats['system_account'];
    return typeof named === 'string' && named !== '' ? named : undefined;
  }

  /** Takes an account JWT in place of an older one; says why not. */
  add(id: string, jwt: string, nowS: number): string | undefined {
    if (this.accounts.get(id)?.jwt === jwt) return undefined;
    const result = decodeJwt(jwt);
    if (!result.ok) return result.error;
    const { claims } = result;
    const account = readAccountClaims(claims, jwt, this.strictKeys.has(claims.issuer));
    if (account === undefined) return 'not account claim';
    if (account.id !== id || !this.keys.has(claims.issuer) || accountProblems(claims, nowS).length > 0) return INVALID;
    this.forgetImports(id);
    this.accounts.set(id, account);
    for (const { account: exporter } of account.options.imports ?? []) {
      const importers = this.importers.get(exporter) ?? new Set();
      this.importers.set(exporter, importers.add(id));
    }
    return undefined;
  }

  /** An account whose users sign with its own key counts, until its JWT comes. */
  standIn(id: string): void {
    this.accounts.set(id, {
      id,
      name: '',
      jwt: '',
      issuer: this.operators[0]?.subject ?? '',
      expiresAt: 0,
      tags: [],
      signingKeys: new Map(),
      issuers: new Set([id]),
      revocations: new Map(),
      disallowsBearer: false,
      externalAuth: undefined,
      options: { name: id },
    });
  }

  /** Harmless when the account is not known. */
  remove(id: string): void {
    this.forgetImports(id);
    this.accounts.delete(id);
  }

  private forgetImports(id: string): void {
    for (const { account } of this.accounts.get(id)?.options.imports ?? []) this.importers.get(account)?.delete(id);
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

  /** Accounts whose imports may be others once this one has changed, itself included. */
  touchedBy(id: string): string[] {
    return [id, ...(this.importers.get(id) ?? [])];
  }

  /** What the account is told to be, without imports that are refused. */
  optionsOf(account: AccountClaims, nowS: number): AccountOptions {
    return linkedOptions(account, this.accounts, nowS);
  }
}

function readOperator(jwt: string): JwtClaims {
  const result = decodeJwt(jwt);
  if (!result.ok) throw new Error(`error parsing operator JWT: ${result.error}`);
  const { claims } = result;
  if (claims.type !== 'operator' || claims.issuer !== claims.subject) {
    throw new Error('error parsing operator JWT: not an operator');
  }
  return claims;
}
