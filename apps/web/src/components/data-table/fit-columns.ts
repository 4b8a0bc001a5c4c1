/**
 * Which columns a pane has room for. What matters least goes first: columns for wide panes from the right, then those for middle
 * ones; chosen and plain columns stay, and the table scrolls sideways when even they do not fit. Pure.
 */
import type { DataTableColumn } from './column.ts';

/** A column without a width wants at least this many pixels. */
export const FLEXIBLE_WIDTH_MIN = 150;

export interface ColumnFit {
  readonly ids: ReadonlySet<string>;
  /** Width that the columns need at least. Pixels. */
  readonly minWidth: number;
}

type FitColumn = Pick<DataTableColumn<never>, 'id' | 'width' | 'from'>;

/** Fits `columns` into `available` pixels; `isChosen` ones are never dropped. */
export function fitColumns(columns: readonly FitColumn[], available: number, isChosen: (id: string) => boolean): ColumnFit {
  const kept = new Map(columns.map((column) => [column.id, column.width ?? FLEXIBLE_WIDTH_MIN]));
  let minWidth = [...kept.values()].reduce((sum, width) => sum + width, 0);
  for (const rank of ['lg', 'md'] as const) {
    for (const column of columns.toReversed()) {
      if (minWidth <= available) break;
      if (column.from !== rank || isChosen(column.id)) continue;
      minWidth -= kept.get(column.id) ?? 0;
      kept.delete(column.id);
    }
  }
  return { ids: new Set(kept.keys()), minWidth };
}
