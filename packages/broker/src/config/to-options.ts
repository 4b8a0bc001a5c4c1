/** Settings → what the broker takes: defaults filled in, ports and limits in the broker's terms. Source: nats-server setBaselineOptions. */
import { tmpdir } from 'node:os';
import { asRecord, peekJwt } from '../auth/jwt/decode-jwt.ts';
import type {
  AccountOptions,
  AuthOptions,
  JetStreamServerOptions,
  MonitorOptions,
  OperatorModeOptions,
  ResolvedOptions,
  ResolverOptions,
  TlsOptions,
  WebSocketOptions,
} from '../options.ts';
import { defaultOptions, UNLIMITED_PAYLOAD_BYTES } from '../options.ts';
import { GLOBAL_ACCOUNT } from './accounts.ts';
import type { TlsSettings } from './feature-settings.ts';
import type { ServerSettings, WebSocketSettings } from './settings.ts';
import { toLeafOptions } from './to-leaf-options.ts';

/** As the configuration spells "any free port". */
export const RANDOM_PORT = -1;
/** nats-server's place for data when none is named. */
const DEFAULT_STORE_DIR = `${tmpdir()}/nats/jetstream`;
const DEFAULT_TLS_TIMEOUT_MS = 2000;
/** Connections to each server of the cluster. */
const DEFAULT_POOL_SIZE = 3;

/** The options of a broker. `validateSettings` must have found nothing. */
export function toOptions(settings: ServerSettings): ResolvedOptions {
  const host = orDefault(settings.host, defaultOptions.host);
  return {
    host,
    port: toPort(orDefault(settings.port, defaultOptions.port)),
    serverName: settings.serverName === '' ? undefined : settings.serverName,
    clientAdvertise: settings.clientAdvertise === '' ? undefined : settings.clientAdvertise,
    // Neither 0 nor a negative number lifts the limit: both let nobody in, as in nats-server 2.15.
    maxConnections: settings.maxConnections === undefined ? defaultOptions.maxConnections : settings.maxConnections || -1,
    maxControlLineBytes: orDefault(settings.maxControlLineBytes, defaultOptions.maxControlLineBytes),
    maxPayloadBytes: toSize(orDefault(settings.maxPayloadBytes, defaultOptions.maxPayloadBytes)),
    maxPendingBytes: orDefault(settings.maxPendingBytes, defaultOptions.maxPendingBytes),
    maxSubscriptions: Math.max(0, settings.maxSubscriptions ?? 0),
    maxSubTokens: settings.maxSubTokens ?? 0,
    pingIntervalMs: orDefault(settings.pingIntervalMs, defaultOptions.pingIntervalMs),
    pingMax: orDefault(settings.pingMax, defaultOptions.pingMax),
    writeDeadlineMs: orDefault(settings.writeDeadlineMs, defaultOptions.writeDeadlineMs),
    maxClosedClients: orDefault(settings.maxClosedClients, defaultOptions.maxClosedClients),
    lameDuckDurationMs: orDefault(settings.lameDuckDurationMs, defaultOptions.lameDuckDurationMs),
    lameDuckGracePeriodMs: orDefault(settings.lameDuckGracePeriodMs, defaultOptions.lameDuckGracePeriodMs),
    hasHeaders: settings.noHeaderSupport !== true,
    systemAccount: systemAccountOf(settings),
    tls: toTls(settings.features.tls),
    allowNonTls: settings.features.allowNonTls === true,
    proxyProtocol: settings.features.proxyProtocol === true,
    ...(settings.features.trustedProxies === undefined ? {} : { trustedProxies: settings.features.trustedProxies }),
    auth: toAuth(settings),
    operator: toOperator(settings),
    accounts: toAccounts(settings),
    websocket: toWebSocket(settings),
    monitor: toMonitor(settings, host),
    ...toLeaf(settings),
    ...toCluster(settings),
    jetstream: toJetStream(settings),
    ...(settings.log.hasTraceHeaders === true ? { tracesHeadersOnly: true } : {}),
    ...(settings.log.isTraceVerbose === true ? { tracesSystemAccount: true } : {}),
    ...toWriteTimeout(settings.features.writeTimeout),
    ...(settings.log.maxTracedMessageChars === undefined ? {} : { maxTracedMessageBytes: settings.log.maxTracedMessageChars }),
    ...toErrorReports(settings),
    ...(settings.features.featureFlags === undefined ? {} : { featureFlags: settings.features.featureFlags }),
    serverTags: settings.serverTags.map((tag) => tag.trim().toLowerCase()),
    serverMetadata: settings.serverMetadata,
    configDigest: settings.configDigest ?? '',
  };
}

