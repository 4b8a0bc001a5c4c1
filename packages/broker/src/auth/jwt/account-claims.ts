/** An account JWT → what the server needs of it: limits, exports, imports, keys that may sign its users, revocations. */
import type {
  AccountExport,
  AccountImport,
  AccountOptions,
  JetStreamAccountLimits,
  MappingOptions,
  Permissions,
} from '../../options.ts';
import { permissionsOf } from './claims-permissions.ts';
import { asInteger, asRecord, asTexts, type JwtClaims } from './decode-jwt.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A key that signs users of an account; with a scope it decides what they may do. */
export interface SigningKey {
  /** Present for scoped keys. */
  readonly scope: { readonly template: Fields } | undefined;
}

/** `authorization` of an account: who asks the service, and where users may be placed. */
export interface ExternalAuth {
  /** Users that are let in without asking; the service is one of them. */
  readonly users: readonly string[];
  /** Other accounts whose users the service may make; `*` alone is any. */
  readonly allowedAccounts: readonly string[];
  /** The curve key that requests are sealed for. */
  readonly xkey: string | undefined;
}

export interface AccountClaims {
  /** Public nkey of the account: its name on this server. */
  readonly id: string;
  readonly name: string;
  readonly expiresAt: number;
  readonly tags: readonly string[];
  /** The JWT that says all this. */
  readonly jwt: string;
  /** The operator's key that signed it. */
  readonly issuer: string;
  readonly signingKeys: ReadonlyMap<string, SigningKey>;
  /** Keys that may sign its users: the signing keys and, unless the operator forbids it, its own. */
  readonly issuers: ReadonlySet<string>;
  /** User or `*` → users issued before (in seconds) are refused. */
  readonly revocations: ReadonlyMap<string, number>;
  readonly disallowsBearer: boolean;
  /** An outside service decides who its users are. */
  readonly externalAuth: ExternalAuth | undefined;
  readonly options: AccountOptions;
}

/** Undefined when the claims are not an account's. `isStrict`: the operator forbids accounts to sign with their own key. */
export function readAccountClaims(claims: JwtClaims, jwt: string, isStrict: boolean): AccountClaims | undefined {
  if (claims.type !== 'account' || !claims.subject.startsWith('A')) return undefined;
  const { nats, subject } = claims;
  const limits = asRecord(nats['limits']) ?? {};
  const defaults = permissionsOf(asRecord(nats['default_permissions']));
  const signingKeys = readSigningKeys(nats['signing_keys']);
  const trace = asRecord(nats['trace']);
  const traceTo = trace?.['dest'];
  return {
    id: subject,
    name: claims.name,
    expiresAt: claims.expiresAt,
    tags: asTexts(nats['tags']),
    jwt,
    issuer: claims.issuer,
    signingKeys,
    issuers: new Set([...(isStrict ? [] : [subject]), ...signingKeys.keys()]),
    revocations: readRevocations(nats['revocations']),
    externalAuth: readExternalAuth(asRecord(nats['authorization'])),
    disallowsBearer: limits['disallow_bearer'] === true,
    options: {
      name: subject,
      ...(claims.name === '' ? {} : { displayName: claims.name }),
      exports: readList(nats['exports'], readExport),
      imports: readList(nats['imports'], readImport),
      mappings: readMappings(nats['mappings']),
      ...limitOf('maxConnections', limits['conn']),
      ...limitOf('maxSubscriptions', limits['subs']),
      ...limitOf('maxPayloadBytes', limits['payload']),
      ...limitOf('maxLeafNodes', limits['leaf']),
      ...(typeof traceTo === 'string' && traceTo !== ''
        ? { traceDestination: { subject: traceTo, samplingPercent: asInteger(trace?.['sampling'], 0) || 100 } }
        : {}),
      ...(defaults === undefined ? {} : { defaultPermissions: defaults satisfies Permissions }),
      ...jetStreamOf(limits, nats['cluster_traffic'] === 'owner' ? 'owner' : 'system'),
    },
  };
}

function readExternalAuth(value: Fields | undefined): ExternalAuth | undefined {
  const users = asTexts(value?.['auth_users']);
  if (value === undefined || users.length === 0) return undefined;
  const { xkey } = value;
  return {
    users,
    allowedAccounts: asTexts(value['allowed_accounts']),
    xkey: typeof xkey === 'string' && xkey !== '' ? xkey : undefined,
  };
}

/** Negative is unlimited, and what is not said is 0. */
function limitOf(
  name: 'maxConnections' | 'maxSubscriptions' | 'maxPayloadBytes' | 'maxLeafNodes',
  value: unknown,
): Partial<AccountOptions> {
  const limit = asInteger(value, 0);
  return limit < 0 ? {} : { [name]: limit };
}

/** JetStream, when the claims give any of it: in tiers by number of replicas, or for all streams together. */
function jetStreamOf(
  limits: Fields,
  clusterTraffic: JetStreamAccountLimits['clusterTraffic'],
): Pick<AccountOptions, 'jetstream'> {
  const tiers = asRecord(limits['tiered_limits']) ?? {};
  if (Object.keys(tiers).length === 0) {
    return hasStorage(limits) ? { jetstream: { ...jetStreamLimits(limits), clusterTraffic } } : {};
  }
  const first = asRecord(tiers['R1']);
  return { jetstream: { ...jetStreamLimits(first ?? {}), clusterTraffic, tier: first === undefined ? 'none' : 'R1' } };
}

