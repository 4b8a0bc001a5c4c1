/**
 * The JSON of CONNECT, read as nats-server reads it: field names in any case, unknown fields ignored, a wrong type refused in the words
 * of Go's decoder, absent booleans true where the protocol says so.
 */
import { type ConnectOptions, goSyntaxError } from '@sluice/protocol';

/** Every field that is read, and Go's name of its type. */
const FIELDS: ReadonlyMap<string, 'bool' | 'string' | 'int'> = new Map([
  ...(['verbose', 'pedantic', 'echo', 'tls_required', 'headers', 'no_responders', 'new_account'] as const).map(
    (name) => [name, 'bool'] as const,
  ),
  ...(['nkey', 'jwt', 'sig', 'auth_token', 'user', 'pass', 'name', 'lang', 'version', 'account', 'proxy_sig'] as const).map(
    (name) => [name, 'string'] as const,
  ),
  ['protocol', 'int'] as const,
]);

export type ConnectResult =
  | { readonly ok: true; readonly options: ConnectOptions }
  /** `error` says what is wrong, as nats-server's log does. */
  | { readonly ok: false; readonly error: string };

/** `json` holds one byte in each character. */
export function parseConnectOptions(json: string): ConnectResult {
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
  const options: Record<string, unknown> = {
    verbose: true,
    pedantic: true,
    echo: true,
    headers: false,
    no_responders: false,
    protocol: 0,
  };
  for (const [key, value] of Object.entries(parsed ?? {})) {
    const name = key.toLowerCase();
    const type = FIELDS.get(name);
    // Null counts as absent.
    if (type === undefined || value === null) continue;
    if (!isOfType(value, type)) {
      return {
        ok: false,
        error: `json: cannot unmarshal ${jsonKind(value)} into Go struct field ClientOpts.${name} of type ${type}`,
      };
    }
    options[name] = value;
  }
  return { ok: true, options: options as unknown as ConnectOptions };
}

function isOfType(value: unknown, type: 'bool' | 'string' | 'int'): boolean {
  if (type === 'int') return Number.isSafeInteger(value);
  return typeof value === (type === 'bool' ? 'boolean' : 'string');
}

/** What Go calls a JSON value in its errors. */
function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'number' : `number ${value}`;
  return typeof value;
}