/** Name of the system account in force, or undefined when there is none. */
export function systemAccountOf(settings: ServerSettings): string | undefined {
  if (settings.systemAccount !== undefined && settings.systemAccount !== '') return settings.systemAccount;
  return settings.noSystemAccount === true ? undefined : defaultOptions.systemAccount;
}

function toErrorReports(settings: ServerSettings): Pick<ResolvedOptions, 'connectErrorReports' | 'reconnectErrorReports'> {
  const { connectErrorReports = 0, reconnectErrorReports = 0 } = settings;
  return {
    ...(connectErrorReports === 0 ? {} : { connectErrorReports }),
    ...(reconnectErrorReports === 0 ? {} : { reconnectErrorReports }),
  };
}

function toWriteTimeout(policy: string | undefined): Pick<ResolvedOptions, 'writeTimeout'> {
  return policy === 'close' || policy === 'retry' ? { writeTimeout: policy } : {};
}

/** 0 and an empty text mean that nothing was said. */
function orDefault<T extends string | number>(value: T | undefined, fallback: T): T {
  return value === undefined || value === 0 || value === '' ? fallback : value;
}

function toPort(port: number): number {
  return port === RANDOM_PORT ? 0 : port;
}

function toSize(bytes: number): number {
  return bytes < 0 ? UNLIMITED_PAYLOAD_BYTES : bytes;
}

function toAuth(settings: ServerSettings): AuthOptions {
  const { authorization, users, noAuthUser } = settings;
  const { tls } = settings.features;
  // Who has a TLS handshake to do gets a second longer than that may take.
  const fallbackMs = toTls(tls) === undefined ? defaultOptions.auth.timeoutMs : (tls?.timeoutMs ?? DEFAULT_TLS_TIMEOUT_MS) + 1000;
  const timeoutMs = orDefault(authorization.timeoutMs, fallbackMs);
  const { callout } = authorization;
  const guest = {
    ...(noAuthUser === undefined || noAuthUser === '' ? {} : { noAuthUser }),
    ...(callout === undefined ? {} : { callout }),
  };
  // A list of users wins over a single one, as in nats-server; only flags can have brought both.
  if (users !== undefined && users.length > 0) return { users, timeoutMs, ...guest };
  const { user, password, token } = authorization;
  return {
    users: [],
    timeoutMs,
    ...guest,
    ...(user === undefined || user === '' ? {} : { user, password: password ?? '' }),
    ...(token === undefined || token === '' ? {} : { token }),
  };
}

function toAccounts(settings: ServerSettings): AccountOptions[] {
  const { accounts, globalMappings } = settings;
  return globalMappings.length === 0 ? accounts : [...accounts, { name: GLOBAL_ACCOUNT, mappings: globalMappings }];
}

function toWebSocket({ websocket }: ServerSettings): WebSocketOptions | undefined {
  if (websocket?.port === undefined || websocket.port === 0) return undefined;
  const { advertise, authTimeoutMs, handshakeTimeoutMs, noAuthUser, pingIntervalMs } = websocket;
  const tls = toTls(websocket.tls);
  return {
    ...(tls === undefined ? {} : { tls }),
    host: orDefault(websocket.host, defaultOptions.host),
    port: toPort(websocket.port),
    noTls: websocket.noTls === true,
    sameOrigin: websocket.sameOrigin === true,
    allowedOrigins: websocket.allowedOrigins ?? [],
    compression: websocket.compression === true,
    headers: websocket.headers ?? {},
    ...cookiesAndAuthOf(websocket),
    ...(authTimeoutMs === undefined || authTimeoutMs === 0 ? {} : { authTimeoutMs }),
    ...(advertise === undefined || advertise === '' ? {} : { advertise }),
    ...(handshakeTimeoutMs === undefined || handshakeTimeoutMs === 0 ? {} : { handshakeTimeoutMs }),
    ...(noAuthUser === undefined || noAuthUser === '' ? {} : { noAuthUser }),
    ...(pingIntervalMs === undefined || pingIntervalMs === 0 ? {} : { pingIntervalMs }),
  };
}

