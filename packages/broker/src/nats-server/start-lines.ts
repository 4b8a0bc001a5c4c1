/** The lines that a starting server logs, in nats-server's order and words. Source: nats-server server/server.go Start. */
import { MAX_PAYLOAD_WARNING_BYTES } from '@sluice/protocol';
import { accountProblems } from '../auth/jwt/account-problems.ts';
import { decodeJwt } from '../auth/jwt/decode-jwt.ts';
import type { Trust } from '../auth/jwt/trust.ts';
import type { Broker } from '../broker.ts';
import { placeText, type ServerSettings, type UnsupportedUse } from '../config/index.ts';
import type { Log } from '../env/log.ts';
import { featureFlagLines } from '../feature-flags.ts';
import { nameHash } from '../jetstream/name-hash.ts';
import type { ResolvedOptions } from '../options.ts';
import { reportedVersion, sluiceVersion } from '../version.ts';

const DEFAULT_SYSTEM_ACCOUNT = '$SYS';
/** Whoever answers at the address of a route is taken for the server that was meant. */
export const INSECURE_CLUSTER: string =
  'TLS certificate chain and hostname of solicited routes will not be verified. DO NOT USE IN PRODUCTION!';
const OWN_JETSTREAM = 'JetStream is not clustered: streams are on this server alone, without replicas';

/** Before anything listens; `onNamed` is called once the log says who this is. */
export function logBanner(log: Log, broker: Broker, settings: ServerSettings, onNamed: () => void = () => undefined): void {
  const { options } = broker.server;
  log.write('INF', 'Starting nats-server');
  log.write('INF', `  Version:  ${reportedVersion}`);
  log.write('INF', `  Git:      [${sluiceVersion}]`);
  log.write('DBG', `  Go build: ${broker.server.env.runtime}`);
  if (broker.server.cluster !== undefined) log.write('INF', `  Cluster:  ${broker.server.cluster.name}`);
  log.write('INF', `  Name:     ${broker.name}`);
  if (options.jetstream !== undefined) log.write('INF', `  Node:     ${nameHash(broker.name)}`);
  log.write('INF', `  ID:       ${broker.id}`);
  for (const line of featureFlagLines(options.featureFlags)) log.write('INF', line);
  onNamed();
  for (const line of profileRateWarning(settings.profileBlockRate ?? 0)) log.write('WRN', line);
  const { auth, tls } = options;
  // Users without a password may be meant for certificates.
  const isPlain = (password: string | undefined) => password !== undefined && password !== '' && !isBcrypt(password);
  const isOpen = auth.users.some(({ password }) => password === '' && tls?.verifyAndMap !== true);
  if (isOpen || [settings.authorization.password, ...auth.users.map(({ password }) => password)].some(isPlain)) {
    log.write('WRN', 'Plaintext passwords detected, use nkeys or bcrypt');
  }
  if (settings.configFile !== undefined) {
    log.write('INF', `Using configuration file: ${settings.configFile} (${settings.configDigest ?? ''})`);
  }
  const { known } = broker.server;
  if (known !== undefined) logOperators(log, known.trust);
  if (options.operator !== undefined && options.operator.operators.length > 0 && (options.systemAccount ?? '$SYS') === '$SYS') {
    log.write('WRN', 'Trusted Operators should utilize a System Account');
  }
  if (options.maxPayloadBytes > MAX_PAYLOAD_WARNING_BYTES) {
    log.write('WRN', 'Maximum payloads over 8.00 MB are generally discouraged and could lead to poor performance');
  }
  const isMade =
    options.systemAccount === DEFAULT_SYSTEM_ACCOUNT && !settings.accounts.some(({ name }) => name === DEFAULT_SYSTEM_ACCOUNT);
  if (isMade) log.write('DBG', `Created system account: "${DEFAULT_SYSTEM_ACCOUNT}"`);
  if (options.operator !== undefined) logPreloads(log, options.operator.preload, broker.server.env.clock.nowMs() / 1000);
}

/** Who may sign accounts. */
function logOperators(log: Log, { operators }: Trust): void {
  if (operators.length > 0) log.write('INF', 'Trusted Operators');
  for (const { audience, name, issuedAt, expiresAt } of operators) {
    log.write('INF', `  System  : ${JSON.stringify(audience)}`);
    log.write('INF', `  Operator: ${JSON.stringify(name)}`);
    log.write('INF', `  Issued  : ${goTime(issuedAt)}`);
    log.write('INF', `  Expires : ${expiresAt === 0 ? 'Never' : goTime(expiresAt)}`);
  }
}

