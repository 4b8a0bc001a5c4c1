/** INFO and CONNECT as this server says them to others. Source: nats-server server/route.go, and 2.15.1 on the wire. */
import { introductionOf } from '../../server.ts';
import { shownRules } from '../facts.ts';
import { joinHostPort, type PeerUrl, parsePeerUrl } from '../peer-url.ts';
import { toWire } from '../peer-words.ts';
import type { RouteMesh } from './route-mesh.ts';

/** Accounts are understood; traces of messages are not followed. Source: nats-server server/server.go RouteProtoV2. */
const PROTOCOL = 2;
const NONCE_BYTES = 11;

/** What differs from one INFO to the next. */
export interface InfoOccasion {
  readonly account: string;
  readonly poolIndex: number;
  readonly gossipMode: number;
  /** Clients are being sent away. */
  readonly isLameDuck?: boolean;
}

/** `INFO {…}` for another server of the cluster, CRLF included. */
export function renderRouteInfo(mesh: RouteMesh, { account, poolIndex, gossipMode, isLameDuck = false }: InfoOccasion): string {
  const { server, options, naming, clientUrls } = mesh;
  const tcp = options.noAdvertise ? [] : clientUrls.ownTcp;
  const webSocket = options.noAdvertise ? [] : clientUrls.ownWebSocket;
  const info = {
    ...introductionOf(server, PROTOCOL),
    ...placeOf(mesh),
    headers: server.options.hasHeaders,
    ...(options.user === undefined ? {} : { auth_required: true }),
    ...(options.tls === undefined ? {} : { tls_required: true, tls_verify: true }),
    max_payload: server.options.maxPayloadBytes,
    nonce: Buffer.from(server.env.random.bytes(NONCE_BYTES)).toString('base64url'),
    cluster: naming.name,
    ...(naming.isDynamic ? { cluster_dynamic: true } : {}),
    ...(isLameDuck ? { ldm: true } : {}),
    ...(tcp.length === 0 ? {} : { connect_urls: tcp }),
    ...(webSocket.length === 0 ? {} : { ws_connect_urls: webSocket }),
    ...(server.leafs?.ownUrl === undefined ? {} : { leafnode_urls: [server.leafs.ownUrl] }),
    compression: 'off',
    lnoc: true,
    lnocu: true,
    ...(options.poolSize > 0 ? { route_pool_size: options.poolSize } : {}),
    ...(poolIndex > 0 ? { route_pool_idx: poolIndex } : {}),
    ...(account === '' ? {} : { route_account: account }),
    ...(gossipMode === 0 ? {} : { gossip_mode: gossipMode }),
    ...rulesOf(mesh),
  };
  return `INFO ${toWire(info)} \r\n`;
}

/** `CONNECT {…}` for a server that this one has connected to, CRLF included. */
export function renderRouteConnect(mesh: RouteMesh, { user, password }: PeerUrl): string {
  const { server, options, naming } = mesh;
  const connect = {
    echo: true,
    verbose: false,
    pedantic: false,
    ...(user === '' ? {} : { user }),
    ...(password === '' ? {} : { pass: password }),
    tls_required: options.tls !== undefined,
    headers: server.options.hasHeaders,
    name: server.id,
    cluster: naming.name,
    ...(naming.isDynamic ? { cluster_dynamic: true } : {}),
    lnoc: true,
    lnocu: true,
  };
  return `CONNECT ${toWire(connect)}\r\n`;
}

/** Where other servers find this one. */
function placeOf({ options, port }: RouteMesh): { host: string; port: number; ip?: string } {
  const { advertise } = options;
  const url = advertise === undefined ? undefined : parsePeerUrl(`nats-route://${withPort(advertise, port)}/`);
  if (url === undefined) return { host: options.host, port };
  return { host: url.host, port: url.port, ip: `nats-route://${joinHostPort(url.host, url.port)}/` };
}

function withPort(advertise: string, port: number): string {
  return /:\d+$/.test(advertise) ? advertise : `${advertise}:${port}`;
}

/** What is imported and exported, as the other server may want to know. */
function rulesOf({ options: { permissions } }: RouteMesh): object {
  if (permissions === undefined) return {};
  const { publish, subscribe } = permissions;
  return {
    ...(publish === undefined ? {} : { import: shownRules(publish) }),
    ...(subscribe === undefined ? {} : { export: shownRules(subscribe) }),
  };
}
