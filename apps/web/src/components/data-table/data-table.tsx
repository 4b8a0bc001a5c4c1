/**
 * The one table: 28 px rows, only those on screen in the document, sticky head, sorting told to the page (which keeps it in the
 * URL), rows walked with arrow keys or j and k, Enter to open, Space to choose. Rows come by index, so that a list of a hundred
 * thousand needs only the window that is looked at; rows not loaded yet are grey bars.
 */
import { type ColumnDef, columnVisibilityFeature, tableFeatures, useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { Icon } from '../icon.tsx';
import type { ColumnChoice, DataTableColumn } from './column.ts';
import { fitColumns } from './fit-columns.ts';
import { FlashCell } from './flash-cell.tsx';
import { moveIndex } from './move-index.ts';
import { useWidth } from './use-width.ts';

const ROW_HEIGHT = 28;
const COMPACT_ROW_HEIGHT = 24;
const OVERSCAN = 10;
const features = tableFeatures({ columnVisibilityFeature });

export interface TableSort {
  readonly key: string;
  readonly order: 'asc' | 'desc';
}

export interface DataTableProps<Row> {
  /** Names the table for screen readers. */
  readonly label: string;
  readonly columns: readonly DataTableColumn<Row>[];
  readonly rowCount: number;
  /** Undefined: not loaded yet. */
  readonly rowAt: (index: number) => Row | undefined;
  readonly rowKey: (row: Row) => string;
  readonly choice?: ColumnChoice;
  readonly sort?: TableSort | null;
  readonly onSort?: (sort: TableSort) => void;
  /** Key of the row whose detail is open. */
  readonly openKey?: string | null;
  readonly onOpen?: (row: Row) => void;
  readonly chosen?: ReadonlySet<string>;
  readonly onToggle?: (row: Row) => void;
  /** First and last index on screen, whenever they change. */
  readonly onRange?: (first: number, last: number) => void;
  /** True while the pointer is over the rows: the page holds their order still. */
  readonly onPointer?: (isInside: boolean) => void;
  readonly rowClass?: (row: Row) => string;
  readonly isCompact?: boolean;
  /** In place of rows when there are none. */
  readonly empty?: ReactNode;
  /** Figures may be old: dim them. */
  readonly isStale?: boolean;
}

export function DataTable<Row extends object>(props: DataTableProps<Row>): ReactNode {
  const { label, columns, rowCount, rowAt, rowKey, choice, openKey = null, onRange, isCompact = false } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [activeIndex, setActiveIndex] = useState(0);
  const rowHeight = isCompact ? COMPACT_ROW_HEIGHT : ROW_HEIGHT;
  const virtual = useVirtualizer({
    count: rowCount,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    scrollPaddingStart: ROW_HEIGHT,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => onRange?.(first, last), [onRange, first, last]);

  const onScreen = items.map((item) => rowAt(item.index));
  const loaded = onScreen.filter((row) => row !== undefined);
  const definitions = useMemo(() => columns.map((column): ColumnDef<typeof features, Row> => ({ id: column.id })), [columns]);
  const wished = columns.filter((column) => choice === undefined || choice.isShown(column.id));
  const fit = fitColumns(wished, useWidth(scroller), (id) => choice?.isChosen(id) === true);
  const visibility = Object.fromEntries(columns.map((column) => [column.id, fit.ids.has(column.id)]));
  const table = useTable({
    features,
    columns: definitions,
    data: loaded,
    getRowId: rowKey,
    state: { columnVisibility: visibility },
  });
  const visibleIds = new Set(table.getVisibleLeafColumns().map((column) => column.id));
  const shown = columns.filter((column) => visibleIds.has(column.id));
  const rowsById = new Map(table.getRowModel().rows.map((row) => [row.id, row.original]));

  const focusRow = (index: number): void => {
    setActiveIndex(index);
    virtual.scrollToIndex(index, { align: 'auto' });
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`tr[data-index="${index}"]`)?.focus());
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rowAt(activeIndex);
    if (event.target instanceof HTMLElement && event.target.tagName !== 'TR' && event.target !== scroller.current) return;
    const next = moveIndex(event, activeIndex, rowCount, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 1);
    if (next !== null) {
      event.preventDefault();
      focusRow(next);
    } else if (event.key === 'Enter' && row !== undefined && props.onOpen !== undefined) {
      event.preventDefault();
      props.onOpen(row);
    } else if (event.key === ' ' && row !== undefined && props.onToggle !== undefined) {
      event.preventDefault();
      props.onToggle(row);
    }
  };

  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const active = Math.min(activeIndex, Math.max(rowCount - 1, 0));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the rows inside are handled here once
    <div ref={scroller} className="scroll" onKeyDown={onKeyDown}>
      <table
        style={{ minWidth: fit.minWidth }}
        className={`tb ${isCompact ? 'c' : ''}`}
        aria-label={label}
        aria-rowcount={rowCount + 1}
      >
        <colgroup>
          {shown.map((column) => (
            <col key={column.id} style={column.width === undefined ? undefined : { width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {shown.map((column) => (
              <HeadCell key={column.id} column={column} sort={props.sort ?? null} onSort={props.onSort} />
            ))}
          </tr>
        </thead>
        <tbody
          className={props.isStale === true ? 'stale' : ''}
          onPointerEnter={() => props.onPointer?.(true)}
          onPointerLeave={() => props.onPointer?.(false)}
        >
          {before > 0 ? <Spacer height={before} /> : null}
          {items.map((item, place) => {
            const row = onScreen[place];
            const key = row === undefined ? `empty ${item.index}` : rowKey(row);
            const known = row === undefined ? undefined : rowsById.get(key);
            if (known === undefined) return <EmptyRow key={key} index={item.index} columns={shown} />;
            const classes = [props.rowClass?.(known) ?? '', key === openKey || props.chosen?.has(key) === true ? 'sel' : ''];
            return (
              <tr
                key={key}
                data-index={item.index}
                data-key={key}
                aria-rowindex={item.index + 2}
                {...(props.onOpen === undefined && props.onToggle === undefined ? {} : { 'aria-selected': key === openKey })}
                className={classes.join(' ').trim()}
                tabIndex={item.index === active ? 0 : -1}
                onFocus={() => setActiveIndex(item.index)}
                onClick={(event) => {
                  if (isControl(event.target)) return;
                  props.onOpen?.(known);
                }}
              >
                {shown.map((column) => (
                  <BodyCell key={column.id} column={column} row={known} />
                ))}
              </tr>
            );
          })}
          {after > 0 ? <Spacer height={after} /> : null}
        </tbody>
      </table>
      {rowCount === 0 ? props.empty : null}
    </div>
  );
}

function HeadCell<Row>({
  column,
  sort,
  onSort,
}: {
  column: DataTableColumn<Row>;
  sort: TableSort | null;
  onSort: ((sort: TableSort) => void) | undefined;
}): ReactNode {
  const { sortKey } = column;
  const isSorted = sortKey !== undefined && sort?.key === sortKey;
  const classes = `${column.isNumeric === true ? 'r' : ''} ${isSorted ? 'sort' : ''}`.trim();
  if (sortKey === undefined || onSort === undefined) {
    return (
      <th scope="col" className={classes}>
        {column.header === '' ? <span className="sr">{column.id}</span> : column.header}
      </th>
    );
  }
  const order = isSorted && sort !== null ? (sort.order === 'asc' ? 'desc' : 'asc') : (column.firstOrder ?? 'desc');
  return (
    <th scope="col" className={classes} aria-sort={isSorted ? (sort?.order === 'asc' ? 'ascending' : 'descending') : 'none'}>
      <button type="button" onClick={() => onSort({ key: sortKey, order })}>
        {column.header}
        {isSorted ? <Icon of={sort?.order === 'asc' ? ArrowUp : ArrowDown} isSmall /> : null}
      </button>
    </th>
  );
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

function EmptyRow<Row>({ index, columns }: { index: number; columns: readonly DataTableColumn<Row>[] }): ReactNode {
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

/** One cell only: a span over columns that the width hides would make new columns. */
function Spacer({ height }: { height: number }): ReactNode {
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
