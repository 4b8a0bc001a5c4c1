/**
 * `tls` blocks: read and checked as nats-server does, certificate files included, so that a mistake shows with `-t` and not at the first
 * handshake. Source: nats-server server/opts.go parseTLS, GenTLSConfig.
 */
import { NS_PER_MS, parseDuration } from '@sluice/protocol';
import type { ConfigNode } from '@sluice/protocol/config';
import { readSeconds } from './authorization.ts';
import type { TlsSettings } from './feature-settings.ts';
import { defineFields, type FieldReader, readFields, readText, wrongType } from './fields.ts';
import { goText, goType } from './go-values.ts';
import { type ConfigReport, placeText, quoted } from './report.ts';
import { keyPairProblem } from './tls-key-pair.ts';
import { cipherSuites, curveNames, insecureCipherSuites } from './tls-names.ts';

/** Wait for a TLS hello with `handshake_first: auto`, in milliseconds. */
const DEFAULT_FALLBACK_MS = 50;
const TLS = 'error parsing tls config';
const OCSP_PEER_KEYS = new Set([
  'verify',
  'allowed_clockskew',
  'ca_timeout',
  'cache_ttl_when_next_update_unset',
  'warn_only',
  'unknown_is_good',
  'allow_when_ca_unreachable',
]);

/** `known_urls` are an answer for servers that dial one another, not for clients. */
interface TlsDraft extends TlsSettings {
  isForPeers: boolean;
}

/** The block, or undefined after an error. `isForPeers` is true of routes and gateways. */
export function readTls(node: ConfigNode, report: ConfigReport, isForPeers = false): TlsSettings | undefined {
  if (node.value.kind !== 'map') {
    wrongType(node, 'map[string]interface {}', report);
    return undefined;
  }
  const errorCount = report.errors.length;
  const draft: TlsDraft = { isForPeers };
  for (const [key, child] of node.value.entries) {
    const reader = tlsFields.get(key.toLowerCase());
    if (reader === undefined) report.error(child, `${TLS}, unknown field ${quoted(key)}`);
    else reader(child, draft, report, key);
  }
  const { isForPeers: _ignored, ...settings } = draft;
  const problem = tlsProblem(settings) ?? certificateProblem(settings, report);
  if (problem !== undefined && report.errors.length === errorCount) report.error(node, problem);
  return report.errors.length === errorCount ? settings : undefined;
}

/** What contradicts itself, in nats-server's words. */
function tlsProblem(tls: TlsSettings): string | undefined {
  if (tls.certificates !== undefined && tls.certificates.length > 0 && tls.certFile !== undefined) {
    return `${TLS}, cannot combine 'cert_file' option with 'certs' option`;
  }
  const insecure = (tls.cipherSuites ?? []).filter((name) => insecureCipherSuites.has(name));
  if (insecure.length > 0 && tls.allowInsecureCiphers !== true) {
    return `insecure cipher suites configured without 'allow_insecure_cipher_suites' option set: ${insecure.join(', ')}`;
  }
  if (tls.certFile !== undefined && tls.keyFile === undefined) return "missing 'key_file' in TLS configuration";
  if (tls.certFile === undefined && tls.keyFile !== undefined) return "missing 'cert_file' in TLS configuration";
  return undefined;
}

/** Looks at the files: they must be there and be PEM of the right kind. */
export function certificateProblem(tls: TlsSettings, report: Pick<ConfigReport, 'readFile'>): string | undefined {
  const pairs = [...(tls.certificates ?? [])];
  const isSingle = tls.certFile !== undefined && tls.keyFile !== undefined;
  if (tls.certFile !== undefined && tls.keyFile !== undefined) pairs.unshift({ certFile: tls.certFile, keyFile: tls.keyFile });
  for (const [index, { certFile, keyFile }] of pairs.entries()) {
    const problem = keyPairProblem(certFile, keyFile, report);
    const which = isSingle ? '' : ` ${index + 1}/${pairs.length}`;
    if (problem !== undefined) return `error parsing X509 certificate/key pair${which}: ${problem}`;
  }
  if (tls.caFile === undefined) return undefined;
  const read = report.readFile(tls.caFile);
  if (!read.ok) return read.error;
  return read.text.includes('-----BEGIN CERTIFICATE-----') ? undefined : 'failed to parse root ca certificate';
}

const file = (name: string, set: (draft: TlsDraft, path: string) => void): FieldReader<TlsDraft> => {
  return (node, draft, report) => {
    if (node.value.kind !== 'string') return report.error(node, `${TLS}, expected '${name}' to be filename`);
    if (node.value.text !== '') set(draft, node.value.text);
  };
};

