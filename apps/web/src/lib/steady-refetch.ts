/**
 * Reads a query again at a steady pace. TanStack's own `refetchInterval` begins anew whenever data is set, so a query that is
 * patched by the live feed every second would never be read again.
 */
import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useIsTabHidden } from './live-context.tsx';

/** Refetches `queryKey` every `everyMs` while the component lives and the tab is seen. */
export function useSteadyRefetch(queryKey: QueryKey, everyMs: number): void {
  const queryClient = useQueryClient();
  const isHidden = useIsTabHidden();
  const text = JSON.stringify(queryKey);
  useEffect(() => {
    if (isHidden) return;
    const key: QueryKey = JSON.parse(text);
    const timer = setInterval(() => void queryClient.refetchQueries({ queryKey: key, exact: true }), everyMs);
    return () => clearInterval(timer);
  }, [queryClient, text, everyMs, isHidden]);
}
