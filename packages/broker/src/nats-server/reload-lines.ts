/** What a reload changed, one log line each, in nats-server's words and order. Source: nats-server server/reload.go, and 2.15.1 live. */
import { formatDuration, msToNs } from '@sluice/protocol';
import type { ServerSettings } from '../config/index.ts';
import type { ResolvedOptions } from '../options.ts';

/** One configuration: what was said, and what the broker makes of it. */
export interface Configured {
  readonly settings: ServerSettings;
  readonly options: ResolvedOptions;
}

const duration = (ms: number) => formatDuration(msToNs(ms));

type Shown = string | number | boolean;

/** Lines such as `Reloaded: max_payload = 100`. Users and accounts are always taken anew, and so are always named. */
export function reloadLines(before: Configured, after: Configured): string[] {
  return [...beforeUsers(before, after), ...usersAndAccounts(before, after), ...afterUsers(before, after)];
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
  const tlsOf = ({ options }: Configured) => {
    if (options.tls === undefined) return undefined;
    const { timeoutMs: _named, ...rest } = options.tls;
    return rest;
  };
  const timeoutOf = ({ options }: Configured) => (options.tls === undefined ? undefined : options.tls.timeoutMs);
  return [
    ...named('authorization username', ({ options }) => options.auth.user),
    ...named('authorization password', ({ options }) => options.auth.password),
    ...named('authorization token', ({ options }) => options.auth.token),
    ...line('ping_interval', ({ options }) => duration(options.pingIntervalMs)),
    ...line('ping_max', ({ options }) => options.pingMax),
    ...line('authorization timeout', ({ options }) => options.auth.timeoutMs / 1000),
    ...line('max_control_line', ({ options }) => options.maxControlLineBytes),
    ...line('max_payload', ({ options }) => options.maxPayloadBytes),
    ...named('cluster', ({ options: { cluster } }) => (cluster === undefined ? undefined : { ...cluster, routes: [] })),
    ...line('pid_file', ({ settings }) => settings.pidFile ?? ''),
    ...line('ports_file_dir', ({ settings }) => settings.portsFileDir ?? ''),
    ...line('log_file', ({ settings }) => settings.log.file ?? ''),
    ...line('syslog', ({ settings }) => settings.log.isSyslog === true),
    ...line('remote_syslog', ({ settings }) => settings.log.remoteSyslog ?? ''),
    ...named('cluster routes', ({ options }) => options.cluster?.routes),
    ...(before.options.tls === undefined || after.options.tls === undefined || !differs(timeoutOf)
      ? []
      : [`Reloaded: tls timeout = ${(after.options.tls.timeoutMs ?? 2000) / 1000}`]),
    ...named(`tls = ${after.options.tls === undefined ? 'disabled' : 'enabled'}`, tlsOf),
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
