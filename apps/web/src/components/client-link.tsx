/** A client by name where it is known, by cid otherwise, linked to its connection. */

import type { ConnectionDetail } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { apiGet } from '../lib/api-client.ts';

/** A name hardly ever changes; milliseconds until it is asked for again. */
const NAME_STALE_MS = 60_000;

/** `name` undefined: it is looked up; null: the client has none. */
export function ClientLink({ cid, name }: { cid: number; name?: string | null }): ReactNode {
  const { data } = useQuery({
    queryKey: ['client-name', cid],
    queryFn: async ({ signal }) =>
      (await apiGet<ConnectionDetail>(`/api/connections/${cid}`, undefined, signal)).connection.name ?? '',
    enabled: name === undefined,
    staleTime: NAME_STALE_MS,
    retry: false,
    // The name of another client must not stand in for this one.
    placeholderData: () => undefined,
  });
  const known = name ?? data ?? '';
  return (
    <Link className="lk" to="/connections" search={{ cid: String(cid) }} title={`cid ${cid}`}>
      {known === '' ? `cid ${cid}` : known}
    </Link>
  );
}
