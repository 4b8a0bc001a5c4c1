/** A new transport → a client: INFO, the limit on connections, the deadline for CONNECT. */
import { protocolErrors } from '@sluice/protocol';
import type { Transport } from '../env/net.ts';
import type { Server } from '../server.ts';
import { bindIdentity } from './bind-identity.ts';
import { ClientConnection } from './client-connection.ts';
import { renderInfo } from './info.ts';

/** Random bytes behind the nonce of INFO. */
const NONCE_BYTES = 11;

export function acceptClient(server: Server, transport: Transport): void {
  const { options, authenticator, clients, counters, env } = server;
  const nonce = authenticator.needsNonce ? Buffer.from(env.random.bytes(NONCE_BYTES)).toString('base64url') : '';
  const client = new ClientConnection(server, transport, clients.nextCid(), nonce);
  counters.totalConnections++;
  const isFull = options.maxConnections > 0 && clients.size >= options.maxConnections;
  clients.add(client);
  const anonymous = authenticator.anonymous(transport.peer);
  // Who needs no credentials may work before it sends CONNECT.
  const refusal = anonymous === undefined ? undefined : bindIdentity(client, anonymous);
  client.parser.expectsConnect = anonymous === undefined;
  client.parser.mayRepeat = false;
  transport.start(client);
  client.send(renderInfo(client, { isConnectInfo: false }));
  if (isFull) return client.refuse(protocolErrors.maxConnections);
  if (refusal !== undefined) return client.refuse(refusal);
  client.heartbeat.start(options.auth.timeoutMs);
}
