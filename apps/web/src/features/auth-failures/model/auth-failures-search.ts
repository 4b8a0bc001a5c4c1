/** What the page of refused logins keeps in its URL. */
import { type AuthFailureSortKey, authFailureSortKeys } from '@sluice/protocol/console';
import { type RawSearch, searchOneOf, searchText } from '../../../lib/url-state.ts';

export interface AuthFailuresSearch {
  readonly q: string;
  readonly sort: AuthFailureSortKey;
  readonly order: 'asc' | 'desc';
  /** Row whose detail is open. */
  readonly open: string | null;
}

export function parseAuthFailuresSearch(search: RawSearch): AuthFailuresSearch {
  return {
    q: (searchText(search, 'q') ?? '').slice(0, 256),
    sort: searchOneOf(search, 'sort', authFailureSortKeys) ?? 'lastAtMs',
    order: searchOneOf(search, 'order', ['asc', 'desc']) ?? 'desc',
    open: searchText(search, 'open') ?? null,
  };
}
