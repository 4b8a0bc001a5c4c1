/** What a reload changed, one log line each, in nats-server's words and order. Source: nats-server server/reload.go, and 2.15.1 live. */
import { formatDuration, msToNs } from '@sluice/protocol';
import type { MqttSettings } from '../config/feature-settings.ts';
import type { ServerSettings } from '../config/index.ts';
import { type ResolvedOptions, type TlsOptions, UNLIMITED_PAYLOAD_BYTES } from '../options.ts';
import { sizeText } from '../util/size-text.ts';
import { INSECURE_CLUSTER, profileRateWarning } from './start-lines.ts';

/** One configuration: what was said, and what the broker makes of it. */
export interface Configured {
  readonly settings: ServerSettings;
  readonly options: ResolvedOptions;
}

const duration = (ms: number) => formatDuration(msToNs(ms));

type Shown = string | number | boolean;

/** One line of the log. `setting` is what it is about, if that is a single one. */
export interface ReloadLine {
  readonly level: 'INF' | 'WRN';
  readonly text: string;
  readonly setting: string | undefined;
}

/** Lines such as `Reloaded: max_payload = 100`. Users and accounts are always taken anew, and so are always named. */
export function reloadLines(before: Configured, after: Configured): ReloadLine[] {
  const texts = [...beforeUsers(before, after), ...usersAndAccounts(before, after), ...afterUsers(before, after)];
  return texts.map((text) => {
    // What does not tell of a change warns of one.
    const [, setting] = /^Reload(?:ed)?: (.*?)(?: = .*)?$/.exec(text) ?? [];
    return { level: text.startsWith('Reload') ? 'INF' : 'WRN', text, setting };
  });
}

/** A function that makes one line, or none when both configurations show the same. */
function changed(before: Configured, after: Configured) {
  return (name: string, read: (configured: Configured) => Shown, show: (value: Shown) => string = String): string[] => {
    const [old, next] = [read(before), read(after)];
    return old === next ? [] : [`Reloaded: ${name} = ${show(next)}`];
  };
}

function beforeUsers(before: Configured, after: Configured): string[] {
  const line = changed(before, after);
  const advertise = after.options.clientAdvertise ?? '';
  return [
    ...((before.options.clientAdvertise ?? '') === advertise ? [] : [`Reload: client_advertise = ${advertise}`]),
    ...line('trace', ({ settings }) => settings.log.isTrace === true),
    ...line('debug', ({ settings }) => settings.log.isDebug === true),
    ...line('trace_verbose', ({ settings }) => settings.log.isTraceVerbose === true),
    ...line('trace_headers', ({ settings }) => settings.log.hasTraceHeaders === true),
    ...line('logtime', ({ settings }) => settings.log.hasTime !== false),
    ...line('logtime_utc', ({ settings }) => settings.log.isUtc === true),
    ...line('max_connections', ({ options }) => options.maxConnections),
  ];
}

function usersAndAccounts(before: Configured, after: Configured): string[] {
  const keysOf = ({ options }: Configured) => JSON.stringify(options.auth.users.filter(({ nkey }) => nkey !== undefined));
  return [
    ...(keysOf(before) === keysOf(after) ? [] : ['Reloaded: authorization nkey users']),
    'Reloaded: authorization users',
    'Reloaded: accounts',
  ];
}

function afterUsers(before: Configured, after: Configured): string[] {
  const line = changed(before, after);
  const differs = (read: (configured: Configured) => unknown) =>
    JSON.stringify(read(before) ?? '') !== JSON.stringify(read(after) ?? '');
  const named = (text: string, read: (configured: Configured) => unknown) => (differs(read) ? [`Reloaded: ${text}`] : []);
  return [
    ...named('authorization username', ({ options }) => options.auth.user),
    ...named('authorization password', ({ options }) => options.auth.password),
    ...named('authorization token', ({ options }) => options.auth.token),
    ...line('ping_interval', ({ options }) => duration(options.pingIntervalMs)),
    ...line('ping_max', ({ options }) => options.pingMax),
    ...line('authorization timeout', ({ options }) => options.auth.timeoutMs / 1000),
    ...line('max_control_line', ({ options }) => options.maxControlLineBytes),
    ...line('max_payload', ({ options }) => shownMax(options.maxPayloadBytes)),
    ...clusterLine(before, after),
    ...jetStreamLines(before, after),
    ...mqttLines(before.settings.features.mqtt, after.settings.features.mqtt),
    ...profileRateLines(before.settings.profileBlockRate ?? 0, after.settings.profileBlockRate ?? 0),
    ...line('pid_file', ({ settings }) => settings.pidFile ?? ''),
    ...line('ports_file_dir', ({ settings }) => settings.portsFileDir ?? ''),
    ...line('log_file', ({ settings }) => settings.log.file ?? ''),
    ...line('syslog', ({ settings }) => settings.log.isSyslog === true),
    ...line('remote_syslog', ({ settings }) => settings.log.remoteSyslog ?? ''),
    ...named('cluster routes', ({ options }) => options.cluster?.routes),
    ...tlsLines(before.options.tls, after.options.tls),
    ...line('write_deadline', ({ options }) => duration(options.writeDeadlineMs)),
    ...line('connect_error_reports', ({ settings }) => settings.connectErrorReports ?? 0),
    ...line('reconnect_error_reports', ({ settings }) => settings.reconnectErrorReports ?? 0),
    ...line('max_traced_msg_len', ({ settings }) => settings.log.maxTracedMessageChars ?? 0),
    ...(differs(({ settings }) => settings.noFastProducerStall === true)
      ? [`Reloaded: fast producers will ${after.settings.noFastProducerStall === true ? 'not ' : ''}be stalled`]
      : []),
    ...named('tags', ({ options }) => options.serverTags),
    ...named('metadata', ({ options }) => options.serverMetadata),
    ...proxyLines(before.options.trustedProxies ?? [], after.options.trustedProxies ?? []),
  ];
}

