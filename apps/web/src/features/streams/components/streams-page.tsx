/** Every stream of an account: how full, how busy, what an acknowledgement promises; and the form for a new one. */
import { type StreamKind, type StreamRow, type StreamsPage as StreamsAnswer, streamKinds } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { AccountSelect } from '../../../components/account-select.tsx';
import { Button } from '../../../components/button.tsx';
import { useColumnChoice } from '../../../components/data-table/column.ts';
import { ColumnChooser } from '../../../components/data-table/column-chooser.tsx';
import { WindowTable } from '../../../components/data-table/window-table.tsx';
import { JetStreamGate } from '../../../components/jetstream/jetstream-gate.tsx';
import { Seg } from '../../../components/seg.tsx';
import { EmptyState } from '../../../components/states.tsx';
import { formatBytes, formatCount, plural } from '../../../lib/format.ts';
import { jetStreamQuery } from '../../../lib/jetstream-state.ts';
import { usePageWindow } from '../../../lib/page-window.ts';
import { useMay } from '../../../lib/session.ts';
import { type SearchPatch, useUrlState } from '../../../lib/url-state.ts';
import { loadStreams, STREAMS_REFRESH_MS } from '../api/streams-api.ts';
import { parseStreamsSearch, type StreamsSearch } from '../model/streams-search.ts';
import { CreateStream } from './create-stream.tsx';
import { streamColumns } from './stream-columns.tsx';
import './streams.css';
import { SearchInput } from '../../../components/search-input.tsx';

const kindWords: Readonly<Record<StreamKind, string>> = { stream: 'Streams', kv: 'Key-Value', objects: 'Objects', mqtt: 'MQTT' };

export function StreamsPage(): ReactNode {
  const [search, patch] = useUrlState(parseStreamsSearch);
  const mayCreate = useMay('admin');
  const isOn = useQuery(jetStreamQuery(search.account)).data?.isEnabled === true;
  if (search.isCreating) return <CreateStream account={search.account} onClose={() => patch({ create: undefined })} />;
  const head = (
    <div className="head">
      <h1>Streams</h1>
      {isOn ? (
        <Seg
          label="Kind"
          value={search.kind ?? 'all'}
          options={[
            { value: 'all' as const, label: 'All' },
            ...streamKinds.map((kind) => ({ value: kind, label: kindWords[kind], isWideOnly: kind === 'mqtt' })),
          ]}
          onChange={(kind) => patch({ kind: kind === 'all' ? undefined : kind })}
        />
      ) : null}
      <span className="push row">
        <AccountSelect account={search.account} onChange={(account) => patch({ account })} />
        {isOn ? (
          <Button
            variant="primary"
            icon={Plus}
            offReason={mayCreate ? undefined : 'Creating a stream needs the role admin'}
            onClick={() => patch({ create: 'true' }, { isReplace: false })}
          >
            New stream
          </Button>
        ) : null}
      </span>
    </div>
  );
  return (
    <JetStreamGate account={search.account} head={head}>
      <StreamList search={search} onChange={patch} />
    </JetStreamGate>
  );
}

interface StreamListProps {
  readonly search: StreamsSearch;
  readonly onChange: (change: SearchPatch) => void;
}

function StreamList({ search, onChange }: StreamListProps): ReactNode {
  const { account, q, kind, sort, order } = search;
  const navigate = useNavigate();
  const columns = useMemo(() => streamColumns(account), [account]);
  const choice = useColumnChoice('streams', columns);
  const window = usePageWindow<StreamRow, StreamsAnswer>({
    queryKey: ['streams', account, q, kind, sort, order],
    load: (range, signal) => loadStreams({ account, q, sort, order, ...(kind === null ? {} : { kind }), ...range }, signal),
    refetchMs: STREAMS_REFRESH_MS,
  });
  const isFiltered = q !== '' || kind !== null;
  return (
    <>
      <div className="tool">
        <SearchInput
          label="Search streams"
          placeholder="Name, subject or description"
          value={q}
          onChange={(text) => onChange({ q: text })}
        />
        <span className="push row">
          <ColumnChooser columns={columns} choice={choice} />
        </span>
      </div>
      <div className="split">
        <div className="col grow">
          <WindowTable
            label="Streams"
            columns={columns}
            choice={choice}
            window={window}
            rowKey={(row) => row.name}
            sort={{ key: sort, order }}
            onSort={(next) => onChange({ sort: next.key, order: next.order })}
            onOpen={(row) =>
              void navigate({ to: '/streams/$name', params: { name: row.name }, search: account === '' ? {} : { account } })
            }
            empty={
              isFiltered ? (
                <EmptyState
                  title="No stream fits"
                  action={<Button onClick={() => onChange({ q: undefined, kind: undefined })}>Show all streams</Button>}
                />
              ) : (
                <NoStreams />
              )
            }
          />
          <Foot answer={window.answer} />
        </div>
      </div>
    </>
  );
}

function NoStreams(): ReactNode {
  return (
    <EmptyState title="No stream yet" command={`nats stream add ORDERS --subjects='orders.>' --defaults`}>
      A stream keeps the messages of its subjects, so that they can be read again: by sequence, by time, by consumers that
      remember where they were.
    </EmptyState>
  );
}

function Foot({ answer }: { answer: StreamsAnswer | undefined }): ReactNode {
  if (answer === undefined) return <div className="foot" />;
  const { totals, jetstream, total, isTruncated } = answer;
  return (
    <div className="foot">
      <span>
        {formatCount(total)} of {plural(totals.streams, 'stream')} shown{isTruncated ? ', the first 10,000 only' : ''}
      </span>
      <span className="h-md">{plural(totals.messages, 'message')}</span>
      <span className="h-md">{formatBytes(totals.bytes)} stored</span>
      {jetstream.isEnabled && jetstream.fileBytes.limit !== null ? (
        <span className="h-md">
          files: {formatBytes(jetstream.fileBytes.used)} of {formatBytes(jetstream.fileBytes.limit)}
        </span>
      ) : null}
      <span className="push">every {STREAMS_REFRESH_MS / 1000} s</span>
    </div>
  );
}
