/** Keys of operator mode: trusted operators and keys, account resolver. Source: nats-server server/opts.go processConfigFileLine. */
import { decodePublicNkey } from '@sluice/protocol';
import type { ConfigNode } from '@sluice/protocol/config';
import { decodeJwt } from '../auth/jwt/decode-jwt.ts';
import type { FieldReader } from './fields.ts';
import { goType } from './go-values.ts';
import { type ConfigReport, quoted } from './report.ts';
import type { ServerSettings } from './settings.ts';

/** Largest JWT that is looked at, in characters. */
const MAX_JWT_CHARS = 1_048_576;
/** A line between two lines of dashes and words, as `nsc` writes JWTs into files; a JWT may hold dashes itself. */
const DECORATED = /-{3}[^\n]*-{3}\r?\n([\w.=-]+)\r?\n-{3}[^\n]*-{3}/;

/** File names of operator JWTs, or JWTs themselves. Nobody may get in as long as they are not verified. */
export const operatorField: FieldReader<ServerSettings> = (node, draft, report) => {
  const { value } = node;
  const names: string[] = [];
  if (value.kind === 'string') names.push(value.text);
  else if (value.kind === 'array') {
    for (const item of value.items) {
      if (item.value.kind === 'string') names.push(item.value.text);
      else {
        report.error(node, 'error parsing operators: unsupported type *conf.token where string is expected');
        break;
      }
    }
  } else report.error(node, `error parsing operators: unsupported type ${goType(value)}`);
  draft.features.operators = [];
  for (const name of names) {
    const found = findOperator(name, report);
    if (found.ok) draft.features.operators.push(found.jwt);
    else report.error(node, `error parsing operator JWT: ${found.error}`);
  }
};

type FoundOperator = { readonly ok: true; readonly jwt: string } | { readonly ok: false; readonly error: string };

function findOperator(name: string, report: ConfigReport): FoundOperator {
  const read = name.startsWith('eyJ') ? { ok: true as const, text: name } : report.readFile(name);
  if (!read.ok) return read;
  const jwt = DECORATED.exec(read.text)?.[1] ?? read.text.trim();
  const decoded = decodeJwt(jwt);
  if (!decoded.ok) return decoded;
  return decoded.claims.type === 'operator' ? { ok: true, jwt } : { ok: false, error: 'not operator claim' };
}

/** The type that a JWT's claims name (`type` in version 1, `nats.type` since), without any check of its signature; undefined when it is no JWT. */
export function claimType(jwt: string): string | undefined {
  if (jwt.length > MAX_JWT_CHARS) return undefined;
  const body = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(jwt)?.[1];
  if (body === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
    if (!isRecord(claims)) return undefined;
    const { type, nats } = claims;
    if (typeof type === 'string' && type !== '') return type;
    return isRecord(nats) && typeof nats['type'] === 'string' ? nats['type'] : undefined;
  } catch {
    // Not JSON: then it is no JWT either.
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Public operator keys. */
export const trustedKeysField: FieldReader<ServerSettings> = (node, draft, report) => {
  const keys = readList(node, 'trusted', report);
  // The place of the last key is where nats-server shows these.
  const place = node.value.kind === 'array' ? (node.value.items.at(-1) ?? node) : node;
  for (const key of keys) {
    if (decodePublicNkey(key)?.kind !== 'operator') {
      report.error(place, `trust key ${quoted(key)} required to be a valid public operator nkey`);
    }
  }
  draft.features.trustedKeys = keys;
};

export const pinnedAccountsField: FieldReader<ServerSettings> = (node, draft, report) => {
  draft.features.pinnedAccounts = readList(node, 'resolver_pinned_accounts', report);
};

function readList(node: ConfigNode, field: string, report: ConfigReport): string[] {
  const { value } = node;
  if (value.kind === 'string') return [value.text];
  if (value.kind !== 'array') {
    report.error(node, `error parsing ${field}: unsupported type ${goType(value)}`);
    return [];
  }
  return value.items.flatMap((item) => {
    if (item.value.kind === 'string') return [item.value.text];
    report.error(item, `error parsing ${field}: unsupported type in array ${goType(item.value)}`);
    return [];
  });
}

export const resolverPreloadField: FieldReader<ServerSettings> = (node, draft, report) => {
  if (node.value.kind !== 'map') return report.error(node, 'preload should be a map of account_public_key:account_jwt');
  const preload: Record<string, string> = {};
  for (const [key, child] of node.value.entries) {
    if (child.value.kind !== 'string') report.error(child, 'preload map value should be a string JWT');
    else if (claimType(child.value.text) !== 'account') report.error(child, 'invalid account JWT');
    else preload[key] = child.value.text;
  }
  draft.features.resolverPreload = preload;
};
