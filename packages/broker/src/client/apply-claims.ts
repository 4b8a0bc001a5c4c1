/**
 * New claims of one account in a running server, learned or pushed: the account and those that import from it are told, and its clients
 * are held to what it says now. Nobody else is looked at. Source: nats-server server/accounts.go UpdateAccountClaims, removeCb.
 */
import { closedReasons, protocolErrors } from '@sluice/protocol';
import type { AccountClaims } from '../auth/jwt/account-claims.ts';
import { peekJwt } from '../auth/jwt/decode-jwt.ts';
import { isRevoked } from '../auth/jwt/jwt-authenticator.ts';
import type { KnownAccounts } from '../auth/jwt/known-accounts.ts';
import type { AccountOptions } from '../options.ts';
import type { Server } from '../server.ts';
import { applyLimits, endAtSubscriptionLimit } from './bind-identity.ts';
import type { ClientConnection } from './client-connection.ts';
import { userLabelOf } from './client-label.ts';
import { refuseAuth } from './connect.ts';
import { replacePermissions } from './replace-permissions.ts';

/** Takes the JWT of an account into force; says why not, with nothing changed. */
export function applyClaims(server: Server, known: KnownAccounts, id: string, jwt: string): string | undefined {
  const before = known.trust.find(id);
  const nowS = server.env.clock.nowMs() / 1000;
  const problem = known.trust.add(id, jwt, nowS);
  if (problem !== undefined) return problem;
  const claims = known.trust.find(id);
  if (claims === undefined || claims === before) return undefined;
  tellAccounts(server, known, id);
  watchActivations(server, known, id);
  if (before !== undefined) {
    settleClients(server, before, claims);
    server.hooks.onAuthChanged?.(id);
  }
  return undefined;
}

/** The account is gone: its clients are told that it has expired, and nobody else gets in. */
export function removeAccount(server: Server, known: KnownAccounts, id: string): void {
  known.trust.remove(id);
  const { options } = server;
  server.options = { ...options, accounts: options.accounts.filter(({ name }) => name !== id) };
  tellAccounts(server, known, id);
  for (const client of clientsOf(server, id)) client.refuse(protocolErrors.accountAuthenticationExpired);
  server.hooks.onAuthChanged?.(id);
}

/** Limits, exports and imports of the account, and the imports of those that wait for it. */
function tellAccounts(server: Server, known: KnownAccounts, id: string): void {
  const { trust } = known;
  const nowS = server.env.clock.nowMs() / 1000;
  const changed = new Map<string, AccountOptions>();
  for (const touched of trust.touchedBy(id)) {
    const account = trust.find(touched);
    if (account !== undefined) changed.set(touched, trust.optionsOf(account, nowS));
  }
  const others = server.options.accounts.filter(({ name }) => !changed.has(name));
  server.options = { ...server.options, accounts: [...others, ...changed.values()] };
  const told = [...changed.values(), ...(trust.find(id) === undefined ? [{ name: id }] : [])];
  server.accounts.update(told, { get: (name) => changed.get(name) ?? trust.find(name)?.options });
  server.hooks.onAccountsChanged?.();
}

/** A timer cannot run for longer than 24 days, and wall time may jump. */
const DAY_MS = 86_400_000;

/** Imports by activation tokens end when the first of these does, and are looked at again then. */
export function watchActivations(server: Server, known: KnownAccounts, id: string): void {
  known.activationTimers.get(id)?.cancel();
  known.activationTimers.delete(id);
  const { clock } = server.env;
  const ends = (known.trust.find(id)?.options.imports ?? []).flatMap(({ token }) => {
    const end = token === undefined ? undefined : peekJwt(token)?.['exp'];
    return typeof end === 'number' && end > 0 ? [end * 1000] : [];
  });
  const nowMs = clock.nowMs();
  // It may have ended since the account was linked.
  if (ends.some((end) => end <= nowMs)) tellAccounts(server, known, id);
  const remainingMs = Math.min(...ends.filter((end) => end > nowMs)) - nowMs;
  if (!Number.isFinite(remainingMs)) return;
  const timer = clock.setTimer(Math.min(remainingMs, DAY_MS), () => {
    if (remainingMs <= DAY_MS) tellAccounts(server, known, id);
    watchActivations(server, known, id);
  });
  known.activationTimers.set(id, timer);
}

/** In the order in which they came. */
function clientsOf(server: Server, account: string): ClientConnection[] {
  const ids = [...(server.accounts.get(account)?.clientIds ?? [])].sort((left, right) => left - right);
  return ids.flatMap((cid) => server.clients.get(cid) ?? []);
}

function settleClients(server: Server, before: AccountClaims, claims: AccountClaims): void {
  const defaults = claims.options.defaultPermissions;
  const hasOtherDefaults = JSON.stringify(before.options.defaultPermissions) !== JSON.stringify(defaults);
  let count = 0;
  for (const client of clientsOf(server, claims.id)) {
    const { identity, account } = client;
    if (identity === null || account === null) continue;
    if (count >= (claims.options.maxConnections ?? Number.POSITIVE_INFINITY)) {
      client.logError(`${protocolErrors.maxAccountConnections.text} - Account:${whose(before)} - ${userLabelOf(client)}`);
      client.refuse(protocolErrors.maxAccountConnections);
      continue;
    }
    count++;
    applyLimits(client, account, identity);
    endAtSubscriptionLimit(client);
    if (hasOtherDefaults && identity.hasDefaultPermissions === true) replacePermissions(client, defaults);
    holdToClaims(client, before, claims);
  }
}

/** The account as it was called when its clients came. */
function whose({ id, name }: AccountClaims): string {
  return name === '' ? id : `${id}/${name}`;
}

/** Ends a client whose JWT does not count any more, and moves its end to that of the account. */
function holdToClaims(client: ClientConnection, before: AccountClaims, claims: AccountClaims): void {
  const shown = client.identity?.claims;
  if (shown === undefined) return;
  if (shown.isBearer === true && claims.disallowsBearer) {
    return refuseAuth(client, { ok: false, reason: 'the account does not allow bearer tokens' });
  }
  if (isRevoked(shown, claims)) return client.refuse(protocolErrors.userAuthenticationRevoked);
  const isScopeChanged =
    JSON.stringify(before.signingKeys.get(shown.issuerKey)) !== JSON.stringify(claims.signingKeys.get(shown.issuerKey));
  if (shown.issuerKey !== claims.id && (isScopeChanged || !claims.issuers.has(shown.issuerKey))) {
    return client.close(closedReasons.authenticationFailure);
  }
  if (claims.expiresAt !== before.expiresAt) client.heartbeat.expireWithAccount(claims.expiresAt * 1000);
}
