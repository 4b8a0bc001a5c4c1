/** One stream: its messages, subjects, consumers, configuration, and what can be done to it as a whole. */
import type { StreamDetail, StreamRow } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { ChevronRight, Lock, Send, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Badge } from '../../../components/badge.tsx';
import { CopyButton } from '../../../components/copy-button.tsx';
import { Icon } from '../../../components/icon.tsx';
import { DurabilityBadge } from '../../../components/jetstream/durability-badge.tsx';
import { JetStreamGate } from '../../../components/jetstream/jetstream-gate.tsx';
import { UsageFact } from '../../../components/jetstream/usage.tsx';
import { EmptyState, FailedState, Skeleton } from '../../../components/states.tsx';
import { type TabOption, Tabs } from '../../../components/tabs.tsx';
import { Age, Time } from '../../../components/time.tsx';
import { ApiFailure } from '../../../lib/api-client.ts';
import { formatBytes, formatCompact, formatCount, formatSpan, plural } from '../../../lib/format.ts';
import { useMay } from '../../../lib/session.ts';
import { type SearchPatch, useUrlState } from '../../../lib/url-state.ts';
import { streamQuery } from '../api/streams-api.ts';
import { parseStreamSearch, type StreamSearch, type StreamTab } from '../model/stream-search.ts';
import { ConfigTab } from './config-tab.tsx';
import { ConsumersTab } from './consumers-tab.tsx';
import { MessagesTab } from './messages-tab.tsx';
import { OperationsTab } from './operations-tab.tsx';
import { SubjectsTab } from './subjects-tab.tsx';
import './streams.css';

export function StreamPage(): ReactNode {
  const { name } = useParams({ from: '/shell/streams/$name' });
  const [search, patch] = useUrlState(parseStreamSearch);
  const { data, error, refetch } = useQuery(streamQuery(name, search.account));
  return (
    <JetStreamGate account={search.account} head={<Head name={name} account={search.account} detail={data} />}>
      {data === undefined ? null : <Body detail={data} search={search} onChange={patch} />}
      {data === undefined && error === null ? <Skeleton widths={[30, 80, 72, 66, 70]} /> : null}
      {data === undefined && error !== null ? <Missing name={name} error={error} onRetry={() => void refetch()} /> : null}
    </JetStreamGate>
  );
}

function Missing({ name, error, onRetry }: { name: string; error: Error; onRetry: () => void }): ReactNode {
  if (!(error instanceof ApiFailure) || error.code !== 'not_found') return <FailedState error={error} onRetry={onRetry} />;
  return (
    <EmptyState
      title={`There is no stream ${name}`}
      action={
        <Link className="btn" to="/streams">
          All streams
        </Link>
      }
    >
      It was deleted, or it belongs to another account.
    </EmptyState>
  );
}

function Head({ name, account, detail }: { name: string; account: string; detail: StreamDetail | undefined }): ReactNode {
  const mayPublish = useMay('operator');
  const row = detail?.row;
  const first = row?.subjectPatterns[0];
  return (
    <div className="head">
      <div className="crumb">
        <Link className="lk" to="/streams" search={account === '' ? {} : { account }}>
          Streams
        </Link>
        <Icon of={ChevronRight} isSmall />
        <h1 className="el">{name}</h1>
      </div>
      {row === undefined ? null : (
        <>
          <DurabilityBadge durability={row.durability} />
          <Badge>{row.storage}</Badge>
          <span className="h-md">
            <Badge>R{row.replicas}</Badge>
          </span>
          {row.isSealed ? <Badge icon={Lock}>sealed</Badge> : null}
          {row.createdAtMs === null ? null : (
            <span className="f3 sm nw h-md">
              created <Time atMs={row.createdAtMs} style="date" />
            </span>
          )}
        </>
      )}
      <span className="push row">
        {mayPublish && first !== undefined ? (
          <Link className="btn" to="/workbench" search={{ subject: first.replace(/\.?[*>].*$/, '') }}>
            <Icon of={Send} isSmall />
            Publish
          </Link>
        ) : null}
        {detail === undefined ? null : <CopyButton text={detail.command} label="CLI" />}
      </span>
    </div>
  );
}

interface BodyProps {
  readonly detail: StreamDetail;
  readonly search: StreamSearch;
  readonly onChange: (change: SearchPatch) => void;
}

const PANEL = 'stream-panel';

function Body({ detail, search, onChange }: BodyProps): ReactNode {
  const { row } = detail;
  const tabs: readonly TabOption<StreamTab>[] = [
    { value: 'messages', label: 'Messages', count: row.messages.used },
    { value: 'subjects', label: 'Subjects', count: row.subjects },
    { value: 'consumers', label: 'Consumers', count: row.consumers },
    { value: 'config', label: 'Config' },
    { value: 'operations', label: 'Operations' },
  ];
  return (
    <>
      <Tabs
        label={`Stream ${row.name}`}
        tabs={tabs}
        value={search.tab}
        panelId={PANEL}
        onChange={(tab) => onChange({ tab: tab === 'messages' ? undefined : tab, edit: undefined, purge: undefined })}
      />
      <Facts row={row} />
      <div className="col grow" id={PANEL} role="tabpanel" aria-labelledby={`${PANEL}-tab-${search.tab}`}>
        <TabBody detail={detail} search={search} onChange={onChange} />
      </div>
    </>
  );
}

function TabBody({ detail, search, onChange }: BodyProps): ReactNode {
  switch (search.tab) {
    case 'messages':
      return <MessagesTab detail={detail} search={search} onChange={onChange} />;
    case 'subjects':
      return <SubjectsTab detail={detail} account={search.account} onChange={onChange} />;
    case 'consumers':
      return <ConsumersTab detail={detail} search={search} onChange={onChange} />;
    case 'config':
      return <ConfigTab detail={detail} account={search.account} isEditing={search.isEditing} onChange={onChange} />;
    case 'operations':
      return <OperationsTab detail={detail} account={search.account} purge={search.purge} />;
  }
}

function Facts({ row }: { row: StreamRow }): ReactNode {
  return (
    <div className="facts">
      <UsageFact name="Messages" usage={row.messages} format={formatCount} />
      <UsageFact name="Stored" usage={row.bytes} format={formatBytes} />
      <div>
        <span>Last sequence</span>
        <b className="num">{formatCount(row.lastSeq)}</b>
      </div>
      <div>
        <span>In</span>
        <b className="num">{formatCompact(row.msgsPerS)}</b>
        <em>msg/s</em>
      </div>
      <div className="h-md">
        <span>Oldest</span>
        <b className="num">{row.firstAtMs === null ? '–' : <Age sinceMs={row.firstAtMs} />}</b>
        {row.ageMs?.limit == null ? null : <em>of {formatSpan(row.ageMs.limit)}</em>}
      </div>
      {row.deleted === 0 ? null : (
        <div className="h-md">
          <span>Deleted</span>
          <b className="num">{formatCount(row.deleted)}</b>
        </div>
      )}
      {row.isReadOnly ? (
        <Badge tone="bad" icon={TriangleAlert}>
          read-only: the disk failed; start the server again when it is well
        </Badge>
      ) : null}
      {row.lost === null ? null : (
        <Badge tone="bad" icon={TriangleAlert}>
          {plural(row.lost.messages, 'message')} lost by storage
        </Badge>
      )}
    </div>
  );
}
