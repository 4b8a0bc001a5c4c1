/** One query client: failures of the network are tried again, refusals are not; old figures stay on screen while new ones come. */
import { keepPreviousData, QueryClient } from '@tanstack/react-query';
import { ApiFailure } from './api-client.ts';

const RETRIES_MAX = 3;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (failureCount, error) => failureCount < RETRIES_MAX && isWorthRetrying(error),
        staleTime: 2000,
        placeholderData: keepPreviousData,
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  });
}

function isWorthRetrying(error: unknown): boolean {
  if (!(error instanceof ApiFailure)) return false;
  return error.code === 'unreachable' || error.code === 'unavailable' || error.code === 'timeout';
}
