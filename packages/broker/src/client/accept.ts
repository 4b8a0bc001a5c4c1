/** A new transport → a client: INFO, TLS where it is asked for, the limit on connections, the deadline for CONNECT. */
import { closedReasons, type ProtocolError, protocolErrors } from '@sluice/protocol';
import { ProxyTransport } from '../connection/proxy-transport.ts';
import { beginsWithTls, secureConnection } from '../connection/secure-upgrade.ts';
import type { Transport } from '../env/net.ts';
import type { TlsContext } from '../env/tls.ts';
import type { TlsOptions } from '../options.ts';
import type { Server } from '../server.ts';
import { bindIdentity } from './bind-identity.ts';
import { ClientConnection } from './client-connection.ts';
import { renderInfo } from './info.ts';
import { WatchedTransport } from './watched-transport.ts';

/** Random bytes behind the nonce of INFO. */
const NONCE_BYTES = 11;

export function acceptClient(server: Server, transport: Transport): void {
  const { tls, proxyProtocol } = server.options;
  if (proxyProtocol && transport.peer.kind === 'tcp') return openBehindProxy(server, transport);
  const context = server.tlsContext;
  if (tls === undefined || context === undefined || transport.secure === undefined) return openClient(server, transport);
  acceptSecurely(server, transport, tls, context).catch(() => transport.destroy());
}

/** Everything is as it will stay: INFO goes out and the client may speak. */
function openClient(server: Server, transport: Transport): void {
  const client = makeClient(server, transport);
  client.transport.start(client);
  greet(client);
}

/** The proxy's header comes before the client's first bytes; whom it names shows in `connz`. */
function openBehindProxy(server: Server, inner: Transport): void {
  const proxied = new ProxyTransport(inner, {
    clock: server.env.clock,
    onInvalid: (error) => {
      server.env.log.write('WRN', `Error reading PROXY protocol header from ${inner.peer.address}:${inner.peer.port}: ${error}`);
      client.close(closedReasons.protocolViolation);
    },
  });
  const client = makeClient(server, proxied);
  proxied.start(client);
  greet(client);
}

function makeClient(server: Server, transport: Transport): ClientConnection {
  const { authenticator, clients, counters, env, options } = server;
  const nonce = authenticator.needsNonce ? Buffer.from(env.random.bytes(NONCE_BYTES)).toString('base64url') : '';
  const isWatched = env.log.isDebug || env.log.isTrace;
  const watched = isWatched ? new WatchedTransport(transport, env.log, options.maxTracedMessageBytes ?? 0) : undefined;
  const client = new ClientConnection(server, watched ?? transport, clients.nextCid(), nonce);
  if (watched !== undefined) watched.client = client;
  counters.totalConnections++;
  return client;
}

/** Sends INFO, binds whoever needs no credentials, and starts the deadline for CONNECT. */
function greet(client: ClientConnection): void {
  const { server } = client;
  const { options, authenticator, clients } = server;
  const { maxConnections } = options;
  const isFull = maxConnections < 0 || (maxConnections > 0 && clients.size >= maxConnections);
  clients.add(client);
  const anonymous = authenticator.anonymous(client.peer);
  // Who needs no credentials may work before it sends CONNECT.
  const refusal = anonymous === undefined ? undefined : bindIdentity(client, anonymous);
  client.parser.expectsConnect = anonymous === undefined;
  client.parser.mayRepeat = false;
  client.send(renderInfo(client, { isConnectInfo: false }));
  if (isFull) return refuse(client, protocolErrors.maxConnections);
  if (refusal !== undefined) return refuse(client, refusal);
  client.heartbeat.start(anonymous === undefined ? options.auth.timeoutMs : undefined);
}

function refuse(client: ClientConnection, error: ProtocolError): void {
  client.logError(error.text);
  client.refuse(error);
}

/** INFO in the clear and then TLS, or TLS first. */
async function acceptSecurely(server: Server, transport: Transport, tls: TlsOptions, context: TlsContext): Promise<void> {
  const { secure } = transport;
  if (secure !== undefined && (await beginsWithTls(secure, tls))) {
    await secureConnection(transport, context, tls, { mayStayPlain: false, isFirst: true });
    return openClient(server, transport);
  }
  const client = makeClient(server, transport);
  client.transport.start(client);
  greet(client);
  if (isThrottled(server, tls)) return refuse(client, protocolErrors.connectionThrottling);
  client.outbound.flush();
  client.isSecuring = true;
  try {
    await secureConnection(transport, context, tls, { mayStayPlain: server.options.allowNonTls, isFirst: false });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // Plain text on this port is no failed handshake: nats-server says nothing either.
    if (!error.message.startsWith('tls: first record')) client.logError(`TLS handshake error: ${error.message}`);
    if (!client.isClosed) client.close(closedReasons.tlsHandshakeError, { isImmediate: true });
  }
  client.isSecuring = false;
}

/** Counts handshakes of this second. */
function isThrottled(server: Server, { connectionRateLimit = 0 }: TlsOptions): boolean {
  if (connectionRateLimit <= 0) return false;
  const second = Math.floor(server.env.clock.monotonicMs() / 1000);
  const { handshakes } = server;
  if (handshakes.second !== second) {
    handshakes.second = second;
    handshakes.count = 0;
  }
  handshakes.count++;
  return handshakes.count > connectionRateLimit;
}
