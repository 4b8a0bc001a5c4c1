/** `/varz` and VARZ: what the server is, how it is configured, and its totals. */
import {
  AUTH_TIMEOUT_MS,
  type ClusterVarz,
  formatUptime,
  type PeerCounts,
  type PeerWriteVarz,
  type ProxiesVarz,
  TLS_TIMEOUT_MS,
  usToTimestamp,
  type Varz,
  type WebSocketVarz,
} from '@sluice/protocol';
import type { PeerTraffic } from '../cluster/facts.ts';
import { mergedFeatureFlags } from '../feature-flags.ts';
import type { ResolvedOptions, WebSocketOptions } from '../options.ts';
import { introductionOf, type Server, type ServerCounters } from '../server.ts';
import type { MonitorFacts } from './facts.ts';
import { leafVarz } from './leafz.ts';

const NS_PER_MS = 1_000_000;

/** The whole object. Reads each connection once, to bring the totals up to date. */
export function buildVarz(facts: MonitorFacts): Varz {
  const { server } = facts;
  const { options } = server;
  facts.settleCounters();
  return {
    ...identity(facts),
    ...limits(facts),
    ...process(facts),
    ...totals(facts),
    http_req_stats: Object.fromEntries(facts.httpRequests),
    config_load_time: usToTimestamp(server.configLoadUs),
    config_digest: options.configDigest,
    ...(options.serverTags.length > 0 ? { tags: [...options.serverTags] } : {}),
    ...(Object.keys(options.serverMetadata).length > 0 ? { metadata: { ...options.serverMetadata } } : {}),
    feature_flags: mergedFeatureFlags(options.featureFlags),
    ...(options.systemAccount === undefined ? {} : { system_account: options.systemAccount }),
    slow_consumer_stats: slowCounts(server.counters),
    stale_connection_stats: staleCounts(server.counters),
    disk_io_wait_stats: { waiters: 0, waits: 0, wait_time: 0, max_wait_time: 0 },
    ...(options.trustedProxies === undefined ? {} : { proxies: proxiesVarz(options.trustedProxies) }),
    ...(server.tlsContext === undefined ? {} : { tls_cert_not_after: usToTimestamp(server.tlsContext.notAfterMs * 1000) }),
  };
}

function proxiesVarz(keys: readonly string[]): ProxiesVarz {
  return keys.length === 0 ? {} : { trusted: keys.map((key) => ({ key })) };
}

/** Slow consumers per kind of connection. */
export function slowCounts({ slowConsumers, routeSlowConsumers: routes, leafSlowConsumers: leafs }: ServerCounters): PeerCounts {
  return { clients: slowConsumers - routes - leafs, routes, gateways: 0, leafs };
}

/** Stale connections per kind. */
export function staleCounts({
  staleConnections,
  routeStaleConnections: routes,
  leafStaleConnections: leafs,
}: ServerCounters): PeerCounts {
  return { clients: staleConnections - routes - leafs, routes, gateways: 0, leafs };
}

function identity(facts: MonitorFacts) {
  const { server } = facts;
  const advertised = advertisedAddress(server.options);
  return {
    ...introductionOf(server, 1),
    host: advertised?.host ?? server.host,
    port: advertised?.port ?? server.port,
    ...(server.authenticator.isRequired ? { auth_required: true } : {}),
    ...tlsVarz(server.options),
    ...urlsOf(facts),
  };
}

/** Where clients may go in this cluster; nothing while no other server is known. */
function urlsOf({ server: { cluster } }: MonitorFacts): { connect_urls?: string[]; ws_connect_urls?: string[] } {
  const tcp = cluster?.clientUrlList(false, false) ?? [];
  const webSocket = cluster?.clientUrlList(true, false) ?? [];
  return {
    ...(tcp.length === 0 ? {} : { connect_urls: [...tcp] }),
    ...(webSocket.length === 0 ? {} : { ws_connect_urls: [...webSocket] }),
  };
}

function tlsVarz({ tls, allowNonTls }: ResolvedOptions): { tls_required?: boolean; tls_verify?: boolean } {
  if (tls === undefined) return {};
  return {
    ...(allowNonTls ? {} : { tls_required: true }),
    ...(tls.verify === true || tls.verifyAndMap === true ? { tls_verify: true } : {}),
  };
}

/** `client_advertise` stands where clients are told to connect; its port may be left out. */
function advertisedAddress(options: ResolvedOptions): { host: string; port: number | undefined } | undefined {
  const parts = /^(.*?)(?::(\d+))?$/.exec(options.clientAdvertise ?? '');
  if (parts?.[1] === undefined || parts[1] === '') return undefined;
  return { host: parts[1], port: parts[2] === undefined ? undefined : Number(parts[2]) };
}

function limits(facts: MonitorFacts) {
  const { options } = facts.server;
  return {
    max_connections: options.maxConnections,
    ...(options.maxSubscriptions > 0 ? { max_subscriptions: options.maxSubscriptions } : {}),
    ping_interval: options.pingIntervalMs * NS_PER_MS,
    ping_max: options.pingMax,
    http_host: options.monitor?.host ?? options.host,
    http_port: facts.httpPort,
    http_base_path: options.monitor?.basePath ?? '',
    https_port: facts.httpsPort,
    auth_timeout: options.auth.timeoutMs / 1000,
    max_control_line: options.maxControlLineBytes,
    max_payload: options.maxPayloadBytes,
    max_pending: options.maxPendingBytes,
    cluster: clusterVarz(facts),
    gateway: peerWriteVarz(options),
    leaf: { ...peerWriteVarz(options), ...leafVarz(facts.server) },
    mqtt: {},
    websocket: webSocketVarz(facts),
    jetstream: facts.server.jetstream?.varz() ?? {},
    tls_timeout: (options.tls?.timeoutMs ?? TLS_TIMEOUT_MS) / 1000,
    write_deadline: options.writeDeadlineMs * NS_PER_MS,
    ...(options.writeTimeout === undefined ? {} : { write_timeout: options.writeTimeout }),
  };
}

