/** The open levels of the tree, and the flat list of a search, renewed every few seconds. */

import type { SubjectRow, SubjectsPage, SubjectsQuery } from '@sluice/protocol/console';
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { apiGet, messageOf } from '../../../lib/api-client.ts';
import { useIsTabHidden } from '../../../lib/live-context.tsx';
import { RateMemory } from '../model/rate-memory.ts';
import { reachableLevels, type TreeLevel } from '../model/subject-tree.ts';
import type { SubjectsSearch } from '../model/subjects-search.ts';

/** Milliseconds between refreshes. */
export const SUBJECTS_REFRESH_MS = 2000;
/** Rows of a level until somebody asks for more; the API gives at most 500. */
const LEVEL_LIMIT = 200;
const LEVEL_LIMIT_MAX = 500;

function subjectsQuery(query: SubjectsQuery, isHidden: boolean) {
  return {
    queryKey: ['subjects', query],
    queryFn: ({ signal }: { signal: AbortSignal }) => apiGet<SubjectsPage>('/api/subjects', query, signal),
    refetchInterval: isHidden ? false : SUBJECTS_REFRESH_MS,
    placeholderData: keepPreviousData,
  } as const;
}

export interface SubjectLevels {
  levels: ReadonlyMap<string, TreeLevel>;
  /** The roots' page: totals, source, age. Undefined before the first answer. */
  root: SubjectsPage | undefined;
  rootError: Error | null;
  /** Asks for all the rows of a level that the API gives at once. */
  showMore: (prefix: string) => void;
  retry: () => void;
}

/** Levels of the tree by prefix; nothing is asked while `isOn` is false. */
export function useSubjectLevels(search: SubjectsSearch, isOn: boolean): SubjectLevels {
  const isHidden = useIsTabHidden();
  const [wide, setWide] = useState<ReadonlySet<string>>(new Set());
  const prefixes = useMemo(() => ['', ...reachableLevels(search.open)], [search.open]);
  const results = useQueries({
    queries: prefixes.map((prefix) => ({
      ...subjectsQuery(
        {
          view: 'tree',
          sort: 'msgsPerS',
          order: 'desc',
          limit: wide.has(prefix) ? LEVEL_LIMIT_MAX : LEVEL_LIMIT,
          ...(prefix === '' ? {} : { prefix }),
          ...accountOf(search),
          ...(search.includeSystem ? { includeSystem: true } : {}),
        },
        isHidden,
      ),
      enabled: isOn,
    })),
  });
  const levels = new Map<string, TreeLevel>();
  for (const [index, prefix] of prefixes.entries()) {
    const result = results[index];
    if (result?.data !== undefined) levels.set(prefix, { state: 'loaded', rows: result.data.items, total: result.data.total });
    else if (result?.isError === true) levels.set(prefix, { state: 'failed', message: messageOf(result.error) });
  }
  const root = results[0];
  return {
    levels,
    root: root?.data,
    rootError: root?.data === undefined ? (root?.error ?? null) : null,
    showMore: (prefix) => setWide((known) => new Set([...known, prefix])),
    retry: () => void root?.refetch(),
  };
}

function accountOf(search: SubjectsSearch): { account?: string } {
  return search.account === '' ? {} : { account: search.account };
}

/** Whole subjects that `q` finds, busiest first. */
export function useSubjectList(search: SubjectsSearch, isOn: boolean) {
  const isHidden = useIsTabHidden();
  const query: SubjectsQuery = {
    view: 'flat',
    sort: 'msgsPerS',
    order: 'desc',
    limit: LEVEL_LIMIT_MAX,
    ...(search.q === '' ? {} : { q: search.q }),
    ...accountOf(search),
    ...(search.includeSystem ? { includeSystem: true } : {}),
  };
  return useQuery({ ...subjectsQuery(query, isHidden), enabled: isOn });
}

/** Rates of every row that was ever on this page, one sample per refresh (`asOfMs` tells refreshes apart). */
export function useRateMemory(rows: readonly SubjectRow[], asOfMs: number | undefined): RateMemory {
  const memory = useRef<RateMemory>(null);
  memory.current ??= new RateMemory();
  const latest = useRef(rows);
  latest.current = rows;
  useEffect(() => {
    if (asOfMs !== undefined) memory.current?.add(latest.current);
  }, [asOfMs]);
  return memory.current;
}
