/** The workbench's requests. */
import type { PublishJob, PublishRequest, PublishResult, RequestRequest, RequestResult } from '@sluice/protocol/console';
import { apiGet, apiRequest } from '../../../lib/api-client.ts';

/** Publishes one message. Rejects with ApiFailure for what is wrong with the request itself. */
export function publish(request: PublishRequest): Promise<PublishResult> {
  return apiRequest<PublishResult>('POST', '/api/publish', { body: request });
}

/** Starts publishing again and again. */
export function startJob(request: PublishRequest): Promise<PublishJob> {
  return apiRequest<PublishJob>('POST', '/api/publish', { body: request });
}

export function readJob(id: string): Promise<PublishJob> {
  return apiGet<PublishJob>(`/api/publish/jobs/${encodeURIComponent(id)}`);
}

export function stopJob(id: string): Promise<PublishJob> {
  return apiRequest<PublishJob>('DELETE', `/api/publish/jobs/${encodeURIComponent(id)}`);
}

/** Asks and waits for replies. */
export function request(body: RequestRequest): Promise<RequestResult> {
  return apiRequest<RequestResult>('POST', '/api/request', { body });
}
