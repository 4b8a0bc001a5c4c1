/** `/api/objects`: object stores and what is in them, but for the bytes themselves (`objects-content.ts`). */
import type {
  ObjectBucketDetail,
  ObjectBucketRow,
  ObjectBucketsPage,
  ObjectRow,
  ObjectsPage,
  ObjectVerification,
} from '@sluice/protocol/console';
import {
  accountPageQuerySchema,
  accountQuerySchema,
  bucketParamsSchema,
  confirmSchema,
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
import { cut, pageOf } from '../../lists/page.ts';
import { ObjectBucket, objectBucketConfig, objectStream } from '../../nats/jetstream/object-bucket.ts';
import { numberAt, recordAt, stringAt } from '../../nats/json-fields.ts';
import { presentObjectBucket, presentObjectBucketDetail } from '../../presenters/objects.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';
import { mustConfirm, targetText } from './jetstream.ts';

export function objectRoutes(services: Console): ApiRoute[] {
  return [listBuckets, createBucket, readBucket, deleteBucket, listObjects, readObject, verifyObject, deleteObject].map((route) =>
    route(services),
  );
}

function listBuckets({ jetstream }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/objects',
    role: 'viewer',
    summary: 'Object stores of an account',
    query: accountPageQuerySchema,
    returns: 'ObjectBucketsPage',
    answer: objectBucketsPageSchema,
    handler: async ({ query }): Promise<ObjectBucketsPage> => {
      const state = await jetstream.listState(query.account);
      if (!state.isEnabled) return { ...cut([], query), jetstream: state };
      const { entries } = await jetstream.listings(query.account).streams();
      const text = query.q?.toLowerCase() ?? '';
      const rows = entries
        .filter((info) => stringAt(recordAt(info, 'config'), 'name').startsWith('OBJ_'))
        .map((info) => presentObjectBucket(info, null))
        .filter(({ name, description }) => `${name}\n${description ?? ''}`.toLowerCase().includes(text));
      return { ...pageOf<ObjectBucketRow>(rows, query, ['name', 'createdAtMs', 'lastChangeAtMs']), jetstream: state };
    },
  });
}

function createBucket({ jetstream, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/objects',
    role: 'admin',
    summary: 'Create an object store',
    query: accountQuerySchema,
    body: createObjectBucketSchema,
    status: 201,
    returns: 'ObjectBucketRow',
    answer: objectBucketRowSchema,
    handler: async ({ query, body, actor }): Promise<ObjectBucketRow> => {
      const js = await jetstream.open(query.account);
      const info = await js.must(`STREAM.CREATE.${objectStream(body.bucket)}`, objectBucketConfig(body));
      jetstream.listings(query.account).expire();
      const target = targetText(body.bucket, query.account);
      await audit.record(actor, {
        action: 'objects.create',
        target,
        detail: `created the object store ${body.bucket}`,
        after: body,
      });
      return presentObjectBucket(info, 0);
    },
  });
}

function readBucket({ jetstream }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/objects/:bucket',
    role: 'viewer',
    summary: 'One object store with its settings',
    params: bucketParamsSchema,
    query: accountQuerySchema,
    returns: 'ObjectBucketDetail',
    answer: objectBucketDetailSchema,
    handler: async ({ params, query }): Promise<ObjectBucketDetail> => {
      const bucket = await ObjectBucket.open(await jetstream.open(query.account), params.bucket);
      return presentObjectBucketDetail(bucket.info, await bucket.count());
    },
  });
}

function deleteBucket({ jetstream, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'DELETE',
    url: '/api/objects/:bucket',
    role: 'admin',
    summary: 'Delete an object store with every object; the body repeats its name',
    params: bucketParamsSchema,
    query: accountQuerySchema,
    body: confirmSchema,
    status: 204,
    returns: 'nothing',
    handler: async ({ params, query, body, actor }): Promise<undefined> => {
      mustConfirm(body.confirm, params.bucket);
      const bucket = await ObjectBucket.open(await jetstream.open(query.account), params.bucket);
      await bucket.js.must(`STREAM.DELETE.${bucket.target.stream}`);
      jetstream.listings(query.account).expire();
      await audit.record(actor, {
        action: 'objects.delete-bucket',
        target: targetText(params.bucket, query.account),
        detail: `deleted the object store ${params.bucket} with ${numberAt(recordAt(bucket.info, 'state'), 'bytes')} bytes`,
      });
    },
  });
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
