/**
 * The JSON of CONNECT, read as nats-server reads it: into the options that the connection has already, so that what a second CONNECT
 * leaves out stays as it was; field names in any case, unknown fields ignored, a repeated field counts each time, and a wrong type is
 * refused in the words of Go's decoder. Source: nats-server server/client.go ClientOpts, Go encoding/json.
 */
import { type ConnectOptions, goSyntaxError } from '@sluice/protocol';

type FieldType = 'bool' | 'string' | 'int' | 'server.SubjectPermission';

/** Every field that is read, and Go's name of its type. */
const FIELDS: ReadonlyMap<string, FieldType> = new Map([
  ...(['verbose', 'pedantic', 'echo', 'tls_required', 'headers', 'no_responders', 'new_account'] as const).map(
    (name) => [name, 'bool'] as const,
  ),
  ...(['nkey', 'jwt', 'sig', 'auth_token', 'user', 'pass', 'name', 'lang', 'version', 'account', 'proxy_sig'] as const).map(
    (name) => [name, 'string'] as const,
  ),
  // What only servers send among each other has its types all the same.
  ['remote_account', 'string'] as const,
  ...(['import', 'export'] as const).map((name) => [name, 'server.SubjectPermission'] as const),
  ['protocol', 'int'] as const,
]);

const DEFAULTS: ConnectOptions = {
  verbose: true,
  pedantic: true,
  echo: true,
  headers: false,
  no_responders: false,
  protocol: 0,
};

/** An integer as Go takes it: no point, no exponent. */
const INTEGER = /^-?\d+$/;

export type ConnectResult =
  | { readonly ok: true; readonly options: ConnectOptions }
  /** `error` says what is wrong, as nats-server's log does. */
  | { readonly ok: false; readonly error: string };

/** `json` holds one byte in each character. `before` is what the connection said earlier, or null. */
export function parseConnectOptions(json: string, before: ConnectOptions | null): ConnectResult {
  const text = Buffer.from(json, 'latin1').toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, error: goSyntaxError(text)?.text ?? 'unexpected end of JSON input' };
    throw error;
  }
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    return { ok: false, error: `json: cannot unmarshal ${jsonKind(parsed)} into Go value of type server.ClientOpts` };
  }
  const options: Record<string, unknown> = { ...(before ?? DEFAULTS) };
  for (const [key, literal] of parsed === null ? [] : topLevelFields(text)) {
    const name = key.toLowerCase();
    const type = FIELDS.get(name);
    // Null leaves what was there.
    if (type === undefined || literal === 'null') continue;
    const value: unknown = JSON.parse(literal);
    const kind = isOfType(value, literal, type) ? undefined : jsonKind(value, type === 'int' ? literal : '');
    if (kind !== undefined) {
      return { ok: false, error: `json: cannot unmarshal ${kind} into Go struct field ClientOpts.${name} of type ${type}` };
    }
    options[name] = value;
  }
  return { ok: true, options: options as unknown as ConnectOptions };
}

const NAME = /\s*[{,]\s*("(?:[^"\\]|\\.)*")\s*:\s*/y;
const SCALAR = /"(?:[^"\\]|\\.)*"|[^\s,}]+/y;
const NESTED_STEP = /[^"[\]{}]*("(?:[^"\\]|\\.)*"|[[\]{}])/y;

/** The fields of an object whose JSON is known to be well-formed: each time a name comes, with its value as it was written. */
function topLevelFields(text: string): [string, string][] {
  const fields: [string, string][] = [];
  for (let at = 0; ; ) {
    NAME.lastIndex = at;
    const name = NAME.exec(text)?.[1];
    if (name === undefined) return fields;
    const start = NAME.lastIndex;
    at = endOfValue(text, start);
    fields.push([JSON.parse(name) as string, text.slice(start, at)]);
  }
}

function endOfValue(text: string, start: number): number {
  const first = text[start];
  const pattern = first === '{' || first === '[' ? NESTED_STEP : SCALAR;
  pattern.lastIndex = start;
  let depth = 0;
  do {
    const step = pattern.exec(text)?.[1];
    if (step === '{' || step === '[') depth++;
    if (step === '}' || step === ']') depth--;
  } while (depth > 0);
  return pattern.lastIndex;
}

function isOfType(value: unknown, literal: string, type: FieldType): boolean {
  if (type === 'int') return typeof value === 'number' && INTEGER.test(literal) && Number.isSafeInteger(value);
  if (type === 'server.SubjectPermission') return typeof value === 'object' && !Array.isArray(value);
  return typeof value === (type === 'bool' ? 'boolean' : 'string');
}

/** What Go calls a JSON value in its errors. */
function jsonKind(value: unknown, integer = ''): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return integer === '' ? 'number' : `number ${integer}`;
  return typeof value;
}
