/**
 * Requests are JSON from outside: decoded by tables, in Go's manner (names match in any case, null leaves the default, unknown names
 * are an error when strict), with bounds on size and depth, and refused in Go's words.
 */

import { byteTextOf } from '../byte-text.ts';
import { GoNumber, GoObject, type GoSyntaxError, type GoValue, goTrailingError, readGoJson, skipGoBlanks } from '../go-json.ts';

/** Largest request body in bytes; nats-server is bounded by `max_payload`, which may be more. */
const MAX_BODY_BYTES = 8_388_608;
const MAX_DEPTH = 64;

/** What a field of a request may hold. Integers are within int64 and kept as numbers. */
export type FieldType =
  | { readonly kind: 'string' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'int'; readonly min: bigint; readonly max: bigint; readonly goType: string }
  | { readonly kind: 'time' }
  | { readonly kind: 'enum'; readonly words: ReadonlyMap<string, string>; readonly refusal: Refusal }
  | { readonly kind: 'list'; readonly of: FieldType; readonly max: number }
  | { readonly kind: 'texts' }
  | { readonly kind: 'object'; readonly fields: Fields };

/** How the decoder of a word refuses another one. */
type Refusal = 'quoted' | 'text' | `unknown ${string}`;

export type Fields = Readonly<Record<string, FieldType>>;

const signed = (bits: bigint, goType: string): FieldType => ({
  kind: 'int',
  min: -(1n << (bits - 1n)),
  max: (1n << (bits - 1n)) - 1n,
  goType,
});
export const text: FieldType = { kind: 'string' };
export const flag: FieldType = { kind: 'boolean' };
export const int: FieldType = signed(64n, 'int');
export const int64: FieldType = signed(64n, 'int64');
export const int32: FieldType = signed(32n, 'int32');
export const duration: FieldType = signed(64n, 'time.Duration');
export const uint64: FieldType = { kind: 'int', min: 0n, max: (1n << 64n) - 1n, goType: 'uint64' };
export const time: FieldType = { kind: 'time' };
export const texts: FieldType = { kind: 'texts' };
export const listOf = (of: FieldType, max = 65_536): FieldType => ({ kind: 'list', of, max });
export const objectOf = (fields: Fields): FieldType => ({ kind: 'object', fields });
/** One of some words; `others` are read as one of them. */
export const oneOf = (
  words: readonly string[],
  refusal: Refusal = 'quoted',
  others: Readonly<Record<string, string>> = {},
): FieldType => ({
  kind: 'enum',
  words: new Map([...words.map((word) => [word, word] as const), ...Object.entries(others)]),
  refusal,
});

const goNames = new WeakMap<Fields, string>();

/** Fields that refusals know by the name of nats-server's structure. */
export function named(goName: string, fields: Fields): Fields {
  goNames.set(fields, goName);
  return fields;
}

/** JSON values, as far as requests use them. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export type DecodeResult =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly error: string /** Bytes read when broken JSON was noticed. */; readonly offset?: number };

class Malformed extends Error {}

/**
 * Decodes a request body: any number of values, each into what the ones before have left, none included. The result has exactly the known
 * fields that were given, in the right types. Where strictness does not matter, a body that is wrong so may still be one value.
 */
export function decodeRequest(body: Uint8Array, fields: Fields, isStrict: boolean): DecodeResult {
  if (body.length > MAX_BODY_BYTES) return { ok: false, error: 'request is too large' };
  const source = byteTextOf(body);
  const decoded = decodeSequence(source, fields);
  return decoded.ok || isStrict ? decoded : decodeOne(source, fields);
}

function decodeSequence(source: string, fields: Fields): DecodeResult {
  let value: JsonObject = {};
  for (let at = skipGoBlanks(source, 0); at < source.length; ) {
    const read = readGoJson(source, at);
    if (!read.ok) return syntaxRefusal(read.error);
    const decoded = decodeValue(read.value, fields, true);
    if (!decoded.ok) return decoded;
    value = { ...value, ...decoded.value };
    at = skipGoBlanks(source, read.end);
  }
  return { ok: true, value };
}

/** A stream of values that ends within one says so in other words than a single value does. */
function syntaxRefusal({ text: problem, offset }: GoSyntaxError): DecodeResult {
  return offset === undefined ? { ok: false, error: 'unexpected EOF' } : { ok: false, error: problem, offset };
}