function cookiesAndAuthOf(settings: WebSocketSettings): Pick<WebSocketOptions, 'cookieNames' | 'auth'> {
  const { jwtCookie: jwt, userCookie: user, passwordCookie: pass, tokenCookie, user: ownUser, password, token } = settings;
  const given = Object.entries({ jwt, user, pass, auth_token: tokenCookie }).filter(
    ([, name]) => name !== undefined && name !== '',
  );
  const auth = { ...(ownUser ? { user: ownUser, password: password ?? '' } : {}), ...(token ? { token } : {}) };
  return {
    ...(given.length === 0 ? {} : { cookieNames: Object.fromEntries(given) }),
    ...(Object.keys(auth).length === 0 ? {} : { auth }),
  };
}

/** Operator mode, when operators or their keys are named. */
function toOperator({ features }: ServerSettings): OperatorModeOptions | undefined {
  const { operators = [], trustedKeys = [], resolverPreload = {}, defaultSentinel = '', pinnedAccounts, resolverTls } = features;
  if (operators.length === 0 && trustedKeys.length === 0) return undefined;
  const resolver = features.hasResolver === true ? features.resolver : resolverOfOperator(operators);
  return {
    operators,
    trustedKeys,
    preload: resolverPreload,
    ...(resolver === undefined
      ? {}
      : { resolver: resolver.kind === 'url' && resolverTls !== undefined ? { ...resolver, tls: resolverTls } : resolver }),
    ...(defaultSentinel === '' ? {} : { defaultSentinel }),
    ...(pinnedAccounts === undefined ? {} : { pinnedAccounts }),
  };
}

/** The only operator may name the web server of its accounts. */
function resolverOfOperator([jwt, ...others]: readonly string[]): ResolverOptions | undefined {
  if (jwt === undefined || others.length > 0) return undefined;
  const server = asRecord(peekJwt(jwt)?.['nats'])?.['account_server_url'];
  return { kind: 'url', url: `${typeof server === 'string' ? server.replace(/\/$/, '') : ''}/accounts` };
}

/** JetStream, when it is on. A sync interval that was written down asks for syncing now and then; `always`, and nothing, for before the ack. */
function toJetStream({ features }: ServerSettings): JetStreamServerOptions | undefined {
  const { jetstream } = features;
  if (jetstream?.isEnabled !== true) return undefined;
  const { storeDir, limits = {}, syncAlways, syncIntervalMs } = jetstream;
  const isLazy = syncAlways !== true && syncIntervalMs !== undefined;
  const { encryptionKey: key = '', previousEncryptionKey: previousKey = '', cipher } = jetstream;
  const encryption = { key, ...(previousKey === '' ? {} : { previousKey }), ...(cipher === undefined ? {} : { cipher }) };
  const { maxMemoryBytes, maxStoreBytes, domain, isStrict, maxBufferedMessages, maxBufferedBytes, uniqueTag } = jetstream;
  const { requestQueueLimit, infoQueueLimit } = jetstream;
  return {
    ...(storeDir === undefined || storeDir === '' ? { storeDir: DEFAULT_STORE_DIR, isUnnamedDir: true } : { storeDir }),
    ...(isLazy ? { syncIntervalMs } : {}),
    ...(key === '' ? {} : { encryption }),
    ...(maxMemoryBytes === undefined ? {} : { maxMemoryBytes }),
    ...(maxStoreBytes === undefined ? {} : { maxStoreBytes }),
    ...(domain === undefined ? {} : { domain }),
    ...(isStrict === undefined ? {} : { isStrict }),
    ...(maxBufferedMessages === undefined ? {} : { maxBufferedMessages }),
    ...(maxBufferedBytes === undefined ? {} : { maxBufferedBytes }),
    ...(uniqueTag === undefined ? {} : { uniqueTag }),
    ...(requestQueueLimit === undefined ? {} : { requestQueueLimit }),
    ...(infoQueueLimit === undefined ? {} : { infoQueueLimit }),
    ...limits,
  };
}

