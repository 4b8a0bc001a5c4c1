/** Where accounts of operator mode come from: memory, a web server or a folder. Source: nats-server server/opts.go processConfigFileLine. */
import { NS_PER_MS, parseDuration } from '@sluice/protocol';
import type { ConfigMap, ConfigNode } from '@sluice/protocol/config';
import type { ResolverOptions } from '../options.ts';
import { type FieldReader, readBoolean, readInteger, readText } from './fields.ts';
import { goType } from './go-values.ts';
import { isUrl } from './peer-fields.ts';
import { type ConfigReport, quoted } from './report.ts';
import type { ServerSettings } from './settings.ts';
import { readTls } from './tls.ts';

/** `MEMORY`, `URL(…)`, or a block that names a folder. */
export const resolverField: FieldReader<ServerSettings> = (node, draft, report) => {
  const { value } = node;
  const { features } = draft;
  if (value.kind === 'map') {
    const read = readResolverBlock(node, value, report);
    if (read === undefined) return;
    features.hasResolver = true;
    if (read !== 'memory') features.resolver = read;
    return;
  }
  if (value.kind !== 'string') return report.error(node, `error parsing operator resolver, wrong type ${goType(value)}`);
  const read = readResolverText(value.text);
  if (!read.ok) return report.error(node, read.error);
  features.hasResolver = true;
  if (read.url !== undefined) features.resolver = { kind: 'url', url: read.url };
};

/** Certificates of the connection to the web server. */
export const resolverTlsField: FieldReader<ServerSettings> = (node, draft, report) => {
  const tls = readTls(node, report);
  if (tls === undefined) return;
  const { certFile, keyFile, caFile } = tls;
  draft.features.resolverTls = {
    ...(certFile === undefined ? {} : { certFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(caFile === undefined ? {} : { caFile }),
  };
};

const NO_RESOLVER =
  'error parsing account resolver, should be MEM or  URL("url") or a map containing dir and type state=[FULL|CACHE])';

type ResolverText = { readonly ok: true; readonly url?: string } | { readonly ok: false; readonly error: string };

function readResolverText(text: string): ResolverText {
  if (/MEM/i.test(text)) return { ok: true };
  const match = /URL(?:\(\s*"?([^\s"]*?)"?\s*\))?/i.exec(text);
  if (match === null) return { ok: false, error: NO_RESOLVER };
  const url = match[1] ?? '';
  return isUrl(url) ? { ok: true, url } : { ok: false, error: `error parsing account resolver url [${quoted(url)}]` };
}

/** What a block says, before it is known what of it fits together. */
interface BlockDraft {
  readonly path: string;
  readonly type: string;
  readonly mayDelete: boolean;
  readonly isHardDelete: boolean;
  readonly hasHardDelete: boolean;
  readonly limit: number;
  readonly ttlMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number | undefined;
}

/** Undefined for mistakes. */
function readResolverBlock(node: ConfigNode, block: ConfigMap, report: ConfigReport): ResolverOptions | 'memory' | undefined {
  const draft = readDraft(node, block, report);
  if (draft === undefined) return undefined;
  switch (draft.type.toUpperCase()) {
    case 'MEM':
    case 'MEMORY':
      return 'memory';
    case 'FULL':
      return checkFolder(node, draft, report) ? readFull(node, draft, report) : undefined;
    case 'CACHE':
      return checkFolder(node, draft, report) ? readCache(node, draft, report) : undefined;
    default:
      report.error(node, NO_RESOLVER);
      return undefined;
  }
}

function readDraft(node: ConfigNode, block: ConfigMap, report: ConfigReport): BlockDraft | undefined {
  const textOf = (key: string): string => {
    const child = block.entries.get(key);
    return child === undefined ? '' : (readText(child, report) ?? '');
  };
  const flagOf = (key: string): boolean => {
    const child = block.entries.get(key);
    return child !== undefined && readBoolean(child, report) === true;
  };
  const [path, type, mayDelete, isHardDelete] = [textOf('dir'), textOf('type'), flagOf('allow_delete'), flagOf('hard_delete')];
  const limit = block.entries.get('limit');
  const times: number[] = [];
  for (const key of ['ttl', 'interval', 'timeout']) {
    const text = textOf(key);
    const parsed = block.entries.has(key) ? parseDuration(text) : undefined;
    if (parsed?.ok === false) {
      report.error(node, parsed.error);
      return undefined;
    }
    times.push(parsed === undefined ? 0 : Number(parsed.ns) / NS_PER_MS);
  }
  const [ttlMs = 0, intervalMs = 0, timeoutMs] = times;
  return {
    path,
    type,
    mayDelete,
    isHardDelete,
    hasHardDelete: block.entries.has('hard_delete'),
    limit: limit === undefined ? 0 : (readInteger(limit, report) ?? 0),
    ttlMs,
    intervalMs,
    timeoutMs: block.entries.has('timeout') ? timeoutMs : undefined,
  };
}

function checkFolder(node: ConfigNode, { path }: BlockDraft, report: ConfigReport): boolean {
  if (path !== '') return true;
  report.error(node, 'dir has no value and needs to point to a directory');
  report.error(node, 'mkdir : no such file or directory');
  return false;
}

function readFull(node: ConfigNode, draft: BlockDraft, report: ConfigReport): ResolverOptions {
  const { path, mayDelete, isHardDelete, limit, intervalMs } = draft;
  if (draft.ttlMs !== 0) report.error(node, 'FULL does not accept ttl');
  if (draft.hasHardDelete && !mayDelete) report.error(node, 'hard_delete has no effect without delete');
  return {
    kind: 'full',
    path,
    mayDelete,
    isHardDelete,
    ...(limit > 0 ? { limit } : {}),
    ...(intervalMs > 0 ? { intervalMs } : {}),
    ...timeoutOf(node, draft, report),
  };
}

function readCache(node: ConfigNode, draft: BlockDraft, report: ConfigReport): ResolverOptions {
  const { path, limit, ttlMs } = draft;
  if (draft.intervalMs !== 0) report.error(node, 'CACHE does not accept sync');
  if (draft.mayDelete) report.error(node, 'CACHE does not accept allow_delete');
  if (draft.hasHardDelete) report.error(node, 'CACHE does not accept hard_delete');
  return {
    kind: 'cache',
    path,
    ...(limit > 0 ? { limit } : {}),
    ...(ttlMs > 0 ? { ttlMs } : {}),
    ...timeoutOf(node, draft, report),
  };
}

function timeoutOf(node: ConfigNode, { timeoutMs }: BlockDraft, report: ConfigReport): { timeoutMs?: number } {
  if (timeoutMs === undefined) return {};
  if (timeoutMs > 0) return { timeoutMs };
  report.error(node, `Fetch timeout ${timeoutMs === 0 ? '0s' : `${timeoutMs}ms`} is too smal`);
  return {};
}
