/** Under the table: what is chosen and what can be done with it, how much is shown, and whether it is live. */
import { notifications } from '@mantine/notifications';
import type { ConnectionRow, ConnectionsQuery } from '@sluice/protocol/console';
import { useMutation } from '@tanstack/react-query';
import { UserX } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Dot } from '../../../components/badge.tsx';
import { Button } from '../../../components/button.tsx';
import { ConfirmDestructive } from '../../../components/confirm-destructive.tsx';
import { useIsStale } from '../../../components/states.tsx';
import { messageOf } from '../../../lib/api-client.ts';
import { downloadText } from '../../../lib/download.ts';
import { formatBytes, formatCount, plural } from '../../../lib/format.ts';
import { useMay } from '../../../lib/session.ts';
import { kickMany, loadAll } from '../api/connections-api.ts';
import type { ConnectionsWindow } from '../model/connections-window.ts';
import { connectionsCsv } from '../model/csv.ts';

export interface ConnectionsFootProps {
  readonly window: ConnectionsWindow | undefined;
  readonly query: ConnectionsQuery;
  readonly chosen: readonly ConnectionRow[];
  readonly onChosen: (rows: readonly ConnectionRow[]) => void;
  readonly isOrderHeld: boolean;
  readonly isPaused: boolean;
}

export function ConnectionsFoot(props: ConnectionsFootProps): ReactNode {
  const { window, query, chosen, onChosen, isOrderHeld, isPaused } = props;
  const [isKicking, setIsKicking] = useState(false);
  const may = useMay('operator');
  const isLive = !useIsStale() && !isPaused;
  return (
    <>
      {isKicking && chosen.length > 0 ? (
        <KickMany
          rows={chosen}
          onDone={() => {
            setIsKicking(false);
            onChosen([]);
          }}
          onCancel={() => setIsKicking(false)}
        />
      ) : null}
      <div className="foot">
        {chosen.length === 0 ? null : (
          <>
            <span className="fg">{formatCount(chosen.length)} selected</span>
            <Button
              variant="ghost"
              isSmall
              offReason={may ? undefined : 'Kicking needs the role operator'}
              onClick={() => setIsKicking(true)}
            >
              Kick…
            </Button>
            <Button variant="ghost" isSmall onClick={() => onChosen([])}>
              Deselect
            </Button>
          </>
        )}
        <ExportButton query={query} />
        <span className="push">{isOrderHeld ? 'order held under the pointer' : ''}</span>
        {window === undefined ? null : (
          <span>
            {formatCount(window.total)} of{' '}
            {formatCount(query.preset === 'closed' ? window.presetCounts.closed : window.totalUnfiltered)} shown
          </span>
        )}
        <span className="row">
          <Dot tone={isLive ? 'ok' : isPaused ? 'warn' : 'bad'} />
          {isPaused ? 'paused' : isLive ? 'live, 1 s' : 'stopped'}
        </span>
      </div>
    </>
  );
}

function ExportButton({ query }: { query: ConnectionsQuery }): ReactNode {
  const { mutate, isPending } = useMutation({
    mutationFn: () => loadAll(query),
    onSuccess: (rows) => {
      downloadText('connections.csv', 'text/csv', connectionsCsv(rows));
      notifications.show({ message: `Exported ${plural(rows.length, 'connection')}` });
    },
    onError: (error) => notifications.show({ title: 'Nothing was exported', message: messageOf(error), 'data-tone': 'bad' }),
  });
  return (
    <Button variant="ghost" isSmall disabled={isPending} onClick={() => mutate()}>
      {isPending ? 'Exporting…' : 'Export CSV'}
    </Button>
  );
}

interface KickManyProps {
  readonly rows: readonly ConnectionRow[];
  readonly onDone: () => void;
  readonly onCancel: () => void;
}

function KickMany({ rows, onDone, onCancel }: KickManyProps): ReactNode {
  const subscriptions = rows.reduce((sum, row) => sum + row.subscriptions, 0);
  const pending = rows.reduce((sum, row) => sum + row.pendingBytes, 0);
  return (
    <ConfirmDestructive
      question={`Kick ${plural(rows.length, 'client')}?`}
      consequence={`Drops ${plural(subscriptions, 'subscription')} and ${formatBytes(pending)} pending. The clients may reconnect.`}
      typed={String(rows.length)}
      typedLabel="Type the number"
      hasReason
      action={`Kick ${plural(rows.length, 'client')}`}
      icon={UserX}
      onCancel={onCancel}
      onConfirm={async (reason) => {
        const result = await kickMany(
          rows.map(({ cid, serverId }) => ({ cid, serverId })),
          reason,
        );
        const failed =
          result.failed.length === 0 ? '' : ` ${plural(result.failed.length, 'was', 'were')} gone already or refused.`;
        notifications.show({ message: `Kicked ${plural(result.kicked.length, 'client')}.${failed}` });
        onDone();
      }}
    />
  );
}
