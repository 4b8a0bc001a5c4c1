/** Keys of operator mode: trusted operators and keys, account resolver. Source: nats-server server/opts.go processConfigFileLine. */
import { decodePublicNkey, parseDuration } from '@sluice/protocol';
import type { ConfigMap, ConfigNode } from '@sluice/protocol/config';
import type { FeatureSettings } from './feature-settings.ts';
import { type FieldReader, readBoolean, readInteger, readText } from './fields.ts';
import { goType } from './go-values.ts';
import { isUrl } from './peer-fields.ts';
import { type ConfigReport, quoted } from './report.ts';
import type { ServerSettings } from './settings.ts';

/** Largest JWT that is looked at, in characters. */
const MAX_JWT_CHARS = 1_048_576;

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
  if (claimType(name) === 'operator') return { ok: true, jwt: name };
  if (name.startsWith('eyJ')) return { ok: false, error: 'not a valid operator JWT' };
  const read = report.readFile(name);
  if (!read.ok) return read;
  const jwt = /^\s*-{3,}[^\n]*-{3,}\s*([^\s-]+)/.exec(read.text)?.[1] ?? read.text.trim();
  return claimType(jwt) === 'operator' ? { ok: true, jwt } : { ok: false, error: 'not a valid operator JWT' };
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

export const pinnedAccountsField: FieldReader<ServerSettings> = (node, _draft, report) => {
  readList(node, 'resolver_pinned_accounts', report);
  report.notYet(node, 'account resolvers', { isFatal: true });
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

/** `MEMORY`, `URL(…)`, or a block that names a folder. */
export const resolverField: FieldReader<ServerSettings> = (node, draft, report) => {
  const { value } = node;
  if (value.kind === 'map') {
    const folder = readResolverBlock(node, value, report);
    if (folder !== undefined) {
      draft.features.resolver = 'FULL';
      draft.features.resolverFolder = folder;
    }
    if (folder !== undefined || isMemoryBlock(value)) return;
  } else if (value.kind !== 'string') {
    return report.error(node, `error parsing operator resolver, wrong type ${goType(value)}`);
  } else {
    const problem = resolverProblem(value.text);
    if (problem !== undefined) return report.error(node, problem);
    draft.features.resolver = value.text;
    if (/MEM/i.test(value.text)) return;
  }
  report.notYet(node, 'account resolvers other than MEMORY', { isFatal: true });
};

const NO_RESOLVER =
  'error parsing account resolver, should be MEM or  URL("url") or a map containing dir and type state=[FULL|CACHE])';

function resolverProblem(text: string): string | undefined {
  if (/MEM/i.test(text)) return undefined;
  const match = /URL(?:\(\s*"?([^\s"]*?)"?\s*\))?/i.exec(text);
  if (match === null) return NO_RESOLVER;
  const url = match[1] ?? '';
  if (!isUrl(url)) return `error parsing account resolver url [${quoted(url)}]`;
  return url === '' ? 'URL cannot be empty' : undefined;
}

function isMemoryBlock(block: ConfigMap): boolean {
  const type = block.entries.get('type')?.value;
  return type?.kind === 'string' && /^mem(ory)?$/i.test(type.text);
}

/** The folder of a `full` resolver; undefined for the other types and for mistakes. */
function readResolverBlock(
  node: ConfigNode,
  block: ConfigMap,
  report: ConfigReport,
): FeatureSettings['resolverFolder'] | undefined {
  const texts = { dir: '', type: '', ttl: '', interval: '', timeout: '' };
  for (const key of ['dir', 'type', 'ttl', 'interval', 'timeout'] as const) {
    const child = block.entries.get(key);
    if (child !== undefined) texts[key] = readText(child, report) ?? '';
  }
  const flags = { allow_delete: false, hard_delete: false };
  for (const key of ['allow_delete', 'hard_delete'] as const) {
    const child = block.entries.get(key);
    if (child !== undefined) flags[key] = readBoolean(child, report) ?? false;
  }
  const limit = block.entries.get('limit');
  const count = limit === undefined ? undefined : readInteger(limit, report);
  for (const text of [texts.ttl, texts.interval, texts.timeout]) {
    const parsed = text === '' ? undefined : parseDuration(text);
    if (parsed?.ok !== false) continue;
    report.error(node, parsed.error);
    return undefined;
  }
  const type = texts.type.toUpperCase();
  if (type === 'MEM' || type === 'MEMORY') return undefined;
  if (type !== 'CACHE' && type !== 'FULL') {
    report.error(node, NO_RESOLVER);
    return undefined;
  }
  if (texts.dir === '') {
    report.error(node, 'dir has no value and needs to point to a directory');
    report.error(node, 'mkdir : no such file or directory');
  }
  const hasHardDelete = block.entries.has('hard_delete');
  if (type === 'CACHE') {
    if (texts.interval !== '') report.error(node, 'CACHE does not accept sync');
    if (flags.allow_delete) report.error(node, 'CACHE does not accept allow_delete');
    if (hasHardDelete) report.error(node, 'CACHE does not accept hard_delete');
  } else {
    if (texts.ttl !== '') report.error(node, 'FULL does not accept ttl');
    if (hasHardDelete && !flags.allow_delete) report.error(node, 'hard_delete has no effect without delete');
  }
  if (type === 'CACHE' || texts.dir === '') return undefined;
  const { allow_delete: mayDelete, hard_delete: isHardDelete } = flags;
  return { path: texts.dir, mayDelete, isHardDelete, ...(count === undefined || count <= 0 ? {} : { limit: count }) };
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
