/** Logging in, and creating the first administrator: both answer with a session. */
import type { LoginRequest, SessionInfo, SetupRequest, SetupState } from '@sluice/protocol/console';
import { queryOptions } from '@tanstack/react-query';
import { apiGet, apiRequest } from '../../../lib/api-client.ts';
import { keepSession } from '../../../lib/session.ts';

/** Whether the first administrator is still to be created. */
export const setupQuery = queryOptions({
  queryKey: ['setup'],
  queryFn: ({ signal }) => apiGet<SetupState>('/api/setup', undefined, signal),
});

/** Throws `ApiFailure`: `unauthenticated` for a wrong pair, `too_many_attempts` while backing off. */
export async function logIn(request: LoginRequest): Promise<SessionInfo> {
  return keepSession(await apiRequest<SessionInfo>('POST', '/api/session', { body: request }));
}

/** Throws `ApiFailure`: `forbidden` when the link is wrong or was used. */
export async function setUp(request: SetupRequest): Promise<SessionInfo> {
  return keepSession(await apiRequest<SessionInfo>('POST', '/api/setup', { body: request }));
}
