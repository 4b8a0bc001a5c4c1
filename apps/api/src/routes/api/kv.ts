/** `/api/kv`: buckets, keys, compare-and-set, history. Values leave no trace in the audit log, only which key was changed. */
import type { BucketsPage, KeyDetail, KeysPage, KvBucketDetail, KvBucketRow, KvEntry } from '@sluice/protocol/console';
import {
  accountPageQuerySchema,
  accountQuerySchema,
  bucketParamsSchema,
  bucketsPageSchema,
  confirmSchema,
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
import { cut, pageOf } from '../../lists/page.ts';
import { bucketConfig, KvBucket, streamOf } from '../../nats/jetstream/kv-bucket.ts';
import { numberAt, recordAt, stringAt } from '../../nats/json-fields.ts';
import { presentBucket, presentBucketDetail } from '../../presenters/kv.ts';
import { payloadBytes } from '../../workbench/message.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';
import { mustConfirm, targetText } from './jetstream.ts';

/** Base64 of the largest payload nats-server can be told to take (64 MiB), with room for the rest. */
const BODY_LIMIT_BYTES = 92_000_000;
const sortKeys = ['name', 'keys', 'values', 'history', 'revision', 'createdAtMs', 'lastChangeAtMs'] as const;

export function kvRoutes(services: Console): ApiRoute[] {
  return [listBuckets, createBucket, readBucket, deleteBucket, listKeys, readKey, putKey, deleteKey, purgeKey, revertKey].map(
    (route) => route(services),
  );
}

function listBuckets({ jetstream }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/kv',
    role: 'viewer',
    summary: 'Key-value buckets of an account',
    query: accountPageQuerySchema,
    returns: 'BucketsPage',
    answer: bucketsPageSchema,
    handler: async ({ query }): Promise<BucketsPage> => {
      const state = await jetstream.listState(query.account);
      if (!state.isEnabled) return { ...cut([], query), jetstream: state };
      const { entries } = await jetstream.listings(query.account).streams();
      const text = query.q?.toLowerCase() ?? '';
      const rows = entries
        .filter((info) => stringAt(recordAt(info, 'config'), 'name').startsWith('KV_'))
        .map(presentBucket)
        .filter(({ name, description }) => `${name}\n${description ?? ''}`.toLowerCase().includes(text));
      return { ...pageOf<KvBucketRow>(rows, query, sortKeys), jetstream: state };
    },
  });
}

function createBucket({ jetstream, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/kv',
    role: 'admin',
    summary: 'Create a key-value bucket',
    query: accountQuerySchema,
    body: createBucketSchema,
    status: 201,
    returns: 'KvBucketRow',
    answer: kvBucketRowSchema,
    handler: async ({ query, body, actor }): Promise<KvBucketRow> => {
      const js = await jetstream.open(query.account);
      const info = await js.must(`STREAM.CREATE.${streamOf(body.bucket)}`, bucketConfig(body));
      jetstream.listings(query.account).expire();
      const target = targetText(body.bucket, query.account);
      await audit.record(actor, { action: 'kv.create', target, detail: `created the bucket ${body.bucket}`, after: body });
      return presentBucket(info);
    },
  });
}

function readBucket({ jetstream }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/kv/:bucket',
    role: 'viewer',
    summary: 'One bucket with its settings',
    params: bucketParamsSchema,
    query: accountQuerySchema,
    returns: 'KvBucketDetail',
    answer: kvBucketDetailSchema,
    handler: async ({ params, query }): Promise<KvBucketDetail> =>
      presentBucketDetail((await KvBucket.open(await jetstream.open(query.account), params.bucket)).info),
  });
}

function deleteBucket({ jetstream, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'DELETE',
    url: '/api/kv/:bucket',
    role: 'admin',
    summary: 'Delete a bucket with every key; the body repeats its name',
    params: bucketParamsSchema,
    query: accountQuerySchema,
    body: confirmSchema,
    status: 204,
    returns: 'nothing',
    handler: async ({ params, query, body, actor }): Promise<undefined> => {
      mustConfirm(body.confirm, params.bucket);
      const bucket = await KvBucket.open(await jetstream.open(query.account), params.bucket);
      await bucket.js.must(`STREAM.DELETE.${bucket.target.stream}`);
      jetstream.listings(query.account).expire();
      const keys = numberAt(recordAt(bucket.info, 'state'), 'num_subjects');
      await audit.record(actor, {
        action: 'kv.delete-bucket',
        target: targetText(params.bucket, query.account),
        detail: `deleted the bucket ${params.bucket} with ${keys} keys`,
      });
    },
  });
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