const shownMax = (bytes: number): number => (bytes === UNLIMITED_PAYLOAD_BYTES ? -1 : bytes);

/** Authorities are compared by their place in memory: with some, nothing is ever the same. */
function clusterLine(before: Configured, after: Configured): string[] {
  const kept = ({ options: { cluster }, settings: { features } }: Configured) =>
    cluster === undefined ? '' : JSON.stringify([{ ...cluster, routes: [] }, features.cluster?.compression ?? {}]);
  const hasAuthority = before.options.cluster?.tls?.caFile !== undefined && after.options.cluster?.tls?.caFile !== undefined;
  if (kept(before) === kept(after) && !hasAuthority) return [];
  return ['Reloaded: cluster', ...(after.options.cluster?.tls?.isInsecure === true ? [INSECURE_CLUSTER] : [])];
}

/** JetStream goes on or off, or may use more. */
function jetStreamLines(before: Configured, after: Configured): string[] {
  const [old, next] = [before.options.jetstream, after.options.jetstream];
  const limitsOf = ({ settings }: Configured) => JSON.stringify(settings.features.jetstream?.limits ?? {});
  const limits = limitsOf(before) === limitsOf(after) ? [] : ['Reloaded: JetStream limits'];
  if (old === undefined || next === undefined) return old === next ? limits : ['Reloaded: JetStream', ...limits];
  const room = (name: string, oldBytes = -1, nextBytes = -1) =>
    oldBytes === nextBytes ? [] : [`Reloaded: JetStream ${name} = ${sizeText(nextBytes)}`];
  return [
    ...room('max_mem_store', old.maxMemoryBytes, next.maxMemoryBytes),
    ...room('max_file_store', old.maxStoreBytes, next.maxStoreBytes),
    ...limits,
  ];
}

function profileRateLines(before: number, after: number): string[] {
  return before === after ? [] : [...profileRateWarning(after), `Reloaded: prof_block_rate = ${after}`];
}

/** One difference names all that may differ. */
function mqttLines(before: MqttSettings | undefined, after: MqttSettings | undefined): string[] {
  if (JSON.stringify(before ?? {}) === JSON.stringify(after ?? {})) return [];
  const {
    ackWaitMs = 0,
    maxAckPending = 0,
    streamReplicas = 0,
    isConsumerMemoryStorage,
    consumerInactiveThresholdMs = 0,
  } = after ?? {};
  return [
    `ack_wait = ${duration(ackWaitMs)}`,
    `max_ack_pending = ${maxAckPending}`,
    `stream_replicas = ${streamReplicas}`,
    'consumer_replicas = 0',
    `consumer_memory_storage = ${isConsumerMemoryStorage === true}`,
    `consumer_inactive_threshold = ${duration(consumerInactiveThresholdMs)}`,
  ].map((text) => `Reloaded: MQTT ${text}`);
}

function tlsLines(before: TlsOptions | undefined, after: TlsOptions | undefined): string[] {
  const differs = (read: (tls: TlsOptions) => unknown) =>
    JSON.stringify(before && read(before)) !== JSON.stringify(after && read(after));
  const context = ({ timeoutMs: _1, pinnedCerts: _2, handshakeFirst: _3, handshakeFallbackMs: _4, ...rest }: TlsOptions) => rest;
  const hasAuthority = before?.caFile !== undefined && after?.caFile !== undefined;
  const isBoth = before !== undefined && after !== undefined;
  return [
    ...(isBoth && differs(({ timeoutMs }) => timeoutMs) ? [`tls timeout = ${(after.timeoutMs ?? 2000) / 1000}`] : []),
    ...(differs(context) || hasAuthority ? [`tls = ${after === undefined ? 'disabled' : 'enabled'}`] : []),
    ...(isBoth && differs(({ pinnedCerts = [] }) => pinnedCerts) ? [`${after?.pinnedCerts?.length ?? 0} pinned_certs`] : []),
    ...(isBoth && differs(({ handshakeFirst }) => handshakeFirst === true)
      ? [`Client TLS handshake first: ${after?.handshakeFirst === true}`]
      : []),
    ...(isBoth && differs(({ handshakeFallbackMs = 0 }) => handshakeFallbackMs)
      ? [`Client TLS handshake first fallback delay: ${duration(after?.handshakeFallbackMs ?? 0)}`]
      : []),
  ].map((text) => `Reloaded: ${text}`);
}

/** Keys that went, and keys that came, as Go lists them. */
function proxyLines(before: readonly string[], after: readonly string[]): string[] {
  const line = (keys: readonly string[], what: string): string[] =>
    keys.length === 0 ? [] : [`Reloaded: proxies trusted keys [${keys.map((key) => `"${key}"`).join(' ')}] were ${what}`];
  return [
    ...line(
      before.filter((key) => !after.includes(key)),
      'removed',
    ),
    ...line(
      after.filter((key) => !before.includes(key)),
      'added',
    ),
  ];
}
