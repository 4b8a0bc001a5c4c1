/** Sorting and cutting of lists that fit in memory. Unknown values sort last, whichever way the list is turned. */
import { PAGE_LIMIT_DEFAULT, type Page, type PageQuery, type SortOrder } from '@sluice/protocol/console';
import { badField } from '../http-failure.ts';

/** A value a list can be sorted by. */
export type SortValue = string | number | boolean | null | undefined;

/** Compares for `order`; null and undefined come last in both. */
export function compareValues(a: SortValue, b: SortValue, order: SortOrder): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return b === null || b === undefined ? 0 : 1;
  if (b === null || b === undefined) return -1;
  const rising = typeof a === 'string' && typeof b === 'string' ? compareText(a, b) : Number(a) - Number(b);
  return order === 'asc' ? rising : -rising;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Page of `rows` as the query asks; `sortKeys[0]` is the default. Throws a 400 for another key. */
export function pageOf<Row extends object>(
  rows: readonly Row[],
  query: PageQuery,
  sortKeys: readonly (keyof Row & string)[],
  defaultOrder: SortOrder = 'asc',
): Page<Row> {
  const key = sortKeys.find((known) => known === query.sort) ?? (query.sort === undefined ? sortKeys[0] : undefined);
  if (key === undefined) throw badField('/sort', `must be one of ${sortKeys.join(', ')}`, 'query');
  const order = query.order ?? defaultOrder;
  const value = (row: Row): SortValue => {
    const field: unknown = row[key];
    return typeof field === 'string' || typeof field === 'number' || typeof field === 'boolean' ? field : null;
  };
  const sorted = [...rows].sort((a, b) => compareValues(value(a), value(b), order));
  return cut(sorted, query);
}

/** Cuts the page out of rows that are already in order. */
export function cut<Row>(rows: readonly Row[], query: PageQuery): Page<Row> {
  const { offset = 0, limit = PAGE_LIMIT_DEFAULT } = query;
  return { items: rows.slice(offset, offset + limit), total: rows.length, offset, limit };
}
