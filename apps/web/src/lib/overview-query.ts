/** The overview, for its page and for the count of findings in the top bar. */
import type { Overview } from '@sluice/protocol/console';
import { queryOptions } from '@tanstack/react-query';
import { apiGet } from './api-client.ts';

/** The shell reads what is not pushed this often, in milliseconds. */
export const OVERVIEW_REFRESH_MS = 5000;

export const overviewQuery = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => apiGet<Overview>('/api/overview', undefined, signal),
});
