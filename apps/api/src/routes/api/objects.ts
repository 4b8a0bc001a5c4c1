/** `/api/objects`: object stores and what is in them, but for the bytes themselves (`objects-content.ts`). */
import type {
  CreateObjectBucketRequest,
  ObjectBucketDetail,
  ObjectBucketRow,
  ObjectRow,
  ObjectsPage,
  ObjectVerification,
} from '@sluice/protocol/console';
import {
  accountQuerySchema,
  bucketParamsSchema,
  createObjectBucketSchema,
  objectBucketDetailSchema,
  objectBucketRowSchema,
  objectBucketsPageSchema,
  objectNameSchema,
  objectQuerySchema,
  objectRowSchema,
  objectsPageSchema,
  objectsQuerySchema,
  objectVerificationSchema,
} from '@sluice/protocol/console/schemas';
import type { Console } from '../../console.ts';
import { HttpFailure } from '../../http-failure.ts';
import { ObjectBucket, objectBucketConfig } from '../../nats/jetstream/object-bucket.ts';
import { numberAt } from '../../nats/json-fields.ts';
import { presentObjectBucket, presentObjectBucketDetail } from '../../presenters/objects.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';
import { type BucketKind, bucketRoutes } from './buckets.ts';
import { targetText } from './jetstream.ts';

const objectStores: BucketKind<ObjectBucketRow, ObjectBucketDetail, CreateObjectBucketRequest, ObjectBucket> = {
  url: '/api/objects',
  action: 'objects',
  noun: 'object store',
  streamPrefix: 'OBJ_',
  sortKeys: ['name', 'createdAtMs', 'lastChangeAtMs'],
  types: { row: 'ObjectBucketRow', page: 'ObjectBucketsPage', detail: 'ObjectBucketDetail' },
  schemas: {
    row: objectBucketRowSchema,
    page: objectBucketsPageSchema,
    detail: objectBucketDetailSchema,
    create: createObjectBucketSchema,
  },
  configOf: objectBucketConfig,
  open: (js, name) => ObjectBucket.open(js, name),
  // How many objects there are takes a question per store.
  rowOf: (info, isNew) => presentObjectBucket(info, isNew ? 0 : null),
  detailOf: async (bucket) => presentObjectBucketDetail(bucket.info, await bucket.count()),
  lossOf: (state) => `${numberAt(state, 'bytes')} bytes`,
};

export function objectRoutes(services: Console): ApiRoute[] {
  const ofObjects = [listObjects, readObject, verifyObject, deleteObject];
  return [...bucketRoutes(services, objectStores), ...ofObjects.map((route) => route(services))];
}

function listObjects({ jetstream }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/objects/:bucket/list',
    role: 'viewer',
    summary: 'Objects of a store, by name, by page',
    params: bucketParamsSchema,
    query: objectsQuerySchema,
    returns: 'ObjectsPage',
    answer: objectsPageSchema,
    handler: async ({ params, query }): Promise<ObjectsPage> =>
      (await ObjectBucket.open(await jetstream.open(query.account), params.bucket)).list(query),
  });
}

function readObject({ jetstream }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/objects/:bucket/info',
    role: 'viewer',
    summary: 'What is known of one object',
    params: bucketParamsSchema,
    query: objectQuerySchema,
    returns: 'ObjectRow',
    answer: objectRowSchema,
    handler: async ({ params, query }): Promise<ObjectRow> => {
      const bucket = await ObjectBucket.open(await jetstream.open(query.account), params.bucket);
      const found = await bucket.find(query.name);
      if (found === undefined) throw new HttpFailure('not_found', `there is no object ${query.name} in ${params.bucket}`);
      return found.row;
    },
  });
}

function verifyObject({ jetstream }: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/objects/:bucket/verify',
    role: 'operator',
    summary: 'Read an object whole and compare its size and digest',
    params: bucketParamsSchema,
    query: accountQuerySchema,
    body: objectNameSchema,
    returns: 'ObjectVerification',
    answer: objectVerificationSchema,
    handler: async ({ params, query, body }): Promise<ObjectVerification> => {
      const bucket = await ObjectBucket.open(await jetstream.open(query.account), params.bucket);
      return bucket.verify(await bucket.mustFind(body.name));
    },
  });
}

function deleteObject({ jetstream, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/objects/:bucket/delete',
    role: 'operator',
    summary: 'Delete an object; a marker stays',
    params: bucketParamsSchema,
    query: accountQuerySchema,
    body: objectNameSchema,
    status: 204,
    returns: 'nothing',
    handler: async ({ params, query, body, actor }): Promise<undefined> => {
      const bucket = await ObjectBucket.open(await jetstream.open(query.account), params.bucket);
      await bucket.delete(body.name);
      jetstream.listings(query.account).expire();
      await audit.record(actor, {
        action: 'objects.delete',
        target: targetText(`${params.bucket} / ${body.name}`, query.account),
        detail: `deleted the object ${body.name}`.slice(0, 500),
      });
    },
  });
}
