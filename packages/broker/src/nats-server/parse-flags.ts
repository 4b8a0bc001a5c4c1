/**
 * Reads a command line as Go's flag package does: one dash or two, `-x v` and `-x=v`, booleans only with `=`, the first word without a
 * dash ends the flags, the last of several wins. Suites and scripts rely on each of these. Source: Go's flag package and its error texts.
 */
import { type FlagDefinition, type FlagName, flagTable } from './flag-table.ts';

export type FlagValue = string | number | boolean;

/** What was set, and the words behind the flags. */
export interface ParsedFlags {
  readonly values: ReadonlyMap<FlagName, FlagValue>;
  readonly words: readonly string[];
}

export type ParseFlagsResult =
  | { readonly ok: true; readonly flags: ParsedFlags }
  | { readonly ok: false; readonly error: string };

const bySpelling: ReadonlyMap<string, FlagDefinition> = new Map(
  flagTable.flatMap((definition) => definition.spellings.map((spelling) => [spelling, definition] as const)),
);
const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);
const MAX_INT64 = 2n ** 63n - 1n;

/** `args` without the program's name. */
export function parseFlags(args: readonly string[]): ParseFlagsResult {
  const values = new Map<FlagName, FlagValue>();
  let index = 0;
  while (index < args.length) {
    const arg = args[index] ?? '';
    if (arg.length < 2 || !arg.startsWith('-')) break;
    index++;
    if (arg === '--') break;
    const text = arg.slice(arg.startsWith('--') ? 2 : 1);
    if (text === '' || text.startsWith('-') || text.startsWith('=')) return { ok: false, error: `bad flag syntax: ${arg}` };
    const equals = text.indexOf('=');
    const spelling = equals < 0 ? text : text.slice(0, equals);
    const definition = bySpelling.get(spelling);
    if (definition === undefined) return { ok: false, error: `flag provided but not defined: -${spelling}` };
    let raw = equals < 0 ? undefined : text.slice(equals + 1);
    if (raw === undefined && definition.kind !== 'boolean') {
      raw = args[index++];
      if (raw === undefined) return { ok: false, error: `flag needs an argument: -${spelling}` };
    }
    const read = readValue(definition, spelling, raw);
    if (!read.ok) return read;
    values.set(definition.name, read.value);
  }
  return { ok: true, flags: { values, words: args.slice(index) } };
}

type ReadResult = { readonly ok: true; readonly value: FlagValue } | { readonly ok: false; readonly error: string };

function readValue(definition: FlagDefinition, spelling: string, raw: string | undefined): ReadResult {
  if (definition.kind === 'text') return { ok: true, value: raw ?? '' };
  if (definition.kind === 'boolean') {
    if (raw === undefined || TRUE.has(raw)) return { ok: true, value: true };
    if (FALSE.has(raw)) return { ok: true, value: false };
    return { ok: false, error: `invalid boolean value ${JSON.stringify(raw)} for -${spelling}: parse error` };
  }
  const read = readInteger(raw ?? '');
  if (read.ok) return read;
  return { ok: false, error: `invalid value ${JSON.stringify(raw ?? '')} for flag -${spelling}: ${read.error}` };
}

/** Go's int literals: a sign, a prefix for the base, underscores between digits. */
function readInteger(raw: string): { ok: true; value: number } | { ok: false; error: string } {
  const match = /^([+-]?)(0x[0-9a-f_]+|0b[01_]+|0o?[0-7_]+|[0-9][0-9_]*)$/i.exec(raw);
  const digits = (match?.[2] ?? '').toLowerCase();
  if (digits === '' || /__|_$/.test(digits)) return { ok: false, error: 'parse error' };
  const plain = digits.replaceAll('_', '').replace(/^0(?=[0-7]+$)/, '0o');
  const number = BigInt(plain) * (match?.[1] === '-' ? -1n : 1n);
  if (number > MAX_INT64 || number < -MAX_INT64 - 1n) return { ok: false, error: 'value out of range' };
  return { ok: true, value: Number(number) };
}
