/** A new transport → a client: INFO, TLS where it is asked for, the limit on connections, the deadline for CONNECT. */
import { closedReasons, type ProtocolError, protocolErrors } from '@sluice/protocol';
import { takeProxyHeader } from '../connection/proxy-header-reader.ts';
import { ProxyTransport } from '../connection/proxy-transport.ts';
import { beginsWithTls, secureConnection } from '../connection/secure-upgrade.ts';
import type { Peer, Transport } from '../env/net.ts';
import type { SecureUpgrade, TlsContext } from '../env/tls.ts';
import type { TlsOptions } from '../options.ts';
import type { Server } from '../server.ts';
import { bindIdentity } from './bind-identity.ts';
import { ClientConnection } from './client-connection.ts';
import { clientLabel } from './client-label.ts';
import { renderInfo } from './info.ts';
import { logOnce } from './log-once.ts';
import { watchClient } from './watch-client.ts';

/** Random bytes behind the nonce of INFO. */
const NONCE_BYTES = 11;

/** What a connection is made secure with. */
interface Securing {
  readonly secure: SecureUpgrade;
  readonly tls: TlsOptions;
  readonly context: TlsContext;
}

export function acceptClient(server: Server, transport: Transport): void {
  const { tls, proxyProtocol } = server.options;
  const context = server.tlsContext;
  const { secure } = transport;
  if (tls === undefined || context === undefined || secure === undefined) {
    if (proxyProtocol && transport.peer.kind === 'tcp') openBehindProxy(server, transport);
    else openClient(server, transport);
    return;
  }
  acceptSecurely(server, transport, { secure, tls, context }).catch(() => transport.destroy());
}

/** Everything is as it will stay: INFO goes out and the client may speak. */
function openClient(server: Server, transport: Transport): void {
  const client = makeClient(server, transport);
  client.transport.start(client);
  if (greet(client)) startDeadline(client);
}

/** The proxy's header comes before the client's first bytes; whom it names shows in `connz`. */
function openBehindProxy(server: Server, inner: Transport): void {
  let isGreeted = false;
  const proxied = new ProxyTransport(inner, {
    clock: server.env.clock,
    onNamed: () => {
      if (isGreeted) startDeadline(client);
    },
    onInvalid: (error) => {
      warnOfHeader(server, inner.peer, error);
      client.close(closedReasons.protocolViolation);
    },
  });
  const client = makeClient(server, proxied);
  proxied.start(client);
  isGreeted = greet(client);
}

function warnOfHeader(server: Server, { address, port }: Peer, error: string): void {
  server.env.log.write('WRN', `Error reading PROXY protocol header from ${address}:${port}: ${error}`);
}

/** Reads a proxy's header before TLS. Rejects, with a line in the log, when it is wrong or never comes. */
async function readProxyHeader(server: Server, transport: Transport, secure: SecureUpgrade, peer: Peer): Promise<void> {
  try {
    const start = await takeProxyHeader(transport, secure, server.env.clock);
    secure.speakFor((start.kind === 'header' ? start.source : undefined) ?? peer);
  } catch (error) {
    warnOfHeader(server, peer, error instanceof Error ? error.message : String(error));
    throw error;
  }
}

function makeClient(server: Server, transport: Transport): ClientConnection {
  const { authenticator, clients, counters, env } = server;
  const nonce = authenticator.needsNonce ? Buffer.from(env.random.bytes(NONCE_BYTES)).toString('base64url') : '';
  const client = new ClientConnection(server, transport, clients.nextCid(), nonce);
  watchClient(client);
  if (env.log.isDebug) client.writeLine('DBG', 'Client connection created');
  counters.totalConnections++;
  return client;
}

/** Sends INFO and binds whoever needs no credentials; false when the client is refused. */
function greet(client: ClientConnection): boolean {
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
  if (isFull) return refuseAfterInfo(client, protocolErrors.maxConnections);
  if (refusal !== undefined) return refuseAfterInfo(client, refusal);
  return true;
}

