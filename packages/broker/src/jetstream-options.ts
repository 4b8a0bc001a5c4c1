/** What a broker can be told about JetStream, of the server and of one account. Units are in the names. */

/** JetStream of one account; -1 is unlimited. */
export interface JetStreamAccountLimits {
  readonly maxMemoryBytes: number;
  readonly maxStoreBytes: number;
  readonly maxStreams: number;
  readonly maxConsumers: number;
  readonly maxAckPending: number;
  readonly memoryMaxStreamBytes: number;
  readonly storeMaxStreamBytes: number;
  readonly isMaxBytesRequired: boolean;
  /** `owner` keeps the traffic of replicas in the account. */
  readonly clusterTraffic: 'system' | 'owner';
  /** Limits of an account with tiers, of which one server without replicas has the first. `none`: the account has no such tier. */
  readonly tier?: 'R1' | 'none';
}

/** An account that may use whatever the server has. */
export const unlimitedAccount: JetStreamAccountLimits = {
  maxMemoryBytes: -1,
  maxStoreBytes: -1,
  maxStreams: -1,
  maxConsumers: -1,
  maxAckPending: -1,
  memoryMaxStreamBytes: -1,
  storeMaxStreamBytes: -1,
  isMaxBytesRequired: false,
  clusterTraffic: 'system',
};

/** JetStream of the server. What is left out has nats-server's default. */
export interface JetStreamServerOptions {
  /** Folder whose `jetstream` folder holds all data. */
  readonly storeDir: string;
  /** Nobody has named the folder: while another server works on it, the next free one beside it is taken (`…-2`, `…-3`). */
  readonly isUnnamedDir?: boolean;
  /** -1 or absent: three quarters of the machine's memory, and no bound on files. */
  readonly maxMemoryBytes?: number;
  readonly maxStoreBytes?: number;
  readonly domain?: string;
  /** Unknown fields in requests are errors; true when absent. */
  readonly isStrict?: boolean;
  /** How often files are synced; absent: before every acknowledgement. */
  readonly syncIntervalMs?: number;
  /** Files are encrypted at rest. */
  readonly encryption?: JetStreamEncryption;
  readonly maxAckPending?: number;
  readonly maxRequestBatch?: number;
  readonly duplicateWindowMs?: number;
  /** Both mean something in a cluster only, and are shown. */
  readonly maxHaAssets?: number;
  readonly uniqueTag?: string;
  readonly maxBatchInflightPerStream?: number;
  readonly maxBatchInflightTotal?: number;
  readonly maxBatchMessages?: number;
  readonly batchTimeoutMs?: number;
  readonly maxBufferedMessages?: number;
  readonly maxBufferedBytes?: number;
  /** Requests to the API that may wait; those that only describe have the limit of the others when they have none. */
  readonly requestQueueLimit?: number;
  readonly infoQueueLimit?: number;
}

/** Key and cipher for what JetStream keeps in files. */
export interface JetStreamEncryption {
  readonly key: string;
  /** The key of before: what was encrypted with it can be read, and is under `key` from then on. */
  readonly previousKey?: string;
  /** `chacha` when absent. */
  readonly cipher?: 'chacha' | 'aes';
}
