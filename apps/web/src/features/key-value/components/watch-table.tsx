/** Changes of a bucket as they come. */
import type { KvEntry } from '@sluice/protocol/console';
import { Pause, Play } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Dot } from '../../../components/badge.tsx';
import { Button } from '../../../components/button.tsx';
import type { DataTableColumn } from '../../../components/data-table/column.ts';
import { DataTable } from '../../../components/data-table/data-table.tsx';
import { EmptyState, useIsStale } from '../../../components/states.tsx';
import { Subject } from '../../../components/subject.tsx';
import { subjectProblem } from '../../../components/subject-input.tsx';
import { Time } from '../../../components/time.tsx';
import { formatCount, plural } from '../../../lib/format.ts';
import { useLive } from '../../../lib/live-context.tsx';
import type { BucketRef } from '../api/kv-api.ts';
import { EMPTY_WATCH_LOG, WATCH_LOG_MAX, watchLogAfter } from '../model/watch-log.ts';
import { OperationBadge, sizeOf, ValueCell } from './key-columns.tsx';

const LINE_BYTES = 512;

const columns: readonly DataTableColumn<KvEntry>[] = [
  { id: 'time', header: 'Time', width: 128, cellClass: 'mono f2', cell: (row) => <Time atMs={row.createdAtMs} style="millis" /> },
  { id: 'operation', header: 'Change', width: 88, cell: (row) => <OperationBadge operation={row.operation} /> },
  { id: 'key', header: 'Key', width: 240, isFixed: true, cell: (row) => <Subject value={row.key} /> },
  { id: 'value', header: 'Value', cellClass: 'mono', cell: (row) => (row.operation === 'put' ? <ValueCell entry={row} /> : '') },
  { id: 'size', header: 'Size', width: 84, isNumeric: true, cellClass: 'f2', cell: sizeOf },
  { id: 'revision', header: 'Revision', width: 92, isNumeric: true, cell: (row) => formatCount(row.revision) },
];

export interface WatchTableProps {
  readonly bucket: BucketRef;
  /** A pattern of keys; empty for all. */
  readonly q: string;
  /** Newest revision when the watch began; changes after it are shown. */
  readonly afterRevision: number;
  readonly openKey: string | null;
  readonly onOpen: (key: string) => void;
}

export function WatchTable(props: WatchTableProps): ReactNode {
  const isPattern = subjectProblem(props.q, true) === null;
  if (!isPattern)
    return <EmptyState title="Not a pattern of keys">Tokens split by dots; * for one, &gt; for the rest.</EmptyState>;
  // Another pattern begins a list of its own.
  return <Watching key={props.q} {...props} />;
}

function Watching({ bucket, q, afterRevision, openKey, onOpen }: WatchTableProps): ReactNode {
  const isStale = useIsStale();
  const [log, setLog] = useState(EMPTY_WATCH_LOG);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isPaused, setIsPaused] = useState(false);
  const [startRevision] = useState(afterRevision);
  const [pausedAtRevision, setPausedAtRevision] = useState<number | null>(null);
  const newest = log.entries[0]?.revision ?? startRevision;
  useLive(
    isPaused
      ? null
      : {
          topic: 'kv',
          kv: {
            bucket: bucket.bucket,
            maxValueBytes: LINE_BYTES,
            afterRevision: pausedAtRevision ?? startRevision,
            ...(bucket.account === '' ? {} : { account: bucket.account }),
            ...(q === '' ? {} : { filter: q }),
          },
        },
    {
      onData: (message) => {
        if (message.topic === 'kv') setLog((before) => watchLogAfter(before, message.data));
      },
      onRefused: (_code, message) => setRefusal(message),
    },
    { isRenewed: true },
  );
  const toggle = (): void => {
    // Going on begins after the newest change that is shown, so that nothing is missed in between.
    if (!isPaused) setPausedAtRevision(newest);
    setIsPaused(!isPaused);
  };
  return (
    <>
      <DataTable
        label={`Changes of ${bucket.bucket}`}
        columns={columns}
        rowCount={log.entries.length}
        rowAt={(index) => log.entries[index]}
        rowKey={(row) => String(row.revision)}
        openKey={openKey}
        onOpen={(row) => onOpen(row.key)}
        isStale={isStale}
        empty={
          refusal === null ? (
            <EmptyState title="Watching" command={`nats kv watch ${bucket.bucket}${q === '' ? '' : ` '${q}'`}`}>
              Every put, delete and purge from now on appears here.
            </EmptyState>
          ) : (
            <EmptyState title="The watch was refused">{refusal}</EmptyState>
          )
        }
      />
      <div className="foot">
        <Button variant="ghost" isSmall icon={isPaused ? Play : Pause} aria-pressed={isPaused} onClick={toggle}>
          {isPaused ? 'Go on' : 'Pause'}
        </Button>
        <span>{plural(log.seen, 'change')} seen</span>
        {log.seen > WATCH_LOG_MAX ? <span>the newest {formatCount(WATCH_LOG_MAX)} are kept</span> : null}
        <span className="push row">
          <Dot tone={isPaused ? 'warn' : isStale ? 'bad' : 'ok'} />
          {isPaused ? 'paused' : isStale ? 'stopped' : 'live'}
        </span>
      </div>
    </>
  );
}
