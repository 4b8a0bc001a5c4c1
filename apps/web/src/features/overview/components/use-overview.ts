/** The overview as read every few seconds, moved on by what is pushed in between. */

import type { Overview } from '@sluice/protocol/console';
import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { useLive } from '../../../lib/live-context.tsx';
import { useRates } from '../../../lib/live-rates.ts';
import type { LiveHandlers } from '../../../lib/live-socket.ts';
import { overviewQuery } from '../../../lib/overview-query.ts';
import { mergeEvents, withSecond } from '../model/live-overview.ts';

const SECOND_READING_MS = 1500;

export function useOverview(): UseQueryResult<Overview> {
  const queryClient = useQueryClient();
  const result = useQuery(overviewQuery);
  const rates = useRates();
  const isLoaded = result.data !== undefined;

  useEffect(() => {
    if (rates === undefined) return;
    queryClient.setQueryData(overviewQuery.queryKey, (held) => (held === undefined ? held : withSecond(held, rates)));
  }, [queryClient, rates]);

  // Rates per client and subject begin to be counted when somebody looks: the second reading has them, so it comes soon.
  useEffect(() => {
    if (!isLoaded) return;
    const timer = setTimeout(
      () => void queryClient.refetchQueries({ queryKey: overviewQuery.queryKey, exact: true }),
      SECOND_READING_MS,
    );
    return () => clearTimeout(timer);
  }, [queryClient, isLoaded]);

  const handlers = useMemo<LiveHandlers>(
    () => ({
      onData: (message) => {
        if (message.topic !== 'events') return;
        queryClient.setQueryData(overviewQuery.queryKey, (held) =>
          held === undefined ? held : { ...held, events: mergeEvents(held.events, message.data.events) },
        );
      },
      onResubscribed: () => void queryClient.invalidateQueries({ queryKey: overviewQuery.queryKey }),
    }),
    [queryClient],
  );
  const newest = result.data?.events[0]?.seq;
  useLive(isLoaded ? { topic: 'events', ...(newest === undefined ? {} : { afterSeq: newest }) } : null, handlers);
  return result;
}
