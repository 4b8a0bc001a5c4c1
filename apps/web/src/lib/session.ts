/** Who is logged in, for every page: the session query, and what the role allows. */

import { type Capabilities, type Role, roleAllows, type SessionInfo } from '@sluice/protocol/console';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { ApiFailure, apiGet, setCsrfToken } from './api-client.ts';
import { accountSearch, GLOBAL_ACCOUNT } from './kept-account.ts';

/** Resolves with the session, or null when nobody is logged in. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<SessionInfo | null> => {
    try {
      return keepSession(await apiGet<SessionInfo>('/api/session', undefined, signal));
    } catch (error) {
      if (error instanceof ApiFailure && error.code === 'unauthenticated') return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

/** Remembers the CSRF token of a fresh session. */
export function keepSession(session: SessionInfo): SessionInfo {
  setCsrfToken(session.csrfToken);
  return session;
}

/** What the server can do; pages are drawn from this. */
export const capabilitiesQuery = queryOptions({
  queryKey: ['capabilities'],
  queryFn: ({ signal }) => apiGet<Capabilities>('/api/capabilities', undefined, signal),
  staleTime: 15_000,
  // A broker that has just come back is known by its id before it is known by its name.
  refetchInterval: ({ state }) => (state.data?.servers.length === 0 ? 2000 : 30_000),
});

export function useCapabilities(): Capabilities | undefined {
  return useQuery(capabilitiesQuery).data;
}

/** Account that a page shows unless its URL names one. */
export function useUsualAccount(): string {
  return useCapabilities()?.usualAccount ?? GLOBAL_ACCOUNT;
}

/** Makes search parameters of links to an account's pages: none for the usual one. */
export function useAccountSearch(): (account: string) => { account?: string } {
  const usual = useUsualAccount();
  return (account) => accountSearch(account === usual ? '' : account);
}

/** The role of whoever is logged in; `viewer` until it is known. */
export function useRole(): Role {
  return useQuery(sessionQuery).data?.role ?? 'viewer';
}

/** True when the role allows what `needed` asks for. */
export function useMay(needed: Role): boolean {
  return roleAllows(useRole(), needed);
}
