/** Flags and configuration file → what the broker and this command are told. Flags win. */
import type { BrokerOptions } from '../broker.ts';
import type { AuthOptions } from '../options.ts';
import type { FlagValues } from './flags.ts';

/** What concerns the command and not the broker. */
export interface CommandSettings {
  readonly pidFile: string | undefined;
  readonly portsFileDir: string | undefined;
  readonly logFile: string | undefined;
  readonly logSizeLimitBytes: number;
  readonly logMaxFiles: number;
  readonly isLogTimeShown: boolean;
  readonly isLogTimeUtc: boolean;
  readonly isDebug: boolean;
  readonly isTrace: boolean;
}

export interface Settings {
  readonly options: BrokerOptions;
  readonly command: CommandSettings;
  /** What was asked for and this build does not do; said in the log at start. */
  readonly notices: readonly string[];
}

export const defaultCommandSettings: CommandSettings = {
  pidFile: undefined,
  portsFileDir: undefined,
  logFile: undefined,
  logSizeLimitBytes: 0,
  logMaxFiles: 0,
  isLogTimeShown: true,
  isLogTimeUtc: false,
  isDebug: false,
  isTrace: false,
};

/** Flags of features that this build does not have. */
const MISSING = [
  ['https_port', 'monitoring over TLS'],
  ['syslog', 'syslog'],
  ['remote_syslog', 'syslog'],
  ['jetstream', 'JetStream'],
  ['tls', 'TLS'],
  ['tlsverify', 'TLS'],
  ['routes', 'clustering'],
  ['cluster', 'clustering'],
  ['cluster_listen', 'clustering'],
  ['profile', 'the profiling port'],
] as const;

/** Lays flags over what the configuration file says. */
export function applyFlags(base: Settings, flags: FlagValues): Settings {
  const text = (name: keyof FlagValues): string | undefined => (typeof flags[name] === 'string' ? flags[name] : undefined);
  const number = (name: keyof FlagValues): number | undefined => (typeof flags[name] === 'number' ? flags[name] : undefined);
  const isOn = (...names: (keyof FlagValues)[]): boolean => names.some((name) => flags[name] === true);
  const host = text('addr') ?? base.options.host ?? '0.0.0.0';
  const httpPort = number('http_port');
  const notices = MISSING.filter(([name]) => flags[name] !== undefined && flags[name] !== false).map(([, what]) => what);
  return {
    notices: [...new Set([...base.notices, ...notices])],
    options: {
      ...base.options,
      host,
      port: anyPort(number('port') ?? base.options.port ?? 4222),
      ...definedOnly({ serverName: text('server_name'), clientAdvertise: text('client_advertise') }),
      auth: authOf(base.options.auth, { user: text('user'), password: text('pass'), token: text('auth') }),
      ...(httpPort === undefined || httpPort === 0
        ? {}
        : { monitor: { basePath: '', allowedHosts: [], ...base.options.monitor, host, port: anyPort(httpPort) } }),
    },
    command: {
      ...base.command,
      pidFile: text('pid') ?? base.command.pidFile,
      portsFileDir: text('ports_file_dir') ?? base.command.portsFileDir,
      logFile: text('log') ?? base.command.logFile,
      logSizeLimitBytes: number('log_size_limit') ?? base.command.logSizeLimitBytes,
      isLogTimeShown: flags.logtime !== undefined ? flags.logtime === true : base.command.isLogTimeShown,
      isLogTimeUtc: isOn('logtime_utc') || base.command.isLogTimeUtc,
      isDebug: isOn('debug', 'DV', 'DVV') || base.command.isDebug,
      isTrace: isOn('trace', 'VV', 'DV', 'DVV') || base.command.isTrace,
    },
  };
}

/** nats-server says -1 for any free port. */
function anyPort(port: number): number {
  return port < 0 ? 0 : port;
}

function definedOnly<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** Credentials on the command line replace those of the file. */
function authOf(
  base: AuthOptions | undefined,
  given: { readonly user: string | undefined; readonly password: string | undefined; readonly token: string | undefined },
): AuthOptions {
  const rest = base ?? { users: [], timeoutMs: 2000 };
  if (given.user === undefined && given.token === undefined) return rest;
  const { timeoutMs } = rest;
  if (given.user === undefined) return { users: [], timeoutMs, token: given.token ?? '' };
  return { users: [], timeoutMs, user: given.user, password: given.password ?? '' };
}
