/**
 * The one table: 28 px rows, only those on screen in the document, sticky head, sorting told to the page (which keeps it in the
 * URL), rows walked with arrow keys or j and k, Enter to open, Space to choose. Rows come by index, so that a list of a hundred
 * thousand needs only the window that is looked at; rows not loaded yet are grey bars.
 */
import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import type { ColumnChoice, DataTableColumn } from './column.ts';
import { HeadCell, type TableSort } from './head-cell.tsx';
import { moveIndex } from './move-index.ts';
import { createTableRow, EmptyRow, type RowActions, Spacer } from './table-row.tsx';
import { type ShownColumns, useShownColumns } from './use-shown-columns.ts';

const ROW_HEIGHT = 28;
const COMPACT_ROW_HEIGHT = 24;
const OVERSCAN = 10;

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
  const { label, columns, rowCount, rowAt, rowKey, choice, onRange, isCompact = false } = props;
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
  const rows = items.map((item) => rowAt(item.index)).filter((row) => row !== undefined);
  const shown = useShownColumns({ columns, choice, rows, rowKey, pane: scroller });
  useFocusBack(scroller, props.openKey ?? null);
  const onKeyDown = useRowKeys(props, { scroller, virtual, rowHeight, activeIndex, setActiveIndex });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the rows inside are handled here once
    <div ref={scroller} className="scroll" onKeyDown={onKeyDown}>
      <table
        style={{ minWidth: shown.minWidth }}
        className={`tb ${isCompact ? 'c' : ''}`}
        aria-label={label}
        aria-rowcount={rowCount + 1}
      >
        <colgroup>
          {shown.columns.map((column) => (
            <col key={column.id} style={column.width === undefined ? undefined : { width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {shown.columns.map((column) => (
              <HeadCell key={column.id} column={column} sort={props.sort ?? null} onSort={props.onSort} />
            ))}
          </tr>
        </thead>
        <tbody
          className={props.isStale === true ? 'stale' : ''}
          onPointerEnter={() => props.onPointer?.(true)}
          onPointerLeave={() => props.onPointer?.(false)}
        >
          <Spacer height={items[0]?.start ?? 0} />
          <Rows
            table={props}
            shown={shown}
            indexes={items.map((item) => item.index)}
            activeIndex={activeIndex}
            onActive={setActiveIndex}
          />
          <Spacer height={virtual.getTotalSize() - (items.at(-1)?.end ?? 0)} />
        </tbody>
      </table>
      {rowCount === 0 ? props.empty : null}
    </div>
  );
}

/** When the detail beside the table closes with the focus in it, the focus goes back to the row that it was of. */
function useFocusBack(scroller: RefObject<HTMLElement | null>, openKey: string | null): void {
  const before = useRef(openKey);
  useEffect(() => {
    const closed = before.current;
    before.current = openKey;
    if (closed === null || openKey !== null || document.activeElement !== document.body) return;
    scroller.current?.querySelector<HTMLElement>(`tr[data-key="${CSS.escape(closed)}"]`)?.focus();
  }, [scroller, openKey]);
}

interface RowsProps<Row> {
  readonly table: DataTableProps<Row>;
  readonly shown: ShownColumns<Row>;
  /** Indexes on screen. */
  readonly indexes: readonly number[];
  readonly activeIndex: number;
  readonly onActive: (index: number) => void;
}

function Rows<Row extends object>({ table, shown, indexes, activeIndex, onActive }: RowsProps<Row>): ReactNode {
  const { rowAt, rowKey, rowCount, openKey = null, chosen, rowClass, onOpen, onToggle } = table;
  const latestOpen = useRef(onOpen);
  useEffect(() => {
    latestOpen.current = onOpen;
  });
  const actions = useMemo<RowActions<Row>>(() => ({ focus: onActive, open: (row) => latestOpen.current?.(row) }), [onActive]);
  const TableRow = useMemo(() => createTableRow<Row>(), []);
  const active = Math.min(activeIndex, Math.max(rowCount - 1, 0));
  const canSelect = onOpen !== undefined || onToggle !== undefined;
  return indexes.map((index) => {
    const row = rowAt(index);
    const key = row === undefined ? `empty ${index}` : rowKey(row);
    const known = shown.rowsByKey.get(key);
    if (known === undefined) return <EmptyRow key={key} index={index} columns={shown.columns} />;
    const isMarked = key === openKey || chosen?.has(key) === true;
    return (
      <TableRow
        key={key}
        row={known}
        rowId={key}
        index={index}
        columns={shown.columns}
        className={`${rowClass?.(known) ?? ''} ${isMarked ? 'sel' : ''}`.trim()}
        isSelected={canSelect ? key === openKey : undefined}
        isActive={index === active}
        actions={actions}
      />
    );
  });
}

interface RowKeysOptions {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly virtual: Virtualizer<HTMLDivElement, Element>;
  readonly rowHeight: number;
  readonly activeIndex: number;
  readonly setActiveIndex: (index: number) => void;
}

/** Walks, opens and chooses rows by keys; keys inside a cell's own controls are left alone. */
function useRowKeys<Row extends object>(table: DataTableProps<Row>, options: RowKeysOptions): (event: KeyboardEvent) => void {
  const { scroller, virtual, rowHeight, activeIndex, setActiveIndex } = options;
  const focusRow = (index: number): void => {
    setActiveIndex(index);
    virtual.scrollToIndex(index, { align: 'auto' });
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`tr[data-index="${index}"]`)?.focus());
  };
  return (event) => {
    if (event.target instanceof HTMLElement && event.target.tagName !== 'TR' && event.target !== scroller.current) return;
    const row = table.rowAt(activeIndex);
    const page = Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 1;
    const next = moveIndex(event, activeIndex, table.rowCount, page);
    if (next !== null) {
      event.preventDefault();
      focusRow(next);
    } else if (event.key === 'Enter' && row !== undefined && table.onOpen !== undefined) {
      event.preventDefault();
      table.onOpen(row);
    } else if (event.key === ' ' && row !== undefined && table.onToggle !== undefined) {
      event.preventDefault();
      table.onToggle(row);
    }
  };
}
