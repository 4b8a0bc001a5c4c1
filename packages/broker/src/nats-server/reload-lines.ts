/** What a reload changed, one log line each. Source: nats-server server/reload.go. */
import { formatDuration, msToNs } from '@sluice/protocol';
import type { LogSettings } from '../config/index.ts';
import type { ResolvedOptions } from '../options.ts';

const duration = (ms: number) => formatDuration(msToNs(ms));

/** Lines such as `Reloaded: max_payload = 100`, in nats-server's words. */
export function reloadLines(
  before: { readonly options: ResolvedOptions; readonly log: LogSettings },
  after: { readonly options: ResolvedOptions; readonly log: LogSettings },
): string[] {
  const pairs: readonly [name: string, old: unknown, next: unknown, shown?: string][] = [
    ['trace', before.log.isTrace === true, after.log.isTrace === true],
    ['trace_verbose', before.log.isTraceVerbose === true, after.log.isTraceVerbose === true],
    ['debug', before.log.isDebug === true, after.log.isDebug === true],
    ['logtime', before.log.hasTime !== false, after.log.hasTime !== false],
    ['logtime_utc', before.log.isUtc === true, after.log.isUtc === true],
    ['log_file', before.log.file ?? '', after.log.file ?? ''],
    ['syslog', before.log.isSyslog === true, after.log.isSyslog === true],
    ['remote_syslog', before.log.remoteSyslog ?? '', after.log.remoteSyslog ?? ''],
    ['max_connections', before.options.maxConnections, after.options.maxConnections],
    ['max_control_line', before.options.maxControlLineBytes, after.options.maxControlLineBytes],
    ['max_payload', before.options.maxPayloadBytes, after.options.maxPayloadBytes],
    ['ping_max', before.options.pingMax, after.options.pingMax],
    ['ping_interval', before.options.pingIntervalMs, after.options.pingIntervalMs, duration(after.options.pingIntervalMs)],
    ['write_deadline', before.options.writeDeadlineMs, after.options.writeDeadlineMs, duration(after.options.writeDeadlineMs)],
    ['client_advertise', before.options.clientAdvertise ?? '', after.options.clientAdvertise ?? ''],
  ];
  const lines = pairs
    .filter(([, old, next]) => old !== next)
    .map(([name, , next, shown]) => `Reloaded: ${name} = ${shown ?? String(next)}`);
  const differs = (key: keyof ResolvedOptions) => JSON.stringify(before.options[key]) !== JSON.stringify(after.options[key]);
  if (differs('auth')) lines.push('Reloaded: authorization users');
  if (differs('accounts')) lines.push('Reloaded: accounts');
  if (differs('serverTags')) lines.push('Reloaded: tags');
  if (differs('serverMetadata')) lines.push('Reloaded: metadata');
  return lines;
}
