/** What the objects page keeps in its URL. */
import { type RawSearch, searchOneOf, searchText } from '../../../lib/url-state.ts';

export interface ObjectsSearch {
  readonly account: string;
  readonly bucket: string | null;
  readonly q: string;
  readonly order: 'asc' | 'desc';
  /** Object whose pane is open. */
  readonly object: string | null;
  readonly pane: 'bucket' | 'delete' | null;
}

export function parseObjectsSearch(search: RawSearch): ObjectsSearch {
  return {
    account: searchText(search, 'account') ?? '',
    bucket: searchText(search, 'bucket') ?? null,
    q: searchText(search, 'q') ?? '',
    order: searchOneOf(search, 'order', ['asc', 'desc']) ?? 'asc',
    object: searchText(search, 'object') ?? null,
    pane: searchOneOf<'bucket' | 'delete'>(search, 'new', ['bucket', 'delete']) ?? null,
  };
}
