/** Who a client is → the account it works in and what it may do there: at accept for anonymous clients, and after each CONNECT. */
import { closedReasons, type ProtocolError, protocolErrors } from '@sluice/protocol';
import type { Account } from '../account/account.ts';
import type { Identity } from '../auth/authenticator.ts';
import { ClientPermissions } from '../auth/permissions.ts';
import type { ClientConnection } from './client-connection.ts';

/** How long a client lives that may hold no subscription. Source: nats-server server/client.go applyAccountLimits. */
const NO_SUBSCRIPTIONS_GRACE_MS = 20;

/** Binds the client to its account; returns the error when the account is full. */
export function bindIdentity(client: ClientConnection, identity: Identity): ProtocolError | undefined {
  const { server } = client;
  const account = server.accounts.ensure(identity.account);
  const isNew = !account.clientIds.has(client.cid);
  if (client.account !== account) client.account?.clientIds.delete(client.cid);
  // Also whoever finds the account full has come to this one.
  client.account = account;
  const isFull = isNew && account.clientIds.size >= (account.limits.maxConnections ?? Number.POSITIVE_INFINITY);
  client.identity = isFull ? withoutClaims(identity) : identity;
  if (isFull) return protocolErrors.maxAccountConnections;
  account.clientIds.add(client.cid);
  if (isNew) account.totalConnections++;
  client.permissions = identity.permissions === undefined ? null : new ClientPermissions(identity.permissions, server.env.clock);
  applyLimits(client, account, identity);
  endAtSubscriptionLimit(client);
  if (identity.expiry !== undefined) client.heartbeat.expireAt(identity.expiry);
  return undefined;
}

/** Who may hold no more subscriptions than it has when limits are set is told so and let go a moment later. */
export function endAtSubscriptionLimit(client: ClientConnection): void {
  if (client.subscriptions.size < client.maxSubscriptions) return;
  const { text } = protocolErrors.maxSubscriptions;
  client.logError(text);
  client.warn(text);
  client.server.env.clock.setTimer(NO_SUBSCRIPTIONS_GRACE_MS, () => client.close(closedReasons.maxSubscriptionsExceeded));
}

function withoutClaims({ claims: _unused, ...identity }: Identity): Identity {
  return identity;
}

/** Server, account and user may each set a limit; the tightest one counts. */
export function applyLimits(client: ClientConnection, account: Account, identity: Identity): void {
  const { options } = client.server;
  const { limits } = account;
  const unlimited = Number.POSITIVE_INFINITY;
  client.maxPayloadBytes = Math.min(
    options.maxPayloadBytes,
    limits.maxPayloadBytes ?? unlimited,
    identity.maxPayloadBytes ?? unlimited,
  );
  client.maxSubscriptions = Math.min(
    options.maxSubscriptions > 0 ? options.maxSubscriptions : unlimited,
    limits.maxSubscriptions ?? unlimited,
    identity.maxSubscriptions ?? unlimited,
  );
}