/** From now on CONNECT is waited for, if one is owed. */
function startDeadline(client: ClientConnection): void {
  if (client.isClosed) return;
  const { websocket, auth } = client.server.options;
  const own = client.peer.kind === 'websocket' ? websocket?.authTimeoutMs : undefined;
  client.heartbeat.start(client.parser.expectsConnect ? (own ?? auth.timeoutMs) : undefined);
}

/**
 * INFO goes out by itself, as from nats-server: clients look at it before they look for an error. Nothing the client says counts. Returns
 * false, as `greet` does then.
 */
function refuseAfterInfo(client: ClientConnection, error: ProtocolError): false {
  client.parser.stop();
  client.outbound.flush();
  client.server.env.clock.setTimer(1, () => {
    if (!client.isClosed) refuse(client, error);
  });
  return false;
}

function refuse(client: ClientConnection, error: ProtocolError): void {
  client.refuse(error, () => logOnce(client, error.text));
}

/** INFO in the clear and then TLS, or TLS first; a proxy's header comes before the handshake. */
async function acceptSecurely(server: Server, transport: Transport, { secure, tls, context }: Securing): Promise<void> {
  const { peer } = transport;
  const { proxyProtocol, allowNonTls } = server.options;
  // Whoever comes through a proxy is nobody until the proxy has said who.
  if (proxyProtocol) secure.speakFor({ address: '', port: 0 });
  const isTlsFirst = await beginsWithTls(secure, tls);
  if (proxyProtocol && isTlsFirst) await readProxyHeader(server, transport, secure, peer);
  if (isTlsFirst) {
    try {
      await secureConnection(transport, context, tls, { mayStayPlain: false, isFirst: true });
    } catch (error) {
      logHandshakeError(server, clientLabel({ cid: server.clients.nextCid(), names: null }, transport.peer), error);
      throw error;
    }
    return openClient(server, transport);
  }
  const client = makeClient(server, transport);
  client.transport.start(client);
  const isGreeted = greet(client);
  if (isThrottled(server, tls)) return refuse(client, protocolErrors.connectionThrottling);
  client.outbound.flush();
  client.isSecuring = true;
  try {
    if (proxyProtocol) await readProxyHeader(server, transport, secure, peer);
  } catch {
    client.close(closedReasons.protocolViolation);
    return;
  }
  try {
    debug(client, 'Starting TLS client connection handshake');
    await secureConnection(transport, context, tls, { mayStayPlain: allowNonTls, isFirst: false });
    tellHandshake(client);
    if (isGreeted) startDeadline(client);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (!client.isClosed) failHandshake(client, error.message);
  }
  client.isSecuring = false;
}

/** Plain text on this port is no failed handshake: nats-server says nothing either. */
function logHandshakeError(server: Server, label: string, error: unknown): void {
  if (!(error instanceof Error)) throw error;
  if (!error.message.startsWith('tls: first record'))
    server.env.log.write('ERR', `${label} - TLS handshake error: ${error.message}`);
}

function debug(client: ClientConnection, text: string): void {
  if (client.server.env.log.isDebug) client.log('DBG', text);
}

function tellHandshake(client: ClientConnection): void {
  const { tls } = client.peer;
  if (tls === undefined) return;
  debug(client, 'TLS handshake complete');
  debug(client, `TLS version ${tls.version}, cipher suite ${tls.cipherSuite}`);
}

/** Whoever speaks in the clear or says nothing is no failure of this server's, and does not fill its log. */
function failHandshake(client: ClientConnection, reason: string): void {
  const { peer, server } = client;
  const isTimeout = reason === 'i/o timeout';
  if (isTimeout) debug(client, 'TLS handshake timeout');
  else if (reason.startsWith('tls: first record')) debug(client, `TLS handshake error: ${reason}`);
  else client.logError(`TLS handshake error: ${reason}`);
  client.close(closedReasons.tlsHandshakeError, { isImmediate: true });
  if (!isTimeout) return;
  const own = joinHostPort({ address: server.host, port: server.port });
  debug(client, `TLS handshake error: read tcp ${own}->${joinHostPort(peer.via ?? peer)}: ${reason}`);
}

function joinHostPort({ address, port }: { readonly address: string; readonly port: number }): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
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
