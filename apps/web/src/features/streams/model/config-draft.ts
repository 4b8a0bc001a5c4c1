/**
 * A stream's configuration while somebody writes it: texts as typed, and the configuration that they mean. What the form does not
 * show (mirror, sources, republish, …) passes through untouched. Pure.
 */
import { parseByteSize, writeByteSize } from '../../../lib/byte-size.ts';
import { parseDuration, writeDuration } from '../../../lib/duration.ts';
import { type ConfigField, configFields } from './config-fields.ts';

/** JSON of a configuration, as the wire spells it. */
export type ConfigJson = Readonly<Record<string, unknown>>;

export interface ConfigDraft {
  /** Text of every field of the form; flags are `true` or empty. */
  readonly texts: Readonly<Record<string, string>>;
  /** Fields that the form does not show. */
  readonly rest: ConfigJson;
}

export interface ReadDraft {
  /** Only what differs from the server's defaults, in the order of the form. */
  readonly config: ConfigJson;
  /** What is wrong, by field. */
  readonly problems: Readonly<Record<string, string>>;
}

/** A new stream with nothing said but the defaults. */
export function emptyDraft(): ConfigDraft {
  return { texts: Object.fromEntries(configFields.map((field) => [field.key, field.initial ?? ''])), rest: {} };
}

/** The form of a configuration. */
export function draftOf(config: ConfigJson): ConfigDraft {
  const known = new Set(configFields.map((field) => field.key));
  return {
    texts: Object.fromEntries(configFields.map((field) => [field.key, writeField(field, config[field.key])])),
    rest: Object.fromEntries(Object.entries(config).filter(([key]) => !known.has(key))),
  };
}

/** The configuration that the texts mean. With `base`, every field is kept, so that nothing falls back to a default. */
export function readDraft(draft: ConfigDraft, { isWhole = false }: { isWhole?: boolean } = {}): ReadDraft {
  const config: Record<string, unknown> = {};
  const problems: Record<string, string> = {};
  for (const field of configFields) {
    const text = (draft.texts[field.key] ?? '').trim();
    const value = readField(field, text);
    if (value === undefined) problems[field.key] = problemOf(field);
    else if (isWhole || !isDefault(field, text)) config[field.key] = value;
  }
  if ((draft.texts['name'] ?? '') === '') problems['name'] = 'A stream needs a name';
  for (const [key, value] of Object.entries(draft.rest)) config[key] = value;
  if (Array.isArray(config['subjects']) && config['subjects'].length === 0) delete config['subjects'];
  if (config['persist_mode'] === 'default') delete config['persist_mode'];
  return { config, problems };
}

function isDefault(field: ConfigField, text: string): boolean {
  if (field.kind === 'name' || field.kind === 'choice') return field.key === 'persist_mode' && text === 'default';
  return text === '' || (field.kind === 'duration' && text === field.initial);
}

/** Value on the wire, or undefined when the text is none. */
function readField(field: ConfigField, text: string): unknown {
  switch (field.kind) {
    case 'name':
      return /[\s.*>\\/]/.test(text) ? undefined : text;
    case 'text':
      return text;
    case 'subjects':
      return text === '' ? [] : text.split(/[\s,]+/).filter((subject) => subject !== '');
    case 'flag':
      return text === 'true';
    case 'choice':
      return field.choices?.includes(text) === true ? text : undefined;
    case 'count':
      return text === '' ? field.emptyValue : readCount(text);
    case 'bytes':
      return text === '' ? field.emptyValue : (parseByteSize(text) ?? undefined);
    case 'duration':
      return text === '' ? field.emptyValue : (parseDuration(text) ?? undefined);
  }
}

function readCount(text: string): number | undefined {
  const digits = text.replace(/[\s,_]/g, '');
  return /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
}

function problemOf(field: ConfigField): string {
  switch (field.kind) {
    case 'name':
      return 'No blanks, dots, wildcards or slashes';
    case 'count':
      return 'A whole number, or empty for no limit';
    case 'bytes':
      return 'A size such as 24 GB, or empty for no limit';
    case 'duration':
      return 'A duration such as 90s, 1h30m or 7d';
    default:
      return 'Not one of the choices';
  }
}

/** Text of a value of the wire. */
function writeField(field: ConfigField, value: unknown): string {
  if (field.kind === 'flag') return value === true ? 'true' : '';
  if (field.kind === 'subjects') return Array.isArray(value) ? value.join(' ') : '';
  if (typeof value === 'number') {
    if (value === (field.emptyValue ?? 0) || value < 0) return '';
    if (field.kind === 'duration') return value === 0 ? '' : writeDuration(value);
    return field.kind === 'bytes' ? (value === 0 ? '' : writeByteSize(value)) : String(value);
  }
  return typeof value === 'string' ? value : field.kind === 'choice' ? (field.initial ?? '') : '';
}

/** Reads a configuration written as JSON by hand; a text with what is wrong when it is none. */
export function readConfigJson(text: string): ConfigJson | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return error instanceof SyntaxError ? error.message : 'Not JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'A configuration is an object: { "name": … }';
  return { ...value };
}
