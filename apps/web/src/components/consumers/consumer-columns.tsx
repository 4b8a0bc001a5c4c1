/** Columns of a list of consumers. */
import { type ConsumerRow, consumerState } from '@sluice/protocol/console';
import type { ReactNode } from 'react';
import { formatCount, formatRate, formatSpan, UNKNOWN } from '../../lib/format.ts';
import { Badge, Dot } from '../badge.tsx';
import type { DataTableColumn } from '../data-table/column.ts';
import { Subject } from '../subject.tsx';
import { Age } from '../time.tsx';

export function consumerColumns(hasStream: boolean): readonly DataTableColumn<ConsumerRow>[] {
  const stream: DataTableColumn<ConsumerRow> = {
    id: 'stream',
    header: 'Stream',
    width: 150,
    sortKey: 'stream',
    firstOrder: 'asc',
    cell: (row) => <span className="f2">{row.stream}</span>,
  };
  return [
    { id: 'name', header: 'Consumer', isFixed: true, sortKey: 'name', firstOrder: 'asc', cell: (row) => <NameCell row={row} /> },
    { id: 'state', header: 'State', width: 116, from: 'md', cell: (row) => <StateCell row={row} /> },
    ...(hasStream ? [stream] : []),
    { id: 'filters', header: 'Filter', from: 'md', cell: (row) => <Filters row={row} /> },
    {
      id: 'lag',
      header: 'Lag',
      width: 96,
      isNumeric: true,
      sortKey: 'lag',
      cell: (row) => formatCount(row.lag),
      flash: (row) => row.lag,
    },
    {
      id: 'ackPending',
      header: 'Ack pending',
      width: 104,
      isNumeric: true,
      sortKey: 'ackPending',
      cellClass: (row) => (consumerState(row).word === 'stalled' ? 'bad' : ''),
      cell: (row) => formatCount(row.ackPending),
      flash: (row) => row.ackPending,
    },
    {
      id: 'ackFloor',
      header: 'Ack floor',
      width: 108,
      isNumeric: true,
      cell: (row) => formatCount(row.ackFloorSeq),
      flash: (row) => row.ackFloorSeq,
    },
    {
      id: 'redelivered',
      header: 'Redelivered',
      width: 104,
      isNumeric: true,
      sortKey: 'redelivered',
      cellClass: (row) => (row.redelivered > 0 ? 'warn' : ''),
      cell: (row) => formatCount(row.redelivered),
    },
    {
      id: 'waiting',
      header: 'Waiting',
      width: 84,
      isNumeric: true,
      sortKey: 'waiting',
      from: 'md',
      cell: (row) => (row.kind === 'push' ? <span className="f3">push</span> : formatCount(row.waiting)),
    },
    {
      id: 'deliveredPerS',
      header: 'msg/s',
      width: 78,
      isNumeric: true,
      sortKey: 'deliveredPerS',
      from: 'md',
      cell: (row) => (row.deliveredPerS === 0 ? <span className="f3">idle</span> : formatRate(row.deliveredPerS)),
    },
    {
      id: 'catchUp',
      header: 'Done in',
      width: 84,
      isNumeric: true,
      from: 'lg',
      cell: (row) =>
        row.lag === 0 || row.catchUpMs === null ? <span className="f3">{UNKNOWN}</span> : formatSpan(row.catchUpMs),
    },
    {
      id: 'lastDeliveredAtMs',
      header: 'Last',
      width: 76,
      isNumeric: true,
      sortKey: 'lastDeliveredAtMs',
      from: 'lg',
      cell: (row) =>
        row.lastDeliveredAtMs === null ? <span className="f3">{UNKNOWN}</span> : <Age sinceMs={row.lastDeliveredAtMs} />,
    },
  ];
}

function StateCell({ row }: { row: ConsumerRow }): ReactNode {
  const { tone, word, reason } = consumerState(row);
  return (
    <span className={tone === 'warn' || tone === 'bad' ? tone : 'f2'} title={reason}>
      {word}
    </span>
  );
}

function NameCell({ row }: { row: ConsumerRow }): ReactNode {
  const { tone, word, reason } = consumerState(row);
  return (
    <span className="row jsname" title={reason}>
      <Dot tone={tone} label={word} />
      <span className="m5 el">{row.name}</span>
      {row.isDurable ? null : <Badge>ephemeral</Badge>}
    </span>
  );
}

function Filters({ row }: { row: ConsumerRow }): ReactNode {
  if (row.filters.length === 0) return <span className="f3">all subjects</span>;
  return (
    <span className="row jspatterns" title={row.filters.join(' ')}>
      {row.filters.slice(0, 3).map((filter) => (
        <Subject key={filter} value={filter} />
      ))}
    </span>
  );
}
