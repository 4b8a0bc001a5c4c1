/** The busiest subjects, to offer as a first tap; an empty list where the server keeps no statistics. */

import type { SubjectsPage, SubjectsQuery } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { apiGet } from './api-client.ts';

/** `account`: empty for the usual one. */
export function useHottestSubjects(account = ''): string[] {
  const query: SubjectsQuery = {
    view: 'flat',
    sort: 'msgsPerS',
    order: 'desc',
    limit: 10,
    ...(account === '' ? {} : { account }),
  };
  const { data } = useQuery({
    queryKey: ['subjects', 'hottest', account],
    queryFn: ({ signal }) => apiGet<SubjectsPage>('/api/subjects', query, signal),
    staleTime: 10_000,
    retry: false,
  });
  return (data?.items ?? []).map((row) => row.subject);
}
