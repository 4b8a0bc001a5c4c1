/**
 * Object stores: streams named `OBJ_…`. Contents go through in pieces and are never held whole; their SHA-256 is checked on the way.
 *
 *   GET    /api/objects                      viewer     PageQuery & AccountQuery → ObjectBucketsPage
 *   POST   /api/objects                      admin      CreateObjectBucketRequest → ObjectBucketRow (201)
 *   DELETE /api/objects/:bucket              admin      ConfirmRequest → 204
 *   GET    /api/objects/:bucket              viewer     → ObjectBucketDetail
 *   GET    /api/objects/:bucket/list         viewer     ObjectsQuery → ObjectsPage
 *   GET    /api/objects/:bucket/info         viewer     ?name= → ObjectRow
 *   POST   /api/objects/:bucket/verify       operator   ObjectNameRequest → ObjectVerification; reads all of it
 *   GET    /api/objects/:bucket/download     viewer     ?name= → the bytes, as an attachment; cut off when the digest is wrong
 *   PUT    /api/objects/:bucket/upload       operator   ?name=&description= application/octet-stream → ObjectRow
 *   POST   /api/objects/:bucket/delete       operator   ObjectNameRequest → 204
 */
import type { Page, PageQuery } from './common.ts';
import type { AccountQuery, JetStreamState, NatsDocument, Usage } from './jetstream.ts';
import type { HeaderPairs } from './workbench.ts';

/** Largest upload that the console takes, in bytes. */
export const OBJECT_UPLOAD_MAX_BYTES = 4_294_967_296;

export interface ObjectBucketRow {
  name: string;
  description: string | null;
  bytes: Usage;
  /** Objects and delete markers; null in lists, where nobody counts them. */
  objects: number | null;
  ttlMs: number | null;
  storage: 'file' | 'memory';
  compression: 'none' | 's2';
  replicas: number;
  isSealed: boolean;
  createdAtMs: number | null;
  lastChangeAtMs: number | null;
}

export interface ObjectBucketsPage extends Page<ObjectBucketRow> {
  jetstream: JetStreamState;
}

export interface ObjectBucketDetail {
  row: ObjectBucketRow;
  config: NatsDocument;
  command: string;
}

export interface CreateObjectBucketRequest {
  bucket: string;
  description?: string;
  ttlMs?: number;
  maxBytes?: number;
  storage?: 'file' | 'memory';
  compression?: 'none' | 's2';
  replicas?: number;
}

/** `q`: text that the name contains. Sorted by name (`order`). */
export interface ObjectsQuery extends PageQuery, AccountQuery {}

export interface ObjectRow {
  name: string;
  description: string | null;
  headers: HeaderPairs;
  metadata: Record<string, string>;
  sizeBytes: number;
  chunks: number;
  chunkBytes: number | null;
  /** `SHA-256=…` in URL-safe base64; null: none was recorded. */
  digest: string | null;
  modifiedAtMs: number | null;
  isDeleted: boolean;
  /** It stands for another object, or (`name` null) for a whole bucket. */
  link: { bucket: string; name: string | null } | null;
}

export interface ObjectsPage extends Page<ObjectRow> {
  /** True when the bucket has more objects than the console reads (100,000). */
  isTruncated: boolean;
}

export interface ObjectNameRequest {
  name: string;
}

export interface ObjectVerification {
  isIntact: boolean;
  sizeBytes: number;
  expectedSizeBytes: number;
  digest: string;
  expectedDigest: string | null;
  text: string;
}
