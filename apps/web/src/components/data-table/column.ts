/** What a column of a DataTable says about itself, and which columns this browser shows. */
import type { ReactNode } from 'react';
import { usePreference } from '../../lib/preferences.ts';

export interface DataTableColumn<Row> {
  readonly id: string;
  /** In the head; the unit belongs here, not in the cells. */
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /** Pixels; without it the column takes what is left. */
  readonly width?: number;
  /** Right aligned, tabular figures. */
  readonly isNumeric?: boolean;
  /** Class of every cell. */
  readonly cellClass?: string | ((row: Row) => string);
  /** Named in the URL and sent to the server; without it the column cannot be sorted. */
  readonly sortKey?: string;
  /** First click sorts this way; `desc` unless given. */
  readonly firstOrder?: 'asc' | 'desc';
  /** Dropped where the pane is too narrow, `lg` before `md`; a column chosen by hand stays. */
  readonly from?: 'md' | 'lg';
  /** True: only shown when chosen. */
  readonly isOptional?: boolean;
  /** True: cannot be hidden. */
  readonly isFixed?: boolean;
  /** The cell flashes once when this changes. */
  readonly flash?: (row: Row) => string | number | boolean | null;
}

export interface ColumnChoice {
  isShown(id: string): boolean;
  /** True when somebody chose to show it: then no width hides it. */
  isChosen(id: string): boolean;
  toggle(id: string): void;
  reset(): void;
}

/** Columns shown under the name of a table; kept in this browser. */
export function useColumnChoice<Row>(name: string, columns: readonly DataTableColumn<Row>[]): ColumnChoice {
  const [text, setText] = usePreference(`columns.${name}`, '');
  const choice = new Map<string, boolean>();
  for (const entry of text.split(',')) if (entry !== '') choice.set(entry.slice(1), entry.startsWith('+'));
  const isShown = (id: string): boolean => {
    const column = columns.find((each) => each.id === id);
    if (column === undefined) return false;
    return column.isFixed === true || (choice.get(id) ?? column.isOptional !== true);
  };
  return {
    isShown,
    isChosen: (id) => choice.get(id) === true,
    toggle: (id) => {
      choice.set(id, !isShown(id));
      setText([...choice].map(([key, isOn]) => `${isOn ? '+' : '-'}${key}`).join(','));
    },
    reset: () => setText(''),
  };
}
