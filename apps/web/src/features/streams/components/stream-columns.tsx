/** Columns of the list of streams. */
import type { StreamRow } from '@sluice/protocol/console';
import { Link } from '@tanstack/react-router';
import { Lock, TriangleAlert } from 'lucide-react';
import { Fragment, type ReactNode } from 'react';
import { Badge } from '../../../components/badge.tsx';
import type { DataTableColumn } from '../../../components/data-table/column.ts';
import { DurabilityBadge } from '../../../components/jetstream/durability-badge.tsx';
import { FillCell } from '../../../components/jetstream/usage.tsx';
import { Subject } from '../../../components/subject.tsx';
import { Age } from '../../../components/time.tsx';
import { formatBytes, formatCount, formatRate, plural, UNKNOWN } from '../../../lib/format.ts';

export function streamColumns(account: string): readonly DataTableColumn<StreamRow>[] {
  return [
    {
      id: 'name',
      header: 'Stream',
      isFixed: true,
      sortKey: 'name',
      firstOrder: 'asc',
      cell: (row) => <NameCell row={row} account={account} />,
    },
    { id: 'patterns', header: 'Subjects', cellClass: 'el', cell: (row) => <Patterns row={row} /> },
    {
      id: 'messages',
      header: 'Messages',
      width: 110,
      isNumeric: true,
      sortKey: 'messages',
      cell: (row) => formatCount(row.messages.used),
      flash: (row) => row.messages.used,
    },
    { id: 'bytes', header: 'Stored', width: 92, isNumeric: true, sortKey: 'bytes', cell: (row) => formatBytes(row.bytes.used) },
    { id: 'fill', header: 'Fill', width: 116, sortKey: 'fill', cell: (row) => <FillCell fill={row.fill} /> },
    {
      id: 'msgsPerS',
      header: 'In msg/s',
      width: 88,
      isNumeric: true,
      sortKey: 'msgsPerS',
      cell: (row) => (row.msgsPerS === 0 ? <span className="f3">idle</span> : formatRate(row.msgsPerS)),
    },
    {
      id: 'subjects',
      header: 'Distinct',
      width: 84,
      isNumeric: true,
      sortKey: 'subjects',
      from: 'md',
      cell: (row) => formatCount(row.subjects),
    },
    {
      id: 'consumers',
      header: 'Consumers',
      width: 96,
      isNumeric: true,
      sortKey: 'consumers',
      cell: (row) => formatCount(row.consumers),
    },
    { id: 'storage', header: 'Storage', width: 82, from: 'lg', cell: (row) => <Badge>{row.storage}</Badge> },
    { id: 'retention', header: 'Retention', width: 92, from: 'lg', isOptional: true, cell: (row) => row.retention },
    { id: 'durability', header: 'Durability', width: 148, cell: (row) => <DurabilityBadge durability={row.durability} /> },
    {
      id: 'lastAtMs',
      header: 'Last',
      width: 76,
      isNumeric: true,
      sortKey: 'lastAtMs',
      from: 'md',
      cell: (row) => (row.lastAtMs === null ? <span className="f3">{UNKNOWN}</span> : <Age sinceMs={row.lastAtMs} />),
    },
  ];
}

/** Of more it is told how many. */
const MAX_PATTERNS = 4;

function NameCell({ row, account }: { row: StreamRow; account: string }): ReactNode {
  return (
    <span className="row jsname">
      <Link
        className="rl m5 el"
        to="/streams/$name"
        params={{ name: row.name }}
        search={account === '' ? {} : { account }}
        tabIndex={-1}
        title={row.description ?? row.name}
      >
        {row.name}
      </Link>
      {row.isSealed ? <Badge icon={Lock}>sealed</Badge> : null}
      {row.isReadOnly ? (
        <Badge tone="bad" icon={TriangleAlert}>
          read-only
        </Badge>
      ) : null}
      {row.lost === null ? null : (
        <Badge tone="bad" icon={TriangleAlert}>
          <span title={`${plural(row.lost.messages, 'message')} lost by storage`}>{formatCount(row.lost.messages)} lost</span>
        </Badge>
      )}
    </span>
  );
}

function Patterns({ row }: { row: StreamRow }): ReactNode {
  if (row.subjectPatterns.length === 0) {
    const origin = row.mirrorOf === null ? row.sources.join(', ') : row.mirrorOf;
    const text = origin === '' ? 'none' : `${row.mirrorOf === null ? 'from' : 'mirror of'} ${origin}`;
    return (
      <span className="f3" title={text}>
        {text}
      </span>
    );
  }
  return (
    <span title={row.subjectPatterns.join(' ')}>
      {row.subjectPatterns.slice(0, MAX_PATTERNS).map((pattern) => (
        <Fragment key={pattern}>
          <Subject value={pattern} />{' '}
        </Fragment>
      ))}
      {row.subjectPatterns.length > MAX_PATTERNS ? (
        <span className="f3">and {row.subjectPatterns.length - MAX_PATTERNS} more</span>
      ) : null}
    </span>
  );
}
