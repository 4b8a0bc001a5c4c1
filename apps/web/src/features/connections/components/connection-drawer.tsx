/** One connection: what it is, its rates, its subscriptions, what it may do; and the kick. */
import { notifications } from '@mantine/notifications';
import type { ConnectionDetail, ConnectionRow } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { CircleAlert, Eye, TriangleAlert, UserX } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { Dot } from '../../../components/badge.tsx';
import { Button } from '../../../components/button.tsx';
import { ConfirmDestructive } from '../../../components/confirm-destructive.tsx';
import { Icon } from '../../../components/icon.tsx';
import { KeyValue } from '../../../components/key-value.tsx';
import { PaneHead } from '../../../components/pane-head.tsx';
import { PageLink } from '../../../components/sentence.tsx';
import { EmptyState, FailedState, Skeleton, useIsStale } from '../../../components/states.tsx';
import { Time } from '../../../components/time.tsx';
import { ApiFailure } from '../../../lib/api-client.ts';
import { formatBytes, formatMs, formatSpan, plural, serverLabel } from '../../../lib/format.ts';
import { useLive } from '../../../lib/live-context.tsx';
import { useAccountSearch, useMay } from '../../../lib/session.ts';
import { useSteadyRefetch } from '../../../lib/steady-refetch.ts';
import { connectionQuery, DETAIL_REFRESH_MS, kick } from '../api/connections-api.ts';
import { detailAfter } from '../model/connection-history.ts';
import type { ConnectionsSearch } from '../model/connections-search.ts';
import { pendingLevel } from '../model/pending-level.ts';
import { clientOf } from './connection-columns.tsx';
import { ConnectionPermissions } from './connection-permissions.tsx';
import { ConnectionRates } from './connection-rates.tsx';
import { ConnectionSubscriptions } from './connection-subscriptions.tsx';

export interface ConnectionDrawerProps {
  readonly cid: number;
  readonly serverId: string | null;
  readonly chart: ConnectionsSearch['chart'];
  readonly onChart: (chart: ConnectionsSearch['chart']) => void;
  readonly onClose: () => void;
}

export function ConnectionDrawer({ cid, serverId, chart, onChart, onClose }: ConnectionDrawerProps): ReactNode {
  const [isKicking, setIsKicking] = useState(false);
  const detail = useConnectionDetail(cid, serverId);
  const isStale = useIsStale();
  const row = detail.data?.connection;
  return (
    <aside className="col side drawer" aria-label={`Connection ${cid}`}>
      <DrawerHead cid={cid} row={row} detail={detail.data} onClose={onClose} />
      {detail.data === undefined ? (
        <div className="scroll">
          <DrawerWaiting cid={cid} error={detail.error} onRetry={detail.retry} />
        </div>
      ) : (
        <div className={`scroll ${isStale ? 'stale' : ''}`}>
          <StateNote row={detail.data.connection} maxPendingBytes={detail.data.maxPendingBytes} />
          <div className="sec">
            <KeyValue items={factsOf(detail.data.connection, detail.data.asOfMs)} />
          </div>
          {detail.data.connection.stoppedAtMs === null ? (
            <ConnectionRates
              history={detail.data.history}
              chart={chart}
              onChart={onChart}
              maxPendingBytes={detail.data.maxPendingBytes}
            />
          ) : null}
          <ConnectionSubscriptions detail={detail.data} />
          <ConnectionPermissions permissions={detail.data.permissions} user={detail.data.connection.user} />
        </div>
      )}
      {row === undefined || row.stoppedAtMs !== null ? null : <KickSection row={row} isOpen={isKicking} onOpen={setIsKicking} />}
    </aside>
  );
}

/** More seconds than lie between two readings. */
const SECONDS_KEPT = 30;

interface DetailResult {
  readonly data: ConnectionDetail | undefined;
  readonly error: Error | null;
  retry(): void;
}

/** The detail as read every few seconds, moved on by every second that was pushed after it was read. */
function useConnectionDetail(cid: number, serverId: string | null): DetailResult {
  const options = connectionQuery(cid, serverId);
  const { data: read, error, refetch } = useQuery(options);
  const [seconds, setSeconds] = useState<readonly { row: ConnectionRow; asOfMs: number }[]>([]);
  const isOpen = read !== undefined && read.connection.stoppedAtMs === null;
  useSteadyRefetch(options.queryKey, DETAIL_REFRESH_MS);
  useLive(isOpen ? { topic: 'connection', cid, ...(serverId === null ? {} : { serverId }) } : null, {
    onData: (message) => {
      if (message.topic !== 'connection') return;
      const { connection, asOfMs } = message.data;
      if (connection === null) void refetch();
      else setSeconds((before) => [...before.slice(1 - SECONDS_KEPT), { row: connection, asOfMs }]);
    },
  });
  const data = useMemo(() => {
    if (read === undefined || !isOpen) return read;
    return seconds
      .filter((second) => second.asOfMs > read.asOfMs)
      .reduce((held, { row, asOfMs }) => detailAfter(held, row, asOfMs), read);
  }, [read, isOpen, seconds]);
  return { data, error, retry: () => void refetch() };
}

