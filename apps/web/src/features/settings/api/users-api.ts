/** Requests about people who may use the console, and one's own sessions. */
import type {
  ConsoleUser,
  CreateUserRequest,
  Page,
  PasswordChange,
  RemoveUserQuery,
  SessionRow,
  UpdateUserRequest,
} from '@sluice/protocol/console';
import { queryOptions } from '@tanstack/react-query';
import { apiGet, apiRequest } from '../../../lib/api-client.ts';

export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: ({ signal }) => apiGet<Page<ConsoleUser>>('/api/users', { limit: 500, sort: 'username', order: 'asc' }, signal),
});

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => apiGet<{ items: SessionRow[] }>('/api/sessions', undefined, signal),
  refetchInterval: 30_000,
});

export function createUser(body: CreateUserRequest): Promise<ConsoleUser> {
  return apiRequest<ConsoleUser>('POST', '/api/users', { body });
}

export function updateUser(username: string, body: UpdateUserRequest): Promise<ConsoleUser> {
  return apiRequest<ConsoleUser>('PATCH', `/api/users/${encodeURIComponent(username)}`, { body });
}

export function deleteUser(username: string, query: RemoveUserQuery): Promise<void> {
  return apiRequest<void>('DELETE', `/api/users/${encodeURIComponent(username)}`, { query });
}

export function changePassword(body: PasswordChange): Promise<void> {
  return apiRequest<void>('POST', '/api/session/password', { body });
}

export function endSession(id: string): Promise<void> {
  return apiRequest<void>('DELETE', `/api/sessions/${encodeURIComponent(id)}`);
}
