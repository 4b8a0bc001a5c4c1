/**
 * The configuration file that `sluice --config` names, read as nats-server reads it. What this build does not do yet is said; what
 * would leave a door open that the file means to close stops the start.
 */
import { readFileSync } from 'node:fs';
import { type ResolvedOptions, readConfigFile, toOptions, validateSettings } from '@sluice/broker';

/** In operator mode every user is signed by an account, so that no user made at the start could log in. */
const OPERATOR_MODE_REFUSED = `operator mode (JWT) does not work with the console yet: its own system user cannot log in there.
Run the broker alone with packages/broker/bin/nats-server -c FILE, or use accounts and users of the configuration file instead.`;

export interface ConfigFile {
  readonly options: ResolvedOptions;
  /** False when the file leaves the address to the default. */
  readonly hasHost: boolean;
  /** False when the file leaves the folder of JetStream to the default. */
  readonly hasStoreDir: boolean;
  /** Lines for the log. */
  readonly warnings: readonly string[];
}

/** Reads `path`. @throws with every error, place and reason, when the file cannot be used. */
export function loadConfigFile(path: string): ConfigFile {
  const read = readConfigFile(path, { readFile, lookupEnv: (name) => process.env[name] });
  if (!read.ok) throw new Error(read.error.trimEnd());
  const { settings } = read;
  const problem = validateSettings(settings);
  if (problem !== undefined) throw new Error(`${path}: ${problem}`);
  const place = (use: (typeof read.unsupported)[number]): string =>
    `${path}${use.place === undefined ? '' : `:${use.place.line}`}`;
  const fatal = read.unsupported.filter((use) => use.isFatal);
  if (fatal.length > 0) {
    const uses = fatal.map((use) => `${place(use)}: this build does not support ${use.feature}`);
    throw new Error(`${uses.join('\n')}\nStarting without it would let in what the file means to keep out.`);
  }
  const options = toOptions(settings);
  if (options.operator !== undefined) throw new Error(`${path}: ${OPERATOR_MODE_REFUSED}`);
  return {
    options,
    hasHost: settings.host !== undefined && settings.host !== '',
    hasStoreDir: (settings.features.jetstream?.storeDir ?? '') !== '',
    warnings: [
      ...read.warnings,
      ...read.unsupported.map((use) => `${place(use)}: this build does not support ${use.feature}; it is ignored`),
    ],
  };
}

/** The text of a file, or the failure in nats-server's words. */
function readFile(path: string): { ok: true; text: string } | { ok: false; error: string } {
  try {
    return { ok: true, text: readFileSync(path, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const reason =
      code === 'ENOENT' ? 'no such file or directory' : code === 'EACCES' ? 'permission denied' : String(code ?? error);
    return { ok: false, error: `open ${path}: ${reason}` };
  }
}
