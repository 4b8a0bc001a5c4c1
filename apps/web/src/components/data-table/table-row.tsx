/** One row of a table. Drawn again only when its values, its place or its state change: scrolling costs only the rows that appear. */
import { memo, type ReactNode } from 'react';
import type { DataTableColumn } from './column.ts';
import { FlashCell } from './flash-cell.tsx';

/** What rows do; one object for the life of the table. */
export interface RowActions<Row> {
  readonly focus: (index: number) => void;
  readonly open: (row: Row) => void;
}

export interface TableRowProps<Row> {
  readonly row: Row;
  readonly rowId: string;
  readonly index: number;
  readonly columns: readonly DataTableColumn<Row>[];
  readonly className: string;
  /** Undefined where rows cannot be opened or chosen. */
  readonly isSelected: boolean | undefined;
  /** True for the one row that the Tab key reaches. */
  readonly isActive: boolean;
  readonly actions: RowActions<Row>;
}

function PlainTableRow<Row>(props: TableRowProps<Row>): ReactNode {
  const { row, rowId, index, columns, className, isSelected, isActive, actions } = props;
  return (
    <tr
      data-index={index}
      data-key={rowId}
      aria-rowindex={index + 2}
      {...(isSelected === undefined ? {} : { 'aria-selected': isSelected })}
      className={className}
      tabIndex={isActive ? 0 : -1}
      onFocus={() => actions.focus(index)}
      onClick={(event) => {
        if (!isControl(event.target)) actions.open(row);
      }}
    >
      {columns.map((column) => (
        <BodyCell key={column.id} column={column} row={row} />
      ))}
    </tr>
  );
}

/** The row component of one table: memo keeps no type parameters, so each table makes its own, once. */
export function createTableRow<Row>(): (props: TableRowProps<Row>) => ReactNode {
  const MemoRow = memo((props: TableRowProps<Row>) => PlainTableRow(props));
  return (props) => <MemoRow {...props} />;
}

function BodyCell<Row>({ column, row }: { column: DataTableColumn<Row>; row: Row }): ReactNode {
  const own = typeof column.cellClass === 'function' ? column.cellClass(row) : (column.cellClass ?? '');
  const classes = `${column.isNumeric === true ? 'r num' : ''} ${own}`.trim();
  if (column.flash === undefined) return <td className={classes}>{column.cell(row)}</td>;
  return (
    <FlashCell className={classes} value={column.flash(row)}>
      {column.cell(row)}
    </FlashCell>
  );
}

/** Grey bars for a row that is not loaded yet. */
export function EmptyRow<Row>({ index, columns }: { index: number; columns: readonly DataTableColumn<Row>[] }): ReactNode {
  return (
    <tr data-index={index} aria-rowindex={index + 2}>
      {columns.map((column) => (
        <td key={column.id}>
          <span className="sk" />
        </td>
      ))}
    </tr>
  );
}

/** The height of the rows that are not drawn. One cell only: a span over columns that are not shown would make new ones. */
export function Spacer({ height }: { height: number }): ReactNode {
  if (height <= 0) return null;
  return (
    <tr className="space">
      <td style={{ height }} />
    </tr>
  );
}

/** True for a click that belongs to something inside the row. */
function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest('a,button,input,label,select') !== null;
}
