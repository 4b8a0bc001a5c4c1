/**
 * Subject transforms: a source pattern, and a destination whose tokens may be functions of what the source's wildcards matched.
 * Mappings, imports, stream transforms, sources and republish all use them.
 * Source: nats-server server/subject_transform.go; ADR-30.
 */
import { matchesSubject } from './subject.ts';

export type TransformResult =
  | { readonly ok: true; readonly value: SubjectTransform }
  | { readonly ok: false; readonly error: string };

/** Tokens of the published subject, and random numbers → what one destination token becomes. */
type TokenFunction = (tokens: readonly string[], random: () => number) => string;
type FunctionResult = TokenFunction | { readonly error: string };

interface Arguments {
  readonly token: string;
  readonly args: readonly string[];
  /** Position in the source of the n-th wildcard (from 1), or undefined when there are not that many. */
  readonly wildcardAt: (index: number) => number | undefined;
}

const BAD_SUBJECT = 'invalid subject';
const MAPPING = 'invalid mapping destination';
/** Only within a function may there be blanks. */
const BLANK = /[ \t\n\f\r]/;
const MAX_INT32 = 2 ** 31 - 1;

const failure = (token: string, what: string): { readonly error: string } => ({ error: `${MAPPING}: ${what} in ${token}` });
const notEnough = (token: string): { readonly error: string } => failure(token, 'not enough arguments passed to the function');
const tooMany = (token: string): { readonly error: string } => failure(token, 'too many arguments passed to the function');
const badArgument = (token: string): { readonly error: string } =>
  failure(token, 'function argument is invalid or in the wrong format');

/** What a function with a wildcard and a number makes of the token. A number that is out of range leaves the token whole. */
const numberFunctions: Readonly<Record<string, (text: string, count: number) => string>> = {
  splitfromleft: (text, at) => `${text.slice(0, at)}.${text.slice(at)}`,
  splitfromright: (text, at) => `${text.slice(0, -at)}.${text.slice(-at)}`,
  slicefromleft: (text, size) => pieces(text, size, 0),
  slicefromright: (text, size) => pieces(text, size, text.length % size),
  left: (text, count) => text.slice(0, count),
  right: (text, count) => text.slice(-count),
};

/** Cuts a token in pieces of `size`, the first one of `first` chars when that is not 0. */
function pieces(text: string, size: number, first: number): string {
  const parts = first > 0 ? [text.slice(0, first)] : [];
  for (let start = first; start < text.length; start += size) parts.push(text.slice(start, start + size));
  return parts.join('.');
}

/** FNV-1a over the bytes of a text. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

function parseInteger(text: string | undefined): number | undefined {
  const trimmed = text?.replace(/^ +| +$/g, '') ?? '';
  return /^[+-]?\d{1,15}$/.test(trimmed) ? Number(trimmed) : undefined;
}

function wildcardFunction({ token, args, wildcardAt }: Arguments): FunctionResult {
  if (args.length === 1 && args[0] === '') return notEnough(token);
  if (args.length > 1) return tooMany(token);
  const index = parseInteger(args[0]);
  if (index === undefined) return badArgument(token);
  const position = wildcardAt(index);
  if (position === undefined) return failure(`${token}: [${index}]`, 'wildcard index out of range');
  return (tokens) => tokens[position] ?? '';
}

function partitionFunction({ token, args, wildcardAt }: Arguments): FunctionResult {
  const count = parseInteger(args[0]);
  if (count === undefined || count > MAX_INT32) return badArgument(token);
  const positions: number[] = [];
  for (const text of args.slice(1)) {
    const index = parseInteger(text);
    if (index === undefined) return badArgument(token);
    const position = wildcardAt(index);
    if (position === undefined) return failure(`${token}: [${index}]`, 'wildcard index out of range');
    positions.push(position);
  }
  return (tokens) => {
    const key = positions.length > 0 ? positions.map((position) => tokens[position] ?? '').join('') : tokens.join('.');
    return count > 0 ? String(fnv1a(key) % count) : '0';
  };
}

function splitFunction({ token, args, wildcardAt }: Arguments): FunctionResult {
  if (args.length < 2) return notEnough(token);
  if (args.length > 2) return tooMany(token);
  const [indexText, delimiter = ''] = args;
  const index = parseInteger(indexText);
  if (index === undefined || /[ .]/.test(delimiter)) return badArgument(token);
  const position = wildcardAt(index);
  if (position === undefined) return failure(`${token}: [${index}]`, 'wildcard index out of range');
  return (tokens) =>
    (tokens[position] ?? '')
      .split(delimiter)
      .filter((part) => part !== '')
      .join('.');
}

function randomFunction({ token, args }: Arguments): FunctionResult {
  if (args.length !== 1) return notEnough(token);
  const count = parseInteger(args[0]);
  if (count === undefined || count > MAX_INT32) return badArgument(token);
  return (_tokens, random) => (count > 0 ? String(Math.floor(random() * count)) : '0');
}

function numberFunction(name: string, { token, args, wildcardAt }: Arguments): FunctionResult {
  if (args.length < 2) return notEnough(token);
  if (args.length > 2) return tooMany(token);
  const index = parseInteger(args[0]);
  const count = parseInteger(args[1]);
  const apply = numberFunctions[name];
  if (index === undefined || count === undefined || Math.abs(count) > MAX_INT32 || apply === undefined) return badArgument(token);
  const position = wildcardAt(index);
  if (position === undefined) return failure(`${token}: [${index}]`, 'wildcard index out of range');
  return (tokens) => {
    const text = tokens[position] ?? '';
    return count > 0 && count < text.length ? apply(text, count) : text;
  };
}

/** Names with the letters that may be upper or lower case; the rest must be as written. */
const FUNCTION_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^[wW]ildcard$/, 'wildcard'],
  [/^[pP]artition$/, 'partition'],
  [/^[sS]plit[fF]rom[lL]eft$/, 'splitfromleft'],
  [/^[sS]plit[fF]rom[rR]ight$/, 'splitfromright'],
  [/^[sS]lice[fF]rom[lL]eft$/, 'slicefromleft'],
  [/^[sS]lice[fF]rom[rR]ight$/, 'slicefromright'],
  [/^[rR]ight$/, 'right'],
  [/^[lL]eft$/, 'left'],
  [/^[sS]plit$/, 'split'],
  [/^[rR]andom$/, 'random'],
];

