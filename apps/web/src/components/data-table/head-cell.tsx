/** A column's head; a button where the column can be sorted. */
import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ReactNode } from 'react';
import { Icon } from '../icon.tsx';
import type { DataTableColumn } from './column.ts';

export interface TableSort {
  readonly key: string;
  readonly order: 'asc' | 'desc';
}

export interface HeadCellProps<Row> {
  readonly column: DataTableColumn<Row>;
  readonly sort: TableSort | null;
  readonly onSort: ((sort: TableSort) => void) | undefined;
}

export function HeadCell<Row>({ column, sort, onSort }: HeadCellProps<Row>): ReactNode {
  const { sortKey } = column;
  const sorted = sortKey !== undefined && sort?.key === sortKey ? sort.order : null;
  const classes = `${column.isNumeric === true ? 'r' : ''} ${sorted === null ? '' : 'sort'}`.trim();
  if (sortKey === undefined || onSort === undefined) {
    return (
      <th scope="col" className={classes}>
        {column.header === '' ? <span className="sr">{column.id}</span> : column.header}
      </th>
    );
  }
  const next = sorted === null ? (column.firstOrder ?? 'desc') : sorted === 'asc' ? 'desc' : 'asc';
  return (
    <th scope="col" className={classes} aria-sort={sorted === null ? 'none' : sorted === 'asc' ? 'ascending' : 'descending'}>
      <button type="button" onClick={() => onSort({ key: sortKey, order: next })}>
        {column.header}
        {sorted === null ? null : <Icon of={sorted === 'asc' ? ArrowUp : ArrowDown} isSmall />}
      </button>
    </th>
  );
}