interface DrawerHeadProps {
  readonly cid: number;
  readonly row: ConnectionRow | undefined;
  readonly detail: ConnectionDetail | undefined;
  readonly onClose: () => void;
}

const TAP_SUBJECTS_MAX = 8;

function DrawerHead({ cid, row, detail, onClose }: DrawerHeadProps): ReactNode {
  const accountSearch = useAccountSearch();
  const subjects = [...new Set(detail?.subscriptions.map((each) => each.subject) ?? [])].slice(0, TAP_SUBJECTS_MAX);
  return (
    <PaneHead
      onClose={onClose}
      actions={
        subjects.length === 0 ? null : (
          <PageLink
            to="/tap"
            search={{ subjects: subjects.join(','), ...accountSearch(row?.account ?? '') }}
            className="btn sm ghost"
            label={`Tap ${subjects.join(', ')}`}
          >
            <Icon of={Eye} isSmall />
            Tap
          </PageLink>
        )
      }
    >
      {row !== undefined && pendingLevel(row, detail?.maxPendingBytes ?? null) === 'bad' ? (
        <Icon of={CircleAlert} className="bad" />
      ) : null}
      <h2 className="el">{row === undefined ? 'Connection' : (row.name ?? 'no name')}</h2>
      <span className="mono f3 nw h-md">cid {cid}</span>
    </PaneHead>
  );
}

function DrawerWaiting({ cid, error, onRetry }: { cid: number; error: Error | null; onRetry: () => void }): ReactNode {
  if (error === null) return <Skeleton widths={[60, 80, 70, 90, 40, 75]} />;
  if (error instanceof ApiFailure && error.code === 'not_found') {
    return (
      <EmptyState title={`Connection ${cid} is not known`}>
        It is neither open nor among the closed connections that the server remembers.
      </EmptyState>
    );
  }
  return <FailedState error={error} onRetry={onRetry} />;
}

function StateNote({ row, maxPendingBytes }: { row: ConnectionRow; maxPendingBytes: number | null }): ReactNode {
  if (row.stoppedAtMs !== null) {
    return (
      <div className="note dnote">
        <Dot tone="neutral" />
        <span>
          <b>Closed</b> at <Time atMs={row.stoppedAtMs} />: {row.reason ?? 'no reason given'}
        </span>
      </div>
    );
  }
  const level = pendingLevel(row, maxPendingBytes);
  if (level === 'none') return null;
  const of = maxPendingBytes === null ? '' : ` of ${formatBytes(maxPendingBytes)}`;
  return (
    <div className={`note dnote ${level}`} role="status">
      <Icon of={level === 'bad' ? CircleAlert : TriangleAlert} isSmall />
      <span>
        <b>{level === 'bad' ? 'Slow.' : 'Pending.'}</b> {formatBytes(row.pendingBytes)}
        {of} wait to be sent{maxPendingBytes === null ? '' : '; at the limit it is closed'}
      </span>
    </div>
  );
}

function factsOf(row: ConnectionRow, asOfMs: number): { name: string; value: ReactNode; isMono?: boolean }[] {
  const endMs = row.stoppedAtMs ?? asOfMs;
  return [
    { name: 'User', value: row.user ?? 'none' },
    { name: 'RTT', value: row.rttMs === null ? null : `${formatMs(row.rttMs)} ms` },
    { name: 'Account', value: row.account },
    { name: row.stoppedAtMs === null ? 'Uptime' : 'Lasted', value: formatSpan(endMs - row.startedAtMs) },
    { name: 'Address', value: `${row.ip}:${row.port}`, isMono: true },
    { name: 'Idle', value: formatSpan(Math.max(endMs - row.lastActivityAtMs, 0)) },
    { name: 'Client', value: clientOf(row) },
    { name: 'TLS', value: row.tlsVersion ?? 'no' },
    { name: 'Server', value: serverLabel(row.serverName, row.serverId) },
    { name: 'Stalls', value: row.stalls },
  ];
}

function KickSection({
  row,
  isOpen,
  onOpen,
}: {
  row: ConnectionRow;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
}): ReactNode {
  const may = useMay('operator');
  const name = row.name ?? `cid ${row.cid}`;
  if (!isOpen) {
    return (
      <div className="dfoot">
        <Button
          variant="danger"
          icon={UserX}
          offReason={may ? undefined : 'Kicking needs the role operator'}
          onClick={() => onOpen(true)}
        >
          Kick…
        </Button>
      </div>
    );
  }
  return (
    <ConfirmDestructive
      question={`Kick ${name}?`}
      consequence={`Drops ${plural(row.subscriptions, 'subscription')} and ${formatBytes(row.pendingBytes)} pending. The client may reconnect.`}
      typed={row.name ?? String(row.cid)}
      typedLabel={row.name === null ? 'Type its cid' : 'Type its name'}
      hasReason
      action="Kick client"
      icon={UserX}
      onCancel={() => onOpen(false)}
      onConfirm={async (reason) => {
        const result = await kick(row, reason);
        onOpen(false);
        notifications.show({ message: `Kicked ${result.name ?? 'a client without a name'}, cid ${result.cid}.` });
      }}
    />
  );
}
