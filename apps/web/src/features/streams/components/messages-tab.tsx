/** Messages of a stream: seek by end, sequence or time, filter by subject, read. Nothing is consumed or acknowledged. */
import type { StreamDetail } from '@sluice/protocol/console';
import { AlignLeft } from 'lucide-react';
import { type ReactNode, useCallback, useMemo } from 'react';
import { Badge } from '../../../components/badge.tsx';
import { Button } from '../../../components/button.tsx';
import type { DataTableColumn } from '../../../components/data-table/column.ts';
import { DataTable } from '../../../components/data-table/data-table.tsx';
import { payloadLine } from '../../../components/jetstream/stored-payload.ts';
import { EmptyState, FailedState, useIsStale } from '../../../components/states.tsx';
import { Subject } from '../../../components/subject.tsx';
import { Time } from '../../../components/time.tsx';
import { formatBytes, formatCount, plural } from '../../../lib/format.ts';
import type { SearchPatch } from '../../../lib/url-state.ts';
import { LIST_MAX, type Messages, useMessages } from '../api/use-messages.ts';
import { type MessageRow, messageRows, neighbour, rowKeyOf } from '../model/message-rows.ts';
import type { StreamSearch } from '../model/stream-search.ts';
import { MessagePane } from './message-pane.tsx';
import { SeekBar } from './seek-bar.tsx';
import { StreamSummary } from './stream-summary.tsx';

export interface MessagesTabProps {
  readonly detail: StreamDetail;
  readonly search: StreamSearch;
  readonly onChange: (change: SearchPatch) => void;
}

const columns: readonly DataTableColumn<MessageRow>[] = [
  {
    id: 'seq',
    header: 'Sequence',
    width: 96,
    isNumeric: true,
    cellClass: (row) => (row.kind === 'gap' ? 'gapc' : 'mono f2'),
    isFixed: true,
    cell: (row) => (row.kind === 'gap' ? <Gap row={row} /> : formatCount(row.message.seq)),
  },
  {
    id: 'time',
    header: 'Stored',
    width: 156,
    cellClass: 'mono f2',
    cell: (row) => (row.kind === 'gap' ? null : <StoredAt atMs={row.message.storedAtMs} />),
  },
  {
    id: 'subject',
    header: 'Subject',
    width: 190,
    cell: (row) => (row.kind === 'gap' ? null : <Subject value={row.message.subject} />),
  },
  {
    id: 'size',
    header: 'Size',
    width: 74,
    isNumeric: true,
    from: 'md',
    cellClass: 'f2 sm',
    cell: (row) => (row.kind === 'gap' ? null : formatBytes(row.message.sizeBytes)),
  },
  { id: 'headers', header: 'Hdrs', width: 62, from: 'lg', cell: (row) => <HeaderCount row={row} /> },
  {
    id: 'payload',
    header: 'Payload',
    cellClass: 'mono',
    cell: (row) => (row.kind === 'gap' ? null : payloadLine(row.message, row.message.sizeBytes)),
  },
];

export function MessagesTab({ detail, search, onChange }: MessagesTabProps): ReactNode {
  const { name } = detail.row;
  const loaded = useMessages(name, search);
  const { messages, reach } = loaded;
  const isStale = useIsStale();
  const rows = useMemo(() => messageRows(messages ?? [], search.subject !== ''), [messages, search.subject]);
  const rowCount = messages === undefined ? 10 : rows.length;
  const onRange = useCallback((_first: number, last: number) => reach(last, rowCount), [reach, rowCount]);
  const open = search.open;
  const step = (by: 1 | -1) => {
    const next = open === null ? null : neighbour(messages ?? [], open, by);
    return next === null ? undefined : () => onChange({ open: next });
  };
  return (
    <div className="split">
      <div className="col grow">
        <SeekBar key={name} search={search} detail={detail} onChange={onChange} />
        {loaded.error === null ? (
          <DataTable
            label={`Messages of ${name}`}
            columns={columns}
            rowCount={rowCount}
            rowAt={(index) => rows[index]}
            rowKey={rowKeyOf}
            openKey={open === null ? null : String(open)}
            onOpen={(row) => {
              if (row.kind === 'message') onChange({ open: row.message.seq });
            }}
            onRange={onRange}
            rowClass={(row) => (row.kind === 'gap' ? 'gaprow' : '')}
            isStale={isStale}
            empty={<NoMessages detail={detail} search={search} onChange={onChange} />}
          />
        ) : (
          <FailedState error={loaded.error} onRetry={loaded.retry} />
        )}
        <Foot loaded={loaded} isHeld={search.seek === 'newest' && open !== null} />
      </div>
      {open === null ? (
        <StreamSummary detail={detail} account={search.account} onChange={onChange} />
      ) : (
        <MessagePane
          name={name}
          account={search.account}
          seq={open}
          listed={messages ?? []}
          onNext={step(1)}
          onPrevious={step(-1)}
          onClose={() => onChange({ open: undefined })}
        />
      )}
    </div>
  );
}

