/** What the API accepts for streams, consumers, key-value and objects: bodies, queries and path parameters, each bounded. */
import Type, { type TUnsafe } from 'typebox';
import { PAGE_LIMIT_MAX, type PageQuery } from '../common.ts';
import {
  type AckRequest,
  ackActions,
  type ConsumersQuery,
  type CreateConsumerRequest,
  consumerPresets,
  consumerSortKeys,
  type PauseRequest,
  type PullRequest,
  type ResetRequest,
  type UnpinRequest,
  type UpdateConsumerRequest,
} from '../consumers.ts';
import type { AccountQuery, ConfirmRequest } from '../jetstream.ts';
import type {
  CreateBucketRequest,
  KeysQuery,
  KvWatchOptions,
  PutRequest,
  RemoveKeyRequest,
  RevertRequest,
} from '../key-value.ts';
import type { CreateObjectBucketRequest, ObjectNameRequest, ObjectsQuery } from '../objects.ts';
import {
  type CreateStreamRequest,
  type MessagesQuery,
  type PurgeRequest,
  type StreamSubjectsQuery,
  type StreamsQuery,
  streamKinds,
  streamSortKeys,
  type UpdateStreamRequest,
} from '../streams.ts';
import { closed, schemaFor } from './schema-for.ts';

const account = Type.Optional(Type.String({ minLength: 1, maxLength: 128 }));
const page = {
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000_000 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_LIMIT_MAX })),
  order: Type.Optional(Type.Enum(['asc', 'desc'])),
  q: Type.Optional(Type.String({ maxLength: 256 })),
  account,
};
const sort = Type.Optional(Type.String({ maxLength: 32, pattern: '^[A-Za-z0-9]+$' }));
const subject = Type.String({ minLength: 1, maxLength: 1024 });
/** A stream's or consumer's name: one subject token that is no path. */
const assetName = Type.String({ minLength: 1, maxLength: 255, pattern: '^[^\\s.*>\\\\/]+$' });
const bucketName = Type.String({ minLength: 1, maxLength: 200, pattern: '^[A-Za-z0-9_-]+$' });
const key = Type.String({ minLength: 1, maxLength: 1024, pattern: '^[-/_=.A-Za-z0-9]+$' });
const objectName = Type.String({ minLength: 1, maxLength: 512 });
const seq = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const revision = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const atMs = Type.Number({ minimum: 0, maximum: 8_640_000_000_000_000 });
const durationMs = Type.Integer({ minimum: 0, maximum: 3_155_760_000_000 });
const bytes = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const description = Type.Optional(Type.String({ maxLength: 4096 }));
/** The server itself checks what is in it; this bounds how much. */
const natsDocument = Type.Record(Type.String({ maxLength: 128 }), Type.Unknown(), { maxProperties: 128 });
const storage = Type.Optional(Type.Enum(['file', 'memory']));
const compression = Type.Optional(Type.Enum(['none', 's2']));
const replicas = Type.Optional(Type.Integer({ minimum: 1, maximum: 5 }));

export const accountQuerySchema: TUnsafe<AccountQuery> = schemaFor<AccountQuery>()(Type.Object({ account }, closed));

export const accountPageQuerySchema: TUnsafe<PageQuery & AccountQuery> = schemaFor<PageQuery & AccountQuery>()(
  Type.Object({ ...page, sort }, closed),
);

export const confirmSchema: TUnsafe<ConfirmRequest> = schemaFor<ConfirmRequest>()(
  Type.Object({ confirm: Type.String({ maxLength: 255 }) }, closed),
);

export interface StreamParams {
  stream: string;
}
export const streamParamsSchema: TUnsafe<StreamParams> = schemaFor<StreamParams>()(Type.Object({ stream: assetName }, closed));

export interface StreamMessageParams extends StreamParams {
  seq: number;
}
export const streamMessageParamsSchema: TUnsafe<StreamMessageParams> = schemaFor<StreamMessageParams>()(
  Type.Object({ stream: assetName, seq }, closed),
);

export interface ConsumerParams extends StreamParams {
  consumer: string;
}
export const consumerParamsSchema: TUnsafe<ConsumerParams> = schemaFor<ConsumerParams>()(
  Type.Object({ stream: assetName, consumer: assetName }, closed),
);

export interface BucketParams {
  bucket: string;
}
export const bucketParamsSchema: TUnsafe<BucketParams> = schemaFor<BucketParams>()(Type.Object({ bucket: bucketName }, closed));

export const streamsQuerySchema: TUnsafe<StreamsQuery> = schemaFor<StreamsQuery>()(
  Type.Object(
    {
      ...page,
      sort: Type.Optional(Type.Enum<string[]>([...streamSortKeys])),
      kind: Type.Optional(Type.Enum([...streamKinds])),
      matching: Type.Optional(subject),
    },
    closed,
  ),
);

export const createStreamSchema: TUnsafe<CreateStreamRequest> = schemaFor<CreateStreamRequest>()(
  Type.Object({ config: natsDocument }, closed),
);

const updateOfDocument = Type.Object(
  { config: natsDocument, expected: Type.Optional(natsDocument), isDryRun: Type.Optional(Type.Boolean()) },
  closed,
);

export const updateStreamSchema: TUnsafe<UpdateStreamRequest> = schemaFor<UpdateStreamRequest>()(updateOfDocument);

