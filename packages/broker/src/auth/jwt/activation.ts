/**
 * What accounts of operator mode may import: public exports, and private ones for which the exporter has signed an activation token.
 * An import that is not allowed is left out, as nats-server does; it must not keep a server from starting.
 * Source: nats-server server/accounts.go checkActivation; nats-io/jwt v2 imports.go, activation_claims.go.
 */
import { decodePublicNkey, isSubsetOf } from '@sluice/protocol';
import { type AccountsByName, checkImport } from '../../account/link-imports.ts';
import type { AccountExport, AccountImport, AccountOptions } from '../../options.ts';
import type { AccountClaims } from './account-claims.ts';
import { isContainedIn } from './contained-subject.ts';
import { decodeJwt, type JwtClaims } from './decode-jwt.ts';
import { subjectProblem } from './user-rights.ts';

/** The options of one account, without imports that are refused. `find` knows all accounts. */
export function linkedOptions(
  importer: AccountClaims,
  accounts: ReadonlyMap<string, AccountClaims>,
  nowS: number,
): AccountOptions {
  const marked = (importer.options.imports ?? []).map((wanted) => {
    const exporter = wanted.token === undefined ? undefined : accounts.get(wanted.account);
    const isActivated = exporter?.options.exports?.some(
      (offer) =>
        offer.tokenRequired === true &&
        offer.kind === wanted.kind &&
        isSubsetOf(wanted.subject, offer.subject) &&
        isGoodToken(wanted, { importer, exporter, offer, nowS }),
    );
    return isActivated === true ? { ...wanted, isActivated } : wanted;
  });
  const known: AccountsByName = { get: (name) => accounts.get(name)?.options };
  return { ...importer.options, imports: marked.filter((wanted) => isAllowed(importer.options, wanted, known)) };
}

function isAllowed(importer: AccountOptions, wanted: AccountImport, accounts: AccountsByName): boolean {
  try {
    checkImport(importer, wanted, accounts);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

interface TokenContext {
  readonly importer: AccountClaims;
  readonly exporter: AccountClaims;
  readonly offer: AccountExport;
  readonly nowS: number;
}

function isGoodToken(wanted: AccountImport, { importer, exporter, offer, nowS }: TokenContext): boolean {
  const decoded = decodeJwt(wanted.token ?? '');
  if (!decoded.ok || decoded.claims.type !== 'activation') return false;
  const { claims } = decoded;
  const revokedAt = Math.max(offer.revocations?.[claims.subject] ?? -1, offer.revocations?.['*'] ?? -1);
  return (
    claims.subject === importer.id &&
    isTrustedIssuer(claims, exporter) &&
    (claims.expiresAt === 0 || claims.expiresAt > nowS) &&
    claims.issuedAt > revokedAt &&
    importTypeOf(claims) === wanted.kind &&
    isSubsetOf(wanted.subject, importSubjectOf(claims))
  );
}

/** A token that names the exporter must be of one of its keys; one that does not is of the exporter itself. */
function isTrustedIssuer({ issuer, nats }: JwtClaims, exporter: AccountClaims): boolean {
  const named = textOf(nats['issuer_account']);
  return named === '' ? issuer === exporter.id : named === exporter.id && exporter.issuers.has(issuer);
}

/** What is wrong with the token of an import, but for its time. */
export function activationProblems(item: Readonly<Record<string, unknown>>, importer: string): string[] {
  const subject = textOf(item['subject']);
  const quoted = JSON.stringify(subject);
  const decoded = decodeJwt(textOf(item['token']));
  if (!decoded.ok || decoded.claims.type !== 'activation') return [`import ${quoted} contains an invalid activation token`];
  const { claims } = decoded;
  const { issuer_account: issuerAccount } = claims.nats;
  const isService = item['type'] === 'service';
  const asked = isService && textOf(item['to']) !== '' ? textOf(item['to']) : subject;
  const granted = importSubjectOf(claims);
  const problem = subjectProblem(granted);
  const type = importTypeOf(claims);
  return [
    ...(claims.issuer === item['account'] || issuerAccount === item['account']
      ? []
      : [`activation token doesn't match account for import ${quoted}`]),
    ...(claims.subject === importer ? [] : [`activation token doesn't match account it is being included in, ${quoted}`]),
    ...(type === item['type'] ? [] : [`mismatch between token import type ${type} and type of import ${String(item['type'])}`]),
    ...(type === 'service' || type === 'stream' ? [] : [`invalid import type: ${JSON.stringify(type)}`]),
    ...(problem === undefined ? [] : [problem]),
    ...(typeof issuerAccount === 'string' && issuerAccount !== '' && decodePublicNkey(issuerAccount)?.kind !== 'account'
      ? ['account_id is not an account public key']
      : []),
    ...(isContainedIn(asked, granted)
      ? []
      : [`activation token import subject ${JSON.stringify(granted)} doesn't match import ${quoted}`]),
  ];
}

function importTypeOf({ nats }: JwtClaims): string {
  const { kind } = nats;
  return typeof kind === 'string' ? kind : 'unknown';
}

function importSubjectOf({ nats }: JwtClaims): string {
  return textOf(nats['subject']);
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
