/**
 * The rows of a tap. The list is as tall as the ring, but only the rows on screen exist; they stand in a layer that sticks to the
 * viewport, keyed by place, so a new batch changes text and creates nothing.
 */
import { AlignLeft, ArrowUp } from 'lucide-react';
import { memo, type Ref, useImperativeHandle, useRef } from 'react';
import { Button } from '../../../components/button.tsx';
import { Icon } from '../../../components/icon.tsx';
import { Subject } from '../../../components/subject.tsx';
import { formatCount, formatTime, type TimeZone } from '../../../lib/format.ts';
import { useTimeZone } from '../../../lib/preferences.ts';
import type { TapClient } from '../api/tap-client.ts';
import { useTapSnapshot } from '../api/use-tap.ts';
import type { TapRow } from '../model/row-view.ts';
import { type FollowingList, ROW_PX, useFollowingList } from './use-following-list.ts';

export type TapRowsHandle = Pick<FollowingList, 'move' | 'toNewest'>;

export interface TapRowsProps {
  client: TapClient;
  selectedIndex: number | null;
  onSelect: (index: number) => void;
  ref: Ref<TapRowsHandle>;
}

export function TapRows({ client, selectedIndex, onSelect, ref }: TapRowsProps) {
  const box = useRef<HTMLDivElement>(null);
  const list = useFollowingList({ client, box, selectedIndex, onSelect });
  const rowCount = useTapSnapshot(client, (snapshot) => snapshot?.rowCount ?? 0);
  const newerCount = useTapSnapshot(client, (snapshot) => snapshot?.newerCount ?? 0);
  const [zone] = useTimeZone();
  useImperativeHandle(ref, () => ({ move: list.move, toNewest: list.toNewest }));
  return (
    <div className="col grow tap-list">
      <div className="tap-row tap-head" aria-hidden="true">
        <span>Time {zone === 'utc' ? 'UTC' : ''}</span>
        <span>Subject</span>
        <span className="r h-md">Bytes</span>
        <span className="h-md">Hdrs</span>
        <span>Payload</span>
      </div>
      <div
        ref={box}
        className="scroll tap-scroll"
        role="listbox"
        aria-label="Messages, newest first"
        tabIndex={0}
        {...(selectedIndex === null ? {} : { 'aria-activedescendant': `tap-row-${selectedIndex}` })}
        onScroll={list.onScroll}
      >
        <div className="tap-space" style={{ height: Math.max(rowCount * ROW_PX, 1) }} role="presentation">
          <VisibleRows
            client={client}
            offsetPx={list.offsetPx}
            zone={zone}
            selectedIndex={selectedIndex}
            onSelect={list.select}
          />
        </div>
      </div>
      {!list.isFollowing && newerCount > 0 ? (
        <Button isSmall icon={ArrowUp} className="tap-newer" onClick={list.toNewest}>
          {formatCount(newerCount)} newer, back to newest
        </Button>
      ) : null}
    </div>
  );
}

interface VisibleRowsProps {
  client: TapClient;
  offsetPx: number;
  zone: TimeZone;
  selectedIndex: number | null;
  onSelect: (index: number) => void;
}

const NO_ROWS: TapRow[] = [];

function VisibleRows({ client, offsetPx, zone, selectedIndex, onSelect }: VisibleRowsProps) {
  const rows = useTapSnapshot(client, (snapshot) => snapshot?.rows ?? NO_ROWS);
  const start = useTapSnapshot(client, (snapshot) => snapshot?.start ?? 0);
  // Keyed by place on the screen: a new batch changes the text of rows that are there.
  const slots = rows.map((row, slot) => ({ slot, row }));
  return (
    <div className="tap-layer" style={{ transform: `translateY(${offsetPx}px)` }} role="presentation">
      {slots.map(({ slot, row }) => (
        <Row
          key={slot}
          row={row}
          position={start + slot + 1}
          zone={zone}
          isSelected={row.index === selectedIndex}
          onSelect={onSelect}
        />
      ))}
    </div>
  );
}

interface RowProps {
  row: TapRow;
  /** From 1, counted from the newest. */
  position: number;
  zone: TimeZone;
  isSelected: boolean;
  onSelect: (index: number) => void;
}

const Row = memo(function Row({ row, position, zone, isSelected, onSelect }: RowProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys for all its rows.
    <div
      id={`tap-row-${row.index}`}
      role="option"
      aria-posinset={position}
      aria-selected={isSelected}
      tabIndex={-1}
      className={isSelected ? 'tap-row sel' : 'tap-row'}
      onClick={() => onSelect(row.index)}
    >
      <span className="mono f2">{formatTime(row.timeUs / 1000, zone, 'millis')}</span>
      <span className="el">
        <Subject value={row.subject} />
      </span>
      <span className="r num f2 sm h-md">{formatCount(row.sizeBytes)}</span>
      <span className="h-md">
        {row.headerCount === 0 ? null : (
          <span className="badge">
            <Icon of={AlignLeft} isSmall />
            {row.headerCount}
          </span>
        )}
      </span>
      <span className="mono el">
        {row.preview.map((part) => (part.isQuiet ? <u key={part.at}>{part.text}</u> : <span key={part.at}>{part.text}</span>))}
        {row.isCut ? <u> … cut</u> : null}
      </span>
    </div>
  );
});
