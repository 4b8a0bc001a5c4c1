/** Blocks that are read and checked but that this build does not act on yet, kept for the parts that will. Units are in the names. */
import type { JetStreamAccountLimits, Permissions, ResolverOptions, ResolverTls } from '../options.ts';

export interface TlsSettings {
  certFile?: string;
  keyFile?: string;
  caFile?: string;
  isInsecure?: boolean;
  verify?: boolean;
  verifyAndMap?: boolean;
  checkKnownUrls?: boolean;
  allowInsecureCiphers?: boolean;
  cipherSuites?: string[];
  curvePreferences?: string[];
  timeoutMs?: number;
  connectionRateLimit?: number;
  pinnedCerts?: string[];
  handshakeFirst?: boolean;
  /** Wait for a TLS hello this long before INFO is sent in the clear. */
  handshakeFallbackMs?: number;
  certificates?: { certFile: string; keyFile: string }[];
  minVersion?: string;
}

export interface CompressionSettings {
  mode?: string;
  rttThresholdsMs?: number[];
}

/** What routes, gateways and leaf nodes have in common. */
export interface PeerListenSettings {
  host?: string;
  port?: number;
  advertise?: string;
  noAdvertise?: boolean;
  user?: string;
  password?: string;
  authTimeoutMs?: number;
  tls?: TlsSettings;
  writeDeadlineMs?: number;
  writeTimeout?: string;
  compression?: CompressionSettings;
  connectRetries?: number;
  connectBackoff?: boolean;
}

export interface ClusterSettings extends PeerListenSettings {
  name?: string;
  routes?: string[];
  permissions?: Permissions;
  poolSize?: number;
  accounts?: string[];
  pingIntervalMs?: number;
  pingMax?: number;
}

export interface GatewaySettings extends PeerListenSettings {
  name?: string;
  rejectUnknown?: boolean;
  gateways?: { name?: string; urls: string[]; tls?: TlsSettings }[];
}

export interface LeafRemoteSettings {
  urls: string[];
  account?: string;
  credentials?: string;
  nkeySeed?: string;
  tls?: TlsSettings;
  isHub?: boolean;
  noRandomize?: boolean;
  denyImports?: string[];
  denyExports?: string[];
  compression?: CompressionSettings;
  isDisabled?: boolean;
  isIsolated?: boolean;
  asksIsolation?: boolean;
  firstInfoTimeoutMs?: number;
  dialTimeoutMs?: number;
  ignoresDiscovered?: boolean;
}

export interface LeafNodeSettings extends PeerListenSettings {
  remotes?: LeafRemoteSettings[];
  nkey?: string;
  account?: string;
  users?: { user: string; password: string; account?: string }[];
  reconnectMs?: number;
  dialTimeoutMs?: number;
  minVersion?: string;
  isolateInterest?: boolean;
}

export interface JetStreamSettings {
  isEnabled?: boolean;
  isStrict?: boolean;
  storeDir?: string;
  syncIntervalMs?: number;
  syncAlways?: boolean;
  maxMemoryBytes?: number;
  maxStoreBytes?: number;
  domain?: string;
  encryptionKey?: string;
  previousEncryptionKey?: string;
  cipher?: 'chacha' | 'aes';
  extensionHint?: string;
  uniqueTag?: string;
  maxCatchupBytes?: number;
  maxBufferedBytes?: number;
  maxBufferedMessages?: number;
  requestQueueLimit?: number;
  infoQueueLimit?: number;
  metaCompact?: number;
  metaCompactBytes?: number;
  metaCompactSync?: boolean;
  maxConcurrentIo?: number;
  limits?: {
    maxAckPending?: number;
    maxHaAssets?: number;
    maxRequestBatch?: number;
    duplicateWindowMs?: number;
    maxBatchInflightPerStream?: number;
    maxBatchInflightTotal?: number;
    maxBatchMessages?: number;
    batchTimeoutMs?: number;
  };
}

export interface MqttSettings {
  host?: string;
  port?: number;
  tls?: TlsSettings;
  user?: string;
  password?: string;
  token?: string;
  authTimeoutMs?: number;
  noAuthUser?: string;
  ackWaitMs?: number;
  apiTimeoutMs?: number;
  maxAckPending?: number;
  jsDomain?: string;
  streamReplicas?: number;
  isConsumerMemoryStorage?: boolean;
  consumerInactiveThresholdMs?: number;
  rejectQos2Publish?: boolean;
  downgradeQos2Subscribe?: boolean;
}

export interface FeatureSettings {
  tls?: TlsSettings;
  allowNonTls?: boolean;
  proxyProtocol?: boolean;
  cluster?: ClusterSettings;
  gateway?: GatewaySettings;
  leafnodes?: LeafNodeSettings;
  jetstream?: JetStreamSettings;
  mqtt?: MqttSettings;
  operators?: string[];
  /** A resolver was named, memory included. */
  hasResolver?: boolean;
  resolver?: ResolverOptions;
  resolverTls?: ResolverTls;
  pinnedAccounts?: string[];
  resolverPreload?: Record<string, string>;
  trustedKeys?: string[];
  defaultSentinel?: string;
  trustedProxies?: string[];
  featureFlags?: Record<string, boolean>;
  defaultJetStreamDomain?: Record<string, string>;
  writeTimeout?: string;
  accountJetStream?: Record<string, JetStreamAccountLimits>;
}
