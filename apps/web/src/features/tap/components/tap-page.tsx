/**
 * The tap: live messages of any subjects, a counter line that always adds up, a pause that keeps recording, and every message in
 * full. The list lives in a worker; this page draws what is on screen.
 */
import { useCallback, useMemo, useRef, useState } from 'react';
import { payloadViewTabs } from '../../../components/payload-view/payload-view.tsx';
import { FailedState, MissingFeature, Strip, useIsStale } from '../../../components/states.tsx';
import { useHottestSubjects } from '../../../lib/hottest-subjects.ts';
import { useCapabilities } from '../../../lib/session.ts';
import { type RawSearch, type SearchPatch, useUrlState } from '../../../lib/url-state.ts';
import { type TapFeed, useTap, useTapSnapshot } from '../api/use-tap.ts';
import { parseFilter } from '../model/filter-parser.ts';
import { parseTapSearch, TAP_MAX_PAYLOAD_BYTES, type TapSearch, tapOptionsOf, tapSearchQuery } from '../model/tap-search.ts';
import { CounterLine } from './counter-line.tsx';
import { PauseStrip } from './pause-strip.tsx';
import { RateHistogram } from './rate-histogram.tsx';
import { TapDetailPane } from './tap-detail.tsx';
import { TapFoot } from './tap-foot.tsx';
import { TapRows, type TapRowsHandle } from './tap-rows.tsx';
import { TapStart } from './tap-start.tsx';
import { TapToolbar } from './tap-toolbar.tsx';
import { useTapKeys } from './use-tap-keys.ts';
import './tap.css';

const QUERY_NAMES = ['account', 'subjects', 'subject', 'exclude', 'filter', 'sampling', 'payload', 'tab'] as const;

function readSearch(search: RawSearch): TapSearch {
  return parseTapSearch(search);
}

export function TapPage() {
  const capabilities = useCapabilities();
  const feature = capabilities?.features.tap;
  if (feature?.isAvailable === false) return <LockedTap reason={feature.reason} />;
  return <OpenTap />;
}

function LockedTap({ reason }: { reason: string }) {
  return (
    <main className="main fix">
      <div className="head">
        <h1>Tap</h1>
      </div>
      <MissingFeature title="This server has no tap" reason={reason} />
    </main>
  );
}

function OpenTap() {
  const [search, patch] = useUrlState(readSearch);
  const change = useCallback(
    (next: Partial<TapSearch>) => {
      const query = tapSearchQuery({ ...search, ...next });
      const cleared: SearchPatch = Object.fromEntries(QUERY_NAMES.map((name) => [name, undefined]));
      patch({ ...cleared, ...query });
    },
    [search, patch],
  );
  const options = useMemo(() => (search.subjects.length === 0 ? null : tapOptionsOf(search)), [search]);
  const filter = useMemo(() => {
    const result = parseFilter(search.filter);
    return result.ok ? result.node : null;
  }, [search.filter]);
  const feed = useTap(options, filter);
  const hottest = useHottestSubjects(search.account);
  return (
    <main className="main fix">
      <TapToolbar search={search} onChange={change} client={feed.client} />
      {options === null ? (
        <TapStart hottest={hottest} onSubject={(subject) => change({ subjects: [subject] })} />
      ) : (
        <RunningTap feed={feed} search={search} onChange={change} />
      )}
    </main>
  );
}

interface RunningTapProps {
  feed: TapFeed;
  search: TapSearch;
  onChange: (change: Partial<TapSearch>) => void;
}

function RunningTap({ feed, search, onChange }: RunningTapProps) {
  const { client } = feed;
  const rows = useRef<TapRowsHandle>(null);
  const [selected, setSelected] = useState<number | null>(null);
  const isStale = useIsStale();
  const close = () => {
    setSelected(null);
    rows.current?.toNewest();
  };
  useTapKeys({ client, rows, onClose: close });
  const tab = payloadViewTabs.find((known) => known === search.tab);
  return (
    <>
      <CounterLine client={client} isStale={isStale} />
      <FeedStrip feed={feed} />
      <PauseStrip client={client} />
      <div className="split tap-split">
        <div className={isStale ? 'col grow stale' : 'col grow'}>
          <RateHistogram client={client} />
          {client === null ? null : <TapRows ref={rows} client={client} selectedIndex={selected} onSelect={setSelected} />}
          <NothingYet feed={feed} search={search} />
          <TapFoot client={client} search={search} onChange={onChange} />
        </div>
        {client === null || selected === null ? null : (
          <TapDetailPane
            client={client}
            index={selected}
            tab={tab}
            onTab={(next) => onChange({ tab: next })}
            onMove={(step) => rows.current?.move(step)}
            onClose={close}
            onKeepWhole={
              search.maxPayloadBytes >= TAP_MAX_PAYLOAD_BYTES
                ? undefined
                : () => onChange({ maxPayloadBytes: TAP_MAX_PAYLOAD_BYTES })
            }
          />
        )}
      </div>
    </>
  );
}

function FeedStrip({ feed }: { feed: TapFeed }) {
  const unreadable = useTapSnapshot(feed.client, (snapshot) => snapshot?.unreadableBatches ?? 0);
  if (feed.refusal !== null) return <FailedState error={new Error(feed.refusal)} onRetry={feed.retry} />;
  if (feed.serverState === 'broker_lost')
    return <Strip tone="bad">The broker went away; the tap goes on as soon as it is back.</Strip>;
  if (unreadable > 0) return <Strip tone="bad">{unreadable} batches could not be read and count as dropped.</Strip>;
  return null;
}

function NothingYet({ feed, search }: { feed: TapFeed; search: TapSearch }) {
  const isEmpty = useTapSnapshot(feed.client, (snapshot) => snapshot === null || snapshot.listedCount === 0);
  const matched = useTapSnapshot(feed.client, (snapshot) => snapshot?.counters.matched ?? 0);
  if (!isEmpty || feed.refusal !== null) return null;
  const count = search.subjects.length;
  return (
    <div className="tap-nothing" role="status">
      <b>{feed.isOpen ? 'Listening' : 'Opening the tap…'}</b>
      <span>
        {matched > 0 && search.filter !== ''
          ? 'Messages pass, but none that the filter lets through.'
          : `Nothing has been published to ${count === 1 ? 'this subject' : `these ${count} subjects`} since the tap was opened.`}
      </span>
    </div>
  );
}
