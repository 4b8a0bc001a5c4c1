/** Messages of a stream from one place onwards, page after page as the list is scrolled. Message get only: nothing is consumed. */
import type { MessagesPage, MessagesQuery, StoredMessage } from '@sluice/protocol/console';
import { type InfiniteData, useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import type { StreamSearch } from '../model/stream-search.ts';
import { loadMessages } from './streams-api.ts';

const PAGE_MESSAGES = 100;
/** Payload bytes that one line of the list needs. */
const LINE_BYTES = 512;
/** The list stops growing here: seek to go on. */
export const LIST_MAX = 10_000;
/** The newest messages are read again this often, while only they are on screen and none of them is open. Milliseconds. */
const FOLLOW_MS = 2000;
/** Rows before the end at which the next page is asked for. */
const AHEAD_ROWS = 30;

export interface Messages {
  /** Undefined before the first answer. */
  readonly messages: readonly StoredMessage[] | undefined;
  readonly error: Error | null;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  /** True when `LIST_MAX` ended the list. */
  readonly isFull: boolean;
  /** Asks for the next page when row `last` of `rowCount` is near the end. */
  reach(last: number, rowCount: number): void;
  loadMore(): void;
  retry(): void;
}

export function useMessages(name: string, search: StreamSearch): Messages {
  const { account, seek, seq, atMs, order, subject, open } = search;
  const isIncomplete = (seek === 'seq' && seq === null) || (seek === 'time' && atMs === null);
  const query = useInfiniteQuery<MessagesPage, Error, InfiniteData<MessagesPage>, readonly unknown[], number | null>({
    queryKey: ['stream', account, name, 'messages', seek, seq, atMs, order, subject],
    queryFn: ({ pageParam, signal }) => {
      const query: MessagesQuery = { account, order, subject, limit: PAGE_MESSAGES, maxPayloadBytes: LINE_BYTES };
      const start = pageParam ?? (seek === 'seq' ? seq : null);
      if (start !== null) query.seq = start;
      else if (seek === 'time' && atMs !== null) query.atMs = atMs;
      return loadMessages(name, query, signal);
    },
    initialPageParam: null,
    getNextPageParam: (last, pages) => (countOf(pages) >= LIST_MAX ? undefined : (last.nextSeq ?? undefined)),
    enabled: !isIncomplete,
    // Whoever reads a message keeps its place: the row must not move away under the pane.
    refetchInterval: ({ state }) =>
      seek === 'newest' && open === null && (state.data?.pages.length ?? 0) <= 1 ? FOLLOW_MS : false,
    refetchOnWindowFocus: false,
    placeholderData: (previous) => previous,
  });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const messages = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const reach = useCallback(
    (last: number, rowCount: number) => {
      if (rowCount > 0 && last >= rowCount - AHEAD_ROWS && last > 0) loadMore();
    },
    [loadMore],
  );
  return {
    messages: isIncomplete ? [] : messages,
    error: messages === undefined ? query.error : null,
    hasMore: hasNextPage,
    isLoadingMore: isFetchingNextPage,
    isFull: (messages?.length ?? 0) >= LIST_MAX,
    reach,
    loadMore,
    retry: () => void query.refetch(),
  };
}

function countOf(pages: readonly MessagesPage[]): number {
  return pages.reduce((sum, page) => sum + page.items.length, 0);
}
