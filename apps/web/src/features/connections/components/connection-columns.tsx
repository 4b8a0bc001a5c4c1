/** The columns of the connections table, for open and for closed ones. */
import type { ConnectionRow } from '@sluice/protocol/console';
import { CircleAlert, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dot } from '../../../components/badge.tsx';
import { CellSpark } from '../../../components/chart/spark.tsx';
import type { DataTableColumn } from '../../../components/data-table/column.ts';
import { Icon } from '../../../components/icon.tsx';
import { Time } from '../../../components/time.tsx';
import { type ByteRateUnit, formatByteRate } from '../../../lib/byte-rate.ts';
import { formatBytes, formatCount, formatMs, formatRate, formatShortSpan, serverLabel, UNKNOWN } from '../../../lib/format.ts';
import { type PendingLevel, pendingLevel } from '../model/pending-level.ts';
import { type RateSparks, SPARK_POINTS } from '../model/rate-sparks.ts';

type Column = DataTableColumn<ConnectionRow>;

export interface ColumnContext {
  readonly sparks: RateSparks;
  /** Time on the server when the rows were read. Milliseconds. */
  readonly asOfMs: number;
  readonly byteUnit: ByteRateUnit;
  readonly choose: (row: ConnectionRow) => ReactNode;
  /** Output at which the server cuts a client off; null: not known. */
  readonly maxPendingBytes: number | null;
}

/** Columns for open connections. */
export function openColumns(context: ColumnContext): readonly Column[] {
  return [
    chooser(context),
    {
      id: 'state',
      header: '',
      width: 20,
      isFixed: true,
      cellClass: 'stc',
      cell: (row) => <StateMark row={row} level={pendingLevel(row, context.maxPendingBytes)} />,
      flash: (row) => pendingLevel(row, context.maxPendingBytes),
    },
    ...identity(),
    {
      id: 'rtt',
      header: 'RTT ms',
      sortKey: 'rttMs',
      width: 70,
      isNumeric: true,
      from: 'md',
      cellClass: 'f2',
      cell: (row) => formatMs(row.rttMs),
    },
    {
      id: 'subs',
      header: 'Subs',
      sortKey: 'subscriptions',
      width: 58,
      isNumeric: true,
      from: 'md',
      cellClass: 'f2',
      cell: (row) => formatCount(row.subscriptions),
      flash: (row) => row.subscriptions,
    },
    ...traffic(context),
  ];
}

/** Columns for closed connections: why and when come first. */
export function closedColumns(): readonly Column[] {
  return [
    { id: 'state', header: '', width: 32, isFixed: true, cellClass: 'stc', cell: () => <Dot tone="neutral" label="closed" /> },
    ...identity(),
    { id: 'reason', header: 'Reason', sortKey: 'reason', cellClass: 'el', cell: (row) => row.reason ?? UNKNOWN },
    {
      id: 'stopped',
      header: 'Closed at',
      sortKey: 'stoppedAtMs',
      width: 92,
      isNumeric: true,
      cell: (row) => (row.stoppedAtMs === null ? UNKNOWN : <Time atMs={row.stoppedAtMs} />),
    },
    {
      id: 'lasted',
      header: 'Lasted',
      width: 78,
      isNumeric: true,
      cellClass: 'f2',
      cell: (row) => (row.stoppedAtMs === null ? UNKNOWN : formatShortSpan(row.stoppedAtMs - row.startedAtMs)),
    },
    {
      id: 'inTotal',
      header: 'In msgs',
      sortKey: 'inMsgs',
      width: 92,
      isNumeric: true,
      cellClass: 'f2',
      cell: (row) => formatCount(row.inMsgs),
    },
    {
      id: 'outTotal',
      header: 'Out msgs',
      sortKey: 'outMsgs',
      width: 92,
      isNumeric: true,
      cellClass: 'f2',
      cell: (row) => formatCount(row.outMsgs),
    },
  ];
}

