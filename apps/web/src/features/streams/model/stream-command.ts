/** The `nats` command that does what a form does. Flags as of natscli cli/stream_command.go; what has none goes by a file. */
import { writeGoDuration } from '../../../lib/duration.ts';
import type { ConfigJson } from './config-draft.ts';
import { type ConfigField, configFields } from './config-fields.ts';

/** `nats stream add ORDERS --subjects="orders.>" … --defaults`; with a file where the configuration has fields without a flag. */
export function addCommand(config: ConfigJson): string {
  const known = new Set(configFields.map((field) => field.key));
  const name = quoted(String(config['name'] ?? ''));
  if (Object.keys(config).some((key) => !known.has(key))) return `nats stream add ${name} --config=stream.json`;
  // The command turns direct get on unless it is told not to; the server does not.
  const direct = config['allow_direct'] === true ? [] : ['--no-allow-direct'];
  const keys = Object.keys(config).filter((key) => key !== 'allow_direct');
  return ['nats stream add', name, ...flagsOf(config, keys), ...direct, '--defaults'].join(' ');
}

/** Keys that `nats stream edit` has no flag for, though `nats stream add` has. */
const addOnlyKeys: ReadonlySet<string> = new Set(['retention', 'allow_msg_ttl']);

/** `nats stream edit ORDERS --max-age=1h`; only what changed. */
export function editCommand(name: string, next: ConfigJson, changedKeys: readonly string[]): string {
  const known = new Set(configFields.map((field) => field.key));
  if (changedKeys.some((key) => !known.has(key) || addOnlyKeys.has(key)))
    return `nats stream edit ${quoted(name)} --config=stream.json`;
  return ['nats stream edit', quoted(name), ...flagsOf(next, changedKeys)].join(' ');
}

export interface PurgeScope {
  readonly subject?: string | undefined;
  readonly keep?: number | undefined;
  /** Messages below this sequence. */
  readonly seq?: number | undefined;
}

export function purgeCommand(name: string, { subject, keep, seq }: PurgeScope): string {
  const flags = [
    subject === undefined ? '' : `--subject=${quoted(subject)}`,
    keep === undefined ? '' : `--keep=${keep}`,
    seq === undefined ? '' : `--seq=${seq}`,
  ];
  return ['nats stream purge', quoted(name), ...flags].filter((part) => part !== '').join(' ');
}

function flagsOf(config: ConfigJson, keys: readonly string[]): string[] {
  return configFields
    .filter((field) => field.flag !== '' && keys.includes(field.key))
    .flatMap((field) => flagOf(field, config[field.key]));
}

function flagOf(field: ConfigField, value: unknown): string[] {
  switch (field.kind) {
    case 'subjects':
      return Array.isArray(value) && value.length > 0 ? [`--${field.flag}=${quoted(value.join(','))}`] : [];
    case 'flag':
      return [value === true ? `--${field.flag}` : `--no-${field.flag}`];
    case 'duration':
      return [`--${field.flag}=${typeof value === 'number' ? writeGoDuration(value) : ''}`];
    case 'choice':
      return [`--${field.flag}=${value === 'workqueue' ? 'work' : String(value)}`];
    default:
      return [`--${field.flag}=${quoted(String(value))}`];
  }
}

/** As a POSIX shell takes it literally. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
