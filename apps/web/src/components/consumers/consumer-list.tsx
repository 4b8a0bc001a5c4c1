/** Consumers of one stream or of all, with a drawer for one. The page keeps what is chosen in its URL. */
import {
  type ConsumerPreset,
  type ConsumerRow,
  type ConsumerSortKey,
  type ConsumersPage,
  consumerPresets,
} from '@sluice/protocol/console';
import { type ReactNode, useCallback, useMemo } from 'react';
import { formatCount } from '../../lib/format.ts';
import { usePageWindow } from '../../lib/page-window.ts';
import type { SearchPatch } from '../../lib/url-state.ts';
import { Button } from '../button.tsx';
import { useColumnChoice } from '../data-table/column.ts';
import { ColumnChooser } from '../data-table/column-chooser.tsx';
import { WindowTable } from '../data-table/window-table.tsx';
import { Seg } from '../seg.tsx';
import { EmptyState } from '../states.tsx';
import { consumerColumns } from './consumer-columns.tsx';
import { ConsumerPane } from './consumer-pane.tsx';
import { CONSUMERS_REFRESH_MS, loadConsumers } from './consumers-api.ts';
import './consumers.css';
import { SearchInput } from '../search-input.tsx';

/** What the list keeps in the URL of its page. */
export interface ConsumersState {
  readonly preset: ConsumerPreset;
  readonly q: string;
  readonly sort: ConsumerSortKey;
  readonly order: 'asc' | 'desc';
  /** Stream and name of the consumer whose drawer is open. */
  readonly open: { readonly stream: string; readonly name: string } | null;
}

export interface ConsumerListProps {
  readonly account: string;
  /** Null: of all streams. */
  readonly stream: string | null;
  readonly state: ConsumersState;
  readonly onChange: (change: SearchPatch) => void;
  /** Names of the parameters: `open` is stored as `stream` and `consumer`. */
  readonly emptyCommand: string;
}

const presetWords: Readonly<Record<ConsumerPreset, string>> = {
  all: 'All',
  lagging: 'Lagging',
  stalled: 'Stalled',
  paused: 'Paused',
};

export function ConsumerList({ account, stream, state, onChange, emptyCommand }: ConsumerListProps): ReactNode {
  const { preset, q, sort, order, open } = state;
  const columns = useMemo(() => consumerColumns(stream === null), [stream]);
  const choice = useColumnChoice('consumers', columns);
  const window = usePageWindow<ConsumerRow, ConsumersPage>({
    queryKey: ['consumers', account, stream, preset, q, sort, order],
    load: (range, signal) => loadConsumers(stream, { account, preset, q, sort, order, ...range }, signal),
    refetchMs: CONSUMERS_REFRESH_MS,
  });
  const close = useCallback(() => onChange({ consumer: undefined, of: undefined }), [onChange]);
  const counts = window.answer?.presetCounts;
  return (
    <>
      <div className="tool constool">
        <Seg
          label="Preset"
          value={preset}
          onChange={(next) => onChange({ preset: next === 'all' ? undefined : next })}
          options={consumerPresets.map((value) => ({
            value,
            label: (
              <>
                {presetWords[value]} <span className="num f3">{counts === undefined ? '' : formatCount(counts[value])}</span>
              </>
            ),
          }))}
        />
        <SearchInput
          label="Search consumers"
          placeholder="Name, stream or filter"
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
            label="Consumers"
            columns={columns}
            choice={choice}
            window={window}
            rowKey={(row) => `${row.stream}/${row.name}`}
            sort={{ key: sort, order }}
            onSort={(next) => onChange({ sort: next.key, order: next.order })}
            openKey={open === null ? null : `${open.stream}/${open.name}`}
            onOpen={(row) => onChange({ consumer: row.name, ...(stream === null ? { of: row.stream } : {}) })}
            empty={
              q === '' && preset === 'all' ? (
                <EmptyState title="No consumer yet" command={emptyCommand}>
                  A consumer remembers what its clients have received and acknowledged. Reading here needs none.
                </EmptyState>
              ) : (
                <EmptyState
                  title={preset === 'all' ? 'No consumer fits' : `No consumer is ${presetWords[preset].toLowerCase()}`}
                  action={<Button onClick={() => onChange({ q: undefined, preset: undefined })}>Show all consumers</Button>}
                />
              )
            }
          />
          <div className="foot">
            <span>
              {formatCount(window.answer?.total)} of {formatCount(counts?.all)} shown
            </span>
            <span className="push">every {CONSUMERS_REFRESH_MS / 1000} s</span>
          </div>
        </div>
        {open === null ? null : (
          <ConsumerPane key={`${open.stream}/${open.name}`} consumer={{ account, ...open }} onClose={close} />
        )}
      </div>
    </>
  );
}
