/** Answers about key-value buckets and object stores. */
import Type, { type TUnsafe } from 'typebox';
import {
  type BucketsPage,
  type KeyDetail,
  type KeyRow,
  type KeysPage,
  type KvBucketDetail,
  type KvBucketRow,
  type KvEntry,
  kvOperations,
} from '../key-value.ts';
import type {
  ObjectBucketDetail,
  ObjectBucketRow,
  ObjectBucketsPage,
  ObjectRow,
  ObjectsPage,
  ObjectVerification,
} from '../objects.ts';
import { jetStreamStateSchema, natsDocumentSchema } from './answers-jetstream.ts';
import { nullable, usageSchema } from './parts.ts';
import { closed, schemaFor } from './schema-for.ts';

const text = Type.String();
const number = Type.Number();
const flag = Type.Boolean();
const maybeText = nullable(text);
const maybeNumber = nullable(number);
const page = { total: number, offset: number, limit: number } as const;
const storage = Type.Enum(['file', 'memory']);
const compression = Type.Enum(['none', 's2']);
const value = Type.Object({ encoding: Type.Enum(['utf8', 'base64']), payload: text }, closed);

export const kvBucketRowSchema: TUnsafe<KvBucketRow> = schemaFor<KvBucketRow>()(
  Type.Object(
    {
      name: text,
      description: maybeText,
      keys: number,
      values: number,
      bytes: usageSchema,
      history: number,
      ttlMs: maybeNumber,
      markerTtlMs: maybeNumber,
      maxValueBytes: maybeNumber,
      storage,
      compression,
      replicas: number,
      revision: number,
      createdAtMs: maybeNumber,
      lastChangeAtMs: maybeNumber,
      mirrorOf: maybeText,
    },
    closed,
  ),
);

export const bucketsPageSchema: TUnsafe<BucketsPage> = schemaFor<BucketsPage>()(
  Type.Object({ ...page, items: Type.Array(kvBucketRowSchema), jetstream: jetStreamStateSchema }, closed),
);

export const kvBucketDetailSchema: TUnsafe<KvBucketDetail> = schemaFor<KvBucketDetail>()(
  Type.Object({ row: kvBucketRowSchema, config: natsDocumentSchema, command: text }, closed),
);

const entry = {
  key: text,
  revision: number,
  operation: Type.Enum([...kvOperations]),
  createdAtMs: number,
  value,
  sizeBytes: number,
  isTruncated: flag,
  expiresAtMs: maybeNumber,
} as const;
export const kvEntrySchema: TUnsafe<KvEntry> = schemaFor<KvEntry>()(Type.Object(entry, closed));

const keyRow = schemaFor<KeyRow>()(Type.Object({ ...entry, revisions: number }, closed));
export const keysPageSchema: TUnsafe<KeysPage> = schemaFor<KeysPage>()(
  Type.Object({ ...page, items: Type.Array(keyRow), revision: number, isTruncated: flag }, closed),
);

export const keyDetailSchema: TUnsafe<KeyDetail> = schemaFor<KeyDetail>()(
  Type.Object({ entry: nullable(kvEntrySchema), history: Type.Array(kvEntrySchema) }, closed),
);

export const objectBucketRowSchema: TUnsafe<ObjectBucketRow> = schemaFor<ObjectBucketRow>()(
  Type.Object(
    {
      name: text,
      description: maybeText,
      bytes: usageSchema,
      objects: maybeNumber,
      ttlMs: maybeNumber,
      storage,
      compression,
      replicas: number,
      isSealed: flag,
      createdAtMs: maybeNumber,
      lastChangeAtMs: maybeNumber,
    },
    closed,
  ),
);

export const objectBucketsPageSchema: TUnsafe<ObjectBucketsPage> = schemaFor<ObjectBucketsPage>()(
  Type.Object({ ...page, items: Type.Array(objectBucketRowSchema), jetstream: jetStreamStateSchema }, closed),
);

export const objectBucketDetailSchema: TUnsafe<ObjectBucketDetail> = schemaFor<ObjectBucketDetail>()(
  Type.Object({ row: objectBucketRowSchema, config: natsDocumentSchema, command: text }, closed),
);

export const objectRowSchema: TUnsafe<ObjectRow> = schemaFor<ObjectRow>()(
  Type.Object(
    {
      name: text,
      description: maybeText,
      headers: Type.Array(Type.Tuple([text, text])),
      metadata: Type.Record(text, text),
      sizeBytes: number,
      chunks: number,
      chunkBytes: maybeNumber,
      digest: maybeText,
      modifiedAtMs: maybeNumber,
      isDeleted: flag,
      link: nullable(Type.Object({ bucket: text, name: maybeText }, closed)),
    },
    closed,
  ),
);

export const objectsPageSchema: TUnsafe<ObjectsPage> = schemaFor<ObjectsPage>()(
  Type.Object({ ...page, items: Type.Array(objectRowSchema), isTruncated: flag }, closed),
);

export const objectVerificationSchema: TUnsafe<ObjectVerification> = schemaFor<ObjectVerification>()(
  Type.Object(
    {
      isIntact: flag,
      sizeBytes: number,
      expectedSizeBytes: number,
      digest: text,
      expectedDigest: maybeText,
      text,
    },
    closed,
  ),
);