/** Preloaded accounts that nobody will get into, and why. */
function logPreloads(log: Log, preload: Readonly<Record<string, string>>, nowS: number): void {
  for (const [id, jwt] of Object.entries(preload)) {
    const decoded = decodeJwt(jwt);
    const problems = decoded.ok ? accountProblems(decoded.claims, nowS) : [];
    if (!decoded.ok) log.write('ERR', `Preloaded account [${id}] not valid`);
    if (problems.length > 0) log.write('WRN', `Account [${id}] has validation issues:`);
    for (const { text } of problems) log.write('WRN', `  - ${text}`);
  }
}

/** As Go prints a time in seconds. */
function goTime(seconds: number): string {
  const [day = '', time = ''] = new Date(seconds * 1000).toISOString().split(/[T.]/);
  return `${day} ${time} +0000 UTC`;
}

/** What the configuration asks for and this build does not do; never silent. Fatal ones are the caller's to refuse. */
export function logUnsupported(log: Log, uses: readonly UnsupportedUse[]): void {
  for (const use of uses) log.write(use.isFatal ? 'FTL' : 'WRN', unsupportedText(use));
}

function unsupportedText({ feature, isFatal, place }: UnsupportedUse): string {
  const where = place === undefined ? '' : ` (${placeText(place)})`;
  if (isFatal) return `${feature}${where} is not in this build yet, and without it clients would be let in that should not be`;
  return `${feature}${where} is not in this build yet and has no effect`;
}

/** nats-server warns of a rate, and so must whoever takes its place. */
export function profileRateWarning(rate: number): string[] {
  return rate > 0 ? [`Block profiling is enabled (rate ${rate}), this may have a performance impact`] : [];
}

/** Once everything listens. */
export function logListeners(log: Log, broker: Broker): void {
  const { monitor, websocket } = broker.server.options;
  if (monitor !== undefined) {
    log.write(
      'INF',
      `Starting ${monitor.isTls === true ? 'https' : 'http'} monitor on ${hostPort(monitor.host, broker.monitorPort)}`,
    );
  }
  if (websocket !== undefined) {
    const scheme = websocket.tls === undefined ? 'ws' : 'wss';
    log.write('INF', `Listening for websocket clients on ${scheme}://${hostPort(websocket.host, broker.websocketPort)}`);
    if (websocket.tls === undefined) log.write('WRN', 'Websocket not configured with TLS. DO NOT USE IN PRODUCTION!');
  }
  const { leaf } = broker.server.options;
  if (leaf?.listen !== undefined) {
    log.write('INF', `Listening for leafnode connections on ${hostPort(leaf.listen.host, broker.leafPort)}`);
  }
  log.write('INF', `Listening for client connections on ${hostPort(broker.host, broker.port)}`);
  logTls(log, broker.server.options);
  logAddresses(log, broker);
  log.write('INF', 'Server is ready');
  logCluster(log, broker);
}

function logCluster(log: Log, broker: Broker): void {
  const { options, cluster } = broker.server;
  if (options.cluster === undefined || cluster === undefined) return;
  log.write('INF', `Cluster name is ${cluster.name}`);
  if (options.cluster.name === undefined) {
    log.write('WRN', 'Cluster name was dynamically generated, consider setting one');
  }
  log.write('INF', `Listening for route connections on ${hostPort(options.cluster.host, broker.clusterPort)}`);
  if (options.cluster.tls?.isInsecure === true) log.write('WRN', INSECURE_CLUSTER);
  if (options.jetstream !== undefined) log.write('WRN', OWN_JETSTREAM);
}

function logTls(log: Log, { tls, allowNonTls }: ResolvedOptions): void {
  if (tls === undefined) return;
  // TLS that always comes first leaves no room for clients without it.
  const isFirstOnly = tls.handshakeFirst === true && (tls.handshakeFallbackMs ?? 0) === 0;
  log.write('INF', `TLS ${allowNonTls && !isFirstOnly ? 'available' : 'required'} for client connections`);
  if (isFirstOnly) log.write('WRN', 'Clients that are not using "TLS Handshake First" option will fail to connect');
}

/** Addresses that clients of this and other servers may be told. */
function logAddresses(log: Log, { host, server }: Broker): void {
  if ((host !== '0.0.0.0' && host !== '::') || (server.options.clientAdvertise ?? '') !== '') return;
  log.write('DBG', `Get non local IPs for "${host}"`);
  for (const address of server.env.net.addresses()) log.write('DBG', `  ip=${address}`);
}

function hostPort(host: string, port: number | undefined): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port ?? 0}`;
}

function isBcrypt(password: string): boolean {
  return /^\$2[abxy]\$\d\d\$/.test(password);
}
