/** What only shows when all settings are together. Checked when a server starts, not with `-t`. Source: nats-server validateOptions. */
import {
  decodePublicNkey,
  formatDuration,
  LAME_DUCK_DURATION_MS,
  LAME_DUCK_GRACE_PERIOD_MS,
  MAX_PAYLOAD_BYTES,
  MAX_PENDING_BYTES,
  msToNs,
} from '@sluice/protocol';
import { quoted } from './report.ts';
import type { ServerSettings } from './settings.ts';
import { defaultDomainProblem, leafProblem } from './validate-leafnodes.ts';
import { operatorProblem } from './validate-operator.ts';

/** The first thing that is wrong, in nats-server's words, or undefined. */
export function validateSettings(settings: ServerSettings): string | undefined {
  return (
    limitProblem(settings) ??
    operatorProblem(settings) ??
    proxyProblem(settings) ??
    systemAccountProblem(settings) ??
    leafProblem(settings) ??
    defaultDomainProblem(settings) ??
    noAuthUserProblem(settings, settings.noAuthUser) ??
    gatewayProblem(settings) ??
    clusterProblem(settings) ??
    mqttProblem(settings) ??
    jetStreamProblem(settings) ??
    webSocketProblem(settings)
  );
}

function limitProblem(settings: ServerSettings): string | undefined {
  const durationMs = settings.lameDuckDurationMs ?? LAME_DUCK_DURATION_MS;
  const graceMs = settings.lameDuckGracePeriodMs ?? LAME_DUCK_GRACE_PERIOD_MS;
  if (durationMs > 0 && graceMs >= durationMs) {
    const [grace, duration] = [formatDuration(msToNs(graceMs)), formatDuration(msToNs(durationMs))];
    return `lame duck grace period (${grace}) should be strictly lower than lame duck duration (${duration})`;
  }
  const payload = settings.maxPayloadBytes || MAX_PAYLOAD_BYTES;
  const pending = settings.maxPendingBytes || MAX_PENDING_BYTES;
  if (payload > pending) return `max_payload (${payload}) cannot be higher than max_pending (${pending})`;
  return settings.serverName?.includes(' ') === true ? 'server name cannot contain spaces' : undefined;
}

function proxyProblem({ features: { trustedProxies = [] } }: ServerSettings): string | undefined {
  const wrong = trustedProxies.find((key) => decodePublicNkey(key) === undefined);
  return wrong === undefined ? undefined : `proxy trusted key ${quoted(wrong)} is invalid`;
}

/** A system account that is named must be one of the accounts; the unnamed one is made by the server. */
function systemAccountProblem({ systemAccount = '', accounts, features }: ServerSettings): string | undefined {
  if (systemAccount === '' || features.operators !== undefined) return undefined;
  return accounts.some(({ name }) => name === systemAccount) ? undefined : 'error resolving system account: account missing';
}

function noAuthUserProblem({ users }: ServerSettings, name: string | undefined): string | undefined {
  if (name === undefined || name === '') return undefined;
  if (users === undefined) return `no_auth_user: "${name}" present, but users/nkeys are not defined`;
  if (users.some(({ user }) => user === name)) return undefined;
  return `no_auth_user: "${name}" not present as user or nkey in authorization block or account configuration`;
}

function gatewayProblem({ features: { gateway } }: ServerSettings): string | undefined {
  if (gateway === undefined || ((gateway.name ?? '') === '' && (gateway.port ?? 0) === 0)) return undefined;
  if ((gateway.name ?? '') === '') return 'gateway has no name';
  if ((gateway.port ?? 0) === 0) return `gateway ${quoted(gateway.name ?? '')} has no port specified (select -1 for random port)`;
  for (const [index, { name = '', urls }] of (gateway.gateways ?? []).entries()) {
    if (name === '') return `gateway in the list ${index} has no name`;
    if (urls.length === 0) return `gateway ${quoted(name)} has no URL`;
  }
  return undefined;
}

function clusterProblem({ features: { cluster, gateway } }: ServerSettings): string | undefined {
  const name = cluster?.name ?? '';
  if (name.includes(' ')) return 'cluster name cannot contain spaces';
  const gatewayName = gateway?.name ?? '';
  if (gatewayName !== '' && name !== '' && gatewayName !== name) {
    return 'cluster name conflicts between cluster and gateway definitions';
  }
  const accounts = cluster?.accounts ?? [];
  if (accounts.length > 0 && (cluster?.poolSize ?? 0) < 0) {
    return 'pool_size cannot be negative if pinned accounts are specified';
  }
  const twin = accounts.find((account, index) => accounts.indexOf(account) < index);
  const list = accounts.map(quoted).join(' ');
  return twin === undefined ? undefined : `found duplicate account name ${quoted(twin)} in pinned accounts list [${list}]`;
}

