/**
 * Key-value buckets: streams named `KV_…`. Every write can name the revision it replaces; 0 means that the key must not be there.
 * A write that lost answers 409 with `details.current` and `details.wanted`.
 *
 *   GET    /api/kv                    viewer     PageQuery & AccountQuery → BucketsPage; sort: any number of the row, name
 *   POST   /api/kv                    admin      CreateBucketRequest → KvBucketRow (201)
 *   GET    /api/kv/:bucket            viewer     → KvBucketDetail
 *   DELETE /api/kv/:bucket            admin      ConfirmRequest → 204
 *   GET    /api/kv/:bucket/keys       viewer     KeysQuery → KeysPage
 *   GET    /api/kv/:bucket/entry      viewer     ?key= → KeyDetail, with what history the bucket keeps
 *   PUT    /api/kv/:bucket/entry      operator   PutRequest → KvEntry
 *   POST   /api/kv/:bucket/delete     operator   RemoveKeyRequest → KvEntry; older revisions stay
 *   POST   /api/kv/:bucket/purge      operator   RemoveKeyRequest → KvEntry; older revisions go
 *   POST   /api/kv/:bucket/revert     operator   RevertRequest → KvEntry
 *
 * Live: topic `kv` of `/api/live` (`live.ts`), changes as they come.
 */
import type { EncodedPayload, Page, PageQuery } from './common.ts';
import type { AccountQuery, JetStreamState, NatsDocument, Usage } from './jetstream.ts';

export interface KvBucketRow {
  name: string;
  description: string | null;
  /** Keys with a value or a delete marker. */
  keys: number;
  /** Values and markers that are kept. */
  values: number;
  bytes: Usage;
  /** Revisions kept per key. */
  history: number;
  ttlMs: number | null;
  /** How long delete markers of expired keys stay; null: keys cannot expire one by one. */
  markerTtlMs: number | null;
  maxValueBytes: number | null;
  storage: 'file' | 'memory';
  compression: 'none' | 's2';
  replicas: number;
  /** Revision of the newest change. */
  revision: number;
  createdAtMs: number | null;
  lastChangeAtMs: number | null;
  mirrorOf: string | null;
}

export interface BucketsPage extends Page<KvBucketRow> {
  jetstream: JetStreamState;
}

export interface KvBucketDetail {
  row: KvBucketRow;
  /** The stream's. */
  config: NatsDocument;
  command: string;
}

export interface CreateBucketRequest {
  bucket: string;
  description?: string;
  /** 1 to 64, default 1. */
  history?: number;
  ttlMs?: number;
  markerTtlMs?: number;
  maxBytes?: number;
  maxValueBytes?: number;
  storage?: 'file' | 'memory';
  compression?: 'none' | 's2';
  replicas?: number;
}

/** `prefix`: literal beginning of the key. `q`: text that the key contains. Sorted by key (`order`). */
export interface KeysQuery extends PageQuery, AccountQuery {
  prefix?: string;
  /** Payload kept per value, default 1024, at most 65,536. */
  maxValueBytes?: number;
}

export const kvOperations = ['put', 'delete', 'purge'] as const;
export type KvOperation = (typeof kvOperations)[number];

export interface KvEntry {
  key: string;
  revision: number;
  operation: KvOperation;
  createdAtMs: number;
  value: EncodedPayload;
  sizeBytes: number;
  isTruncated: boolean;
  /** Set where the value expires by itself. */
  expiresAtMs: number | null;
}

export interface KeyRow extends KvEntry {
  /** Revisions kept. */
  revisions: number;
}

export interface KeysPage extends Page<KeyRow> {
  revision: number;
  /** True when the bucket has more keys than the console reads (200,000). */
  isTruncated: boolean;
}

export interface KeyDetail {
  /** The newest; null: the key was never there, or nothing of it is kept. */
  entry: KvEntry | null;
  /** Newest first, the present one included; at most 64. */
  history: KvEntry[];
}

export interface PutRequest extends EncodedPayload {
  key: string;
  /** 0: only if the key is not there. Absent: whatever is there. */
  expectedRevision?: number;
  /** Expires by itself; the bucket must allow it (`markerTtlMs`). Whole seconds. */
  ttlMs?: number;
}

export interface RemoveKeyRequest {
  key: string;
  expectedRevision?: number;
}

export interface RevertRequest {
  key: string;
  /** The revision to bring back. */
  revision: number;
  expectedRevision?: number;
}

/** Options of the live topic. `filter`: keys as a pattern, `orders.>`; absent: all. Starts after `afterRevision`, or now. */
export interface KvWatchOptions extends AccountQuery {
  bucket: string;
  filter?: string;
  afterRevision?: number;
  maxValueBytes?: number;
}

/** `kv`: oldest first. Revisions that were replaced before they were read are not shown, and counted nowhere by the server. */
export interface LiveKv {
  entries: KvEntry[];
  /** Everything up to it has been looked at. */
  revision: number;
}
