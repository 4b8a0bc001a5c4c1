/** Requests about object stores. Contents are streamed both ways; the server checks their SHA-256 as they pass. */
import type {
  CreateObjectBucketRequest,
  ObjectBucketRow,
  ObjectBucketsPage,
  ObjectRow,
  ObjectsPage,
  ObjectsQuery,
  ObjectVerification,
} from '@sluice/protocol/console';
import { queryOptions } from '@tanstack/react-query';
import { ApiFailure, apiGet, apiRequest, withQuery } from '../../../lib/api-client.ts';

/** Buckets and objects are read again this often, in milliseconds. */
export const OBJECTS_REFRESH_MS = 5000;
const BUCKETS_MAX = 500;

/** A bucket of an account. */
export interface ObjectBucketRef {
  readonly account: string;
  readonly bucket: string;
}

function pathOf(bucket: string, rest = ''): string {
  return `/api/objects/${encodeURIComponent(bucket)}${rest}`;
}

export function objectBucketsQuery(account: string) {
  return queryOptions({
    queryKey: ['objects', account, 'buckets'],
    queryFn: ({ signal }) =>
      apiGet<ObjectBucketsPage>('/api/objects', { account, sort: 'name', order: 'asc', limit: BUCKETS_MAX }, signal),
    refetchInterval: OBJECTS_REFRESH_MS,
  });
}

export function createObjectBucket(account: string, body: CreateObjectBucketRequest): Promise<ObjectBucketRow> {
  return apiRequest<ObjectBucketRow>('POST', '/api/objects', { query: { account }, body });
}

export function deleteObjectBucket({ account, bucket }: ObjectBucketRef): Promise<void> {
  return apiRequest<void>('DELETE', pathOf(bucket), { query: { account }, body: { confirm: bucket } });
}

export function loadObjects(
  { account, bucket }: ObjectBucketRef,
  query: ObjectsQuery,
  signal: AbortSignal,
): Promise<ObjectsPage> {
  return apiGet<ObjectsPage>(pathOf(bucket, '/list'), { account, ...query }, signal);
}

/** The object of that name; undefined where there is none, or none any more. */
export async function findObject({ account, bucket }: ObjectBucketRef, name: string): Promise<ObjectRow | undefined> {
  try {
    const object = await apiGet<ObjectRow>(pathOf(bucket, '/info'), { account, name });
    return object.isDeleted ? undefined : object;
  } catch (error) {
    if (error instanceof ApiFailure && error.code === 'not_found') return undefined;
    throw error;
  }
}

export function objectQuery({ account, bucket }: ObjectBucketRef, name: string) {
  return queryOptions({
    queryKey: ['objects', account, bucket, 'info', name],
    queryFn: ({ signal }) => apiGet<ObjectRow>(pathOf(bucket, '/info'), { account, name }, signal),
    refetchInterval: OBJECTS_REFRESH_MS,
    // Another object must not stand in for this one.
    placeholderData: () => undefined,
  });
}

export function verifyObject({ account, bucket }: ObjectBucketRef, name: string): Promise<ObjectVerification> {
  return apiRequest<ObjectVerification>('POST', pathOf(bucket, '/verify'), { query: { account }, body: { name } });
}

export function deleteObject({ account, bucket }: ObjectBucketRef, name: string): Promise<void> {
  return apiRequest<void>('POST', pathOf(bucket, '/delete'), { query: { account }, body: { name } });
}

/** Address of the contents, for the browser's own download. */
export function downloadAddress({ account, bucket }: ObjectBucketRef, name: string): string {
  return withQuery(pathOf(bucket, '/download'), { account, name });
}

/** Address that takes the contents. */
export function uploadAddress({ account, bucket }: ObjectBucketRef, name: string): string {
  return withQuery(pathOf(bucket, '/upload'), { account, name });
}
