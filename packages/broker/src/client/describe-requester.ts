/** What a service in another account is told about the client that asks: its account and round trip, and with `share` who it is. */
import type { ClientConnection } from './client-connection.ts';

/** The content of `Nats-Request-Info`. Source: nats-server server/client.go getClientInfo. */
export function describeRequester(client: ClientConnection | undefined, importer: string, isShared: boolean): object {
  if (client === undefined) return { acc: importer };
  const rtt = client.rttUs * 1000;
  // Along a chain of imports the requester stays who it is; the account that passes the request on is named beside it.
  const acc = client.account?.name ?? importer;
  const via = acc === importer ? {} : { svc: importer };
  if (!isShared) return { acc, ...via, rtt };
  const { connectOptions, identity, server, peer, cid } = client;
  return {
    start: new Date(client.startUs / 1000).toISOString(),
    host: peer.address,
    id: cid,
    acc,
    ...via,
    ...(identity === null || identity.user === '' ? {} : { user: identity.user }),
    ...(connectOptions?.name === undefined ? {} : { name: connectOptions.name }),
    ...(connectOptions?.lang === undefined ? {} : { lang: connectOptions.lang }),
    ...(connectOptions?.version === undefined ? {} : { ver: connectOptions.version }),
    rtt,
    server: server.name,
    kind: 'Client',
    client_type: 'nats',
  };
}