const flag = (name: string, set: (draft: TlsDraft, value: boolean) => void): FieldReader<TlsDraft> => {
  return (node, draft, report) => {
    if (node.value.kind !== 'boolean') return report.error(node, `${TLS}, expected '${name}' to be a boolean`);
    set(draft, node.value.value);
  };
};

const names = (
  field: string,
  problemOf: (name: string) => string | undefined,
  set: (draft: TlsDraft, values: string[]) => void,
): FieldReader<TlsDraft> => {
  return (node, draft, report) => {
    const { value } = node;
    if (value.kind !== 'array') {
      return wrongType(node, '[]interface {}', report);
    }
    if (value.items.length === 0) return report.error(node, `${TLS}, '${field}' cannot be empty`);
    const values: string[] = [];
    for (const item of value.items) {
      const name = readText(item, report);
      const problem = name === undefined ? undefined : problemOf(name);
      if (problem !== undefined) report.error(item, problem);
      if (name === undefined || problem !== undefined) return;
      values.push(name);
    }
    set(draft, values);
  };
};

const tlsFields = defineFields<TlsDraft>({
  cert_file: file('cert_file', (draft, path) => {
    draft.certFile = path;
  }),
  key_file: file('key_file', (draft, path) => {
    draft.keyFile = path;
  }),
  ca_file: file('ca_file', (draft, path) => {
    draft.caFile = path;
  }),
  insecure: flag('insecure', (draft, value) => {
    draft.isInsecure = value;
  }),
  verify: flag('verify', (draft, value) => {
    draft.verify = value;
  }),
  verify_and_map: flag('verify_and_map', (draft, value) => {
    if (value) draft.verify = true;
    draft.verifyAndMap = value;
  }),
  verify_cert_and_check_known_urls: (node, draft, report, key) => {
    flag('verify_cert_and_check_known_urls', (target, value) => {
      if (value && !target.isForPeers) {
        return report.error(node, 'verify_cert_and_check_known_urls not supported in this context');
      }
      if (value) target.verify = true;
      target.checkKnownUrls = value;
    })(node, draft, report, key);
  },
  allow_insecure_cipher_suites: flag('allow_insecure_cipher_suites', (draft, value) => {
    draft.allowInsecureCiphers = value;
  }),
  cipher_suites: names(
    'cipher_suites',
    (name) => (cipherSuites.has(name) || insecureCipherSuites.has(name) ? undefined : `unrecognized cipher ${name}`),
    (draft, values) => {
      draft.cipherSuites = values;
    },
  ),
  curve_preferences: names(
    'curve_preferences',
    (name) => (curveNames.has(name) ? undefined : `unrecognized curve preference ${name}`),
    (draft, values) => {
      draft.curvePreferences = values;
    },
  ),
  timeout: (node, draft, report) => {
    const seconds = readSeconds(node, 'tls config', report);
    if (seconds !== undefined) draft.timeoutMs = seconds * 1000;
  },
  connection_rate_limit: (node, draft, report) => {
    if (node.value.kind === 'integer') draft.connectionRateLimit = Number(node.value.value);
    else report.error(node, `${TLS}, 'connection_rate_limit' wrong type`);
  },
  pinned_certs: (node, draft, report) => readPinnedCerts(node, draft, report),
  'handshake_first first immediate': (node, draft, report, key) => readHandshakeFirst(node, draft, report, key),
  'certs certificates': (node, draft, report) => readCertificates(node, draft, report),
  min_version: (node, draft, report) => readMinVersion(node, draft, report),
  // Certificate stores are a matter of Windows; elsewhere nats-server only checks the types.
  'cert_store cert_match_by cert_match': (node, _draft, report, key) => {
    const name = key.toLowerCase();
    if (node.value.kind !== 'string' || node.value.text === '')
      report.error(node, `expected '${name}' to be a valid non-empty string`);
    else if (name === 'cert_store' && /^windows(currentuser|localmachine)$/i.test(node.value.text)) {
      report.error(node, 'cert_store not compatible with current operating system');
    } else if (name !== 'cert_match') report.error(node, `${name.replaceAll('_', ' ')} type not implemented`);
  },
  ca_certs_match: (node, _draft, report) => {
    const isWrong = node.value.kind === 'array' && node.value.items.some((item) => item.value.kind !== 'string');
    if (isWrong) report.error(node, 'error parsing ca_cert_match: unsupported type *conf.token where string is expected');
  },
  cert_match_skip_invalid: (node, _draft, report) => {
    if (node.value.kind !== 'boolean') report.error(node, "expected 'cert_match_skip_invalid' to be a boolean");
  },
  ocsp_peer: (node, _draft, report) => {
    for (const [key, child] of node.value.kind === 'map' ? node.value.entries : []) {
      if (OCSP_PEER_KEYS.has(key.toLowerCase())) continue;
      const inner = `${placeText(child.place)}: error parsing tls peer config, unknown field [${quoted(key)}]`;
      return report.error(node, inner);
    }
    if (node.value.kind === 'boolean' || node.value.kind === 'map') report.notYet(node, 'OCSP');
    else report.error(node, 'error parsing ocsp peer config: unsupported type map[string]interface {}');
  },
});

