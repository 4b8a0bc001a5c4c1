/** Which columns and rows a table draws: what was chosen, what the pane has room for, what is loaded of what is on screen. */
import { type ColumnDef, columnVisibilityFeature, tableFeatures, useTable } from '@tanstack/react-table';
import { type RefObject, useMemo } from 'react';
import type { ColumnChoice, DataTableColumn } from './column.ts';
import { fitColumns } from './fit-columns.ts';
import { useWidth } from './use-width.ts';

const features = tableFeatures({ columnVisibilityFeature });

export interface ShownColumnsOptions<Row> {
  readonly columns: readonly DataTableColumn<Row>[];
  readonly choice: ColumnChoice | undefined;
  /** Loaded rows on screen. */
  readonly rows: Row[];
  readonly rowKey: (row: Row) => string;
  readonly pane: RefObject<HTMLElement | null>;
}

export interface ShownColumns<Row> {
  readonly columns: readonly DataTableColumn<Row>[];
  readonly rowsByKey: ReadonlyMap<string, Row>;
  /** Width that the columns need at least. Pixels. */
  readonly minWidth: number;
}

export function useShownColumns<Row extends object>(options: ShownColumnsOptions<Row>): ShownColumns<Row> {
  const { columns, choice, rows, rowKey, pane } = options;
  const definitions = useMemo(() => columns.map((column): ColumnDef<typeof features, Row> => ({ id: column.id })), [columns]);
  const wished = columns.filter((column) => choice === undefined || choice.isShown(column.id));
  const fit = fitColumns(wished, useWidth(pane), (id) => choice?.isChosen(id) === true);
  const columnVisibility = Object.fromEntries(columns.map((column) => [column.id, fit.ids.has(column.id)]));
  const table = useTable({ features, columns: definitions, data: rows, getRowId: rowKey, state: { columnVisibility } });
  const ids = table
    .getVisibleLeafColumns()
    .map((column) => column.id)
    .join();
  const shown = useMemo(() => {
    const visible = new Set(ids.split(','));
    return columns.filter((column) => visible.has(column.id));
  }, [columns, ids]);
  const rowsByKey = new Map(table.getRowModel().rows.map((row) => [row.id, row.original]));
  return { columns: shown, rowsByKey, minWidth: fit.minWidth };
}
