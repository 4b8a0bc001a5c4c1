/** What the settings keep in their URL. */
import { type RawSearch, searchOneOf, searchText } from '../../../lib/url-state.ts';

export const settingsTabs = ['users', 'account', 'appearance'] as const;
export type SettingsTab = (typeof settingsTabs)[number];

export interface SettingsSearch {
  /** Null: the first tab that the role may see. */
  readonly tab: SettingsTab | null;
  /** Console user whose pane is open; empty text for a new one. */
  readonly user: string | null;
}

/** The name `new` in the URL stands for a user who does not exist yet; no user can be called `:new`. */
export const NEW_USER = ':new';

export function parseSettingsSearch(search: RawSearch): SettingsSearch {
  return { tab: searchOneOf(search, 'tab', settingsTabs) ?? null, user: searchText(search, 'user') ?? null };
}
