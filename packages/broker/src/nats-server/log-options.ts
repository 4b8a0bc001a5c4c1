/** Log settings → the log of this process. */
import type { LogSettings } from '../config/index.ts';
import type { NatsLogOptions } from '../env/node/nats-log.ts';

/** Defaults: times shown, in local time, to stderr, information and worse. */
export function toLogOptions(settings: LogSettings, nowUs: () => number): NatsLogOptions {
  return {
    isDebug: settings.isDebug === true,
    isTrace: settings.isTrace === true,
    hasTime: settings.hasTime !== false,
    isUtc: settings.isUtc === true,
    file: settings.file ?? '',
    sizeLimitBytes: settings.sizeLimitBytes ?? 0,
    maxFiles: settings.maxFiles ?? 0,
    isSyslog: settings.isSyslog === true,
    remoteSyslog: settings.remoteSyslog ?? '',
    nowUs,
  };
}
