/**
 * The keys of the running configuration that CONFIG shows, as the configuration language spells them: where each lives in the options,
 * its unit and bounds, and what changing it does.
 */
import type { ConfigEffectName, ConfigEntry, ConfigValue } from '@sluice/protocol';
import type { ResolvedOptions } from '../../options.ts';

export interface ConfigKey {
  readonly key: string;
  readonly unit: ConfigEntry['unit'];
  readonly kind: 'number' | 'text';
  /** True when a text may be null: the key is not set. */
  readonly isOptional?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly effect: ConfigEffectName;
  /** What a change means for those who are connected, as a sentence. */
  readonly consequence: string;
  readonly read: (options: ResolvedOptions) => ConfigValue;
  /** Absent for what only a new start takes. */
  readonly write?: (options: ResolvedOptions, value: ConfigValue) => ResolvedOptions;
}

/** Number options that stand at the top of `ResolvedOptions`. */
type NumberOption = {
  [Key in keyof ResolvedOptions]-?: ResolvedOptions[Key] extends number ? Key : never;
}[keyof ResolvedOptions];

const INT31_MAX = 0x7fffffff;
/** A lower limit would shut out the very request that raises it again. */
const MIN_PAYLOAD_LIMIT_BYTES = 1024;
/** Larger messages than 64 MiB are refused by nats-server too. */
const MAX_PAYLOAD_LIMIT_BYTES = 67_108_864;
const DAY_MS = 86_400_000;
const NEXT_START = 'Takes effect at the next start.';
const AT_ONCE = 'At once; nobody is disconnected.';

interface NumberKey {
  readonly key: string;
  readonly option: NumberOption;
  readonly unit: ConfigEntry['unit'];
  readonly min: number;
  readonly max: number;
  readonly effect?: ConfigEffectName;
  readonly consequence?: string;
}

function numberKey(what: NumberKey): ConfigKey {
  const { key, option, unit, min, max, effect = 'live', consequence = AT_ONCE } = what;
  return {
    key,
    unit,
    kind: 'number',
    min,
    max,
    effect,
    consequence,
    read: (options) => options[option],
    write: (options, value) => (typeof value === 'number' ? { ...options, [option]: value } : options),
  };
}

function fixedKey(key: string, read: ConfigKey['read'], unit: ConfigEntry['unit'] = 'none'): ConfigKey {
  return { key, unit, kind: unit === 'none' ? 'text' : 'number', effect: 'restart', consequence: NEXT_START, read };
}

/** In the order in which they are shown. */
export const configKeys: readonly ConfigKey[] = [
  fixedKey('server_name', (options) => options.serverName ?? null),
  fixedKey('host', (options) => options.host),
  fixedKey('port', (options) => options.port, 'count'),
  fixedKey('client_advertise', (options) => options.clientAdvertise ?? null),
  numberKey({
    key: 'max_connections',
    option: 'maxConnections',
    unit: 'count',
    min: 0,
    max: INT31_MAX,
    effect: 'reload',
    consequence: 'At once; the newest connections beyond the limit are closed. 0 is unlimited.',
  }),
  numberKey({
    key: 'max_payload',
    option: 'maxPayloadBytes',
    unit: 'bytes',
    min: MIN_PAYLOAD_LIMIT_BYTES,
    max: MAX_PAYLOAD_LIMIT_BYTES,
    consequence: 'At once; a client that publishes more is closed from now on.',
  }),
  numberKey({
    key: 'max_subscriptions',
    option: 'maxSubscriptions',
    unit: 'count',
    min: 0,
    max: INT31_MAX,
    consequence: 'At once for new subscriptions; existing ones stay. 0 is unlimited.',
  }),
  numberKey({ key: 'max_sub_tokens', option: 'maxSubTokens', unit: 'count', min: 0, max: 255 }),
  numberKey({ key: 'max_control_line', option: 'maxControlLineBytes', unit: 'bytes', min: 64, max: 1_048_576 }),
  numberKey({
    key: 'max_pending',
    option: 'maxPendingBytes',
    unit: 'bytes',
    min: 65_536,
    max: 8_589_934_592,
    consequence: 'At once; a client that has more waiting is closed as a slow consumer.',
  }),
  numberKey({ key: 'ping_interval', option: 'pingIntervalMs', unit: 'ms', min: 100, max: DAY_MS }),
  numberKey({ key: 'ping_max', option: 'pingMax', unit: 'count', min: 1, max: 1000 }),
  numberKey({ key: 'write_deadline', option: 'writeDeadlineMs', unit: 'ms', min: 0, max: DAY_MS }),
  numberKey({ key: 'lame_duck_duration', option: 'lameDuckDurationMs', unit: 'ms', min: 0, max: DAY_MS }),
  numberKey({ key: 'lame_duck_grace_period', option: 'lameDuckGracePeriodMs', unit: 'ms', min: 0, max: DAY_MS }),
  {
    key: 'authorization.timeout',
    unit: 'ms',
    kind: 'number',
    min: 100,
    max: 3_600_000,
    effect: 'live',
    consequence: 'At once for new connections.',
    read: (options) => options.auth.timeoutMs,
    write: (options, value) =>
      typeof value === 'number' ? { ...options, auth: { ...options.auth, timeoutMs: value } } : options,
  },
  {
    key: 'no_auth_user',
    unit: 'none',
    kind: 'text',
    isOptional: true,
    effect: 'reload',
    consequence: 'At once; clients without credentials become this user, or are closed when there is none.',
    read: (options) => options.auth.noAuthUser ?? null,
    write: (options, value) => {
      const { noAuthUser: _before, ...auth } = options.auth;
      return { ...options, auth: typeof value === 'string' ? { ...auth, noAuthUser: value } : auth };
    },
  },
  fixedKey('max_closed_clients', (options) => options.maxClosedClients, 'count'),
  fixedKey('system_account', (options) => options.systemAccount ?? null),
  fixedKey('http', (options) => (options.monitor === undefined ? null : `${options.monitor.host}:${options.monitor.port}`)),
  fixedKey('http_base_path', (options) => options.monitor?.basePath ?? null),
  fixedKey('websocket.port', (options) => options.websocket?.port ?? null, 'count'),
  fixedKey('websocket.compression', (options) => options.websocket?.compression ?? null),
  fixedKey('websocket.same_origin', (options) => options.websocket?.sameOrigin ?? null),
  fixedKey('websocket.allowed_origins', (options) => options.websocket?.allowedOrigins.join(', ') ?? null),
  fixedKey('server_tags', (options) => options.serverTags.join(', ')),
];
