/**
 * The JSON of CONNECT, read as nats-server reads it: field names in any case, unknown fields ignored, a wrong type refused, absent
 * booleans true where the protocol says so.
 */
import type { ConnectOptions } from '@sluice/protocol';

const BOOLEANS = ['verbose', 'pedantic', 'echo', 'tls_required', 'headers', 'no_responders', 'new_account'] as const;
const STRINGS = ['nkey', 'jwt', 'sig', 'auth_token', 'user', 'pass', 'name', 'lang', 'version', 'account', 'proxy_sig'] as const;

/** Undefined when it is no JSON object or a known field has the wrong type. */
export function parseConnectOptions(json: string): ConnectOptions | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(json, 'latin1').toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof parsed !== 'object' || Array.isArray(parsed)) return undefined;
  const fields = new Map(Object.entries(parsed ?? {}).map(([name, value]) => [name.toLowerCase(), value as unknown]));
  const options: Record<string, unknown> = {
    verbose: true,
    pedantic: true,
    echo: true,
    headers: false,
    no_responders: false,
    protocol: 0,
  };
  for (const name of BOOLEANS) if (!copyField(fields, options, name, 'boolean')) return undefined;
  for (const name of STRINGS) if (!copyField(fields, options, name, 'string')) return undefined;
  if (!copyField(fields, options, 'protocol', 'number') || !Number.isInteger(options['protocol'])) return undefined;
  return options as unknown as ConnectOptions;
}

/** False for a wrong type; null counts as absent. */
function copyField(fields: Map<string, unknown>, options: Record<string, unknown>, name: string, type: string): boolean {
  const value = fields.get(name);
  if (value === undefined || value === null) return true;
  if (typeof value !== type) return false;
  options[name] = value;
  return true;
}