/** The block without a certificate is none, as in nats-server. */
function toTls(settings: TlsSettings | undefined): TlsOptions | undefined {
  const tls = tlsOf(settings);
  return tls === undefined || tls.certificates.length === 0 ? undefined : tls;
}

/** Whoever connects needs no certificate, and may trust anybody. */
function toDialingTls(settings: TlsSettings | undefined): TlsOptions | undefined {
  const tls = tlsOf(settings);
  return tls === undefined || settings?.isInsecure !== true ? tls : { ...tls, isInsecure: true };
}

function tlsOf(settings: TlsSettings | undefined): TlsOptions | undefined {
  if (settings === undefined) return undefined;
  const { certFile, keyFile, certificates = [], isInsecure: _dialing, checkKnownUrls: _peers, minVersion, ...rest } = settings;
  const single = certFile === undefined || keyFile === undefined ? [] : [{ certFile, keyFile }];
  return { ...rest, certificates: [...single, ...certificates], minVersion: minVersion === '1.3' ? '1.3' : '1.2' };
}

/** Routes, where a port for them is named. */
function toCluster({ features: { cluster } }: ServerSettings): Pick<ResolvedOptions, 'cluster'> {
  const { port = 0 } = cluster ?? {};
  if (cluster === undefined || port === 0) return {};
  const tls = toTls(cluster.tls);
  const { name = '', user = '', advertise = '', authTimeoutMs, permissions, pingIntervalMs, pingMax, writeDeadlineMs } = cluster;
  return {
    cluster: {
      host: orDefault(cluster.host, defaultOptions.host),
      port: toPort(port),
      routes: cluster.routes ?? [],
      noAdvertise: cluster.noAdvertise === true,
      connectRetries: cluster.connectRetries ?? 0,
      connectBackoff: cluster.connectBackoff === true,
      poolSize: orDefault(cluster.poolSize, DEFAULT_POOL_SIZE),
      pinnedAccounts: cluster.accounts ?? [],
      ...(name === '' ? {} : { name }),
      ...(user === '' ? {} : { user, password: cluster.password ?? '' }),
      ...(advertise === '' ? {} : { advertise }),
      ...(authTimeoutMs === undefined || authTimeoutMs === 0 ? {} : { authTimeoutMs }),
      // Servers prove to one another who they are, in both directions.
      ...(tls === undefined
        ? {}
        : { tls: { ...tls, verify: true, ...(cluster.tls?.isInsecure === true ? { isInsecure: true } : {}) } }),
      ...(permissions === undefined ? {} : { permissions }),
      ...(pingIntervalMs === undefined || pingIntervalMs === 0 ? {} : { pingIntervalMs }),
      ...(pingMax === undefined || pingMax === 0 ? {} : { pingMax }),
      ...(writeDeadlineMs === undefined || writeDeadlineMs === 0 ? {} : { writeDeadlineMs }),
      ...toWriteTimeout(cluster.writeTimeout),
    },
  };
}

function toLeaf({
  features: { leafnodes, defaultJetStreamDomain },
}: ServerSettings): Pick<ResolvedOptions, 'leaf' | 'defaultJetStreamDomains'> {
  const convert = { tls: toTls, dialingTls: toDialingTls, port: toPort, defaultHost: defaultOptions.host };
  const leaf = toLeafOptions(leafnodes, convert);
  return {
    ...(leaf === undefined ? {} : { leaf }),
    ...(defaultJetStreamDomain === undefined ? {} : { defaultJetStreamDomains: defaultJetStreamDomain }),
  };
}

function toMonitor(settings: ServerSettings, host: string): MonitorOptions | undefined {
  const { monitorPort = 0, monitorTlsPort = 0 } = settings;
  if (monitorPort === 0 && monitorTlsPort === 0) return undefined;
  return {
    host: orDefault(settings.monitorHost, host),
    port: toPort(monitorPort === 0 ? monitorTlsPort : monitorPort),
    basePath: basePathOf(settings.monitorBasePath ?? ''),
    allowedHosts: [],
    isTls: monitorPort === 0,
  };
}

/** A leading slash, none at the end, nothing for the root. */
function basePathOf(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 ? '' : `/${parts.join('/')}`;
}
