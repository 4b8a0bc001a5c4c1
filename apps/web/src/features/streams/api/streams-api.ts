/** Requests about streams. Reading messages never consumes one. */
import type {
  CreateStreamRequest,
  MessagesPage,
  MessagesQuery,
  PurgeRequest,
  PurgeResult,
  StoredMessage,
  StreamDetail,
  StreamSubjectsPage,
  StreamSubjectsQuery,
  StreamsPage,
  StreamsQuery,
  StreamUpdateResult,
  UpdateStreamRequest,
} from '@sluice/protocol/console';
import { queryOptions } from '@tanstack/react-query';
import { apiGet, apiRequest } from '../../../lib/api-client.ts';

/** Streams are read again this often, in milliseconds. */
export const STREAMS_REFRESH_MS = 3000;

function pathOf(name: string, rest = ''): string {
  return `/api/streams/${encodeURIComponent(name)}${rest}`;
}

export function loadStreams(query: StreamsQuery, signal: AbortSignal): Promise<StreamsPage> {
  return apiGet<StreamsPage>('/api/streams', query, signal);
}

export function streamQuery(name: string, account: string) {
  return queryOptions({
    queryKey: ['stream', account, name],
    queryFn: ({ signal }) => apiGet<StreamDetail>(pathOf(name), { account }, signal),
    refetchInterval: STREAMS_REFRESH_MS,
    // Another stream must not stand in for this one.
    placeholderData: () => undefined,
  });
}

export function loadMessages(name: string, query: MessagesQuery, signal: AbortSignal): Promise<MessagesPage> {
  return apiGet<MessagesPage>(pathOf(name, '/messages'), query, signal);
}

export function messageQuery(name: string, account: string, seq: number) {
  return queryOptions({
    queryKey: ['stream', account, name, 'message', seq],
    queryFn: ({ signal }) => apiGet<StoredMessage>(pathOf(name, `/messages/${seq}`), { account }, signal),
    staleTime: 60_000,
    retry: false,
  });
}

export function loadSubjects(name: string, query: StreamSubjectsQuery, signal: AbortSignal): Promise<StreamSubjectsPage> {
  return apiGet<StreamSubjectsPage>(pathOf(name, '/subjects'), query, signal);
}

export function createStream(account: string, body: CreateStreamRequest): Promise<StreamDetail> {
  return apiRequest<StreamDetail>('POST', '/api/streams', { query: { account }, body });
}

export function updateStream(name: string, account: string, body: UpdateStreamRequest): Promise<StreamUpdateResult> {
  return apiRequest<StreamUpdateResult>('PUT', pathOf(name), { query: { account }, body });
}

export function deleteStream(name: string, account: string): Promise<void> {
  return apiRequest<void>('DELETE', pathOf(name), { query: { account }, body: { confirm: name } });
}

export function sealStream(name: string, account: string): Promise<StreamDetail> {
  return apiRequest<StreamDetail>('POST', pathOf(name, '/seal'), { query: { account }, body: { confirm: name } });
}

export function purgeStream(name: string, account: string, body: PurgeRequest): Promise<PurgeResult> {
  return apiRequest<PurgeResult>('POST', pathOf(name, '/purge'), { query: { account }, body });
}

export function deleteMessage(name: string, account: string, seq: number): Promise<void> {
  return apiRequest<void>('DELETE', pathOf(name, `/messages/${seq}`), { query: { account } });
}
