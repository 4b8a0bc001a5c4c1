/** Requests about messages kept under a name; the server keeps them for the user who saved them. */
import type { RemoveMessageQuery, SavedMessage, SaveMessageRequest } from '@sluice/protocol/console';
import { queryOptions } from '@tanstack/react-query';
import { apiGet, apiRequest } from '../../../lib/api-client.ts';

export const savedMessagesQuery = queryOptions({
  queryKey: ['saved-messages'],
  queryFn: ({ signal }) => apiGet<{ items: SavedMessage[] }>('/api/saved-messages', undefined, signal),
});

/** Rejects with a conflict when `expectedRevision` is not what is there. */
export function saveMessage(body: SaveMessageRequest): Promise<SavedMessage> {
  return apiRequest<SavedMessage>('PUT', '/api/saved-messages', { body });
}

/** The same for what was changed meanwhile. */
export function removeMessage(query: RemoveMessageQuery): Promise<void> {
  return apiRequest<void>('DELETE', '/api/saved-messages', { query });
}
