/**
 * Settings that a running server does not change: the first that differs refuses the whole reload, in nats-server's words and order
 * (that of its options). Source: nats-server server/reload.go diffOptions, and 2.15.1 on the wire.
 */
import {
  DEFAULT_PORT,
  formatDuration,
  LAME_DUCK_DURATION_MS,
  LAME_DUCK_GRACE_PERIOD_MS,
  MAX_CLOSED_CLIENTS,
  MAX_PENDING_BYTES,
  msToNs,
} from '@sluice/protocol';
import type { ServerSettings } from '../config/index.ts';
import type { CalloutOptions } from '../options.ts';

interface FixedSetting {
  readonly name: string;
  /** As Go prints the value. */
  readonly show: (settings: ServerSettings) => string;
}

const duration = (ms: number) => formatDuration(msToNs(ms));
const flag = (value: boolean | undefined) => String(value === true);

const fixedSettings: readonly FixedSetting[] = [
  { name: 'ServerName', show: ({ serverName = '' }) => serverName },
  { name: 'Host', show: ({ host = '' }) => host || '0.0.0.0' },
  { name: 'Port', show: ({ port = 0 }) => String(port || DEFAULT_PORT) },
  { name: 'NoHeaderSupport', show: ({ noHeaderSupport }) => flag(noHeaderSupport) },
  { name: 'NoSublistCache', show: ({ noSublistCache }) => flag(noSublistCache) },
  { name: 'MaxSubs', show: ({ maxSubscriptions = 0 }) => String(maxSubscriptions) },
  { name: 'MaxSubTokens', show: ({ maxSubTokens = 0 }) => String(maxSubTokens) },
  { name: 'SystemAccount', show: ({ systemAccount = '' }) => systemAccount },
  { name: 'NoSystemAccount', show: ({ noSystemAccount }) => flag(noSystemAccount) },
  { name: 'AuthCallout', show: ({ authorization }) => showCallout(authorization.callout) },
  { name: 'HTTPPort', show: ({ monitorPort = 0 }) => String(monitorPort) },
  { name: 'HTTPHost', show: ({ monitorHost = '' }) => monitorHost },
  { name: 'HTTPBasePath', show: ({ monitorBasePath = '' }) => monitorBasePath },
  { name: 'HTTPSPort', show: ({ monitorTlsPort = 0 }) => String(monitorTlsPort) },
  { name: 'MaxPending', show: ({ maxPendingBytes = 0 }) => String(maxPendingBytes || MAX_PENDING_BYTES) },
  { name: 'cluster host', show: ({ features }) => features.cluster?.host ?? '' },
  { name: 'cluster port', show: ({ features }) => String(features.cluster?.port ?? 0) },
  { name: 'cluster name', show: ({ features }) => features.cluster?.name ?? '' },
  { name: 'cluster pool_size', show: ({ features }) => String(features.cluster?.poolSize || 3) },
  { name: 'cluster accounts', show: ({ features }) => `[${(features.cluster?.accounts ?? []).join(' ')}]` },
  { name: 'LeafNode: field "Host"', show: ({ features }) => features.leafnodes?.host ?? '' },
  { name: 'LeafNode: field "Port"', show: ({ features }) => String(features.leafnodes?.port ?? 0) },
  { name: 'ProfPort', show: ({ profilePort = 0 }) => String(profilePort) },
  { name: 'LogSizeLimit', show: ({ log }) => String(log.sizeLimitBytes ?? 0) },
  { name: 'AllowNonTLS', show: ({ features }) => flag(features.allowNonTls) },
  { name: 'MaxClosedClients', show: ({ maxClosedClients = 0 }) => String(maxClosedClients || MAX_CLOSED_CLIENTS) },
  { name: 'LameDuckDuration', show: ({ lameDuckDurationMs }) => duration(lameDuckDurationMs || LAME_DUCK_DURATION_MS) },
  {
    name: 'LameDuckGracePeriod',
    show: ({ lameDuckGracePeriodMs }) => duration(lameDuckGracePeriodMs || LAME_DUCK_GRACE_PERIOD_MS),
  },
  { name: 'Websocket', show: showWebSocket },
  { name: 'FeatureFlags', show: ({ features }) => showFlags(features.featureFlags ?? {}) },
  { name: 'WriteTimeout', show: ({ features }) => features.writeTimeout ?? '' },
  { name: 'ProxyProtocol', show: ({ features }) => flag(features.proxyProtocol) },
];

/** What cannot change between the two, or undefined. */
export function settingsRefusal(before: ServerSettings, after: ServerSettings): string | undefined {
  for (const { name, show } of fixedSettings) {
    const [old, next] = [show(before), show(after)];
    if (old === next) continue;
    // A field of a block stands behind a colon already.
    return `config reload not supported for ${name}: old=${old}, new=${next}`;
  }
  return undefined;
}

/** Go's `%v` of a pointer to the block's struct. */
function showCallout(callout: CalloutOptions | undefined): string {
  if (callout === undefined) return '<nil>';
  const { issuer, account, users, xkey = '', allowedAccounts } = callout;
  return `&{${[issuer, account, `[${users.join(' ')}]`, xkey, `[${allowedAccounts.join(' ')}]`].join(' ')}}`;
}

/** Go's `%v` of a map. */
function showFlags(flags: Readonly<Record<string, boolean | string>>): string {
  const pairs = Object.entries(flags).map(([key, value]) => `${key}:${value}`);
  return `map[${pairs.sort().join(' ')}]`;
}

/** Go's `%v` of the block's struct, in the order of its fields. */
function showWebSocket({ websocket = {} }: ServerSettings): string {
  const { host = '', port = 0, advertise = '', noAuthUser = '', user = '', token = '' } = websocket;
  const cookies = [websocket.jwtCookie, websocket.userCookie, websocket.passwordCookie, websocket.tokenCookie];
  const isTls = websocket.hasTls === true;
  return `{${[
    host,
    port,
    advertise,
    noAuthUser,
    ...cookies.map((name) => name ?? ''),
    user,
    websocket.password ?? '',
    token,
    (websocket.authTimeoutMs ?? 0) / 1000,
    flag(websocket.noTls),
    isTls ? JSON.stringify(websocket.tls ?? {}) : '<nil>',
    flag(websocket.tls?.verifyAndMap),
    'map[]',
    flag(websocket.sameOrigin),
    `[${(websocket.allowedOrigins ?? []).join(' ')}]`,
    flag(websocket.compression),
    duration(websocket.handshakeTimeoutMs ?? 0),
    duration(websocket.pingIntervalMs ?? 0),
    showFlags(websocket.headers ?? {}),
    isTls ? '&{}' : '<nil>',
  ].join(' ')}}`;
}