const DAY_MS = 86_400_000;

/** Milliseconds tell apart what is of today; older messages need their date. */
function StoredAt({ atMs }: { atMs: number }): ReactNode {
  return <Time atMs={atMs} style={Date.now() - atMs < DAY_MS ? 'millis' : 'date'} />;
}

function Gap({ row }: { row: Extract<MessageRow, { kind: 'gap' }> }): ReactNode {
  const count = row.toSeq - row.fromSeq + 1;
  const range =
    count === 1 ? `sequence ${formatCount(row.fromSeq)}` : `sequence ${formatCount(row.fromSeq)} to ${formatCount(row.toSeq)}`;
  return (
    <>
      {plural(count, 'message')} deleted, {range}
    </>
  );
}

function HeaderCount({ row }: { row: MessageRow }): ReactNode {
  if (row.kind === 'gap' || row.message.headers.length === 0) return null;
  return <Badge icon={AlignLeft}>{row.message.headers.length}</Badge>;
}

function Foot({ loaded, isHeld }: { loaded: Messages; isHeld: boolean }): ReactNode {
  const count = loaded.messages?.length ?? 0;
  return (
    <div className="foot">
      <span>Viewing only, nothing is consumed or acknowledged</span>
      <span className="push num">
        {plural(count, 'message')} read{isHeld ? ', held while one is open' : ''}
        {loaded.isFull ? `, the list stops at ${formatCount(LIST_MAX)}: seek to go on` : ''}
      </span>
      {loaded.hasMore ? (
        <Button variant="ghost" isSmall disabled={loaded.isLoadingMore} onClick={loaded.loadMore}>
          {loaded.isLoadingMore ? 'Reading…' : 'Read more'}
        </Button>
      ) : null}
    </div>
  );
}

/** Moments that are asked for most. */
const AGOS = [
  ['15 min', 900_000],
  ['1 h', 3_600_000],
  ['1 d', 86_400_000],
] as const;

function NoMessages({ detail, search, onChange }: MessagesTabProps): ReactNode {
  const { row } = detail;
  if (search.seek === 'seq' && search.seq === null) return <EmptyState title="Which sequence?">Type it above.</EmptyState>;
  if (search.seek === 'time' && search.atMs === null)
    return (
      <EmptyState
        title="Which moment?"
        action={
          <span className="row">
            {AGOS.map(([label, ms]) => (
              <Button key={label} isSmall onClick={() => onChange({ at: Date.now() - ms })}>
                {label} ago
              </Button>
            ))}
          </span>
        }
      >
        Type it above: how long ago, as 15m or 2h, or a date, a time, or both.
      </EmptyState>
    );
  if (row.messages.used > 0) {
    return (
      <EmptyState
        title="No message from here on"
        action={
          <Button onClick={() => onChange({ seek: undefined, seq: undefined, at: undefined, subject: undefined })}>
            Show the newest
          </Button>
        }
      >
        {search.subject === '' ? 'The stream ends before this place.' : `None on ${search.subject} from this place on.`}
      </EmptyState>
    );
  }
  const subject = row.subjectPatterns[0]?.replaceAll('*', 'x').replace('>', 'x');
  return subject === undefined ? (
    <EmptyState title="No message yet">It fills from {row.mirrorOf ?? row.sources.join(', ')}.</EmptyState>
  ) : (
    <EmptyState title="No message yet" command={`nats pub ${subject} hello`}>
      Whatever is published to its subjects is kept here.
    </EmptyState>
  );
}
