/** Keys of the top level that describe the server, or that this build reads without acting on. Source: nats-server server/opts.go. */
import { decodePublicNkey } from '@sluice/protocol';
import type { ConfigMap, ConfigNode } from '@sluice/protocol/config';
import { boolean, defineFields, type FieldReader, integer, readFields, readText, text, wrongType } from './fields.ts';
import { goType } from './go-values.ts';
import { type ConfigReport, quoted } from './report.ts';
import type { ServerSettings } from './settings.ts';

type Reader = FieldReader<ServerSettings>;

const OCSP_CACHE_KEYS = new Set(['type', 'local_store', 'preserve_revoked', 'save_interval']);

export const miscellaneousFields: Readonly<Record<string, Reader>> = {
  server_tags: (node, draft, report) => {
    const { value } = node;
    if (value.kind === 'string') draft.serverTags.push(value.text);
    else if (value.kind !== 'array') report.error(node, `error parsing tags: unsupported type ${goType(value)}`);
    else {
      for (const item of value.items) {
        if (item.value.kind === 'string') draft.serverTags.push(item.value.text);
        else return report.error(node, 'error parsing tags: unsupported type *conf.token where string is expected');
      }
    }
  },
  server_metadata: (node, draft, report) => {
    if (node.value.kind !== 'map') return report.error(node, `error parsing metadata: unsupported type ${goType(node.value)}`);
    for (const [key, child] of node.value.entries) {
      const value = readText(child, report);
      if (value !== undefined) draft.serverMetadata[key] = value;
    }
  },
  feature_flags: (node, draft, report) => {
    if (node.value.kind !== 'map') {
      return report.error(node, `error parsing feature flags: unsupported type ${goType(node.value)}`);
    }
    const flags: Record<string, boolean> = {};
    for (const [key, child] of node.value.entries) {
      if (child.value.kind === 'boolean') flags[key] = child.value.value;
      else report.error(child, `error parsing feature flag ${quoted(key)}: expected bool, got ${goType(child.value)}`);
    }
    draft.features.featureFlags = flags;
  },
  default_js_domain: (node, draft, report) => {
    if (node.value.kind !== 'map') {
      return report.error(node, `error default_js_domain config: unsupported type ${goType(node.value)}`);
    }
    const domains: Record<string, string> = {};
    // Errors stand at the block: so they do in nats-server.
    const outerPlace = report.wrongTypesAt;
    report.wrongTypesAt = node;
    for (const [key, child] of node.value.entries) domains[key] = readText(child, report) ?? '';
    report.wrongTypesAt = outerPlace;
    draft.features.defaultJetStreamDomain = domains;
  },
  default_sentinel: text((draft, value) => {
    draft.features.defaultSentinel = value;
  }),
  proxies: (node, draft, report) => readProxies(node, draft, report),
  proxy_protocol: boolean((draft, value) => {
    draft.features.proxyProtocol = value;
  }),
  // This server never stalls publishers, so only the wish to be stalled is not met.
  no_fast_producer_stall: (node, draft, report, key) => {
    boolean<ServerSettings>((target, value) => {
      target.noFastProducerStall = value;
      if (!value) report.notYet(node, 'stalling of fast producers');
    })(node, draft, report, key);
  },
  // How matches are cached is this server's own affair: nothing that a client sees depends on it.
  'disable_sublist_cache no_sublist_cache': boolean((draft, value) => {
    draft.noSublistCache = value;
  }),
  connect_error_reports: integer((draft, value) => {
    draft.connectErrorReports = value;
  }),
  reconnect_error_reports: integer((draft, value) => {
    draft.reconnectErrorReports = value;
  }),
  prof_port: integer((draft, value) => {
    draft.profilePort = value;
  }),
  prof_block_rate: integer((draft, value) => {
    draft.profileBlockRate = value;
  }),
  ocsp: (node, _draft, report) => readOcsp(node, report),
  ocsp_cache: (node, _draft, report) => {
    for (const [key, child] of node.value.kind === 'map' ? node.value.entries : []) {
      if (OCSP_CACHE_KEYS.has(key.toLowerCase())) continue;
      report.error(child, `error parsing OCSP peer cache config, unknown field [${quoted(key)}]`);
    }
    if (node.value.kind === 'boolean' || node.value.kind === 'map') report.notYet(node, 'OCSP');
    else report.error(node, `error parsing tags: unsupported type ${goType(node.value)}`);
  },
};

function readOcsp(node: ConfigNode, report: ConfigReport): void {
  const { value } = node;
  if (value.kind !== 'boolean' && value.kind !== 'map') {
    return report.error(node, `error parsing ocsp config: unsupported type ${goType(value)}`);
  }
  if (value.kind === 'map') readOcspBlock(value, report);
  report.notYet(node, 'OCSP');
}

/** The real server prints types where it means values; the texts are kept. */
function readOcspBlock(block: ConfigMap, report: ConfigReport): void {
  for (const [key, child] of block.entries) {
    if (key === 'mode') {
      const mode = readText(child, report);
      if (mode !== undefined && !/^(always|must|never|auto)$/i.test(mode)) {
        report.error(child, 'error parsing ocsp config: unsupported ocsp mode string');
      }
    } else if (key === 'url') readText(child, report);
    else if (key === 'urls') wrongType(child, '[]string', report);
    else return report.error(child, 'error parsing ocsp config: unsupported field string');
  }
}

function readProxies(node: ConfigNode, draft: ServerSettings, report: ConfigReport): void {
  if (node.value.kind !== 'map') {
    return report.error(node, `expected proxies to be a map/struct, got ${goType(node.value)}`);
  }
  const keys: string[] = [];
  readFields(proxyFields, node.value, keys, report);
  draft.features.trustedProxies = keys;
}

const proxyFields = defineFields<string[]>({
  trusted: (node, keys, report) => {
    if (node.value.kind !== 'array') {
      return report.error(node, `expected proxies' trusted field to be an array, got ${goType(node.value)}`);
    }
    for (const item of node.value.items) {
      const count = keys.length;
      if (item.value.kind === 'map') {
        readFields(proxyKeyFields, item.value, keys, report);
        // An entry without a key is found wrong when the server starts.
        if (keys.length === count) keys.push('');
      } else report.error(item, `expected proxies' trusted entry to be a map/struct, got ${goType(item.value)}`);
    }
  },
});

const proxyKeyFields = defineFields<string[]>({
  'key public_key': (node, keys, report, key) => {
    text<string[]>((target, value) => {
      if (decodePublicNkey(value) === undefined) report.error(node, `invalid proxy key ${quoted(value)}`);
      target.push(value);
    })(node, keys, report, key);
  },
});
