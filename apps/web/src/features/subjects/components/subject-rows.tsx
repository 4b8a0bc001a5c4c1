/** The tree (or list) of subjects: only rows on screen are in the page, keys as in any tree. */
import type { SubjectRow } from '@sluice/protocol/console';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ChevronDown, ChevronRight } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import { CellSpark } from '../../../components/chart/spark.tsx';
import { Icon } from '../../../components/icon.tsx';
import { Subject, tintOf } from '../../../components/subject.tsx';
import { Age } from '../../../components/time.tsx';
import { type ByteRateUnit, formatByteRate, useByteRateUnit } from '../../../lib/byte-rate.ts';
import { formatCount, formatRate, UNKNOWN } from '../../../lib/format.ts';
import type { RateMemory } from '../model/rate-memory.ts';
import { moveInTree, type TreeItem, type TreeKey } from '../model/subject-tree.ts';

const ROW_PX = 28;
const INDENT_PX = 18;

export interface SubjectRowsProps {
  items: readonly TreeItem[];
  selected: string | null;
  rates: RateMemory;
  onSelect: (subject: string) => void;
  onToggle: (subject: string, isOpen: boolean) => void;
  onMore: (prefix: string) => void;
  onPointer: (isInside: boolean) => void;
  /** Whole subjects instead of last tokens. */
  isFlat: boolean;
  isStale: boolean;
  empty: ReactNode;
}

const KEYS: Readonly<Record<string, TreeKey>> = {
  ArrowUp: 'ArrowUp',
  k: 'ArrowUp',
  ArrowDown: 'ArrowDown',
  j: 'ArrowDown',
  ArrowLeft: 'ArrowLeft',
  h: 'ArrowLeft',
  ArrowRight: 'ArrowRight',
  l: 'ArrowRight',
  Home: 'Home',
  End: 'End',
};

