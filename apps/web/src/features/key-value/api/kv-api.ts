/** Requests about key-value buckets. A write that lost to another rejects with a `conflict` whose details hold what is there now. */
import type {
  BucketsPage,
  CreateBucketRequest,
  KeyDetail,
  KeysPage,
  KeysQuery,
  KvBucketRow,
  KvEntry,
  PutRequest,
  RemoveKeyRequest,
  RevertRequest,
} from '@sluice/protocol/console';
import { queryOptions } from '@tanstack/react-query';
import { apiGet, apiRequest } from '../../../lib/api-client.ts';

/** Buckets and keys are read again this often, in milliseconds. */
export const KV_REFRESH_MS = 3000;
const BUCKETS_MAX = 500;

/** A bucket of an account. */
export interface BucketRef {
  readonly account: string;
  readonly bucket: string;
}

function pathOf(bucket: string, rest = ''): string {
  return `/api/kv/${encodeURIComponent(bucket)}${rest}`;
}

export function bucketsQuery(account: string) {
  return queryOptions({
    queryKey: ['kv', account, 'buckets'],
    queryFn: ({ signal }) => apiGet<BucketsPage>('/api/kv', { account, sort: 'name', order: 'asc', limit: BUCKETS_MAX }, signal),
    refetchInterval: KV_REFRESH_MS,
  });
}

export function createBucket(account: string, body: CreateBucketRequest): Promise<KvBucketRow> {
  return apiRequest<KvBucketRow>('POST', '/api/kv', { query: { account }, body });
}

export function deleteBucket({ account, bucket }: BucketRef): Promise<void> {
  return apiRequest<void>('DELETE', pathOf(bucket), { query: { account }, body: { confirm: bucket } });
}

export function loadKeys({ account, bucket }: BucketRef, query: KeysQuery, signal: AbortSignal): Promise<KeysPage> {
  return apiGet<KeysPage>(pathOf(bucket, '/keys'), { account, ...query }, signal);
}

export function keyQuery({ account, bucket }: BucketRef, key: string) {
  return queryOptions({
    queryKey: ['kv', account, bucket, 'entry', key],
    queryFn: ({ signal }) => apiGet<KeyDetail>(pathOf(bucket, '/entry'), { account, key }, signal),
    refetchInterval: KV_REFRESH_MS,
    // Another key must not stand in for this one.
    placeholderData: () => undefined,
  });
}

export function putKey({ account, bucket }: BucketRef, body: PutRequest): Promise<KvEntry> {
  return apiRequest<KvEntry>('PUT', pathOf(bucket, '/entry'), { query: { account }, body });
}

/** `purge` also takes the older revisions away. */
export function removeKey({ account, bucket }: BucketRef, how: 'delete' | 'purge', body: RemoveKeyRequest): Promise<KvEntry> {
  return apiRequest<KvEntry>('POST', pathOf(bucket, `/${how}`), { query: { account }, body });
}

export function revertKey({ account, bucket }: BucketRef, body: RevertRequest): Promise<KvEntry> {
  return apiRequest<KvEntry>('POST', pathOf(bucket, '/revert'), { query: { account }, body });
}