function mqttProblem(settings: ServerSettings): string | undefined {
  const { mqtt, cluster, gateway, leafnodes, jetstream } = settings.features;
  if (mqtt === undefined || (mqtt.port ?? 0) === 0) return undefined;
  const hasPeers = (cluster?.port ?? 0) !== 0 || (gateway?.port ?? 0) !== 0;
  if ((settings.serverName ?? '') === '' && hasPeers) return 'mqtt requires server name to be explicitly set';
  const noUser = noAuthUserProblem(settings, mqtt.noAuthUser);
  if (noUser !== undefined) return noUser;
  if ((settings.users ?? []).length > 0) {
    if ((mqtt.user ?? '') !== '') return 'mqtt authentication username not compatible with presence of users/nkeys';
    if ((mqtt.token ?? '') !== '') return 'mqtt authentication token not compatible with presence of users/nkeys';
  }
  if ((mqtt.ackWaitMs ?? 0) < 0) return 'ack wait must be a positive value';
  if ((mqtt.apiTimeoutMs ?? 0) < 0) return 'JS API timeout must be a positive value';
  const hasLeafs = (leafnodes?.port ?? 0) !== 0 || (leafnodes?.remotes ?? []).length > 0;
  return jetstream?.isEnabled !== true && !hasPeers && !hasLeafs
    ? 'mqtt requires JetStream to be enabled if running in standalone mode'
    : undefined;
}

function jetStreamProblem({ features: { jetstream, cluster }, serverName }: ServerSettings): string | undefined {
  const domain = jetstream?.domain ?? '';
  if (domain !== '') {
    const subject = `$JS.${domain}.API.>`;
    if (/[\s]|\.\./.test(subject)) return `invalid domain name: derived ${quoted(subject)} is not a valid subject`;
    if (/[.*>]/.test(domain)) return 'invalid domain name: may not contain ., * or >';
  }
  if (jetstream?.isEnabled !== true || (cluster?.port ?? 0) === 0) return undefined;
  if ((serverName ?? '') === '') return 'jetstream cluster requires `server_name` to be set';
  if ((cluster?.name ?? '') === '') return 'jetstream cluster requires `cluster.name` to be set';
  const hint = (jetstream.extensionHint ?? '').toLowerCase();
  if (hint !== '' && hint !== 'will_extend' && hint !== 'no_extend') {
    return `expected 'no_extend' for string value, got '${hint}'`;
  }
  return (jetstream.maxCatchupBytes ?? 0) < 0 ? 'jetstream max catchup cannot be negative' : undefined;
}

function webSocketProblem(settings: ServerSettings): string | undefined {
  const { websocket } = settings;
  if (websocket === undefined || (websocket.port ?? 0) === 0) return undefined;
  if (websocket.hasTls !== true && websocket.noTls !== true) return 'websocket requires TLS configuration';
  for (const origin of websocket.allowedOrigins ?? []) {
    const problem = originProblem(origin);
    if (problem !== undefined) return problem;
  }
  const noUser = noAuthUserProblem(settings, websocket.noAuthUser);
  if (noUser !== undefined) return noUser;
  if ((settings.users ?? []).length > 0) {
    if (websocket.user !== undefined) return 'websocket authentication username not compatible with presence of users/nkeys';
    if (websocket.token !== undefined) return 'websocket authentication token not compatible with presence of users/nkeys';
  }
  return Object.keys(websocket.headers ?? {})
    .map(headerProblem)
    .find((text) => text !== undefined);
}

function originProblem(origin: string): string | undefined {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(origin);
  const scheme = match?.[1]?.toLowerCase();
  if (match === null && !origin.startsWith('/')) {
    return `unable to parse allowed origin: parse ${quoted(origin)}: invalid URI for request`;
  }
  if (scheme !== 'http' && scheme !== 'https') {
    return `unable to parse allowed origin ${quoted(origin)}: allowed origins must be absolute URLs with http or https scheme`;
  }
  return match?.[2] === '' ? `unable to parse allowed origin ${quoted(origin)}: host is required` : undefined;
}

const FORBIDDEN_HEADERS = new Set(['host', 'content-length', 'connection', 'upgrade', 'nats-no-masking']);

function headerProblem(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (FORBIDDEN_HEADERS.has(lower)) return `websocket: invalid header ${quoted(name)} not allowed`;
  if (!lower.startsWith('sec-websocket-')) return undefined;
  return `websocket: invalid header ${quoted(name)}, "Sec-WebSocket-" prefix not allowed`;
}
