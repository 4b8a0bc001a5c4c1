/** A table over a list of which a window is held: what it draws, asks for next, dims and says when it fails comes from the window. */
import type { ReactNode } from 'react';
import type { PageWindow } from '../../lib/page-window.ts';
import { FailedState, useIsStale } from '../states.tsx';
import { DataTable, type DataTableProps } from './data-table.tsx';

export interface WindowTableProps<Row> extends Omit<DataTableProps<Row>, 'rowCount' | 'rowAt' | 'onRange' | 'isStale'> {
  readonly window: Omit<PageWindow<Row, unknown>, 'answer'>;
}

export function WindowTable<Row extends object>({ window, ...table }: WindowTableProps<Row>): ReactNode {
  const isStale = useIsStale();
  if (window.error !== null) return <FailedState error={window.error} onRetry={window.retry} />;
  const { rowCount, rowAt, showRange } = window;
  return <DataTable {...table} rowCount={rowCount} rowAt={rowAt} onRange={showRange} isStale={isStale} />;
}