function hasStorage(limits: Fields): boolean {
  return asInteger(limits['mem_storage'], 0) !== 0 || asInteger(limits['disk_storage'], 0) !== 0;
}

/** Storage that is not named is none at all; 0 of anything else is unlimited. */
function jetStreamLimits(limits: Fields): Omit<JetStreamAccountLimits, 'clusterTraffic'> {
  const orUnlimited = (name: string): number => asInteger(limits[name], 0) || -1;
  return {
    maxMemoryBytes: asInteger(limits['mem_storage'], 0),
    maxStoreBytes: asInteger(limits['disk_storage'], 0),
    maxStreams: orUnlimited('streams'),
    maxConsumers: orUnlimited('consumer'),
    maxAckPending: orUnlimited('max_ack_pending'),
    memoryMaxStreamBytes: orUnlimited('mem_max_stream_bytes'),
    storeMaxStreamBytes: orUnlimited('disk_max_stream_bytes'),
    isMaxBytesRequired: limits['max_bytes_required'] === true,
  };
}

function readSigningKeys(value: unknown): Map<string, SigningKey> {
  const keys = new Map<string, SigningKey>();
  for (const item of Array.isArray(value) ? value : []) {
    if (typeof item === 'string') keys.set(item, { scope: undefined });
    const scope = asRecord(item);
    const key = scope?.['key'];
    if (scope !== undefined && typeof key === 'string') keys.set(key, { scope: { template: asRecord(scope['template']) ?? {} } });
  }
  return keys;
}

function readRevocations(value: unknown): Map<string, number> {
  return new Map(Object.entries(asRecord(value) ?? {}).map(([user, time]) => [user, asInteger(time, 0)]));
}

function readList<T>(value: unknown, read: (item: Fields) => T | undefined): T[] {
  return (Array.isArray(value) ? value : []).flatMap((item) => {
    const record = asRecord(item);
    const result = record === undefined ? undefined : read(record);
    return result === undefined ? [] : [result];
  });
}

const RESPONSE_TYPES: Readonly<Record<string, NonNullable<AccountExport['responseType']>>> = {
  Singleton: 'single',
  Stream: 'stream',
  Chunked: 'chunked',
};

function readExport(item: Fields): AccountExport | undefined {
  const { subject, type } = item;
  if (typeof subject !== 'string' || (type !== 'stream' && type !== 'service')) return undefined;
  const responseType = RESPONSE_TYPES[String(item['response_type'] ?? '')];
  const thresholdMs = asInteger(item['response_threshold'], 0) / 1e6;
  const position = asInteger(item['account_token_position'], 0);
  return {
    kind: type,
    subject,
    ...(item['token_req'] === true ? { tokenRequired: true } : {}),
    ...(responseType === undefined ? {} : { responseType }),
    ...(thresholdMs > 0 ? { responseThresholdMs: thresholdMs } : {}),
    ...(position > 0 ? { accountTokenPosition: position } : {}),
    ...(item['allow_trace'] === true ? { allowTrace: true } : {}),
    ...latencyOf(asRecord(item['service_latency'])),
    ...(item['revocations'] === undefined ? {} : { revocations: Object.fromEntries(readRevocations(item['revocations'])) }),
  };
}

/** `"headers"` and 0 sample requests that carry a trace header. */
function latencyOf(value: Fields | undefined): Pick<AccountExport, 'latency'> {
  const subject = value?.['results'];
  if (typeof subject !== 'string' || subject === '') return {};
  return { latency: { subject, samplingPercent: asInteger(value?.['sampling'], 0) } };
}

function readImport(item: Fields): AccountImport | undefined {
  const { subject, type, account } = item;
  if (typeof subject !== 'string' || typeof account !== 'string' || (type !== 'stream' && type !== 'service')) return undefined;
  const local = item['local_subject'];
  const to = item['to'];
  return {
    kind: type,
    account,
    subject: type === 'service' && typeof to === 'string' && to !== '' ? to : subject,
    ...(typeof local === 'string' && local !== '' ? { to: local } : {}),
    // Older claims: a stream's `to` is a prefix, a service's `subject` is the local one.
    ...(type === 'stream' && typeof to === 'string' && to !== '' ? { prefix: to } : {}),
    ...(type === 'service' && typeof to === 'string' && to !== '' ? { to: subject } : {}),
    ...(item['share'] === true ? { share: true } : {}),
    ...(item['allow_trace'] === true ? { allowTrace: true } : {}),
    ...(typeof item['token'] === 'string' ? { token: item['token'] } : {}),
  };
}

function readMappings(value: unknown): MappingOptions[] {
  return Object.entries(asRecord(value) ?? {}).map(([source, list]) => ({
    source,
    destinations: readList(list, (item) => {
      const destination = item['subject'];
      if (typeof destination !== 'string') return undefined;
      const weight = asInteger(item['weight'], 100);
      const cluster = item['cluster'];
      return { destination, weight: weight === 0 ? 100 : weight, ...(typeof cluster === 'string' ? { cluster } : {}) };
    }),
  }));
}
