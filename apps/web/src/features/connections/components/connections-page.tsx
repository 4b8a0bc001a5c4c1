/** Who is connected: live, sorted and filtered by the server, with a drawer for one and a kick for one or many. */
import { type ConnectionPreset, type ConnectionRow, connectionPresets } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { Pause, Play } from 'lucide-react';
import { type ReactNode, useCallback, useMemo, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { type ColumnChoice, type DataTableColumn, useColumnChoice } from '../../../components/data-table/column.ts';
import { ColumnChooser } from '../../../components/data-table/column-chooser.tsx';
import { DataTable } from '../../../components/data-table/data-table.tsx';
import { useFrozenOrder } from '../../../components/data-table/frozen-order.ts';
import { Seg, type SegOption } from '../../../components/seg.tsx';
import { BrokerAway, EmptyState, FailedState, PausedStrip, useIsBrokerAway, useIsStale } from '../../../components/states.tsx';
import { useByteRateUnit } from '../../../lib/byte-rate.ts';
import { formatCount, formatTime, plural } from '../../../lib/format.ts';
import { useTimeZone } from '../../../lib/preferences.ts';
import { useCapabilities } from '../../../lib/session.ts';
import { type PatchOptions, type SearchPatch, useUrlState } from '../../../lib/url-state.ts';
import { maxPendingQuery } from '../api/connections-api.ts';
import { type ConnectionsSearch, firstOrder, parseConnectionsSearch } from '../model/connections-search.ts';
import { type ConnectionsWindow, keyOf } from '../model/connections-window.ts';
import { closedColumns, openColumns } from './connection-columns.tsx';
import { ConnectionDrawer } from './connection-drawer.tsx';
import { ConnectionFilters } from './connection-filters.tsx';
import { ConnectionsFoot } from './connections-foot.tsx';
import { type Connections, useConnections } from './use-connections.ts';

const presetWords: Readonly<Record<ConnectionPreset, string>> = {
  all: 'All',
  slow: 'Slow or pending',
  talkers: 'Top talkers',
  idle: 'Idle over 1 h',
  new: 'New in 5 min',
  closed: 'Closed',
};

const sortWords: Readonly<Record<string, string>> = {
  cid: 'cid',
  name: 'name',
  user: 'user',
  account: 'account',
  address: 'address',
  client: 'client',
  rttMs: 'RTT',
  subscriptions: 'subscriptions',
  inMsgsPerS: 'in msg/s',
  outMsgsPerS: 'out msg/s',
  inBytesPerS: 'in B/s',
  outBytesPerS: 'out B/s',
  inMsgs: 'messages in',
  outMsgs: 'messages out',
  pendingBytes: 'pending',
  startedAtMs: 'time of connecting',
  lastActivityAtMs: 'last activity',
  stoppedAtMs: 'time of closing',
  reason: 'reason',
};

export function ConnectionsPage(): ReactNode {
  const [search, patch] = useUrlState(parseConnectionsSearch);
  const [pausedAtMs, setPausedAtMs] = useState<number | null>(null);
  const connections = useConnections(search, pausedAtMs !== null);
  const { chosen, setChosen, toggle } = useChosen();
  const columns = useConnectionColumns(search, connections, chosen, toggle);
  const choice = useColumnChoice(search.preset === 'closed' ? 'connections-closed' : 'connections', columns);
  const [zone] = useTimeZone();
  const { window } = connections;
  if (connections.error !== null) {
    return (
      <main className="main">
        <FailedState error={connections.error} onRetry={connections.retry} />
      </main>
    );
  }
  return (
    <main className="main fix">
      <div className="head">
        <h1>Connections</h1>
        <Presets
          search={search}
          window={window}
          onChange={(preset) => patch({ preset: preset === 'all' ? undefined : preset, sort: undefined, order: undefined })}
        />
        <span className="push row">
          <PauseButton
            isPaused={pausedAtMs !== null}
            onChange={(isPaused) => setPausedAtMs(isPaused ? (window?.asOfMs ?? Date.now()) : null)}
          />
          <ColumnChooser columns={columns} choice={choice} />
        </span>
      </div>
      <ConnectionFilters search={search} onChange={patch} note={`sorted by ${sortWords[search.sort] ?? search.sort}`} />
      {pausedAtMs === null ? null : (
        <PausedStrip onResume={() => setPausedAtMs(null)}>
          <b>Paused.</b> Figures are of {formatTime(pausedAtMs, zone, 'clock')}; connections go on meanwhile.
        </PausedStrip>
      )}
      <div className="split">
        <ConnectionsTable
          search={search}
          patch={patch}
          connections={connections}
          columns={columns}
          choice={choice}
          chosen={chosen}
          onChosen={setChosen}
          onToggle={toggle}
          isPaused={pausedAtMs !== null}
        />
        {search.cid === null ? null : (
          <ConnectionDrawer
            key={`${search.serverId ?? ''}/${search.cid}`}
            cid={search.cid}
            serverId={search.serverId}
            chart={search.chart}
            onChart={(chart) => patch({ chart: chart === 'msgs' ? undefined : chart })}
            onClose={() => patch({ cid: undefined, server: undefined })}
          />
        )}
      </div>
    </main>
  );
}

type Chosen = ReadonlyMap<string, ConnectionRow>;

/** Connections ticked for a bulk action; they stay ticked when the list moves on. */
function useChosen(): { chosen: Chosen; setChosen: (chosen: Chosen) => void; toggle: (row: ConnectionRow) => void } {
  const [chosen, setChosen] = useState<Chosen>(new Map());
  const toggle = useCallback((row: ConnectionRow): void => {
    setChosen((before) => {
      const next = new Map(before);
      if (!next.delete(keyOf(row))) next.set(keyOf(row), row);
      return next;
    });
  }, []);
  return { chosen, setChosen, toggle };
}

function useConnectionColumns(
  search: ConnectionsSearch,
  { window, sparks }: Connections,
  chosen: Chosen,
  toggle: (row: ConnectionRow) => void,
): readonly DataTableColumn<ConnectionRow>[] {
  const maxPendingBytes = useQuery(maxPendingQuery).data ?? null;
  const asOfMs = window?.asOfMs ?? 0;
  const byteUnit = useByteRateUnit((window?.rows ?? []).flatMap((row) => [row.inBytesPerS, row.outBytesPerS]));
  return useMemo(() => {
    if (search.preset === 'closed') return closedColumns();
    const choose = (row: ConnectionRow): ReactNode => (
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={`Choose cid ${row.cid}`}
        checked={chosen.has(keyOf(row))}
        onChange={() => toggle(row)}
      />
    );
    return openColumns({ sparks, asOfMs, maxPendingBytes, byteUnit, choose });
  }, [search.preset, sparks, asOfMs, chosen, toggle, maxPendingBytes, byteUnit]);
}

function PauseButton({ isPaused, onChange }: { isPaused: boolean; onChange: (isPaused: boolean) => void }): ReactNode {
  const word = isPaused ? 'Resume' : 'Pause';
  return (
    <Button icon={isPaused ? Play : Pause} aria-pressed={isPaused} aria-label={word} onClick={() => onChange(!isPaused)}>
      <span className="h-md">{word}</span>
    </Button>
  );
}

interface ConnectionsTableProps {
  readonly search: ConnectionsSearch;
  readonly patch: (change: SearchPatch, options?: PatchOptions) => void;
  readonly connections: Connections;
  readonly columns: readonly DataTableColumn<ConnectionRow>[];
  readonly choice: ColumnChoice;
  readonly chosen: Chosen;
  readonly onChosen: (chosen: Chosen) => void;
  readonly onToggle: (row: ConnectionRow) => void;
  readonly isPaused: boolean;
}

/** Rows drawn before the first answer. */
const SKELETON_ROWS = 12;

function ConnectionsTable(props: ConnectionsTableProps): ReactNode {
  const { search, patch, connections, chosen, onChosen } = props;
  const { window, scope, query, showRange } = connections;
  const [isPointerInside, setIsPointerInside] = useState(false);
  const { rows, goneKeys } = useFrozenOrder(window?.rows ?? [], isPointerInside, keyOf, scope);
  const isStale = useIsStale();
  const isAway = useIsBrokerAway();
  const offset = window?.offset ?? 0;
  return (
    <div className="col grow">
      <DataTable
        label="Connections"
        columns={props.columns}
        choice={props.choice}
        rowCount={
          window === undefined ? (isAway ? 0 : SKELETON_ROWS) : Math.max(window.total, isPointerInside ? offset + rows.length : 0)
        }
        rowAt={(index) => rows[index - offset]}
        rowKey={keyOf}
        sort={{ key: search.sort, order: search.order }}
        onSort={({ key, order }) => patch({ sort: key, order: search.sort === key ? order : firstOrder(key) })}
        openKey={openKeyOf(search, rows)}
        onOpen={(row) => patch({ cid: row.cid, server: row.serverId }, { isReplace: search.cid !== null })}
        chosen={new Set(chosen.keys())}
        onToggle={props.onToggle}
        onRange={showRange}
        onPointer={setIsPointerInside}
        rowClass={(row) => (goneKeys.has(keyOf(row)) ? 'gone' : '')}
        isStale={isStale}
        empty={
          window === undefined ? (
            <BrokerAway />
          ) : (
            <NoConnections search={search} onClear={() => patch({ q: undefined, preset: undefined })} />
          )
        }
      />
      <ConnectionsFoot
        window={window}
        query={query}
        chosen={[...chosen.values()]}
        onChosen={(next) => onChosen(new Map(next.map((row) => [keyOf(row), row])))}
        isOrderHeld={isPointerInside}
        isPaused={props.isPaused}
      />
    </div>
  );
}

/** A link may name only the cid: then the row of that number is the one. */
function openKeyOf({ cid, serverId }: ConnectionsSearch, rows: readonly ConnectionRow[]): string | null {
  if (cid === null) return null;
  const row = rows.find((each) => each.cid === cid && (serverId === null || each.serverId === serverId));
  return row === undefined ? null : keyOf(row);
}

interface PresetsProps {
  readonly search: ConnectionsSearch;
  readonly window: ConnectionsWindow | undefined;
  readonly onChange: (preset: ConnectionPreset) => void;
}

function Presets({ search, window, onChange }: PresetsProps): ReactNode {
  const options = connectionPresets.map((value): SegOption<ConnectionPreset> => {
    const count = window?.presetCounts[value];
    return {
      value,
      isWideOnly: value === 'idle' || value === 'new',
      label: (
        <>
          {presetWords[value]} <span className="num f3">{count === undefined ? '' : formatCount(count)}</span>
        </>
      ),
    };
  });
  return <Seg label="Preset" value={search.preset} onChange={onChange} options={options} />;
}

function NoConnections({ search, onClear }: { search: ConnectionsSearch; onClear: () => void }): ReactNode {
  const url = useCapabilities()?.natsUrl ?? 'nats://127.0.0.1:4222';
  const isFiltered = search.q !== '' || Object.values(search.facets).some((values) => values.length > 0);
  if (isFiltered || search.preset !== 'all') {
    return (
      <EmptyState title={emptyTitle(search)} action={<Button onClick={onClear}>Show all connections</Button>}>
        {isFiltered ? 'No connection fits these filters.' : 'The list fills by itself.'}
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No client is connected" command={`nats sub "demo.>" --server ${url}`}>
      Any NATS client in any language connects unchanged and appears here at once.
    </EmptyState>
  );
}

function emptyTitle(search: ConnectionsSearch): string {
  switch (search.preset) {
    case 'slow':
      return 'Nobody is slow';
    case 'talkers':
      return 'Nobody moved a message in the last second';
    case 'idle':
      return 'Nobody has been idle for an hour';
    case 'new':
      return 'Nobody connected in the last 5 minutes';
    case 'closed':
      return 'No connection has closed yet';
    case 'all':
      return `${plural(0, 'connection')} found`;
  }
}