interface ParsedToken {
  readonly name: string;
  readonly args: readonly string[];
}

/** A function token, undefined for a literal one, or an error. Other tokens that start with `$` are literals. */
function parseToken(token: string): ParsedToken | { readonly error: string } | undefined {
  if (/^\$[+-]?\d+$/.test(token)) return { name: 'wildcard', args: [token.slice(1)] };
  if (token.length <= 4 || !token.startsWith('{{') || !token.endsWith('}}')) return undefined;
  const call = /^\{\{\s*(\w+)\s*\((.*)\)\s*\}\}$/.exec(token);
  const name = FUNCTION_NAMES.find(([spelling]) => spelling.test(call?.[1] ?? ''))?.[1];
  if (call === null || name === undefined) return failure(token, 'unknown function');
  return { name, args: (call[2] ?? '').split(/,\s*/) };
}

function buildFunction(parsed: ParsedToken, token: string, wildcardAt: Arguments['wildcardAt']): FunctionResult {
  const call = { token, args: parsed.args, wildcardAt };
  switch (parsed.name) {
    case 'wildcard':
      return wildcardFunction(call);
    case 'partition':
      return partitionFunction(call);
    case 'split':
      return splitFunction(call);
    case 'random':
      return randomFunction(call);
    default:
      return numberFunction(parsed.name, call);
  }
}

export class SubjectTransform {
  /** The source pattern and the destination as given. */
  readonly source: string;
  readonly destination: string;
  private readonly sourceLength: number;
  private readonly tokens: readonly (string | TokenFunction)[];
  private readonly hasTail: boolean;

  private constructor(source: string, destination: string, tokens: readonly (string | TokenFunction)[]) {
    this.source = source;
    this.destination = destination;
    this.sourceLength = source.split('.').length;
    this.tokens = tokens;
    this.hasTail = tokens[tokens.length - 1] === '>';
  }

  /**
   * An empty source stands for `>`. Source and destination must both end in `>` or neither; the destination may hold no bare `*`.
   * `isStrict` is for imports, which must be reversible: wildcards only, and all of them.
   */
  static parse(source: string, destination: string, isStrict = false): TransformResult {
    const from = source === '' ? '>' : source;
    const sourceTokens = tokensOf(from);
    const destinationTokens = tokensOf(destination);
    const isBad = sourceTokens === undefined || destinationTokens === undefined || destinationTokens.includes('*');
    if (isBad || (sourceTokens.at(-1) === '>') !== (destinationTokens.at(-1) === '>')) return { ok: false, error: BAD_SUBJECT };
    const wildcards = sourceTokens.flatMap((token, index) => (token === '*' ? [index] : []));
    const hasWildcards = wildcards.length > 0 || sourceTokens.at(-1) === '>';
    const wildcardAt = (index: number): number | undefined =>
      index > wildcards.length ? undefined : (wildcards[index - 1] ?? 0);
    const built: (string | TokenFunction)[] = [];
    const used = new Set<string>();
    for (const token of destinationTokens) {
      const parsed = parseToken(token);
      if (parsed === undefined) {
        if (BLANK.test(token)) return { ok: false, error: `${MAPPING}: invalid transform` };
        built.push(token);
        continue;
      }
      if ('error' in parsed) return { ok: false, error: parsed.error };
      if (isStrict && parsed.name !== 'wildcard') {
        return { ok: false, ...failure(token, 'the only mapping function allowed for import transforms is {{Wildcard()}}') };
      }
      const mayStandAlone = parsed.name === 'random' || parsed.name === 'partition';
      if (!hasWildcards && !mayStandAlone) return { ok: false, ...failure(token, 'wildcard index out of range') };
      const apply = buildFunction(parsed, token, wildcardAt);
      if (typeof apply !== 'function') return { ok: false, error: apply.error };
      built.push(apply);
      used.add(parsed.args.join(','));
    }
    if (isStrict && used.size < wildcards.length) {
      return { ok: false, ...failure(destination, 'not using all of the token wildcard(s)') };
    }
    return { ok: true, value: new SubjectTransform(from, destination, built) };
  }

  /** True when `subject` matches the source pattern. */
  matches(subject: string): boolean {
    return matchesSubject(subject, this.source);
  }

  /** The destination for a subject that matches the source. `random` returns numbers in [0, 1). */
  apply(subject: string, random: () => number): string {
    const tokens = subject.split('.');
    const parts = this.tokens.map((token) => (typeof token === 'string' ? token : token(tokens, random)));
    if (this.hasTail) parts.splice(-1, 1, ...tokens.slice(this.sourceLength - 1));
    return parts.join('.');
  }
}

/** The tokens of a subject, or undefined when one is empty or `>` is not the last. */
function tokensOf(subject: string): string[] | undefined {
  const tokens = subject.split('.');
  const isValid = tokens.every((token, index) => token !== '' && (token !== '>' || index === tokens.length - 1));
  return isValid ? tokens : undefined;
}
