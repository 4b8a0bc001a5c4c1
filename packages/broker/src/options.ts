/**
 * What a broker can be told, fully resolved: the configuration file, the command line and `Broker.start` all end in this
 * shape, and nothing below the composition root knows where a value came from. Units are in the names.
 */

import {
  AUTH_TIMEOUT_MS,
  DEFAULT_PORT,
  LAME_DUCK_DURATION_MS,
  LAME_DUCK_GRACE_PERIOD_MS,
  MAX_CLOSED_CLIENTS,
  MAX_CONNECTIONS,
  MAX_CONTROL_LINE_BYTES,
  MAX_PAYLOAD_BYTES,
  MAX_PENDING_BYTES,
  PING_INTERVAL_MS,
  PING_MAX,
  WRITE_DEADLINE_MS,
} from '@sluice/protocol';
import type { JetStreamAccountLimits, JetStreamServerOptions } from './jetstream-options.ts';
import type { ClusterOptions, LeafOptions } from './peer-options.ts';

export * from './jetstream-options.ts';
export * from './peer-options.ts';

/** Allow and deny subject patterns for one direction. An empty `allow` allows everything. Deny wins. */
export interface SubjectRules {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

export interface Permissions {
  readonly publish?: SubjectRules;
  /** Entries may name a queue group: `"orders q.*"`. */
  readonly subscribe?: SubjectRules;
  /** Grants publishing to the reply subject of received messages; `maxCount` -1 is unlimited, `expiresMs` 0 is never. */
  readonly allowResponses?: { readonly maxCount: number; readonly expiresMs: number };
}

export interface UserOptions {
  /** User name, or the public nkey (`U…`) when `nkey` is set. */
  readonly user: string;
  /** Plain text or bcrypt (`$2a$…`); absent for nkey users. */
  readonly password?: string;
  readonly nkey?: string;
  /** Name of the account; `$G` when absent. */
  readonly account?: string;
  readonly permissions?: Permissions;
  readonly allowedConnectionTypes?: readonly string[];
  readonly proxyRequired?: boolean;
  /** True: made by the program that runs the broker; not part of the configuration that is shown and changed. */
  readonly isHidden?: boolean;
}

/** An outside service that decides who clients are. */
export interface CalloutOptions {
  /** Public key of the account that signs its answers. */
  readonly issuer: string;
  /** Account in which it is asked. */
  readonly account: string;
  /** Users that are let in without asking; the service is one of them. */
  readonly users: readonly string[];
  readonly xkey?: string;
  /** Only users of these accounts are asked about; empty for all. */
  readonly allowedAccounts: readonly string[];
}

export interface AuthOptions {
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  readonly users: readonly UserOptions[];
  readonly defaultPermissions?: Permissions;
  readonly noAuthUser?: string;
  readonly callout?: CalloutOptions;
  /** Time from accept to a good CONNECT. */
  readonly timeoutMs: number;
}

/** Where a mapped subject may go; `cluster` limits the destination to servers of that cluster. */
export interface MappingDestination {
  readonly destination: string;
  /** Percent, 0 to 100. */
  readonly weight: number;
  readonly cluster?: string;
}

/** One subject mapping of an account: messages published to `source` go to one of the destinations instead. */
export interface MappingOptions {
  readonly source: string;
  readonly destinations: readonly MappingDestination[];
}

/** What an account offers to others. Without `accounts` it is public. */
export interface AccountExport {
  readonly kind: 'stream' | 'service';
  readonly subject: string;
  readonly accounts?: readonly string[];
  /** Only for accounts that hold an activation token of the exporter (operator mode). */
  readonly tokenRequired?: boolean;
  /** Account or `*` → activation tokens issued until then (in seconds) do not count. */
  readonly revocations?: Readonly<Record<string, number>>;
  /** How many replies a service sends to one request; single when absent. */
  readonly responseType?: 'single' | 'stream' | 'chunked';
  /** How long a reply may be awaited; two minutes when absent. */
  readonly responseThresholdMs?: number;
  /** Sampling is in percent; 0 samples requests that carry a trace header. */
  readonly latency?: { readonly subject: string; readonly samplingPercent: number };
  /** The token of the subject (from 1) that must be the importer's name; 0 or absent for none. */
  readonly accountTokenPosition?: number;
  readonly allowTrace?: boolean;
}

/** What an account takes from another one. */
export interface AccountImport {
  readonly kind: 'stream' | 'service';
  readonly account: string;
  readonly subject: string;
  /** Local subjects are the exported ones behind this prefix (streams only). */
  readonly prefix?: string;
  /** Local subject, when it differs from the exported one. */
  readonly to?: string;
  readonly share?: boolean;
  /** Activation token of the exporter (operator mode), and whether it is good. */
  readonly token?: string;
  readonly isActivated?: boolean;
  readonly allowTrace?: boolean;
}

export interface AccountOptions {
  readonly name: string;
  /** What the log calls it beside its name; accounts of operator mode have one. */
  readonly displayName?: string;
  readonly nkey?: string;
  readonly exports?: readonly AccountExport[];
  readonly imports?: readonly AccountImport[];
  readonly jetstream?: JetStreamAccountLimits;
  readonly maxLeafNodes?: number;
  readonly traceDestination?: { readonly subject: string; readonly samplingPercent: number };
  readonly mappings?: readonly MappingOptions[];
  readonly maxConnections?: number;
  readonly maxSubscriptions?: number;
  readonly maxPayloadBytes?: number;
  readonly defaultPermissions?: Permissions;
}

/** TLS of one listener; files are PEM. */
export interface TlsOptions {
  /** The first pair is the default, further ones are chosen by the name that the client asks for. */
  readonly certificates: readonly { readonly certFile: string; readonly keyFile: string }[];
  readonly caFile?: string;
  /** Clients must present a certificate of that authority. */
  readonly verify?: boolean;
  /** And are the user that it names. */
  readonly verifyAndMap?: boolean;
  readonly cipherSuites?: readonly string[];
  readonly curvePreferences?: readonly string[];
  readonly minVersion?: '1.2' | '1.3';
  readonly timeoutMs?: number;
  /** SHA-256 of accepted public keys, in hex. */
  readonly pinnedCerts?: readonly string[];
  /** TLS before INFO: always, or when the client begins within `handshakeFallbackMs`. */
  readonly handshakeFirst?: boolean;
  readonly handshakeFallbackMs?: number;
  /** Servers that are connected to need not prove who they are (routes only). */
  readonly isInsecure?: boolean;
  /** Handshakes per second; 0 is unlimited. */
  readonly connectionRateLimit?: number;
}

export interface WebSocketOptions {
  readonly tls?: TlsOptions;
  readonly host: string;
  readonly port: number;
  readonly noTls: boolean;
  readonly sameOrigin: boolean;
  readonly allowedOrigins: readonly string[];
  readonly compression: boolean;
  /** Two seconds when absent. */
  readonly handshakeTimeoutMs?: number;
  /** `host:port`, or a host, that clients of other servers are told. */
  readonly advertise?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly noAuthUser?: string;
  readonly pingIntervalMs?: number;
  /** Field of CONNECT → the cookie that may stand in for it. */
  readonly cookieNames?: Readonly<Partial<Record<'jwt' | 'user' | 'pass' | 'auth_token', string>>>;
  /** Takes the place of the server's own user or token for WebSocket clients. */
  readonly auth?: { readonly user?: string; readonly password?: string; readonly token?: string };
  /** Time for CONNECT, in milliseconds; that of other clients when absent. */
  readonly authTimeoutMs?: number;
}

export interface MonitorOptions {
  readonly host: string;
  readonly port: number;
  readonly basePath: string;
  /** `Host` values answered to; empty answers to all, as nats-server does. */
  readonly allowedHosts: readonly string[];
  /** The pages are served over HTTPS, with the certificates of `tls`; those who ask need none. */
  readonly isTls?: boolean;
}

/** A web server, or a folder that holds all accounts of the operator, or only those that were asked for. */
export type ResolverOptions =
  | { readonly kind: 'url'; readonly url: string; readonly tls?: ResolverTls }
  | {
      readonly kind: 'full';
      readonly path: string;
      readonly mayDelete: boolean;
      /** Deleted accounts leave nothing behind; otherwise their file is renamed. */
      readonly isHardDelete: boolean;
      readonly limit?: number;
      /** How often servers compare what they hold; a minute when absent. And how long another one may take to answer. */
      readonly intervalMs?: number;
      readonly timeoutMs?: number;
    }
  | {
      readonly kind: 'cache';
      readonly path: string;
      /** The account that was not asked for longest makes room. With a `ttlMs` that also goes by itself; absent: when it expires. */
      readonly limit?: number;
      readonly ttlMs?: number;
      readonly timeoutMs?: number;
    };

/** PEM files of the connection to the web server. */
export interface ResolverTls {
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly caFile?: string;
}

/** Operator mode: who may sign accounts, and the accounts that are known. */
export interface OperatorModeOptions {
  /** Operator JWTs. */
  readonly operators: readonly string[];
  /** Public operator keys, `O…`. */
  readonly trustedKeys: readonly string[];
  /** Account id → account JWT. */
  readonly preload: Readonly<Record<string, string>>;
  /** Where accounts come from that are not preloaded; nowhere when absent. */
  readonly resolver?: ResolverOptions;
  /** Only users of these accounts, and of the system account, are let in. */
  readonly pinnedAccounts?: readonly string[];
  /** The JWT that a client without credentials counts as having sent. */
  readonly defaultSentinel?: string;
}

export interface ResolvedOptions {
  readonly host: string;
  /** 0 asks for any free port. */
  readonly port: number;
  readonly serverName: string | undefined;
  readonly clientAdvertise: string | undefined;
  /** 0 is unlimited; a negative number lets nobody in. */
  readonly maxConnections: number;
  readonly maxControlLineBytes: number;
  readonly maxPayloadBytes: number;
  readonly maxPendingBytes: number;
  /** Per connection; 0 is unlimited. */
  readonly maxSubscriptions: number;
  /** Tokens a subscription may have; 0 is unlimited. */
  readonly maxSubTokens: number;
  readonly pingIntervalMs: number;
  readonly pingMax: number;
  readonly writeDeadlineMs: number;
  readonly maxClosedClients: number;
  readonly lameDuckDurationMs: number;
  readonly lameDuckGracePeriodMs: number;
  readonly hasHeaders: boolean;
  /** Name of the system account, or undefined with `no_system_account`. */
  readonly systemAccount: string | undefined;
  /** TLS of the client listener; undefined for none. */
  readonly tls: TlsOptions | undefined;
  /** Connections may begin with a PROXY protocol header. */
  readonly proxyProtocol: boolean;
  /** Public keys of the proxies that may vouch for clients. */
  readonly trustedProxies?: readonly string[];
  /** Clients without TLS are served on the same port. */
  readonly allowNonTls: boolean;
  readonly auth: AuthOptions;
  /** With it, accounts and users come from JWTs and `auth` and `accounts` say nothing. */
  readonly operator: OperatorModeOptions | undefined;
  readonly accounts: readonly AccountOptions[];
  readonly websocket: WebSocketOptions | undefined;
  readonly monitor: MonitorOptions | undefined;
  /** Absent: no leaf nodes, and this server is none. */
  readonly leaf?: LeafOptions;
  /** Account without JetStream → domain that its requests go to; an empty one lets those of other servers through. */
  readonly defaultJetStreamDomains?: Readonly<Record<string, string>>;
  /** Absent: the server stands alone. */
  readonly cluster?: ClusterOptions;
  /** Undefined: JetStream is off. */
  readonly jetstream: JetStreamServerOptions | undefined;
  /** Most bytes of a payload that a trace shows; absent or 0 shows all. */
  readonly maxTracedMessageBytes?: number;
  /** What happens to a client that is too slow, when the configuration says so. */
  readonly writeTimeout?: 'close' | 'retry';
  /** Traces show what the server itself says in the system account, too. */
  readonly tracesSystemAccount?: boolean;
  /** Traces show the headers of messages and nothing else of them. */
  readonly tracesHeadersOnly?: boolean;
  /** Every so many failed tries to reach another server are an error line: at first (3600 when absent), and after a connection (1). */
  readonly connectErrorReports?: number;
  readonly reconnectErrorReports?: number;
  /** Flags that the configuration sets, known ones and others. */
  readonly featureFlags?: Readonly<Record<string, boolean>>;
  readonly serverTags: readonly string[];
  readonly serverMetadata: Readonly<Record<string, string>>;
  /** Digest of the configuration file as `sha256:<hex>`, or an empty string. */
  readonly configDigest: string;
}

/** A `maxPayloadBytes` that stands for no limit: the largest that the protocol's int32 holds; INFO tells it as -1. */
export const UNLIMITED_PAYLOAD_BYTES: number = 2 ** 31 - 1;

/** nats-server's defaults. Source: nats-server server/const.go and `opts.go` setBaselineOptions. */
export const defaultOptions: ResolvedOptions = {
  host: '0.0.0.0',
  port: DEFAULT_PORT,
  serverName: undefined,
  clientAdvertise: undefined,
  maxConnections: MAX_CONNECTIONS,
  maxControlLineBytes: MAX_CONTROL_LINE_BYTES,
  maxPayloadBytes: MAX_PAYLOAD_BYTES,
  maxPendingBytes: MAX_PENDING_BYTES,
  maxSubscriptions: 0,
  maxSubTokens: 0,
  pingIntervalMs: PING_INTERVAL_MS,
  pingMax: PING_MAX,
  writeDeadlineMs: WRITE_DEADLINE_MS,
  maxClosedClients: MAX_CLOSED_CLIENTS,
  lameDuckDurationMs: LAME_DUCK_DURATION_MS,
  lameDuckGracePeriodMs: LAME_DUCK_GRACE_PERIOD_MS,
  hasHeaders: true,
  systemAccount: '$SYS',
  tls: undefined,
  proxyProtocol: false,
  allowNonTls: false,
  auth: { users: [], timeoutMs: AUTH_TIMEOUT_MS },
  operator: undefined,
  accounts: [],
  websocket: undefined,
  monitor: undefined,
  jetstream: undefined,
  serverTags: [],
  serverMetadata: {},
  configDigest: '',
};
