/** What the key-value page keeps in its URL. */
import { type RawSearch, searchNumber, searchOneOf, searchText } from '../../../lib/url-state.ts';

export interface KvSearch {
  readonly account: string;
  readonly bucket: string | null;
  readonly q: string;
  /** `tree` groups keys by their tokens, `table` lists them whole, `watch` shows changes as they come. */
  readonly view: 'table' | 'tree' | 'watch';
  readonly order: 'asc' | 'desc';
  readonly key: string | null;
  /** Revision that is compared with the one before it. */
  readonly revision: number | null;
  readonly pane: 'bucket' | 'key' | 'delete' | null;
}

export function parseKvSearch(search: RawSearch): KvSearch {
  return {
    account: searchText(search, 'account') ?? '',
    bucket: searchText(search, 'bucket') ?? null,
    q: searchText(search, 'q') ?? '',
    view: searchOneOf(search, 'view', ['table', 'tree', 'watch']) ?? 'table',
    order: searchOneOf(search, 'order', ['asc', 'desc']) ?? 'asc',
    key: searchText(search, 'key') ?? null,
    revision: searchNumber(search, 'rev') ?? null,
    pane: searchOneOf<'bucket' | 'key' | 'delete'>(search, 'new', ['bucket', 'key', 'delete']) ?? null,
  };
}

/** What is wrong with a key, or null. Empty text is not wrong yet. Source: nats-architecture-and-design ADR-8. */
export function keyProblem(key: string): string | null {
  if (key === '') return null;
  if (!/^[-/_=.a-zA-Z0-9]+$/.test(key)) return 'Letters, digits and - / _ = . only';
  if (key.startsWith('.') || key.endsWith('.') || key.includes('..')) return 'A token between two dots is empty';
  return null;
}
