/** What the config page keeps in its URL. */
import { type RawSearch, searchOneOf, searchText } from '../../../lib/url-state.ts';

export interface ConfigSearch {
  readonly view: 'settings' | 'users';
  readonly q: string;
  /** Setting under edit. */
  readonly key: string | null;
  /** NATS user under edit; `NEW_NATS_USER` for a new one. */
  readonly user: string | null;
}

/** Stands in the URL for a user who does not exist yet. */
export const NEW_NATS_USER = ':new';

export function parseConfigSearch(search: RawSearch): ConfigSearch {
  return {
    view: searchOneOf(search, 'view', ['settings', 'users']) ?? 'settings',
    q: searchText(search, 'q') ?? '',
    key: searchText(search, 'key') ?? null,
    user: searchText(search, 'user') ?? null,
  };
}
