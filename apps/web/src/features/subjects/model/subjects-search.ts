/** The state of the subjects page in the URL: what is searched, which levels are open, which subject is looked at. */
import { ancestorsOf } from './subject-tree.ts';

export interface SubjectsSearch {
  /** Empty: the usual one. */
  account: string;
  q: string;
  view: 'tree' | 'flat';
  open: string[];
  selected: string | null;
  includeSystem: boolean;
}

/** Levels that can be open at once; each is one request every few seconds. */
export const OPEN_MAX = 40;

function list(value: unknown): string[] {
  const entries = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [];
  const texts = entries.filter((entry): entry is string => typeof entry === 'string' && entry !== '' && entry.length <= 1024);
  return [...new Set(texts)].slice(0, OPEN_MAX);
}

/** Reads the query of the URL, whatever it holds. A selected subject has its ancestors open. */
export function parseSubjectsSearch(query: Record<string, unknown>): SubjectsSearch {
  const selected = typeof query['subject'] === 'string' && query['subject'] !== '' ? query['subject'].slice(0, 1024) : null;
  const open = list(query['open']);
  const isDeepLink = query['open'] === undefined && selected !== null;
  return {
    account: typeof query['account'] === 'string' ? query['account'].slice(0, 256) : '',
    q: typeof query['q'] === 'string' ? query['q'].slice(0, 256) : '',
    view: query['view'] === 'flat' ? 'flat' : 'tree',
    open: isDeepLink ? ancestorsOf(selected).slice(0, OPEN_MAX) : open,
    selected,
    includeSystem: query['system'] === true || query['system'] === 'true',
  };
}

/** The query of the URL; what is as it always is stays out. */
export function subjectsQuery(search: SubjectsSearch): Record<string, string> {
  const query: Record<string, string> = {};
  if (search.account !== '') query['account'] = search.account;
  if (search.q !== '') query['q'] = search.q;
  if (search.view === 'flat') query['view'] = 'flat';
  if (search.open.length > 0) query['open'] = search.open.join(',');
  if (search.selected !== null) query['subject'] = search.selected;
  if (search.includeSystem) query['system'] = 'true';
  return query;
}