/** Decodes a body (one character a byte) that is one value, with nothing behind it; unknown fields are let pass. */
export function decodeOne(source: string, fields: Fields): DecodeResult {
  const read = readGoJson(source);
  if (!read.ok) return { ok: false, error: read.error.text };
  const at = skipGoBlanks(source, read.end);
  if (at < source.length) return { ok: false, error: goTrailingError(source, at).text };
  return decodeValue(read.value, fields, false);
}

function decodeValue(value: GoValue, fields: Fields, isStrict: boolean): DecodeResult {
  try {
    return { ok: true, value: decodeObject(value, fields, { isStrict, root: goNames.get(fields) ?? '' }, '') };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, error: error.message };
    throw error;
  }
}

export type ParseResult = { readonly ok: true; readonly value: Json } | { readonly ok: false };

/** Parses JSON within bounds. An empty body is an empty object. */
export function parseJson(body: Uint8Array): ParseResult {
  if (body.length > MAX_BODY_BYTES || depthOf(body) > MAX_DEPTH) return { ok: false };
  if (body.length === 0) return { ok: true, value: {} };
  try {
    return { ok: true, value: JSON.parse(byteTextOf(body)) as Json };
  } catch {
    return { ok: false };
  }
}

/** Deepest nesting of brackets outside strings. */
function depthOf(body: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let index = 0; index < body.length; index++) {
    const byte = body[index];
    if (isInString) {
      if (byte === 92) index++;
      else if (byte === 34) isInString = false;
    } else if (byte === 34) isInString = true;
    else if (byte === 123 || byte === 91) deepest = Math.max(deepest, ++depth);
    else if (byte === 125 || byte === 93) depth--;
  }
  return deepest;
}

interface Context {
  readonly isStrict: boolean;
  /** Name of the outermost structure. */
  readonly root: string;
}

function decodeObject(value: GoValue, fields: Fields, context: Context, path: string): JsonObject {
  if (value === null) return {};
  if (!(value instanceof GoObject)) throw mismatch(value, `server.${goNames.get(fields) ?? ''}`, context, path);
  const result: Record<string, Json> = Object.create(null);
  for (const [key, item] of value.entries) {
    const name = Object.hasOwn(fields, key)
      ? key
      : Object.keys(fields).find((known) => known.toLowerCase() === key.toLowerCase());
    const type = name === undefined ? undefined : fields[name];
    if (name === undefined || type === undefined) {
      if (context.isStrict) throw new Malformed(`json: unknown field ${JSON.stringify(key)}`);
      continue;
    }
    if (item === null && type.kind !== 'enum') continue;
    result[name] = decodeField(item, type, context, path === '' ? name : `${path}.${name}`);
  }
  return result;
}

function decodeField(value: GoValue, type: FieldType, context: Context, path: string): Json {
  switch (type.kind) {
    case 'string':
      if (typeof value !== 'string') throw mismatch(value, 'string', context, path);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(value, 'bool', context, path);
      return value;
    case 'int':
      return decodeInt(value, type, context, path);
    case 'time':
      if (typeof value !== 'string') throw mismatch(value, 'time.Time', context, path);
      return decodeTime(value);
    case 'enum':
      return decodeWord(value, type);
    case 'list':
      if (!Array.isArray(value)) throw mismatch(value, `[]${goTypeOf(type.of)}`, context, path);
      if (value.length > type.max) throw new Malformed(`more than ${type.max} items in ${path}`);
      return value.map((item: GoValue, index) =>
        item === null ? zeroOf(type.of) : decodeField(item, type.of, context, `${path}.${index}`),
      );
    case 'texts':
      return decodeTexts(value, context, path);
    case 'object':
      return decodeObject(value, type.fields, context, path);
  }
}

const LITERAL = /^-?\d{1,20}$/;
const SMALL = /^\d{1,15}$/;
const MAX_INT32 = 2n ** 31n - 1n;

/** An integer: written without point and exponent, and within its type. Kept as the nearest number. */
function decodeInt(value: GoValue, type: FieldType & { kind: 'int' }, context: Context, path: string): number {
  if (!(value instanceof GoNumber)) throw mismatch(value, type.goType, context, path);
  const { literal } = value;
  if (SMALL.test(literal) && type.max > MAX_INT32) return Number(literal);
  const isFine = LITERAL.test(literal) && !(literal === '-0' && type.min === 0n);
  const exact = isFine ? BigInt(literal) : undefined;
  if (exact === undefined || exact < type.min || exact > type.max)
    throw mismatch(value, type.goType, context, path, `number ${literal}`);
  return Number(exact);
}

