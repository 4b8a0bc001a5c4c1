/**
 * Requests are JSON from outside: decoded by tables, in Go's manner (names match in any case, null leaves the default, unknown names
 * are an error when strict), with bounds on size and depth before anything is parsed.
 */

import { goSyntaxError } from './go-json.ts';

/** Largest request body in bytes; nats-server is bounded by `max_payload`, which may be more. */
const MAX_BODY_BYTES = 8_388_608;
const MAX_DEPTH = 64;

/** What a field of a request may hold. Integers are within int64 and kept as numbers. */
export type FieldType =
  | { readonly kind: 'string' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'int'; readonly min: number; readonly max: number }
  | { readonly kind: 'time' }
  | { readonly kind: 'enum'; readonly values: readonly string[]; readonly name: string }
  | { readonly kind: 'list'; readonly of: FieldType; readonly max: number }
  | { readonly kind: 'texts' }
  | { readonly kind: 'object'; readonly fields: Fields };

export type Fields = Readonly<Record<string, FieldType>>;

const INT64 = 2 ** 63;
export const text: FieldType = { kind: 'string' };
export const flag: FieldType = { kind: 'boolean' };
export const int64: FieldType = { kind: 'int', min: -INT64, max: INT64 };
export const uint64: FieldType = { kind: 'int', min: 0, max: INT64 * 2 };
export const int32: FieldType = { kind: 'int', min: -(2 ** 31), max: 2 ** 31 - 1 };
export const time: FieldType = { kind: 'time' };
export const texts: FieldType = { kind: 'texts' };
export const listOf = (of: FieldType, max = 65_536): FieldType => ({ kind: 'list', of, max });
export const objectOf = (fields: Fields): FieldType => ({ kind: 'object', fields });
export const oneOf = (name: string, values: readonly string[]): FieldType => ({ kind: 'enum', name, values });

/** JSON values, as far as requests use them. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export type DecodeResult =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly error: string /** Bytes read when broken JSON was noticed. */; readonly offset?: number };

const textDecoder = new TextDecoder();

class Malformed extends Error {}

/** Decodes a request body. The result has exactly the known fields that were given, in the right types. */
export function decodeRequest(body: Uint8Array, fields: Fields, isStrict: boolean): DecodeResult {
  const found = parseJson(body);
  if (!found.ok) return found;
  try {
    return { ok: true, value: decodeObject(found.value, fields, isStrict, '') };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, error: error.message };
    throw error;
  }
}

export type ParseResult =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly error: string /** Bytes read when broken JSON was noticed. */; readonly offset?: number };

/** Parses JSON within bounds. An empty body is an empty object. */
export function parseJson(body: Uint8Array): ParseResult {
  if (body.length > MAX_BODY_BYTES) return { ok: false, error: 'request is too large' };
  if (body.length === 0) return { ok: true, value: {} };
  if (depthOf(body) > MAX_DEPTH) return { ok: false, error: 'exceeded max depth' };
  const source = textDecoder.decode(body);
  try {
    return { ok: true, value: JSON.parse(source) as Json };
  } catch {
    const { text: problem, offset } = goSyntaxError(source) ?? { text: 'invalid JSON', offset: 0 };
    return { ok: false, error: problem, offset };
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

function decodeObject(value: Json, fields: Fields, isStrict: boolean, path: string): JsonObject {
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw mismatch(value, 'object', path);
  const result: Record<string, Json> = Object.create(null);
  for (const [key, item] of Object.entries(value)) {
    const name = Object.hasOwn(fields, key)
      ? key
      : Object.keys(fields).find((known) => known.toLowerCase() === key.toLowerCase());
    const type = name === undefined ? undefined : fields[name];
    if (name === undefined || type === undefined) {
      if (isStrict) throw new Malformed(`json: unknown field ${JSON.stringify(key)}`);
      continue;
    }
    if (item === null) continue;
    result[name] = decodeField(item, type, isStrict, path === '' ? name : `${path}.${name}`);
  }
  return result;
}

function decodeField(value: Json, type: FieldType, isStrict: boolean, path: string): Json {
  switch (type.kind) {
    case 'string':
      if (typeof value !== 'string') throw mismatch(value, 'string', path);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(value, 'bool', path);
      return value;
    case 'int':
      if (typeof value !== 'number' || !Number.isInteger(value) || value < type.min || value > type.max)
        throw mismatch(value, 'int', path);
      return value;
    case 'time':
      return decodeTime(value, path);
    case 'enum':
      if (typeof value !== 'string' || !type.values.includes(value))
        throw new Malformed(`can not unmarshal ${JSON.stringify(value)}`);
      return value;
    case 'list':
      if (!Array.isArray(value)) throw mismatch(value, 'list', path);
      if (value.length > type.max) throw new Malformed(`more than ${type.max} items in ${path}`);
      return value.map((item: Json) =>
        item === null && type.of.kind === 'object' ? {} : decodeField(item, type.of, isStrict, path),
      );
    case 'texts':
      return decodeTexts(value, path);
    case 'object':
      return decodeObject(value, type.fields, isStrict, path);
  }
}

/** A map of strings. Names such as `__proto__` are names like any other. */
function decodeTexts(value: Json, path: string): Json {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw mismatch(value, 'map', path);
  const result: Record<string, Json> = Object.create(null);
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'string') throw mismatch(item, 'string', path);
    result[key] = item;
  }
  return result;
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function decodeTime(value: Json, path: string): Json {
  if (typeof value !== 'string' || parseTime(value) === undefined)
    throw new Malformed(`parsing time ${JSON.stringify(value)} of ${path}`);
  // As Go writes it again: without zeros at the end of the fraction.
  return value.replace(/\.(\d*?)0+(?=Z|[+-])/, (_, digits: string) => (digits === '' ? '' : `.${digits}`));
}

function mismatch(value: Json, wanted: string, path: string): Malformed {
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  return new Malformed(`json: cannot unmarshal ${kind} into Go struct field ${path} of type ${wanted}`);
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
