/** The newest second of the whole server, pushed once a second, for the rail and every page that shows it. */
import type { LiveRates } from '@sluice/protocol/console';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useLive } from './live-context.tsx';

const ratesKey = ['live', 'rates'] as const;

/** Subscribes to the rates; used once, by the shell. */
export function useRatesFeed(): void {
  const queryClient = useQueryClient();
  useLive(
    { topic: 'rates' },
    {
      onData: (message) => {
        if (message.topic === 'rates') queryClient.setQueryData<LiveRates>(ratesKey, message.data);
      },
    },
  );
}

/** The newest rates; undefined before the first second. */
export function useRates(): LiveRates | undefined {
  return useQuery<LiveRates>({ queryKey: ratesKey, enabled: false }).data;
}
