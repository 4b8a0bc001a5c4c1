/** A list on the server of which a window is held: the rows on screen and some around them, read again at a steady pace. */
import type { Page } from '@sluice/protocol/console';
import { type QueryKey, useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';

/** Rows asked for at once, and the steps in which the window moves. */
export const WINDOW_ROWS = 200;
const WINDOW_STEP = 50;

export interface PageWindowOptions<Answer> {
  /** Names the list, its filters and its sorting. */
  readonly queryKey: QueryKey;
  readonly load: (range: { offset: number; limit: number }, signal: AbortSignal) => Promise<Answer>;
  /** Milliseconds between two readings. */
  readonly refetchMs: number;
  readonly isEnabled?: boolean;
}

export interface PageWindow<Item, Answer> {
  /** The answer on screen; undefined before the first. */
  readonly answer: Answer | undefined;
  readonly error: Error | null;
  readonly rowCount: number;
  rowAt(index: number): Item | undefined;
  showRange(first: number, last: number): void;
  retry(): void;
}

/** Offset of the window that shows rows `first` to `last`; `offset` itself while they lie inside it. */
export function windowOffset(offset: number, first: number, last: number): number {
  if (first >= offset && last < offset + WINDOW_ROWS) return offset;
  const margin = Math.max(Math.floor((WINDOW_ROWS - (last - first)) / 2), 0);
  return Math.max(Math.floor((first - margin) / WINDOW_STEP) * WINDOW_STEP, 0);
}

/** Rows of a skeleton before the first answer. */
const FIRST_ROWS = 8;

export function usePageWindow<Item, Answer extends Page<Item>>(options: PageWindowOptions<Answer>): PageWindow<Item, Answer> {
  const { queryKey, load, refetchMs, isEnabled = true } = options;
  const [offset, setOffset] = useState(0);
  const scope = JSON.stringify(queryKey);
  useEffect(() => {
    if (scope !== '') setOffset(0);
  }, [scope]);
  const query = useQuery({
    queryKey: [...queryKey, { offset }],
    queryFn: ({ signal }) => load({ offset, limit: WINDOW_ROWS }, signal),
    refetchInterval: refetchMs,
    enabled: isEnabled,
  });
  const answer = query.data;
  const showRange = useCallback((first: number, last: number) => setOffset((before) => windowOffset(before, first, last)), []);
  return {
    answer,
    error: answer === undefined ? query.error : null,
    rowCount: answer?.total ?? FIRST_ROWS,
    rowAt: (index) => (answer === undefined ? undefined : answer.items[index - answer.offset]),
    showRange,
    retry: () => void query.refetch(),
  };
}
