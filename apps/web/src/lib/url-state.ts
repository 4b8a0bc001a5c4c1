/**
 * The state of a page lives in its URL. Search parameters are flat strings (repeated names are lists); each feature turns them
 * into its own state with a pure function, so that a link can be copied, bookmarked and read by eye.
 */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';

/** Search parameters as they stand in the URL. */
export type RawSearch = Readonly<Record<string, string | readonly string[]>>;

/** A change to search parameters: undefined, empty text and empty lists remove a name. */
export type SearchPatch = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Turns `?a=1&a=2&b=x` into `{ a: ['1', '2'], b: 'x' }`. */
export function parseSearch(text: string): Record<string, string | string[]> {
  // A map, because names such as `valueOf` are already there on an object.
  const held = new Map<string, string | string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    const before = held.get(name);
    held.set(name, before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value]);
  }
  return Object.fromEntries(held);
}

/** The opposite of `parseSearch`; with the question mark, or empty. */
export function stringifySearch(search: Record<string, unknown>): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== '') pairs.append(name, String(one));
    }
  }
  const text = pairs.toString();
  return text === '' ? '' : `?${text}`;
}

/** First value of a parameter, or undefined. */
export function searchText(search: RawSearch, name: string): string | undefined {
  const value = search[name];
  return typeof value === 'string' ? value : value?.[0];
}

/** Every value of a parameter. */
export function searchList(search: RawSearch, name: string): readonly string[] {
  const value = search[name];
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

/** A whole number from 0, or undefined for anything else. */
export function searchNumber(search: RawSearch, name: string): number | undefined {
  const text = searchText(search, name);
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}

/** One of `allowed`, or undefined for anything else. */
export function searchOneOf<Value extends string>(search: RawSearch, name: string, allowed: readonly Value[]): Value | undefined {
  const text = searchText(search, name);
  return allowed.find((value) => value === text);
}

export interface PatchOptions {
  /** True (default) keeps the history short; false makes the browser's back button undo the change. */
  readonly isReplace?: boolean;
}

/**
 * The page's state as `parse` reads it from the URL, and a function that changes parameters. `parse` must be a constant function.
 */
export function useUrlState<State>(
  parse: (search: RawSearch) => State,
): readonly [state: State, patch: (change: SearchPatch, options?: PatchOptions) => void] {
  const search: RawSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const state = useMemo(() => parse(search), [parse, search]);
  const patch = useCallback(
    (change: SearchPatch, { isReplace = true }: PatchOptions = {}) => {
      void navigate({
        to: '.',
        search: (previous: Record<string, unknown>) => ({ ...previous, ...change }),
        replace: isReplace,
      });
    },
    [navigate],
  );
  return [state, patch];
}