export const purgeSchema: TUnsafe<PurgeRequest> = schemaFor<PurgeRequest>()(
  Type.Object(
    {
      filter: Type.Optional(subject),
      seq: Type.Optional(seq),
      keep: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
      isDryRun: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
);

export const streamSubjectsQuerySchema: TUnsafe<StreamSubjectsQuery> = schemaFor<StreamSubjectsQuery>()(
  Type.Object({ ...page, sort, filter: Type.Optional(subject) }, closed),
);

export const messagesQuerySchema: TUnsafe<MessagesQuery> = schemaFor<MessagesQuery>()(
  Type.Object(
    {
      account,
      seq: Type.Optional(seq),
      atMs: Type.Optional(atMs),
      subject: Type.Optional(subject),
      order: page.order,
      limit: page.limit,
      maxPayloadBytes: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_048_576 })),
    },
    closed,
  ),
);

export const consumersQuerySchema: TUnsafe<ConsumersQuery> = schemaFor<ConsumersQuery>()(
  Type.Object(
    {
      ...page,
      sort: Type.Optional(Type.Enum<string[]>([...consumerSortKeys])),
      preset: Type.Optional(Type.Enum([...consumerPresets])),
    },
    closed,
  ),
);

export const createConsumerSchema: TUnsafe<CreateConsumerRequest> = schemaFor<CreateConsumerRequest>()(
  Type.Object({ config: natsDocument }, closed),
);

export const updateConsumerSchema: TUnsafe<UpdateConsumerRequest> = schemaFor<UpdateConsumerRequest>()(updateOfDocument);

export const pauseSchema: TUnsafe<PauseRequest> = schemaFor<PauseRequest>()(Type.Object({ untilMs: atMs }, closed));

export const resetSchema: TUnsafe<ResetRequest> = schemaFor<ResetRequest>()(Type.Object({ seq: Type.Optional(seq) }, closed));

const group = Type.String({ minLength: 1, maxLength: 16 });
export const unpinSchema: TUnsafe<UnpinRequest> = schemaFor<UnpinRequest>()(Type.Object({ group }, closed));

export const pullSchema: TUnsafe<PullRequest> = schemaFor<PullRequest>()(
  Type.Object({ waitMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })), group: Type.Optional(group) }, closed),
);

export const ackSchema: TUnsafe<AckRequest> = schemaFor<AckRequest>()(
  Type.Object(
    {
      handle: Type.String({ minLength: 1, maxLength: 64 }),
      action: Type.Enum([...ackActions]),
      delayMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400_000 })),
      reason: Type.Optional(Type.String({ maxLength: 512 })),
    },
    closed,
  ),
);

export const createBucketSchema: TUnsafe<CreateBucketRequest> = schemaFor<CreateBucketRequest>()(
  Type.Object(
    {
      bucket: bucketName,
      description,
      history: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
      ttlMs: Type.Optional(durationMs),
      markerTtlMs: Type.Optional(durationMs),
      maxBytes: Type.Optional(bytes),
      maxValueBytes: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_147_483_647 })),
      storage,
      compression,
      replicas,
    },
    closed,
  ),
);

const maxValueBytes = Type.Optional(Type.Integer({ minimum: 0, maximum: 65_536 }));
export const keysQuerySchema: TUnsafe<KeysQuery> = schemaFor<KeysQuery>()(
  Type.Object({ ...page, sort, prefix: Type.Optional(Type.String({ maxLength: 1024 })), maxValueBytes }, closed),
);

export interface KeyQuery extends AccountQuery {
  key: string;
}
export const keyQuerySchema: TUnsafe<KeyQuery> = schemaFor<KeyQuery>()(Type.Object({ account, key }, closed));

const expectedRevision = Type.Optional(revision);
export const putSchema: TUnsafe<PutRequest> = schemaFor<PutRequest>()(
  Type.Object(
    {
      key,
      encoding: Type.Enum(['utf8', 'base64']),
      payload: Type.String({ maxLength: 90_000_000 }),
      expectedRevision,
      ttlMs: Type.Optional(Type.Integer({ minimum: 1000, maximum: 3_155_760_000_000 })),
    },
    closed,
  ),
);

export const removeKeySchema: TUnsafe<RemoveKeyRequest> = schemaFor<RemoveKeyRequest>()(
  Type.Object({ key, expectedRevision }, closed),
);

export const revertSchema: TUnsafe<RevertRequest> = schemaFor<RevertRequest>()(
  Type.Object({ key, revision: seq, expectedRevision }, closed),
);

const kvWatch = Type.Object(
  {
    account,
    bucket: bucketName,
    filter: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
    afterRevision: expectedRevision,
    maxValueBytes,
  },
  closed,
);
export const kvWatchSchema: TUnsafe<KvWatchOptions> = schemaFor<KvWatchOptions>()(kvWatch);

export const createObjectBucketSchema: TUnsafe<CreateObjectBucketRequest> = schemaFor<CreateObjectBucketRequest>()(
  Type.Object(
    {
      bucket: bucketName,
      description,
      ttlMs: Type.Optional(durationMs),
      maxBytes: Type.Optional(bytes),
      storage,
      compression,
      replicas,
    },
    closed,
  ),
);

export const objectsQuerySchema: TUnsafe<ObjectsQuery> = schemaFor<ObjectsQuery>()(Type.Object({ ...page, sort }, closed));

export const objectNameSchema: TUnsafe<ObjectNameRequest> = schemaFor<ObjectNameRequest>()(
  Type.Object({ name: objectName }, closed),
);

export interface ObjectQuery extends AccountQuery {
  name: string;
}
export const objectQuerySchema: TUnsafe<ObjectQuery> = schemaFor<ObjectQuery>()(
  Type.Object({ account, name: objectName }, closed),
);

export interface UploadQuery extends ObjectQuery {
  description?: string;
}
export const uploadQuerySchema: TUnsafe<UploadQuery> = schemaFor<UploadQuery>()(
  Type.Object({ account, name: objectName, description: Type.Optional(Type.String({ maxLength: 1024 })) }, closed),
);
