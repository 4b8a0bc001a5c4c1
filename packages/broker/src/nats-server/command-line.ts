/**
 * Command line and configuration file become one set of settings; flags win, also when the file is read again. Every way to fail has the
 * text and the exit code of nats-server. Source: nats-server server/opts.go ConfigureOptions.
 */
import type { ConfigSources } from '@sluice/protocol/config';
import {
  emptySettings,
  type ReadConfigResult,
  readConfigFile,
  type ServerSettings,
  type UnsupportedUse,
} from '../config/index.ts';
import { applyFlags } from './apply-flags.ts';
import { helpText, tlsHelpText } from './help.ts';
import type { ParsedFlags } from './parse-flags.ts';
import { parseFlags } from './parse-flags.ts';

/** What a command line asks for: to print and end, to send a signal, or to serve. */
export type Command =
  | { readonly kind: 'print'; readonly stdout: string; readonly stderr: string; readonly exitCode: number }
  | { readonly kind: 'signal'; readonly parameter: string }
  | { readonly kind: 'serve'; readonly flags: ParsedFlags; readonly loaded: LoadedSettings };

/** Settings, and what must be said before the server starts. */
export interface LoadedSettings {
  readonly settings: ServerSettings;
  readonly warnings: readonly string[];
  readonly unsupported: readonly UnsupportedUse[];
}

export type LoadResult = { readonly ok: true; readonly loaded: LoadedSettings } | { readonly ok: false; readonly error: string };

const print = (stdout: string, stderr = '', exitCode = 0): Command => ({ kind: 'print', stdout, stderr, exitCode });
const fail = (error: string): Command => print('', `nats-server: ${error}\n`, 1);

/** `version` is what `-v` shows. */
export function readCommand(args: readonly string[], sources: ConfigSources, version: string): Command {
  const parsed = parseFlags(args);
  // Go's flag package prints the usage for a mistake, and nats-server's usage ends the process with 0.
  if (!parsed.ok) return print(`${helpText}\n`, `${parsed.error}\n`);
  const { flags } = parsed;
  const versionText = `nats-server: v${version}\n`;
  if (flags.values.get('version') === true) return print(versionText);
  if (flags.values.get('help') === true) return print(`${helpText}\n`);
  if (flags.values.get('tlsHelp') === true) return print(tlsHelpText);
  const word = flags.words[0];
  if (word?.toLowerCase() === 'version') return print(versionText);
  if (word?.toLowerCase() === 'help') return print(`${helpText}\n`);
  if (word !== undefined) return fail(`unrecognized command: ${JSON.stringify(word)}`);
  const signal = flags.values.get('signal');
  if (typeof signal === 'string' && signal !== '') return { kind: 'signal', parameter: signal };
  return flags.values.get('checkConfig') === true ? checkConfig(flags, sources) : serve(flags, sources);
}

function checkConfig(flags: ParsedFlags, sources: ConfigSources): Command {
  const file = flags.values.get('configFile');
  if (typeof file !== 'string' || file === '') {
    return fail('must specify [-c, --config] option to check configuration file syntax');
  }
  const read = readConfigFile(file, sources);
  if (!read.ok) return fail(read.error);
  if (read.warnings.length > 0) return fail(read.warnings.map((line) => `${line}\n`).join(''));
  return print('', `nats-server: configuration file ${file} is valid (${read.settings.configDigest ?? ''})\n`);
}

function serve(flags: ParsedFlags, sources: ConfigSources): Command {
  const result = loadSettings(flags, sources);
  return result.ok ? { kind: 'serve', flags, loaded: result.loaded } : fail(result.error);
}

/** The flag counts as said before the file, which may then not say it again. */
function storeDirOf({ values }: ParsedFlags): string | undefined {
  const storeDir = values.get('storeDir');
  return typeof storeDir === 'string' && storeDir !== '' ? storeDir : undefined;
}

/** Reads the file that the flags name, if any, and lays the flags over it. */
export function loadSettings(flags: ParsedFlags, sources: ConfigSources): LoadResult {
  const file = flags.values.get('configFile');
  const read: ReadConfigResult =
    typeof file === 'string' && file !== ''
      ? readConfigFile(file, sources, storeDirOf(flags))
      : { ok: true, settings: emptySettings(), warnings: [], unsupported: [] };
  if (!read.ok) return read;
  const problem = applyFlags(read.settings, flags.values, { readFile: sources.readFile });
  if (problem !== undefined) return { ok: false, error: problem };
  return { ok: true, loaded: { settings: read.settings, warnings: read.warnings, unsupported: read.unsupported } };
}
