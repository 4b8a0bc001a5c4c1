/**
 * Command line and environment of `sluice`, as one pure function: flags win over environment variables, those win over
 * defaults. Secrets are taken from the environment only, never from a flag.
 */
import { parseArgs } from 'node:util';
import { usernameProblem } from '../auth/admin-reset.ts';

export interface SluiceOptions {
  /** Where both listeners bind; undefined leaves the broker's to the configuration file. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly consolePort: number;
  readonly dataPath: string;
  readonly configFile: string | undefined;
  readonly adminPassword: string | undefined;
  readonly metricsToken: string | undefined;
  readonly allowedHosts: readonly string[];
  readonly isProxyTrusted: boolean;
  readonly isVerbose: boolean;
}

export type CommandLine =
  | { kind: 'run'; options: SluiceOptions }
  | { kind: 'help' }
  | { kind: 'version' }
  | { kind: 'reset-admin'; username: string; dataPath: string }
  | { kind: 'refused'; message: string };

const flags = {
  config: { type: 'string', short: 'c' },
  data: { type: 'string', short: 'd' },
  host: { type: 'string' },
  port: { type: 'string', short: 'p' },
  'console-port': { type: 'string' },
  'allow-host': { type: 'string', multiple: true },
  'trust-proxy': { type: 'boolean' },
  verbose: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** Reads the arguments after the program's name and the environment. */
export function readCommandLine(args: readonly string[], env: Readonly<Record<string, string | undefined>>): CommandLine {
  const read = parseFlags(args);
  if (typeof read === 'string') return { kind: 'refused', message: read };
  const { values: parsed, positionals: words } = read;
  if (parsed.help === true) return { kind: 'help' };
  if (parsed.version === true) return { kind: 'version' };
  const dataPath = nonEmpty(parsed.data) ?? nonEmpty(env['SLUICE_DATA']) ?? 'data';
  if (words.length > 0) return readCommand(words, dataPath);
  const port = readPort('--port', parsed.port, 'SLUICE_PORT', env['SLUICE_PORT']);
  const consolePort = readPort('--console-port', parsed['console-port'], 'SLUICE_CONSOLE_PORT', env['SLUICE_CONSOLE_PORT']);
  for (const value of [port, consolePort]) if (typeof value === 'string') return { kind: 'refused', message: value };
  const adminPassword = nonEmpty(env['SLUICE_ADMIN_PASSWORD']);
  if (adminPassword !== undefined && (adminPassword.length < 12 || adminPassword.length > 256)) {
    return { kind: 'refused', message: 'SLUICE_ADMIN_PASSWORD must have 12 to 256 characters' };
  }
  return {
    kind: 'run',
    options: {
      host: nonEmpty(parsed.host),
      port: typeof port === 'number' ? port : undefined,
      consolePort: typeof consolePort === 'number' ? consolePort : 4280,
      dataPath,
      configFile: nonEmpty(parsed.config),
      adminPassword,
      metricsToken: nonEmpty(env['SLUICE_METRICS_TOKEN']),
      allowedHosts: parsed['allow-host'] ?? [],
      isProxyTrusted: parsed['trust-proxy'] === true,
      isVerbose: parsed.verbose === true,
    },
  };
}

type Parsed = ReturnType<typeof parseArgs<{ options: typeof flags; allowPositionals: true }>>;

/** Words that are no flags: a command and what it takes. */
function readCommand([command, username = 'admin', ...more]: readonly string[], dataPath: string): CommandLine {
  if (command !== 'reset-admin') return { kind: 'refused', message: `there is no command "${command}"` };
  if (more.length > 0) return { kind: 'refused', message: 'reset-admin takes one user name' };
  const problem = usernameProblem(username);
  return problem === undefined ? { kind: 'reset-admin', username, dataPath } : { kind: 'refused', message: problem };
}

function parseFlags(args: readonly string[]): Parsed | string {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: true, strict: true });
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n', 1)[0] ?? 'bad arguments') : String(error);
  }
}

function readPort(
  flag: string,
  flagValue: string | undefined,
  name: string,
  value: string | undefined,
): number | string | undefined {
  const [source, text] = flagValue !== undefined ? [flag, flagValue] : [name, nonEmpty(value)];
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) return `${source} must be a port from 0 to 65535, not "${text}"`;
  return port;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

/** What `sluice --help` prints. */
export const helpText = `Sluice: a NATS-compatible server with its console.

Usage: sluice [options]                         (npm start -- [options] in a clone)
       sluice reset-admin [USER] [--data DIR]   asks for a new password and makes USER ("admin") an enabled administrator
                                                with it; whether Sluice runs on that folder or not

  -p, --port PORT            NATS clients connect here; 0 takes any free port   (4222, or as the configuration says)
      --console-port PORT    the console in the browser; 0 takes any free port  (4280)
      --host ADDRESS         address both listen on                             (127.0.0.1: this machine only)
  -c, --config FILE          configuration in nats-server's language
  -d, --data DIR             folder for everything that is kept                 (./data)
      --allow-host NAME      the console also answers to this host name; may be repeated
      --trust-proxy          believe X-Forwarded-For and X-Forwarded-Proto of a proxy in front of the console
      --verbose              log more
  -h, --help                 this text
  -v, --version              the version

Environment (a flag wins):
  SLUICE_PORT, SLUICE_CONSOLE_PORT, SLUICE_DATA
  SLUICE_ADMIN_PASSWORD      at the first start creates the user "admin" with this password, without the one-time link
  SLUICE_METRICS_TOKEN       lets a scraper read /metrics with "Authorization: Bearer <token>"

Stop it with Ctrl-C or SIGTERM. Broker and console are processes of their own; one that dies is started again.
`;
