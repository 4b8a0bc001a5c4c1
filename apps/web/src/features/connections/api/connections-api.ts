/** Requests about connections: the list, its facets, one in detail, kicks. */
import type {
  BulkKickRequest,
  BulkKickResult,
  ConnectionDetail,
  ConnectionFacets,
  ConnectionRow,
  ConnectionsPage,
  ConnectionsQuery,
  ConsoleConfig,
  KickRequest,
  KickResult,
} from '@sluice/protocol/console';
import { queryOptions } from '@tanstack/react-query';
import { apiGet, apiRequest } from '../../../lib/api-client.ts';

const EXPORT_PAGE = 500;
/** An export holds at most this many connections. */
export const EXPORT_MAX = 20_000;
/** Subscriptions of an open drawer are read again this often, in milliseconds. */
export const DETAIL_REFRESH_MS = 5000;

export function connectionsQuery(query: ConnectionsQuery) {
  return queryOptions({
    queryKey: ['connections', query],
    queryFn: ({ signal }) => apiGet<ConnectionsPage>('/api/connections', query, signal),
  });
}

export function facetsQuery(query: ConnectionsQuery) {
  return queryOptions({
    queryKey: ['connections', 'facets', query],
    queryFn: ({ signal }) => apiGet<ConnectionFacets>('/api/connections/facets', query, signal),
    staleTime: 5000,
  });
}

export function connectionQuery(cid: number, serverId: string | null) {
  return queryOptions({
    queryKey: ['connection', cid, serverId],
    queryFn: ({ signal }) => apiGet<ConnectionDetail>(`/api/connections/${cid}`, serverId === null ? {} : { serverId }, signal),
  });
}

/** Output at which the server cuts a client off, from its configuration; null where it does not tell. Bytes. */
export const maxPendingQuery = queryOptions({
  queryKey: ['connections', 'max_pending'],
  queryFn: async ({ signal }) => {
    const config = await apiGet<ConsoleConfig>('/api/config', undefined, signal);
    const value = config.settings.find((setting) => setting.key === 'max_pending')?.value;
    return typeof value === 'number' ? value : null;
  },
  staleTime: 60_000,
});

export function kick(row: ConnectionRow, reason: string): Promise<KickResult> {
  const body: KickRequest = { serverId: row.serverId, ...(reason === '' ? {} : { reason }) };
  return apiRequest<KickResult>('POST', `/api/connections/${row.cid}/kick`, { body });
}

export function kickMany(connections: BulkKickRequest['connections'], reason: string): Promise<BulkKickResult> {
  const body: BulkKickRequest = { connections, ...(reason === '' ? {} : { reason }) };
  return apiRequest<BulkKickResult>('POST', '/api/connections/kick', { body });
}

/** Every connection that the query matches, page by page, up to `EXPORT_MAX`. */
export async function loadAll(query: ConnectionsQuery): Promise<ConnectionRow[]> {
  const rows: ConnectionRow[] = [];
  for (let offset = 0; offset < EXPORT_MAX; offset += EXPORT_PAGE) {
    const page = await apiGet<ConnectionsPage>('/api/connections', { ...query, offset, limit: EXPORT_PAGE });
    rows.push(...page.items);
    if (rows.length >= page.total || page.items.length === 0) break;
  }
  return rows;
}
