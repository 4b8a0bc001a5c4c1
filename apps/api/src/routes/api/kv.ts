/** `/api/kv`: buckets, keys, compare-and-set, history. Values leave no trace in the audit log, only which key was changed. */
import type { CreateBucketRequest, KeyDetail, KeysPage, KvBucketDetail, KvBucketRow, KvEntry } from '@sluice/protocol/console';
import {
  accountQuerySchema,
  bucketParamsSchema,
  bucketsPageSchema,
  createBucketSchema,
  keyDetailSchema,
  keyQuerySchema,
  keysPageSchema,
  keysQuerySchema,
  kvBucketDetailSchema,
  kvBucketRowSchema,
  kvEntrySchema,
  putSchema,
  removeKeySchema,
  revertSchema,
} from '@sluice/protocol/console/schemas';
import type { Actor } from '../../audit-trail.ts';
import type { Console } from '../../console.ts';
import { bucketConfig, KvBucket } from '../../nats/jetstream/kv-bucket.ts';
import { numberAt } from '../../nats/json-fields.ts';
import { presentBucket, presentBucketDetail } from '../../presenters/kv.ts';
import { payloadBytes } from '../../workbench/message.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';
import { type BucketKind, bucketRoutes } from './buckets.ts';
import { targetText } from './jetstream.ts';

/** Base64 of the largest payload nats-server can be told to take (64 MiB), with room for the rest. */
const BODY_LIMIT_BYTES = 92_000_000;

const keyValueBuckets: BucketKind<KvBucketRow, KvBucketDetail, CreateBucketRequest, KvBucket> = {
  url: '/api/kv',
  action: 'kv',
  noun: 'bucket',
  streamPrefix: 'KV_',
  sortKeys: ['name', 'keys', 'values', 'history', 'revision', 'createdAtMs', 'lastChangeAtMs'],
  types: { row: 'KvBucketRow', page: 'BucketsPage', detail: 'KvBucketDetail' },
  schemas: { row: kvBucketRowSchema, page: bucketsPageSchema, detail: kvBucketDetailSchema, create: createBucketSchema },
  configOf: bucketConfig,
  open: (js, name) => KvBucket.open(js, name),
  rowOf: (info) => presentBucket(info),
  detailOf: async ({ info }) => presentBucketDetail(info),
  lossOf: (state) => `${numberAt(state, 'num_subjects')} keys`,
};

export function kvRoutes(services: Console): ApiRoute[] {
  const ofKeys = [listKeys, readKey, putKey, deleteKey, purgeKey, revertKey];
  return [...bucketRoutes(services, keyValueBuckets), ...ofKeys.map((route) => route(services))];
}

function listKeys({ jetstream }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/kv/:bucket/keys',
    role: 'viewer',
    summary: 'Keys of a bucket with their newest values, by page',
    params: bucketParamsSchema,
    query: keysQuerySchema,
    returns: 'KeysPage',
    answer: keysPageSchema,
    handler: async ({ params, query }): Promise<KeysPage> =>
      (await KvBucket.open(await jetstream.open(query.account), params.bucket)).keys(query),
  });
}

function readKey({ jetstream }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/kv/:bucket/entry',
    role: 'viewer',
    summary: 'One key with the history that is kept',
    params: bucketParamsSchema,
    query: keyQuerySchema,
    returns: 'KeyDetail',
    answer: keyDetailSchema,
    handler: async ({ params, query }): Promise<KeyDetail> =>
      (await KvBucket.open(await jetstream.open(query.account), params.bucket)).key(query.key),
  });
}

interface KeyChange {
  readonly bucket: string;
  readonly account: string | undefined;
  readonly actor: Actor;
  readonly key: string;
  readonly action: 'put' | 'delete' | 'purge' | 'revert';
  change(bucket: KvBucket): Promise<KvEntry>;
}

/** Changes a key and leaves a trace of it. */
async function changeKey({ jetstream, audit }: Console, { bucket, account, actor, key, action, change }: KeyChange) {
  const entry = await change(await KvBucket.open(await jetstream.open(account), bucket));
  jetstream.listings(account).expire();
  await audit.record(actor, {
    action: `kv.${action}`,
    target: targetText(`${bucket} / ${key}`, account),
    detail: `${action} ${key}, now revision ${entry.revision}`,
  });
  return entry;
}

function putKey(services: Console): ApiRoute {
  return defineRoute({
    method: 'PUT',
    url: '/api/kv/:bucket/entry',
    role: 'operator',
    summary: 'Write a value, with expectedRevision only over that revision (409 with both values when it lost)',
    params: bucketParamsSchema,
    query: accountQuerySchema,
    body: putSchema,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    returns: 'KvEntry',
    answer: kvEntrySchema,
    handler: async ({ params, query, body, actor }): Promise<KvEntry> => {
      const { key, expectedRevision, ttlMs } = body;
      const options = {
        ...(expectedRevision === undefined ? {} : { expectedRevision }),
        ...(ttlMs === undefined ? {} : { ttlMs }),
      };
      const value = payloadBytes(body);
      const change = (bucket: KvBucket): Promise<KvEntry> => bucket.put(key, value, options);
      return changeKey(services, { bucket: params.bucket, account: query.account, actor, key, action: 'put', change });
    },
  });
}

function deleteKey(services: Console): ApiRoute {
  return removeKey(services, 'delete', 'Delete a key; older revisions stay readable');
}

function purgeKey(services: Console): ApiRoute {
  return removeKey(services, 'purge', 'Delete a key and every older revision');
}

function removeKey(services: Console, action: 'delete' | 'purge', summary: string): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: `/api/kv/:bucket/${action}`,
    role: 'operator',
    summary,
    params: bucketParamsSchema,
    query: accountQuerySchema,
    body: removeKeySchema,
    returns: 'KvEntry',
    answer: kvEntrySchema,
    handler: async ({ params, query, body, actor }): Promise<KvEntry> => {
      const { key } = body;
      const change = (bucket: KvBucket): Promise<KvEntry> => bucket[action](key, body.expectedRevision);
      return changeKey(services, { bucket: params.bucket, account: query.account, actor, key, action, change });
    },
  });
}

function revertKey(services: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/kv/:bucket/revert',
    role: 'operator',
    summary: 'Write the value of an older revision anew',
    params: bucketParamsSchema,
    query: accountQuerySchema,
    body: revertSchema,
    returns: 'KvEntry',
    answer: kvEntrySchema,
    handler: async ({ params, query, body, actor }): Promise<KvEntry> => {
      const { key, revision } = body;
      const change = (bucket: KvBucket): Promise<KvEntry> => bucket.revert(key, revision, body.expectedRevision);
      return changeKey(services, { bucket: params.bucket, account: query.account, actor, key, action: 'revert', change });
    },
  });
}