/** What flows, what waits, since when. */
function traffic(context: ColumnContext): Column[] {
  return [
    {
      id: 'inMsgs',
      header: 'In msg/s',
      sortKey: 'inMsgsPerS',
      width: 128,
      isNumeric: true,
      cell: (row) => <Rate row={row} context={context} way="in" />,
    },
    {
      id: 'outMsgs',
      header: 'Out msg/s',
      sortKey: 'outMsgsPerS',
      width: 128,
      isNumeric: true,
      cell: (row) => <Rate row={row} context={context} way="out" />,
    },
    {
      id: 'inBytes',
      header: `In ${context.byteUnit}`,
      sortKey: 'inBytesPerS',
      width: 82,
      isNumeric: true,
      from: 'lg',
      cellClass: 'f2',
      cell: (row) => formatByteRate(row.inBytesPerS, context.byteUnit),
    },
    {
      id: 'outBytes',
      header: `Out ${context.byteUnit}`,
      sortKey: 'outBytesPerS',
      width: 88,
      isNumeric: true,
      from: 'lg',
      cellClass: 'f2',
      cell: (row) => formatByteRate(row.outBytesPerS, context.byteUnit),
    },
    {
      id: 'pending',
      header: 'Pending',
      sortKey: 'pendingBytes',
      width: 88,
      isNumeric: true,
      cellClass: (row) => pendingClasses[pendingLevel(row, context.maxPendingBytes)],
      cell: (row) => (row.pendingBytes === 0 ? '0' : formatBytes(row.pendingBytes)),
      flash: (row) => pendingLevel(row, context.maxPendingBytes),
    },
    {
      id: 'uptime',
      header: 'Uptime',
      sortKey: 'startedAtMs',
      width: 76,
      isNumeric: true,
      from: 'lg',
      cellClass: 'f2',
      cell: (row) => formatShortSpan(context.asOfMs - row.startedAtMs),
    },
    {
      id: 'idle',
      header: 'Idle',
      sortKey: 'lastActivityAtMs',
      width: 80,
      isNumeric: true,
      from: 'lg',
      cellClass: 'f2',
      cell: (row) => formatShortSpan(Math.max(context.asOfMs - row.lastActivityAtMs, 0)),
    },
  ];
}

function chooser(context: ColumnContext): Column {
  return { id: 'choose', header: '', width: 40, isFixed: true, cellClass: 'cbx', cell: context.choose };
}

function identity(): Column[] {
  return [
    {
      id: 'cid',
      header: 'cid',
      sortKey: 'cid',
      width: 56,
      isNumeric: true,
      isFixed: true,
      cellClass: 'mono f3',
      cell: (row) => String(row.cid),
    },
    {
      id: 'name',
      header: 'Name',
      sortKey: 'name',
      isFixed: true,
      cellClass: 'el',
      cell: (row) => row.name ?? <span className="f3">no name</span>,
      flash: (row) => row.name,
    },
    {
      id: 'user',
      header: 'User',
      sortKey: 'user',
      width: 80,
      from: 'md',
      cellClass: 'f2 el',
      cell: (row) => row.user ?? <span className="f3">none</span>,
    },
    {
      id: 'account',
      header: 'Account',
      sortKey: 'account',
      width: 92,
      isOptional: true,
      cellClass: 'f2 el',
      cell: (row) => row.account,
    },
    {
      id: 'server',
      header: 'Server',
      width: 100,
      isOptional: true,
      cellClass: 'f2 el',
      cell: (row) => serverLabel(row.serverName, row.serverId),
    },
    {
      id: 'address',
      header: 'Address',
      sortKey: 'address',
      width: 140,
      from: 'lg',
      cellClass: 'mono f2 el',
      cell: (row) => `${row.ip}:${row.port}`,
    },
    { id: 'client', header: 'Client', sortKey: 'client', width: 118, from: 'lg', cellClass: 'f2 el', cell: clientOf },
    { id: 'tls', header: 'TLS', width: 60, isOptional: true, cellClass: 'f2', cell: (row) => row.tlsVersion ?? 'no' },
  ];
}

/** `nats.js 3.4.0`; over WebSocket it says so. */
export function clientOf(row: ConnectionRow): string {
  const name = [row.lang, row.version].filter((part) => part !== null && part !== '').join(' ');
  const suffix = row.kind === 'nats' || row.kind === 'unknown' ? '' : ` (${row.kind})`;
  return name === '' ? UNKNOWN + suffix : name + suffix;
}

const pendingClasses = { none: 'f3', warn: 'warn m5', bad: 'bad b' } as const;

function StateMark({ row, level }: { row: ConnectionRow; level: PendingLevel }): ReactNode {
  if (level === 'bad') {
    return (
      <span role="img" aria-label="slow" title="Slow consumer">
        <Icon of={CircleAlert} isSmall className="bad" />
      </span>
    );
  }
  if (level === 'warn') {
    return (
      <span role="img" aria-label="pending" title="Bytes are waiting to be sent">
        <Icon of={TriangleAlert} isSmall className="warn" />
      </span>
    );
  }
  return row.inMsgsPerS === null ? <Dot tone="neutral" label="not measured yet" /> : <Dot tone="ok" label="well" />;
}

const emptySpark: readonly null[] = new Array<null>(SPARK_POINTS).fill(null);

function Rate({ row, context, way }: { row: ConnectionRow; context: ColumnContext; way: 'in' | 'out' }): ReactNode {
  const spark = context.sparks.get(row);
  const values = way === 'in' ? spark?.inMsgs : spark?.outMsgs;
  return (
    <>
      <CellSpark values={values ?? emptySpark} isOut={way === 'out'} />
      <span className="nv">{formatRate(way === 'in' ? row.inMsgsPerS : row.outMsgsPerS)}</span>
    </>
  );
}
