/** Who a client is → the account it works in and what it may do there: at accept for anonymous clients, and after each CONNECT. */
import { type ProtocolError, protocolErrors } from '@sluice/protocol';
import type { Identity } from '../auth/authenticator.ts';
import { ClientPermissions } from '../auth/permissions.ts';
import type { ClientConnection } from './client-connection.ts';

/** Binds the client to its account; returns the error when the account is full. */
export function bindIdentity(client: ClientConnection, identity: Identity): ProtocolError | undefined {
  const { server } = client;
  const account = server.accounts.ensure(identity.account);
  const { maxConnections = 0, maxPayloadBytes = 0 } = account.limits;
  const isNew = !account.clientIds.has(client.cid);
  if (isNew && maxConnections > 0 && account.clientIds.size >= maxConnections) return protocolErrors.maxAccountConnections;
  client.account?.clientIds.delete(client.cid);
  account.clientIds.add(client.cid);
  if (isNew) account.totalConnections++;
  client.account = account;
  client.identity = identity;
  client.permissions = identity.permissions === undefined ? null : new ClientPermissions(identity.permissions, server.env.clock);
  const accountPayload = maxPayloadBytes > 0 ? maxPayloadBytes : server.options.maxPayloadBytes;
  client.maxPayloadBytes = Math.min(accountPayload, identity.maxPayloadBytes ?? accountPayload);
  if (identity.expiry !== undefined) client.heartbeat.expireAt(identity.expiry);
  return undefined;
}
