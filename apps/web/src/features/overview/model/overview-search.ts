/** What the overview keeps in its URL. */
import { type RawSearch, searchOneOf, searchText } from '../../../lib/url-state.ts';

export interface OverviewSearch {
  readonly talkersBy: 'msgs' | 'bytes';
  /** Tab of the connect snippets. */
  readonly language: string;
  /** True shows the first steps though there is traffic. */
  readonly isGuideOpen: boolean;
}

export function parseOverviewSearch(search: RawSearch): OverviewSearch {
  return {
    talkersBy: searchOneOf(search, 'talkers', ['msgs', 'bytes']) ?? 'msgs',
    language: searchText(search, 'lang') ?? 'cli',
    isGuideOpen: searchText(search, 'guide') === '1',
  };
}
