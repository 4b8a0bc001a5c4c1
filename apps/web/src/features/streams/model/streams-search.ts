/** What the list of streams keeps in its URL. */
import { type StreamKind, type StreamSortKey, streamKinds, streamSortKeys } from '@sluice/protocol/console';
import { type RawSearch, searchOneOf, searchText } from '../../../lib/url-state.ts';

export interface StreamsSearch {
  /** Empty: the account of clients without credentials. */
  readonly account: string;
  readonly q: string;
  /** Null: every kind. */
  readonly kind: StreamKind | null;
  readonly sort: StreamSortKey;
  readonly order: 'asc' | 'desc';
  readonly isCreating: boolean;
}

export function parseStreamsSearch(search: RawSearch): StreamsSearch {
  const sort = searchOneOf(search, 'sort', streamSortKeys) ?? 'name';
  return {
    account: searchText(search, 'account') ?? '',
    q: searchText(search, 'q') ?? '',
    kind: searchOneOf(search, 'kind', streamKinds) ?? null,
    sort,
    order: searchOneOf(search, 'order', ['asc', 'desc']) ?? (sort === 'name' ? 'asc' : 'desc'),
    isCreating: searchText(search, 'create') === 'true',
  };
}