function decodeWord(value: GoValue, { words, refusal }: FieldType & { kind: 'enum' }): string {
  const word = typeof value === 'string' ? words.get(value) : undefined;
  if (word !== undefined) return word;
  const shown = value instanceof GoNumber ? value.literal : JSON.stringify(value);
  if (refusal === 'quoted') throw new Malformed(`can not unmarshal ${JSON.stringify(shown)}`);
  if (refusal !== 'text') throw new Malformed(`${refusal}: ${shown}`);
  if (typeof value === 'string' || value === null) throw new Malformed('unknown compression algorithm');
  throw new Malformed(`json: cannot unmarshal ${kindOf(value)} into Go value of type string`);
}

/** A map of strings. Names such as `__proto__` are names like any other. */
function decodeTexts(value: GoValue, context: Context, path: string): Json {
  if (!(value instanceof GoObject)) throw mismatch(value, 'map[string]string', context, path);
  const result: Record<string, Json> = Object.create(null);
  for (const [key, item] of value.entries) {
    if (typeof item !== 'string' && item !== null) throw mismatch(item, 'string', context, `${path}.${key}`);
    result[key] = item ?? '';
  }
  return result;
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function decodeTime(value: string): string {
  if (parseTime(value) === undefined) {
    const shown = JSON.stringify(value);
    throw new Malformed(`parsing time ${shown} as "2006-01-02T15:04:05Z07:00": cannot parse ${shown} as "2006"`);
  }
  // As Go writes it again: without zeros at the end of the fraction.
  return value.replace(/\.(\d*?)0+(?=Z|[+-])/, (_, digits: string) => (digits === '' ? '' : `.${digits}`));
}

/** What null is in a list: Go's zero value. */
function zeroOf(type: FieldType): Json {
  switch (type.kind) {
    case 'string':
      return '';
    case 'int':
      return 0;
    case 'boolean':
      return false;
    default:
      return {};
  }
}

function goTypeOf(type: FieldType): string {
  switch (type.kind) {
    case 'string':
      return 'string';
    case 'int':
      return type.goType;
    case 'object':
      return `*server.${goNames.get(type.fields) ?? ''}`;
    default:
      return type.kind;
  }
}

function kindOf(value: GoValue): string {
  if (value instanceof GoNumber) return 'number';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function mismatch(value: GoValue, wanted: string, { root }: Context, path: string, kind = kindOf(value)): Malformed {
  if (path === '') return new Malformed(`json: cannot unmarshal ${kind} into Go value of type ${wanted}`);
  const place = /\.\d+$/.test(path) ? '' : 'Go struct field ';
  return new Malformed(`json: cannot unmarshal ${kind} into ${place}${root}.${path} of type ${wanted}`);
}

/** A moment: microseconds since the epoch, and nanoseconds below them. */
export interface Moment {
  readonly us: number;
  readonly ns: number;
}

/** Reads RFC 3339 text; undefined when it is none. */
export function parseTime(value: string): Moment | undefined {
  const match = RFC3339.exec(value);
  if (match === null) return undefined;
  const [, , , , , , , fraction = '', zone = 'Z'] = match;
  const seconds = Date.parse(`${value.slice(0, 19)}${zone}`);
  if (Number.isNaN(seconds)) return undefined;
  const nanos = Number(`${fraction.slice(1, 10)}000000000`.slice(0, 9));
  return { us: seconds * 1000 + Math.floor(nanos / 1000), ns: nanos % 1000 };
}

/** Go's zero time. */
export const ZERO_TIME = '0001-01-01T00:00:00Z';

/** RFC 3339 in UTC with as many decimals as are needed, as Go writes it. 0 is Go's zero time. */
export function formatTime(us: number, ns = 0): string {
  if (us === 0 && ns === 0) return ZERO_TIME;
  const ms = Math.floor(us / 1000);
  const nanos = (us % 1_000_000) * 1000 + ns;
  const base = new Date(ms).toISOString().slice(0, 19);
  if (nanos === 0) return `${base}Z`;
  return `${base}.${String(nanos).padStart(9, '0').replace(/0+$/, '')}Z`;
}
