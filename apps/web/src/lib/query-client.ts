/** One query client: failures of the network are tried again, refusals are not; old figures stay on screen while new ones come. */
import { keepPreviousData, QueryClient } from '@tanstack/react-query';
import { ApiFailure } from './api-client.ts';

const RETRIES_MAX = 3;
/** Of a request that the console answered with 503: it has tried several times itself. */
const RETRIES_UNAVAILABLE = 1;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (failureCount, error) => failureCount < retriesOf(error),
        staleTime: 2000,
        placeholderData: keepPreviousData,
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  });
}

/** Refusals are not tried again, nor what somebody has waited for long already. */
function retriesOf(error: unknown): number {
  if (!(error instanceof ApiFailure)) return 0;
  if (error.code === 'unreachable') return RETRIES_MAX;
  return error.code === 'unavailable' || (error.code === 'timeout' && error.status !== 0) ? RETRIES_UNAVAILABLE : 0;
}
