/** Rows of a view by index: only the pages that are on screen are asked for, and renewed every few seconds. */

import type { SubscriptionsMeta, SubscriptionsPages, SubscriptionsQuery, SubscriptionView } from '@sluice/protocol/console';
import { keepPreviousData, useQueries } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { apiGet } from '../../../lib/api-client.ts';
import { useIsTabHidden } from '../../../lib/live-context.tsx';

const PAGE_ROWS = 100;
/** Milliseconds between refreshes. */
const REFRESH_MS = 3000;

export type RowOf<View extends SubscriptionView> = SubscriptionsPages[View]['items'][number];

export interface SubscriptionRows<View extends SubscriptionView> {
  total: number | undefined;
  meta: SubscriptionsMeta | undefined;
  rowAt: (index: number) => RowOf<View> | undefined;
  onRange: (first: number, last: number) => void;
  error: Error | null;
  retry: () => void;
}

/** Rows of `view` that `query` finds. */
export function useSubscriptionPages<View extends SubscriptionView>(
  view: View,
  query: SubscriptionsQuery,
): SubscriptionRows<View> {
  const isHidden = useIsTabHidden();
  const [range, setRange] = useState({ first: 0, last: PAGE_ROWS - 1 });
  const firstPage = Math.floor(range.first / PAGE_ROWS);
  const lastPage = Math.floor(range.last / PAGE_ROWS);
  const pages = Array.from({ length: lastPage - firstPage + 1 }, (_, offset) => firstPage + offset);
  const results = useQueries({
    queries: pages.map((page) => {
      const request: SubscriptionsQuery = { ...query, view, offset: page * PAGE_ROWS, limit: PAGE_ROWS };
      return {
        queryKey: ['subscriptions', request],
        queryFn: ({ signal }: { signal: AbortSignal }) => apiGet<SubscriptionsPages[View]>('/api/subscriptions', request, signal),
        refetchInterval: isHidden ? (false as const) : REFRESH_MS,
        placeholderData: keepPreviousData,
      };
    }),
  });
  const onRange = useCallback((first: number, last: number) => setRange({ first, last: Math.max(first, last) }), []);
  const loaded = results.find((result) => result.data !== undefined)?.data;
  const first = results[0];
  return {
    total: loaded?.total,
    meta: loaded,
    rowAt: (index) => {
      const result = results[Math.floor(index / PAGE_ROWS) - firstPage];
      // A page kept from other rows (another offset) must not stand in for this one.
      if (result?.data === undefined || result.data.offset !== Math.floor(index / PAGE_ROWS) * PAGE_ROWS) return undefined;
      const items: readonly RowOf<View>[] = result.data.items;
      return items[index % PAGE_ROWS];
    },
    onRange,
    error: loaded === undefined ? (first?.error ?? null) : null,
    retry: () => void first?.refetch(),
  };
}
