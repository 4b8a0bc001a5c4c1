/** Requests about consumers, of one stream or of all. */
import type {
  AckRequest,
  AckResult,
  ConsumerDetail,
  ConsumersPage,
  ConsumersQuery,
  PauseRequest,
  PullRequest,
  PullResult,
  ResetRequest,
} from '@sluice/protocol/console';
import { queryOptions } from '@tanstack/react-query';
import { apiGet, apiRequest } from '../../lib/api-client.ts';

/** Consumers are read again this often, in milliseconds. */
export const CONSUMERS_REFRESH_MS = 2000;

/** A consumer among those of all streams of an account. */
export interface ConsumerRef {
  readonly account: string;
  readonly stream: string;
  readonly name: string;
}

function pathOf({ stream, name }: ConsumerRef, rest = ''): string {
  return `/api/streams/${encodeURIComponent(stream)}/consumers/${encodeURIComponent(name)}${rest}`;
}

/** `stream` null: of all streams. */
export function loadConsumers(stream: string | null, query: ConsumersQuery, signal: AbortSignal): Promise<ConsumersPage> {
  const path = stream === null ? '/api/consumers' : `/api/streams/${encodeURIComponent(stream)}/consumers`;
  return apiGet<ConsumersPage>(path, query, signal);
}

export function consumerQuery(ref: ConsumerRef) {
  return queryOptions({
    queryKey: ['consumer', ref.account, ref.stream, ref.name],
    queryFn: ({ signal }) => apiGet<ConsumerDetail>(pathOf(ref), { account: ref.account }, signal),
    refetchInterval: CONSUMERS_REFRESH_MS,
    // Another consumer must not stand in for this one.
    placeholderData: () => undefined,
  });
}

function post<Answer>(ref: ConsumerRef, rest: string, body: object): Promise<Answer> {
  return apiRequest<Answer>('POST', pathOf(ref, rest), { query: { account: ref.account }, body });
}

export function pauseConsumer(ref: ConsumerRef, body: PauseRequest): Promise<ConsumerDetail> {
  return post<ConsumerDetail>(ref, '/pause', body);
}

export function resumeConsumer(ref: ConsumerRef): Promise<ConsumerDetail> {
  return apiRequest<ConsumerDetail>('POST', pathOf(ref, '/resume'), { query: { account: ref.account } });
}

export function resetConsumer(ref: ConsumerRef, body: ResetRequest): Promise<ConsumerDetail> {
  return post<ConsumerDetail>(ref, '/reset', body);
}

export function unpinClient(ref: ConsumerRef, group: string): Promise<ConsumerDetail> {
  return post<ConsumerDetail>(ref, '/unpin', { group });
}

export function deleteConsumer(ref: ConsumerRef): Promise<void> {
  return apiRequest<void>('DELETE', pathOf(ref), { query: { account: ref.account }, body: { confirm: ref.name } });
}

export function pullOne(ref: ConsumerRef, body: PullRequest): Promise<PullResult> {
  return post<PullResult>(ref, '/pull', body);
}

export function acknowledge(ref: ConsumerRef, body: AckRequest): Promise<AckResult> {
  return post<AckResult>(ref, '/ack', body);
}
