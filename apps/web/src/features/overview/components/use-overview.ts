/** The overview as read every few seconds, moved on by what is pushed in between. */

import type { LiveRates, Overview } from '@sluice/protocol/console';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useLive } from '../../../lib/live-context.tsx';
import { useRates } from '../../../lib/live-rates.ts';
import type { LiveHandlers } from '../../../lib/live-socket.ts';
import { overviewQuery } from '../../../lib/overview-query.ts';
import { mergeEvents, withSecond } from '../model/live-overview.ts';

const SECOND_READING_MS = 1500;

/** More than lie between two readings. */
const SECONDS_KEPT = 30;

export interface OverviewResult {
  /** Undefined before the first answer. */
  readonly overview: Overview | undefined;
  readonly error: Error | null;
  retry(): void;
}

export function useOverview(): OverviewResult {
  const queryClient = useQueryClient();
  const result = useQuery(overviewQuery);
  const rates = useRates();
  const isLoaded = result.data !== undefined;

  const [seconds, setSeconds] = useState<readonly LiveRates[]>([]);
  useEffect(() => {
    if (rates !== undefined) setSeconds((before) => [...before.slice(1 - SECONDS_KEPT), rates]);
  }, [rates]);

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
  // A reading may be older than the newest second that was pushed: all seconds after it are added to it again.
  const overview = useMemo(
    () => (result.data === undefined ? undefined : seconds.reduce(withSecond, result.data)),
    [result.data, seconds],
  );
  return { overview, error: result.error, retry: () => void result.refetch() };
}
