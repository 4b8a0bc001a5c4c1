/** Blocks of the configuration as Go prints their structs with `%v`: field after field, in the order of nats-server server/opts.go. */
import { formatDuration, msToNs } from '@sluice/protocol';
import type { GatewaySettings, MqttSettings } from '../config/feature-settings.ts';
import type { ServerSettings } from '../config/index.ts';
import type { CalloutOptions } from '../options.ts';

/** Seconds that a listener waits for credentials, and for TLS, unless the block says otherwise. */
const DEFAULT_TIMEOUT_MS = 2000;

const duration = (ms: number) => formatDuration(msToNs(ms));
const flag = (value: boolean | undefined) => String(value === true);
const seconds = (ms: number) => String(ms / 1000);
/** Addresses of structs, which Go prints, are nothing to compare. */
const pointer = (isThere: boolean) => (isThere ? '0x0' : '<nil>');

/** Go's `%v` of a pointer to the block's struct. */
export function showCallout(callout: CalloutOptions | undefined): string {
  if (callout === undefined) return '<nil>';
  const { issuer, account, users, xkey = '', allowedAccounts } = callout;
  return `&{${[issuer, account, `[${users.join(' ')}]`, xkey, `[${allowedAccounts.join(' ')}]`].join(' ')}}`;
}

/** Go's `%v` of a map. */
export function showFlags(flags: Readonly<Record<string, boolean | string>>): string {
  const pairs = Object.entries(flags).map(([key, value]) => `${key}:${value}`);
  return `map[${pairs.sort().join(' ')}]`;
}

/** Go's `%v` of the block's struct, in the order of its fields. */
export function showWebSocket({ websocket = {} }: ServerSettings): string {
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
    pointer(isTls),
    flag(websocket.tls?.verifyAndMap),
    'map[]',
    flag(websocket.sameOrigin),
    `[${(websocket.allowedOrigins ?? []).join(' ')}]`,
    flag(websocket.compression),
    duration(websocket.handshakeTimeoutMs ?? 0),
    duration(websocket.pingIntervalMs ?? 0),
    showFlags(websocket.headers ?? {}),
    pointer(isTls),
  ].join(' ')}}`;
}

/** Without a port the block is none, and no defaults are filled in. */
export function showGateway(gateway: GatewaySettings = {}): string {
  const { host = '', port = 0, tls } = gateway;
  const fallbackMs = port === 0 ? 0 : DEFAULT_TIMEOUT_MS;
  return `{${[
    gateway.name ?? '',
    host,
    port,
    gateway.user ?? '',
    gateway.password ?? '',
    seconds(gateway.authTimeoutMs || fallbackMs),
    pointer(tls !== undefined),
    seconds(tls?.timeoutMs || fallbackMs),
    flag(tls?.verifyAndMap),
    flag(tls?.checkKnownUrls),
    'map[]',
    gateway.advertise ?? '',
    gateway.connectRetries ?? 0,
    flag(gateway.connectBackoff),
    `[${(gateway.gateways ?? []).map(({ name = '', urls }) => `${name}:${urls.join(',')}`).join(' ')}]`,
    flag(gateway.rejectUnknown),
    duration(gateway.writeDeadlineMs ?? 0),
    gateway.writeTimeout ?? '',
    '<nil>',
    0,
    pointer(tls !== undefined),
  ].join(' ')}}`;
}

/** What a reload may change of MQTT is shown as if it were not set. */
export function showMqtt(mqtt: MqttSettings = {}): string {
  const { host = '', port = 0, tls } = mqtt;
  return `{${[
    host,
    port,
    mqtt.noAuthUser ?? '',
    mqtt.user ?? '',
    mqtt.password ?? '',
    mqtt.token ?? '',
    mqtt.jsDomain ?? '',
    0,
    0,
    false,
    duration(0),
    seconds(mqtt.authTimeoutMs ?? 0),
    pointer(tls !== undefined),
    flag(tls?.verifyAndMap),
    seconds(tls?.timeoutMs || (port === 0 ? 0 : DEFAULT_TIMEOUT_MS)),
    'map[]',
    duration(0),
    duration(mqtt.apiTimeoutMs ?? 0),
    0,
    pointer(tls !== undefined),
    flag(mqtt.rejectQos2Publish),
    flag(mqtt.downgradeQos2Subscribe),
  ].join(' ')}}`;
}