function clusterVarz({ server }: MonitorFacts): ClusterVarz {
  const { cluster } = server;
  const options = server.options.cluster;
  if (cluster === undefined || options === undefined) return {};
  const { tls, routes, authTimeoutMs = AUTH_TIMEOUT_MS, poolSize } = options;
  return {
    name: cluster.name,
    addr: cluster.host,
    cluster_port: cluster.port,
    auth_timeout: authTimeoutMs / 1000,
    // Neither scheme nor credentials are shown.
    ...(routes.length === 0 ? {} : { urls: routes.map((url) => url.replace(/^[^:/]*:\/\//, '').replace(/^.*@/, '')) }),
    tls_timeout: (tls?.timeoutMs ?? TLS_TIMEOUT_MS) / 1000,
    ...(tls === undefined ? {} : { tls_required: true, tls_verify: true }),
    ...(poolSize > 0 ? { pool_size: poolSize } : {}),
    ...peerWriteVarz(server.options),
    ...(cluster.tlsNotAfterMs === undefined ? {} : { tls_cert_not_after: usToTimestamp(cluster.tlsNotAfterMs * 1000) }),
  };
}

/** nats-server shows the cluster's values for gateways and leaf nodes, too. */
function peerWriteVarz({ cluster }: ResolvedOptions): PeerWriteVarz {
  const { writeDeadlineMs, writeTimeout } = cluster ?? {};
  return {
    ...(writeDeadlineMs === undefined ? {} : { write_deadline: writeDeadlineMs * NS_PER_MS }),
    ...(writeTimeout === undefined ? {} : { write_timeout: writeTimeout }),
  };
}

function webSocketVarz({ server }: MonitorFacts): WebSocketVarz {
  const { options, websocketTlsContext: context } = server;
  if (options.websocket === undefined) return {};
  return {
    ...webSocketFields(options.websocket, server.websocketPort),
    ...(context === undefined ? {} : { tls_cert_not_after: usToTimestamp(context.notAfterMs * 1000) }),
  };
}

function webSocketFields(websocket: WebSocketOptions, port: number | undefined): WebSocketVarz {
  const { cookieNames, advertise, handshakeTimeoutMs, tls } = websocket;
  return {
    host: websocket.host,
    port: port ?? websocket.port,
    ...(advertise === undefined ? {} : { advertise }),
    ...(websocket.noAuthUser === undefined ? {} : { no_auth_user: websocket.noAuthUser }),
    ...(cookieNames?.jwt === undefined ? {} : { jwt_cookie: cookieNames.jwt }),
    ...(handshakeTimeoutMs === undefined ? {} : { handshake_timeout: handshakeTimeoutMs * NS_PER_MS }),
    ...(websocket.authTimeoutMs === undefined ? {} : { auth_timeout: websocket.authTimeoutMs / 1000 }),
    ...(websocket.noTls ? { no_tls: true } : {}),
    ...(tls?.verifyAndMap === true ? { tls_map: true } : {}),
    ...(websocket.sameOrigin ? { same_origin: true } : {}),
    ...(websocket.allowedOrigins.length > 0 ? { allowed_origins: [...websocket.allowedOrigins] } : {}),
    ...(websocket.compression ? { compression: true } : {}),
  };
}

function process(facts: MonitorFacts) {
  const { server } = facts;
  const usage = facts.usage();
  const nowUs = server.env.clock.nowUs();
  return {
    start: usToTimestamp(server.startUs),
    now: usToTimestamp(nowUs),
    uptime: formatUptime((nowUs - server.startUs) * 1000),
    mem: usage.memoryBytes,
    cores: usage.cores,
    gomaxprocs: usage.cores,
    cpu: usage.cpuPercent,
  };
}

function totals(facts: MonitorFacts) {
  const { counters, clients, cluster, leafs } = facts.server;
  const peers = peerTraffic(facts.server);
  return {
    connections: clients.size,
    total_connections: counters.totalConnections,
    routes: cluster?.routes().length ?? 0,
    remotes: cluster?.remoteCount ?? 0,
    leafnodes: leafs?.connections().length ?? 0,
    in_msgs: counters.inMessages + peers.inMessages,
    in_bytes: counters.inBytes + peers.inBytes,
    in_client_msgs: counters.inMessages,
    in_client_bytes: counters.inBytes,
    out_msgs: counters.outMessages + peers.outMessages,
    out_bytes: counters.outBytes + peers.outBytes,
    out_client_msgs: counters.outMessages,
    out_client_bytes: counters.outBytes,
    slow_consumers: counters.slowConsumers,
    stale_connections: counters.staleConnections,
    stalled_clients: counters.stalledClients,
    subscriptions: facts.subscriptionCount(),
  };
}

/** Traffic with other servers, over routes and leaf nodes. */
export function peerTraffic({ cluster, leafs }: Server): PeerTraffic {
  const sum = { inMessages: 0, inBytes: 0, outMessages: 0, outBytes: 0 };
  for (const traffic of [cluster?.traffic(), leafs?.traffic()]) {
    if (traffic === undefined) continue;
    sum.inMessages += traffic.inMessages;
    sum.inBytes += traffic.inBytes;
    sum.outMessages += traffic.outMessages;
    sum.outBytes += traffic.outBytes;
  }
  return sum;
}
