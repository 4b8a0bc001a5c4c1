/** Who would receive a message on a subject, asked of the server. */

import type { InterestResult } from '@sluice/protocol/console';
import { queryOptions } from '@tanstack/react-query';
import { apiGet } from '../../lib/api-client.ts';

/** Renewed this often while it is on screen, in milliseconds. */
const REFRESH_MS = 5000;

/** The query for a literal subject; an empty account is the global one. */
export function interestQuery(subject: string, account: string) {
  return queryOptions({
    queryKey: ['interest', subject, account],
    queryFn: ({ signal }) => apiGet<InterestResult>('/api/subscriptions/interest', { subject, account }, signal),
    refetchInterval: REFRESH_MS,
    enabled: subject !== '',
  });
}
