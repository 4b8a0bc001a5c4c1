/** Whether there is JetStream for an account, and why not. The rail and every page of stored data are drawn from it. */
import type { JetStreamState } from '@sluice/protocol/console';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { apiGet } from './api-client.ts';

/** It is switched on or off by a restart or a reload, not by the second. Milliseconds. */
const REFRESH_MS = 15_000;

/** `account` empty: the one that clients without credentials are in. */
export function jetStreamQuery(account: string) {
  return queryOptions({
    queryKey: ['jetstream', account],
    queryFn: ({ signal }) => apiGet<JetStreamState>('/api/jetstream', { account }, signal),
    staleTime: REFRESH_MS,
    refetchInterval: REFRESH_MS,
  });
}

/** False only where the server is known to run no JetStream: not while it does not answer, nor where it is another account's. */
export function useHasJetStream(): boolean {
  const state = useQuery(jetStreamQuery('')).data;
  if (state === undefined) return true;
  return state.isEnabled || state.reason !== 'server';
}
