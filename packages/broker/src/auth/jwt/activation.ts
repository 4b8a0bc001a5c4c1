/**
 * What accounts of operator mode may import: public exports, and private ones for which the exporter has signed an activation token.
 * An import that is not allowed is left out, as nats-server does; it must not keep a server from starting.
 * Source: nats-server server/accounts.go checkActivation; nats-io/jwt activation_claims.go.
 */
import { isSubsetOf } from '@sluice/protocol';
import { checkImport } from '../../account/link-imports.ts';
import type { AccountExport, AccountImport, AccountOptions } from '../../options.ts';
import type { AccountClaims } from './account-claims.ts';
import { decodeJwt } from './decode-jwt.ts';

/** The options of all accounts, with private exports opened to whom they are granted and without imports that are refused. */
export function linkAccounts(accounts: readonly AccountClaims[], nowS: number): AccountOptions[] {
  const opened = accounts.map((exporter) => ({
    ...exporter.options,
    exports: (exporter.options.exports ?? []).map((offer) =>
      offer.tokenRequired === true ? { ...offer, accounts: activatedFor(offer, exporter, { accounts, nowS }) } : offer,
    ),
  }));
  return opened.map((importer) => ({
    ...importer,
    imports: (importer.imports ?? []).filter((wanted) => isAllowed(importer, wanted, opened)),
  }));
}

function isAllowed(importer: AccountOptions, wanted: AccountImport, accounts: readonly AccountOptions[]): boolean {
  try {
    checkImport(importer, wanted, accounts);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

/** Accounts that hold a good token for a private export. */
function activatedFor(
  offer: AccountExport,
  exporter: AccountClaims,
  { accounts, nowS }: { readonly accounts: readonly AccountClaims[]; readonly nowS: number },
): string[] {
  const isActivated = (importer: AccountClaims): boolean =>
    (importer.options.imports ?? []).some(
      (wanted) =>
        wanted.account === exporter.id &&
        wanted.kind === offer.kind &&
        isSubsetOf(wanted.subject, offer.subject) &&
        isGoodToken(wanted, { importer, exporter, nowS }),
    );
  return accounts.filter(isActivated).map(({ id }) => id);
}

function isGoodToken(
  wanted: AccountImport,
  { importer, exporter, nowS }: { importer: AccountClaims; exporter: AccountClaims; nowS: number },
): boolean {
  const decoded = decodeJwt(wanted.token ?? '');
  if (!decoded.ok) return false;
  const { claims } = decoded;
  const { subject, kind } = claims.nats;
  return (
    claims.type === 'activation' &&
    claims.subject === importer.id &&
    (claims.issuer === exporter.id || exporter.signingKeys.has(claims.issuer)) &&
    (claims.expiresAt === 0 || claims.expiresAt > nowS) &&
    kind === wanted.kind &&
    typeof subject === 'string' &&
    isSubsetOf(wanted.subject, subject)
  );
}
