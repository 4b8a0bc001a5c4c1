/** What JetStream may use: of the server, and of one account. -1 is unlimited. */
import type { EncryptionOptions } from './encryption.ts';
import type { SyncPolicy } from './store/sync-policy.ts';

/** JetStream as the options ask for it, with every default filled in. */
export interface JetStreamOptions {
  /** Folder of all accounts' data. */
  readonly storeDir: string;
  readonly maxMemoryBytes: number;
  readonly maxStoreBytes: number;
  readonly domain: string;
  /** Unknown fields in requests are errors. */
  readonly isStrict: boolean;
  readonly sync: SyncPolicy;
  /** What file streams are encrypted with; absent for plain ones. */
  readonly encryption?: EncryptionOptions;
  /** Subjects of acknowledgements and of flow control name domain and account. */
  readonly namesAckOwner: boolean;
  readonly maxAckPending: number;
  readonly maxRequestBatch: number;
  readonly duplicateWindowNs: number;
  /** Both mean something in a cluster only, and are shown. */
  readonly maxHaAssets: number;
  readonly uniqueTag: string;
  readonly maxBatchInflightPerStream: number;
  readonly maxBatchInflightTotal: number;
  readonly maxBatchMessages: number;
  readonly batchTimeoutMs: number;
  readonly maxBufferedMessages: number;
  readonly maxBufferedBytes: number;
  /** Requests to the API that may wait, of those that describe and of the others. */
  readonly infoQueueLimit: number;
  readonly requestQueueLimit: number;
  /** Largest payload that a client may send. */
  readonly maxPayloadBytes: number;
  /** `VERSION` in metadata. */
  readonly serverVersion: string;
}

/** Limits that nats-server sets where the configuration does not. */
export const jetStreamDefaults = {
  maxAckPending: 0,
  maxRequestBatch: 0,
  duplicateWindowNs: 0,
  maxBatchInflightPerStream: 50,
  maxBatchInflightTotal: 1000,
  maxBatchMessages: 1000,
  batchTimeoutMs: 10_000,
  maxBufferedMessages: 10_000,
  maxBufferedBytes: 134_217_728,
  requestQueueLimit: 10_000,
} as const;

/** Consumers a stream may have when neither it nor its account says otherwise. */
export const DEFAULT_MAX_CONSUMERS = 1000;
export const MAX_NAME_LENGTH = 255;
export const MAX_DESCRIPTION_LENGTH = 4096;
export const MAX_METADATA_BYTES = 131_072;
