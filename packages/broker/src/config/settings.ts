/**
 * What a configuration file and the command line said, before defaults: absent means nobody said it. The broker's options are made of it
 * (`to-options.ts`); what the process does itself (log, pid file) and what the broker does not do yet stays here for whoever takes it.
 * Ports are as configured: 0 is unset, -1 asks for any free one.
 */
import type { AccountOptions, CalloutOptions, MappingOptions, UserOptions } from '../options.ts';
import type { FeatureSettings, TlsSettings } from './feature-settings.ts';

export interface LogSettings {
  isDebug?: boolean;
  isTrace?: boolean;
  isTraceVerbose?: boolean;
  hasTraceHeaders?: boolean;
  hasTime?: boolean;
  isUtc?: boolean;
  file?: string;
  sizeLimitBytes?: number;
  maxFiles?: number;
  isSyslog?: boolean;
  remoteSyslog?: string;
  /** Characters of a traced message; 0 is unlimited. */
  maxTracedMessageChars?: number;
}

export interface AuthorizationSettings {
  user?: string;
  password?: string;
  token?: string;
  timeoutMs?: number;
  callout?: CalloutOptions;
}

export interface WebSocketSettings {
  host?: string;
  port?: number;
  noTls?: boolean;
  hasTls?: boolean;
  tls?: TlsSettings;
  advertise?: string;
  sameOrigin?: boolean;
  allowedOrigins?: string[];
  compression?: boolean;
  handshakeTimeoutMs?: number;
  headers?: Record<string, string>;
  noAuthUser?: string;
  pingIntervalMs?: number;
  user?: string;
  password?: string;
  token?: string;
  authTimeoutMs?: number;
  jwtCookie?: string;
  userCookie?: string;
  passwordCookie?: string;
  tokenCookie?: string;
}

/** The settings; each group is there from the start, its members are not. */
export interface ServerSettings {
  host?: string;
  port?: number;
  serverName?: string;
  clientAdvertise?: string;
  /** Listener of the monitoring pages. */
  monitorHost?: string;
  monitorPort?: number;
  monitorTlsPort?: number;
  monitorBasePath?: string;
  maxConnections?: number;
  maxControlLineBytes?: number;
  maxPayloadBytes?: number;
  maxPendingBytes?: number;
  maxSubscriptions?: number;
  maxSubTokens?: number;
  pingIntervalMs?: number;
  pingMax?: number;
  writeDeadlineMs?: number;
  maxClosedClients?: number;
  lameDuckDurationMs?: number;
  lameDuckGracePeriodMs?: number;
  noHeaderSupport?: boolean;
  noSublistCache?: boolean;
  noFastProducerStall?: boolean;
  connectErrorReports?: number;
  reconnectErrorReports?: number;
  systemAccount?: string;
  noSystemAccount?: boolean;
  noAuthUser?: string;
  pidFile?: string;
  portsFileDir?: string;
  profilePort?: number;
  /** Nanoseconds that a wait must last to be looked at; nothing waits in one thread. */
  profileBlockRate?: number;
  authorization: AuthorizationSettings;
  /** Users of `authorization` and of all accounts; undefined when no list was given at all. */
  users: UserOptions[] | undefined;
  accounts: AccountOptions[];
  globalMappings: MappingOptions[];
  websocket: WebSocketSettings | undefined;
  serverTags: string[];
  serverMetadata: Record<string, string>;
  log: LogSettings;
  features: FeatureSettings;
  configFile?: string;
  /** `sha256:<hex>` of the file, or undefined. */
  configDigest?: string;
}

/** Settings that say nothing. */
export function emptySettings(): ServerSettings {
  return {
    authorization: {},
    users: undefined,
    accounts: [],
    globalMappings: [],
    websocket: undefined,
    serverTags: [],
    serverMetadata: {},
    log: {},
    features: {},
  };
}
