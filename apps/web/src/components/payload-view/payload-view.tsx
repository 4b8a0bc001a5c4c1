/**
 * A payload in all its views: JSON, text, hex, headers, difference to the message before. Everything heavy happens in a worker, and
 * only visible lines are in the page, so 10 MB opens like 10 bytes.
 */

import type { ReactNode } from 'react';
import { useCallback, useId, useMemo } from 'react';
import { Tabs } from '../tabs.tsx';
import type { HeaderBlock } from './header-pairs.ts';
import { HeaderTable } from './header-table.tsx';
import { LinesView } from './lines-view.tsx';
import type { PayloadHandle } from './payload-client.ts';
import type { PayloadInput, PayloadTab } from './payload-document.ts';
import './payload-view.css';
import { usePayload, usePayloadTab } from './use-payload.ts';

export const payloadViewTabs = ['json', 'text', 'hex', 'headers', 'diff'] as const;
export type PayloadViewTab = (typeof payloadViewTabs)[number];

const TAB_NAME: Record<PayloadViewTab, string> = { json: 'JSON', text: 'Text', hex: 'Hex', headers: 'Headers', diff: 'Diff' };

export interface PayloadViewProps {
  input: PayloadInput;
  headers: HeaderBlock;
  /** The tab that the user chose; undefined shows what fits the payload. */
  tab: PayloadViewTab | undefined;
  onTab: (tab: PayloadViewTab) => void;
  /** Set to leave tabs out, such as `headers` where they stand elsewhere. */
  tabs?: readonly PayloadViewTab[];
  /** Buttons at the end of the tab strip. */
  actions?: ReactNode;
}

export function PayloadView({ input, headers, tab, onTab, tabs = payloadViewTabs, actions }: PayloadViewProps) {
  const opened = usePayload(input);
  const panelId = useId();
  const suggested = opened.state === 'open' ? opened.handle.summary.suggestedTab : 'json';
  const current = tab !== undefined && tabs.includes(tab) ? tab : suggested;
  return (
    <div className="col payload-view">
      <Tabs
        label="Views of the payload"
        tabs={tabs.map((value) => ({
          value,
          label: TAB_NAME[value],
          ...(value === 'headers' && headers.pairs.length > 0 ? { count: headers.pairs.length } : {}),
        }))}
        value={current}
        onChange={onTab}
        panelId={panelId}
        isInner
        end={actions}
      />
      <div className="col payload-panel" role="tabpanel" id={panelId} aria-labelledby={`${panelId}-tab-${current}`}>
        {current === 'headers' ? <HeaderTable block={headers} /> : <OpenedTab opened={opened} tab={current} />}
      </div>
    </div>
  );
}

function OpenedTab({ opened, tab }: { opened: ReturnType<typeof usePayload>; tab: PayloadTab }) {
  if (opened.state === 'opening') return <p className="payload-note">Opening…</p>;
  if (opened.state === 'failed') return <p className="payload-note bad">The payload could not be opened: {opened.message}.</p>;
  return <DocumentTab handle={opened.handle} tab={tab} />;
}

function DocumentTab({ handle, tab }: { handle: PayloadHandle; tab: PayloadTab }) {
  const state = usePayloadTab(handle, tab);
  const load = useCallback((start: number, count: number) => handle.lines(tab, start, count), [handle, tab]);
  const look = useMemo(() => (tab === 'hex' ? 'hex' : tab === 'diff' ? 'diff' : 'code'), [tab]);
  if (state === null) return <p className="payload-note">Laying out…</p>;
  return (
    <>
      {state.note === null ? null : <p className="payload-note">{state.note}</p>}
      {state.lineCount === 0 ? null : (
        <LinesView label={`Payload as ${TAB_NAME[tab]}`} lineCount={state.lineCount} load={load} look={look} />
      )}
    </>
  );
}
