/** The window of connections on screen: read once, then pushed; still while paused. */
import type { ConnectionsQuery } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useLive } from '../../../lib/live-context.tsx';
import { connectionsQuery } from '../api/connections-api.ts';
import { type ConnectionsSearch, queryOf } from '../model/connections-search.ts';
import { type ConnectionsWindow, WINDOW_ROWS, windowAfter, windowOffset, windowOfPage } from '../model/connections-window.ts';
import { RateSparks } from '../model/rate-sparks.ts';

export interface Connections {
  /** Undefined before the first answer. */
  readonly window: ConnectionsWindow | undefined;
  readonly error: Error | null;
  readonly sparks: RateSparks;
  /** Names the filter, the sorting and the window. */
  readonly scope: string;
  readonly query: ConnectionsQuery;
  retry(): void;
  showRange(first: number, last: number): void;
}

export function useConnections(search: ConnectionsSearch, isPaused: boolean): Connections {
  const [offset, setOffset] = useState(0);
  const { preset, q, facets, sort, order } = search;
  const filter = JSON.stringify([preset, q, facets, sort, order]);
  const query = useMemo(() => queryOf(search, offset, WINDOW_ROWS), [search, offset]);
  const scope = `${filter} ${offset}`;
  const [pushed, setPushed] = useState<{ readonly scope: string; readonly window: ConnectionsWindow } | null>(null);
  const sparks = useRef(new RateSparks());
  const first = useQuery({ ...connectionsQuery(query), refetchOnWindowFocus: false });
  const held = pushed?.scope === scope ? pushed.window : undefined;
  const window = held ?? (first.data === undefined ? pushed?.window : windowOfPage(first.data));

  useEffect(() => {
    if (filter !== '') setOffset(0);
  }, [filter]);

  useLive(
    isPaused ? null : { topic: 'connections', query },
    {
      onData: (message) => {
        if (message.topic !== 'connections') return;
        setPushed((before) => {
          const next = windowAfter(before?.scope === scope ? before.window : undefined, message.data, offset);
          sparks.current.add(next.rows, next.asOfMs);
          return { scope, window: next };
        });
      },
    },
    { isRenewed: true },
  );

  const showRange = useCallback((from: number, to: number) => setOffset((before) => windowOffset(before, from, to)), []);
  return {
    window,
    error: window === undefined ? first.error : null,
    sparks: sparks.current,
    scope,
    query,
    retry: () => void first.refetch(),
    showRange,
  };
}