export function SubjectRows(props: SubjectRowsProps): ReactNode {
  const { items, selected, onSelect, onToggle } = props;
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const byteUnit = useByteRateUnit(items.map((item) => (item.kind === 'row' ? item.row.bytesPerS : null)));
  const selectedAt = items.findIndex((item) => item.kind === 'row' && item.row.subject === selected);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new selection scrolls; rows that move under it do not.
  useEffect(() => {
    if (selectedAt >= 0) virtual.scrollToIndex(selectedAt, { align: 'auto' });
  }, [selected]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const key = KEYS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== box.current) return;
    if (event.key === 'Enter' || event.key === ' ') {
      const item = items[selectedAt];
      if (item?.kind === 'row' && item.row.hasChildren) onToggle(item.row.subject, !item.isOpen);
      event.preventDefault();
    }
    if (key === undefined) return;
    event.preventDefault();
    const move = moveInTree(items, selected, key);
    if (move?.kind === 'select') onSelect(move.subject);
    else if (move !== null) onToggle(move.subject, move.kind === 'open');
  };

  return (
    <div className="col grow subj" onPointerEnter={() => props.onPointer(true)} onPointerLeave={() => props.onPointer(false)}>
      <div className="subj-row subj-head" aria-hidden="true">
        <span>{props.isFlat ? 'Subject' : 'Token'}</span>
        <span className="r sort">
          msg/s <Icon of={ArrowDown} isSmall />
        </span>
        <span className="r">{byteUnit}</span>
        <span className="r h-md">Pubs</span>
        <span className="r">Subs</span>
        <span className="r">Seen</span>
      </div>
      {items.length === 0 ? props.empty : null}
      <div
        ref={box}
        hidden={items.length === 0}
        className={`scroll ${props.isStale ? 'stale' : ''}`}
        role="tree"
        aria-label="Subjects, busiest first"
        tabIndex={0}
        onKeyDown={onKeyDown}
        {...(selectedAt >= 0 ? { 'aria-activedescendant': `subj-${selectedAt}` } : {})}
      >
        <div className="subj-space" style={{ height: virtual.getTotalSize() }} role="presentation">
          {virtual.getVirtualItems().map(({ index, start }) => {
            const item = items[index];
            return item === undefined ? null : (
              <div key={keyOf(item)} className="subj-place" style={{ transform: `translateY(${start}px)` }} role="presentation">
                <Item item={item} id={`subj-${index}`} byteUnit={byteUnit} {...props} />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function keyOf(item: TreeItem): string {
  return item.kind === 'row' ? `row ${item.row.subject}` : `${item.kind} ${item.prefix}`;
}

interface ItemProps extends SubjectRowsProps {
  readonly item: TreeItem;
  readonly id: string;
  readonly byteUnit: ByteRateUnit;
}

function Item({ item, id, ...props }: ItemProps): ReactNode {
  const indent = { paddingLeft: 16 + item.depth * INDENT_PX };
  switch (item.kind) {
    case 'row':
      return <Row {...props} item={item} id={id} />;
    case 'loading':
      return (
        <div className="subj-row" style={indent}>
          <span className="sk" />
        </div>
      );
    case 'failed':
      return (
        <div className="subj-note bad" style={indent} role="alert">
          {item.message}
        </div>
      );
    case 'more':
      return (
        <div className="subj-note" style={indent}>
          <button type="button" className="lk" onClick={() => props.onMore(item.prefix)}>
            …and {formatCount(item.missing)} more
          </button>
        </div>
      );
  }
}

type RowItem = Extract<TreeItem, { kind: 'row' }>;

function Row({
  item,
  id,
  selected,
  rates,
  onSelect,
  onToggle,
  isFlat,
  byteUnit,
}: ItemProps & { readonly item: RowItem }): ReactNode {
  const { row, depth, isOpen } = item;
  const isSelected = row.subject === selected;
  const isIdle = row.msgsPerS === 0;
  const classes = ['subj-row', isSelected ? 'sel' : '', isIdle ? 'gone' : ''].join(' ').trim();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys for all its rows.
    <div
      id={id}
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={isSelected}
      {...(row.hasChildren ? { 'aria-expanded': isOpen } : {})}
      tabIndex={-1}
      className={classes}
      onClick={() => onSelect(row.subject)}
      onDoubleClick={() => row.hasChildren && onToggle(row.subject, !isOpen)}
    >
      <span className="el subj-name" style={{ paddingLeft: depth * INDENT_PX }}>
        {isFlat ? null : <Toggle row={row} isOpen={isOpen} onToggle={onToggle} />}
        {isFlat ? <Subject value={row.subject} /> : <span className={`mono ${tokenClass(row.token, isIdle)}`}>{row.token}</span>}
        {row.subjects > 1 ? <span className="f3 xs num">{formatCount(row.subjects)}</span> : null}
      </span>
      <span className="r num subj-rate">
        {isIdle || row.msgsPerS === null ? null : <CellSpark values={rates.of(row.subject)} />}
        {isIdle ? (
          <span className="f3">idle</span>
        ) : (
          <Measured value={row.msgsPerS} text={formatRate(row.msgsPerS)} isEstimate={row.isEstimate} />
        )}
      </span>
      <span className="r num f2">
        {isIdle ? '' : <Measured value={row.bytesPerS} text={formatByteRate(row.bytesPerS, byteUnit)} />}
      </span>
      <span className="r num f2 h-md">
        <Measured value={row.publishers} text={`${formatCount(row.publishers)}${row.hasMorePublishers ? '+' : ''}`} />
      </span>
      <span className={`r num ${row.subscribers === 0 ? 'warn' : 'f2'}`}>{formatCount(row.subscribers)}</span>
      <span className="r num f3 sm">{row.lastSeenAtMs === null ? UNKNOWN : <Age sinceMs={row.lastSeenAtMs} />}</span>
    </div>
  );
}

function Toggle({
  row,
  isOpen,
  onToggle,
}: {
  row: SubjectRow;
  isOpen: boolean;
  onToggle: SubjectRowsProps['onToggle'];
}): ReactNode {
  if (!row.hasChildren) return <span className="subj-toggle" />;
  return (
    <button
      type="button"
      className="subj-toggle"
      tabIndex={-1}
      aria-label={`${isOpen ? 'Close' : 'Open'} ${row.subject}`}
      onClick={(event) => {
        event.stopPropagation();
        onToggle(row.subject, !isOpen);
      }}
    >
      <Icon of={isOpen ? ChevronDown : ChevronRight} isSmall />
    </button>
  );
}

/** Wildcards are accented even while idle: the row is a pattern that somebody subscribed, not a subject. */
function tokenClass(token: string, isIdle: boolean): string {
  if (token === '*' || token === '>') return 'acc b';
  return isIdle ? '' : `t${tintOf(token)}`;
}

/** A dash where nothing was measured; `~` before an estimate. */
function Measured({ value, text, isEstimate = false }: { value: number | null; text: string; isEstimate?: boolean }): ReactNode {
  if (value === null) return <span className="f3">{UNKNOWN}</span>;
  return (
    <span title={isEstimate ? 'An upper estimate: more subjects pass than are counted one by one' : undefined}>
      {isEstimate ? `~${text}` : text}
    </span>
  );
}
