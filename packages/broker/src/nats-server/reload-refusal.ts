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
import { advertiseProblem } from './advertise-problem.ts';
import { showCallout, showFlags, showGateway, showMqtt, showWebSocket } from './go-struct-text.ts';
import { jetStreamRefusals } from './jetstream-refusal.ts';
import { leafRefusals } from './leaf-refusal.ts';
import { fixed, type Refusal } from './refusal.ts';

const duration = (ms: number) => formatDuration(msToNs(ms));
const flag = (value: boolean | undefined) => String(value === true);

/** An address that others are told must be one. */
function advertised(name: string, read: (settings: ServerSettings) => string | undefined): Refusal {
  return (_before, after) => {
    const problem = advertiseProblem(read(after));
    return problem === undefined ? undefined : `invalid ${name} value of ${read(after) ?? ''}, err=${problem}`;
  };
}

/** Taking the guest away is no change while there is no user of that name. */
const noAuthUser: Refusal = (before, after) => {
  const [old = '', next = ''] = [before.noAuthUser, after.noAuthUser];
  const isGone = old !== '' && next === '';
  if (old === next || (isGone && !(after.users ?? []).some(({ user }) => user === old))) return undefined;
  return `config reload not supported for NoAuthUser: old=${old}, new=${next}`;
};

/** The system account of its own name may stay unnamed. */
const systemAccount: Refusal = (before, after) => {
  const [{ systemAccount: old = '' }, { systemAccount: next = '' }] = [before, after];
  if (old === next || (old === '$SYS' && next === '')) return undefined;
  return `config reload not supported for SystemAccount: old=${old}, new=${next}`;
};

const resolver: Refusal = (before, after) =>
  (before.features.hasResolver === true) === (after.features.hasResolver === true)
    ? undefined
    : 'config reload does not support moving to or from an account resolver';

const refusals: readonly Refusal[] = [
  fixed('ServerName', ({ serverName = '' }) => serverName),
  fixed('Host', ({ host = '' }) => host || '0.0.0.0'),
  fixed('Port', ({ port = 0 }) => String(port || DEFAULT_PORT)),
  advertised('ClientAdvertise', ({ clientAdvertise }) => clientAdvertise),
  fixed('NoSublistCache', ({ noSublistCache }) => flag(noSublistCache)),
  fixed('NoHeaderSupport', ({ noHeaderSupport }) => flag(noHeaderSupport)),
  fixed('MaxSubs', ({ maxSubscriptions = 0 }) => String(maxSubscriptions)),
  fixed('MaxSubTokens', ({ maxSubTokens = 0 }) => String(maxSubTokens)),
  noAuthUser,
  systemAccount,
  fixed('NoSystemAccount', ({ noSystemAccount }) => flag(noSystemAccount)),
  fixed('ProxyProtocol', ({ features }) => flag(features.proxyProtocol)),
  fixed('AuthCallout', ({ authorization }) => showCallout(authorization.callout)),
  fixed('HTTPHost', ({ monitorHost, host }) => monitorHost || host || '0.0.0.0'),
  fixed('HTTPPort', ({ monitorPort = 0 }) => String(monitorPort)),
  fixed('HTTPBasePath', ({ monitorBasePath = '' }) => monitorBasePath),
  fixed('HTTPSPort', ({ monitorTlsPort = 0 }) => String(monitorTlsPort)),
  fixed('MaxPending', ({ maxPendingBytes = 0 }) => String(maxPendingBytes || MAX_PENDING_BYTES)),
  fixed('cluster host', ({ features }) => features.cluster?.host ?? ''),
  fixed('cluster port', ({ features }) => String(features.cluster?.port ?? 0)),
  advertised('Cluster.Advertise', ({ features }) => features.cluster?.advertise),
  // These three change in a running nats-server, and take a restart here.
  fixed('cluster name', ({ features }) => features.cluster?.name ?? ''),
  fixed('cluster pool_size', ({ features }) => String(features.cluster?.poolSize || 3)),
  fixed('cluster accounts', ({ features }) => `[${(features.cluster?.accounts ?? []).join(' ')}]`),
  fixed('Gateway', ({ features }) => showGateway(features.gateway)),
  ...leafRefusals,
  ...jetStreamRefusals,
  fixed('Websocket', showWebSocket),
  fixed('MQTT', ({ features }) => showMqtt(features.mqtt)),
  fixed('ProfPort', ({ profilePort = 0 }) => String(profilePort)),
  fixed('LogSizeLimit', ({ log }) => String(log.sizeLimitBytes ?? 0)),
  fixed('LogMaxFiles', ({ log }) => String(log.maxFiles ?? 0)),
  fixed('TLSMap', ({ features }) => flag(features.tls?.verifyAndMap)),
  fixed('TLSRateLimit', ({ features }) => String(features.tls?.connectionRateLimit ?? 0)),
  fixed('AllowNonTLS', ({ features }) => flag(features.allowNonTls)),
  fixed('WriteTimeout', ({ features }) => features.writeTimeout ?? ''),
  fixed('MaxClosedClients', ({ maxClosedClients = 0 }) => String(maxClosedClients || MAX_CLOSED_CLIENTS)),
  fixed('LameDuckDuration', ({ lameDuckDurationMs }) => duration(lameDuckDurationMs || LAME_DUCK_DURATION_MS)),
  fixed('LameDuckGracePeriod', ({ lameDuckGracePeriodMs }) => duration(lameDuckGracePeriodMs || LAME_DUCK_GRACE_PERIOD_MS)),
  resolver,
  fixed('FeatureFlags', ({ features }) => showFlags(features.featureFlags ?? {})),
];

/** Why `after` cannot take the place of `before`, or undefined. */
export function settingsRefusal(before: ServerSettings, after: ServerSettings): string | undefined {
  for (const refusal of refusals) {
    const text = refusal(before, after);
    if (text !== undefined) return text;
  }
  return undefined;
}
