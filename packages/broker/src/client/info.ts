/** INFO: what the server tells a client about itself, at accept and later. */
import type { ServerInfo } from '@sluice/protocol';
import { UNLIMITED_PAYLOAD_BYTES } from '../options.ts';
import { introductionOf } from '../server.ts';
import type { ClientConnection } from './client-connection.ts';

/**
 * `isConnectInfo`: the INFO that follows the first PONG and names the account. `isLameDuck`: tells this client alone to move on.
 */
export function renderInfo(
  client: ClientConnection,
  what: { readonly isConnectInfo: boolean; readonly isLameDuck?: boolean },
): string {
  const info = serverInfo(client, what.isConnectInfo);
  return `INFO ${JSON.stringify(what.isLameDuck === true ? { ...info, ldm: true } : info)} \r\n`;
}

function serverInfo(client: ClientConnection, isConnectInfo: boolean): ServerInfo {
  const { server, peer, account } = client;
  const { options } = server;
  return {
    ...introductionOf(server, 1),
    ...placeOf(client),
    headers: options.hasHeaders,
    ...(isAuthRequired(client, isConnectInfo) ? { auth_required: true } : {}),
    ...tlsOf(client),
    max_payload: client.maxPayloadBytes >= UNLIMITED_PAYLOAD_BYTES ? -1 : client.maxPayloadBytes,
    ...(server.hasJetStream ? { jetstream: true } : {}),
    client_id: client.cid,
    ...(peer.address === '' || peer.isUnnamed === true ? {} : { client_ip: peer.address }),
    ...(client.nonce === '' || isConnectInfo ? {} : { nonce: client.nonce }),
    ...clusterOf(client),
    ...(server.isLameDuck ? { ldm: true } : {}),
    ...(isConnectInfo ? { connect_info: true } : {}),
    ...(isConnectInfo && account !== null ? { remote_account: account.name } : {}),
    ...(isConnectInfo && account !== null && account === server.systemAccount ? { acc_is_sys: true } : {}),
    api_lvl: 5,
    xkey: server.xkey,
  };
}

/** The cluster, and where else in it this client may go. */
function clusterOf({ server, peer }: ClientConnection): Partial<ServerInfo> {
  const { cluster } = server;
  if (cluster === undefined) return {};
  const urls = cluster.clientUrlList(peer.kind === 'websocket', server.isLameDuck);
  return { cluster: cluster.name, ...(urls.length === 0 ? {} : { connect_urls: [...urls] }) };
}

/** A TCP client is not asked for credentials at first where there is a user for those without; later it is told how it is. */
function isAuthRequired({ server, peer }: ClientConnection, isConnectInfo: boolean): boolean {
  const { isRequired, isRequiredOnWebSocket } = server.authenticator;
  if (peer.kind === 'websocket') return isRequiredOnWebSocket;
  return isRequired && (isConnectInfo || server.options.auth.noAuthUser === undefined);
}

/** What TLS a client of this listener must or may begin. */
function tlsOf({ server, peer, connectOptions }: ClientConnection): Partial<ServerInfo> {
  const { tls, allowNonTls, websocket } = server.options;
  if (peer.kind === 'websocket') {
    return peer.isTls || websocket?.tls !== undefined ? { tls_required: true, tls_available: true } : {};
  }
  if (tls === undefined) return {};
  const mustVerify = tls.verify === true || tls.verifyAndMap === true;
  return {
    ...(allowNonTls ? { tls_available: true } : { tls_required: true }),
    // Whoever began with TLS is told at first that it was right to.
    ...(allowNonTls && peer.isTls && connectOptions === null ? { tls_required: true } : {}),
    ...(mustVerify ? { tls_verify: true } : {}),
  };
}

/** Where this client is told that the server is: the listener it came through, or what is advertised for it. */
function placeOf({ server, peer }: ClientConnection): { host: string; port: number } {
  const { clientAdvertise, websocket } = server.options;
  if (peer.kind === 'websocket') return { host: websocket?.host ?? server.host, port: server.websocketPort ?? server.port };
  if (clientAdvertise === undefined) return { host: server.host, port: server.port };
  return { host: hostOf(clientAdvertise), port: portOf(clientAdvertise, server.port) };
}

function hostOf(advertise: string): string {
  const colon = advertise.lastIndexOf(':');
  return colon < 0 ? advertise : advertise.slice(0, colon);
}

function portOf(advertise: string, fallback: number): number {
  const port = Number(advertise.slice(advertise.lastIndexOf(':') + 1));
  return Number.isInteger(port) && port > 0 ? port : fallback;
}