function readPinnedCerts(node: ConfigNode, draft: TlsDraft, report: ConfigReport): void {
  const what = 'hex-encoded sha256 of DER encoded SubjectPublicKeyInfo';
  if (node.value.kind !== 'array') return report.error(node, `${TLS}, expected 'pinned_certs' to be a list of ${what}`);
  const pins: string[] = [];
  for (const item of node.value.items) {
    const pin = readText(item, report)?.toLowerCase();
    if (pin === undefined) return;
    if (!/^[a-f0-9]{64}$/.test(pin)) return report.error(item, `${TLS}, 'pinned_certs' key ${pin} does not look like ${what}`);
    pins.push(pin);
  }
  if (pins.length > 0) draft.pinnedCerts = pins;
}

function readHandshakeFirst(node: ConfigNode, draft: TlsDraft, report: ConfigReport, key: string): void {
  const { value } = node;
  if (value.kind === 'boolean') draft.handshakeFirst = value.value;
  else if (value.kind !== 'string') {
    report.error(node, `field ${quoted(key)} should be a boolean or a string, got ${goType(value)}`);
  } else if (/^(true|on|false|off)$/i.test(value.text)) draft.handshakeFirst = /^(true|on)$/i.test(value.text);
  else {
    const isAuto = /^auto(_fallback)?$/i.test(value.text);
    const parsed = parseDuration(value.text);
    if (!isAuto && !parsed.ok) return report.error(node, `field ${quoted(key)}'s value ${quoted(value.text)} is invalid`);
    draft.handshakeFirst = true;
    draft.handshakeFallbackMs = parsed.ok ? parsed.ns / NS_PER_MS : DEFAULT_FALLBACK_MS;
  }
}

interface CertificatePair {
  certFile: string;
  keyFile: string;
}

function readCertificates(node: ConfigNode, draft: TlsDraft, report: ConfigReport): void {
  const unsupported = 'error parsing certificates config: unsupported type';
  // The type that nats-server names here is that of the whole block.
  if (node.value.kind !== 'array') return report.error(node, `${unsupported} map[string]interface {}`);
  const pairs: CertificatePair[] = [];
  for (const item of node.value.items) {
    if (item.value.kind !== 'map') return report.error(item, `${unsupported} ${goType(item.value)}`);
    const pair: CertificatePair = { certFile: '', keyFile: '' };
    const errorCount = report.errors.length;
    readFields(certificateFields, item.value, pair, report);
    if (report.errors.length > errorCount) return;
    if (pair.certFile === '' || pair.keyFile === '') {
      return report.error(item, "error parsing certificates config: both 'cert_file' and 'cert_key' options are required");
    }
    pairs.push(pair);
  }
  draft.certificates = pairs;
}

const certificateFile = (set: (pair: CertificatePair, path: string) => void): FieldReader<CertificatePair> => {
  return (node, pair, report) => {
    if (node.value.kind === 'string') set(pair, node.value.text);
    else report.error(node, `error parsing certificates config: unsupported type ${goType(node.value)}`);
  };
};

const certificateFields = defineFields<CertificatePair>({
  cert_file: certificateFile((pair, path) => {
    pair.certFile = path;
  }),
  key_file: certificateFile((pair, path) => {
    pair.keyFile = path;
  }),
});

function readMinVersion(node: ConfigNode, draft: TlsDraft, report: ConfigReport): void {
  const version = node.value.kind === 'string' ? node.value.text : undefined;
  if (version === undefined) return report.error(node, `${TLS}: 'min_version' wrong type: ${goText(node.value)}`);
  if (version === '1.0' || version === '1.1') return report.error(node, `${TLS}: unsupported TLS version: TLS ${version}`);
  if (version !== '1.2' && version !== '1.3') return report.error(node, `${TLS}: unknown version: ${version}`);
  draft.minVersion = version;
}
