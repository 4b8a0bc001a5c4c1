/** What the connections page keeps in its URL, and the question it asks the server. */
import {
  type ConnectionPreset,
  type ConnectionSortKey,
  type ConnectionsQuery,
  connectionPresets,
  connectionSortKeys,
} from '@sluice/protocol/console';
import { type RawSearch, searchNumber, searchOneOf, searchText } from '../../../lib/url-state.ts';

/** Filters by value, in the order of their buttons; `state` of the reference is the preset. */
export const facetNames = ['account', 'user', 'lang', 'kind', 'tls', 'serverId', 'reason'] as const;
export type FacetName = (typeof facetNames)[number];

export interface ConnectionsSearch {
  readonly preset: ConnectionPreset;
  readonly q: string;
  readonly facets: Readonly<Record<FacetName, readonly string[]>>;
  readonly sort: ConnectionSortKey;
  readonly order: 'asc' | 'desc';
  /** Connection whose drawer is open. */
  readonly cid: number | null;
  readonly serverId: string | null;
  readonly chart: 'msgs' | 'bytes' | 'pending';
}

/** How each preset is sorted until somebody chooses otherwise. */
const presetSorts: Readonly<Record<ConnectionPreset, ConnectionSortKey>> = {
  all: 'cid',
  slow: 'pendingBytes',
  talkers: 'inMsgsPerS',
  idle: 'lastActivityAtMs',
  new: 'startedAtMs',
  closed: 'stoppedAtMs',
};

/** Order that a column takes first. */
export function firstOrder(sort: string): 'asc' | 'desc' {
  const ascending: readonly string[] = ['cid', 'name', 'user', 'account', 'address', 'client', 'lastActivityAtMs', 'reason'];
  return ascending.includes(sort) ? 'asc' : 'desc';
}

export function parseConnectionsSearch(search: RawSearch): ConnectionsSearch {
  const preset = searchOneOf(search, 'preset', connectionPresets) ?? 'all';
  const sort = searchOneOf(search, 'sort', connectionSortKeys) ?? presetSorts[preset];
  const listOf = (name: string): readonly string[] =>
    searchText(search, name)
      ?.split(',')
      .filter((value) => value !== '') ?? [];
  return {
    preset,
    q: searchText(search, 'q') ?? '',
    facets: {
      account: listOf('account'),
      user: listOf('user'),
      lang: listOf('lang'),
      kind: listOf('kind'),
      tls: listOf('tls'),
      serverId: listOf('serverId'),
      reason: listOf('reason'),
    },
    sort,
    order: searchOneOf(search, 'order', ['asc', 'desc']) ?? firstOrder(sort),
    cid: searchNumber(search, 'cid') ?? null,
    serverId: searchText(search, 'server') ?? null,
    chart: searchOneOf(search, 'chart', ['msgs', 'bytes', 'pending']) ?? 'msgs',
  };
}

/** The question for the rows `[offset, offset + limit)`. */
export function queryOf(search: ConnectionsSearch, offset: number, limit: number): ConnectionsQuery {
  const { facets } = search;
  const joined = (values: readonly string[]): string | undefined => (values.length === 0 ? undefined : values.join(','));
  const tls = facets.tls.length === 1 ? (facets.tls[0] === 'yes' ? 'yes' : 'no') : undefined;
  const query: { [Name in keyof ConnectionsQuery]: ConnectionsQuery[Name] | undefined } = {
    preset: search.preset,
    q: search.q === '' ? undefined : search.q,
    account: joined(facets.account),
    user: joined(facets.user),
    lang: joined(facets.lang),
    kind: joined(facets.kind),
    serverId: joined(facets.serverId),
    tls,
    reason: joined(facets.reason),
    sort: search.sort,
    order: search.order,
    offset,
    limit,
  };
  return withoutUndefined(query);
}

function withoutUndefined(query: { [Name in keyof ConnectionsQuery]: ConnectionsQuery[Name] | undefined }): ConnectionsQuery {
  const result: ConnectionsQuery = {};
  for (const [name, value] of Object.entries(query)) if (value !== undefined) Object.assign(result, { [name]: value });
  return result;
}
