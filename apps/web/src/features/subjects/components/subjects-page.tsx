/** Subjects that are published or subscribed: a tree sorted by rate inside every level, a search, and one subject in full. */
import type { SubjectRow, SubjectsPage as SubjectsAnswer } from '@sluice/protocol/console';
import { ChevronsDownUp } from 'lucide-react';
import { type ReactNode, useMemo, useRef, useState } from 'react';
import { AccountSelect, OtherAccounts } from '../../../components/account-select.tsx';
import { Button } from '../../../components/button.tsx';
import { Seg } from '../../../components/seg.tsx';
import { EmptyState, FailedState, MissingFeature, useIsStale } from '../../../components/states.tsx';
import { Switch } from '../../../components/switch.tsx';
import { formatCount, plural } from '../../../lib/format.ts';
import { useCapabilities } from '../../../lib/session.ts';
import { type RawSearch, useUrlState } from '../../../lib/url-state.ts';
import { useRateMemory, useSubjectLevels, useSubjectList } from '../api/use-subject-levels.ts';
import { flattenTree, holdLevels, type TreeItem, type TreeLevel } from '../model/subject-tree.ts';
import { parseSubjectsSearch, type SubjectsSearch, subjectsQuery } from '../model/subjects-search.ts';
import { SubjectPane } from './subject-pane.tsx';
import { SubjectRows } from './subject-rows.tsx';
import './subjects.css';
import { SearchInput } from '../../../components/search-input.tsx';

const QUERY_NAMES = ['account', 'q', 'view', 'open', 'subject', 'system'] as const;

function readSearch(search: RawSearch): SubjectsSearch {
  return parseSubjectsSearch(search);
}

export function SubjectsPage(): ReactNode {
  const feature = useCapabilities()?.features.subjects;
  const [search, patch] = useUrlState(readSearch);
  const change = (next: Partial<SubjectsSearch>): void => {
    const cleared = Object.fromEntries(QUERY_NAMES.map((name) => [name, undefined]));
    patch({ ...cleared, ...subjectsQuery({ ...search, ...next }) });
  };
  const isFlat = search.view === 'flat' || search.q !== '';
  const view = useSubjectItems(search, isFlat);
  const rates = useRateMemory(view.rows, view.answer?.asOfMs);
  const isStale = useIsStale();
  if (feature?.isAvailable === false && view.answer === undefined) {
    return (
      <main className="main fix">
        <Head search={search} answer={undefined} onChange={change} />
        <MissingFeature title="No subjects can be read" reason={feature.reason} />
      </main>
    );
  }
  const toggle = (subject: string, isOpen: boolean): void =>
    change({
      open: isOpen
        ? [...search.open, subject]
        : search.open.filter((other) => other !== subject && !other.startsWith(`${subject}.`)),
    });
  return (
    <main className="main fix">
      <Head search={search} answer={view.answer} onChange={change} />
      <div className="split">
        <div className="col subj-left">
          <Tools search={search} onChange={change} />
          {view.error !== null ? (
            <FailedState error={view.error} onRetry={view.retry} />
          ) : (
            <SubjectRows
              items={view.items}
              selected={search.selected}
              rates={rates}
              onSelect={(subject) => change({ selected: subject })}
              onToggle={toggle}
              onMore={view.showMore}
              onPointer={view.onPointer}
              isFlat={isFlat}
              isStale={isStale}
              empty={
                <NoSubjects
                  search={search}
                  isLoaded={view.answer !== undefined}
                  onAccount={(account) => change({ account, open: [], selected: null })}
                />
              }
            />
          )}
          <Foot items={view.items} answer={view.answer} isFlat={isFlat} />
        </div>
        {search.selected === null ? (
          <aside className="col side subj-pane subj-none" aria-label="Subject">
            <EmptyState title="Choose a subject">
              Its rates, its last message with what changed, and who is subscribed.
            </EmptyState>
          </aside>
        ) : (
          <SubjectPane
            account={search.account}
            subject={search.selected}
            known={view.rows.find((row) => row.subject === search.selected) ?? null}
            rates={rates}
            onClose={() => change({ selected: null })}
          />
        )}
      </div>
    </main>
  );
}

interface SubjectItems {
  items: readonly TreeItem[];
  rows: readonly SubjectRow[];
  answer: SubjectsAnswer | undefined;
  error: Error | null;
  showMore: (prefix: string) => void;
  retry: () => void;
  onPointer: (isInside: boolean) => void;
}

/** Rows of tree or list; while the pointer is over them their order stands still. */
function useSubjectItems(search: SubjectsSearch, isFlat: boolean): SubjectItems {
  const [isPointerInside, setIsPointerInside] = useState(false);
  const tree = useSubjectLevels(search, !isFlat);
  const list = useSubjectList(search, isFlat);
  const flatLevels = new Map<string, TreeLevel>();
  if (list.data !== undefined) flatLevels.set('', { state: 'loaded', rows: list.data.items.map(asLeaf), total: list.data.total });
  const current = isFlat ? flatLevels : tree.levels;
  const held = useRef<ReadonlyMap<string, TreeLevel>>(current);
  held.current = isPointerInside ? holdLevels(held.current, current) : current;
  const levels = held.current;
  const open = useMemo(() => new Set(search.open), [search.open]);
  const isWaiting = isFlat ? list.data === undefined : tree.root === undefined;
  const items = isWaiting && levels.size === 0 ? LOADING : flattenTree(levels, isFlat ? new Set() : open);
  return {
    items,
    rows: items.flatMap((item) => (item.kind === 'row' ? [item.row] : [])),
    answer: isFlat ? list.data : tree.root,
    error: isFlat ? (list.data === undefined ? list.error : null) : tree.rootError,
    showMore: tree.showMore,
    retry: isFlat ? () => void list.refetch() : tree.retry,
    onPointer: setIsPointerInside,
  };
}

const LOADING: TreeItem[] = Array.from({ length: 8 }, (_, index) => ({ kind: 'loading', prefix: `skeleton ${index}`, depth: 0 }));

function asLeaf(row: SubjectRow): SubjectRow {
  return { ...row, hasChildren: false };
}

interface PartProps {
  search: SubjectsSearch;
  onChange: (change: Partial<SubjectsSearch>) => void;
}

function Head({ search, answer, onChange }: PartProps & { answer: SubjectsAnswer | undefined }): ReactNode {
  return (
    <div className="head">
      <h1>Subjects</h1>
      <span className="f3 sm el">{answer === undefined ? '' : sourceText(answer)}</span>
      <span className="push" />
      <AccountSelect account={search.account} onChange={(account) => onChange({ account, open: [], selected: null })} />
      <Switch label="Hide system subjects" isOn={!search.includeSystem} onChange={(isOn) => onChange({ includeSystem: !isOn })} />
    </div>
  );
}

function sourceText(answer: SubjectsAnswer): string {
  if (answer.source === 'interest') return 'from subscriptions only: this server keeps no statistics of what is published';
  if (answer.untrackedMessages !== null && answer.untrackedMessages > 0) {
    return `${plural(answer.tracked ?? 0, 'subject')} counted one by one, ${formatCount(answer.untrackedMessages)} messages on others`;
  }
  return answer.tracked === null
    ? ''
    : `${plural(answer.tracked, 'subject')} published since statistics began, the system's own included`;
}

function Tools({ search, onChange }: PartProps): ReactNode {
  return (
    <div className="tool subj-tool">
      <SearchInput
        label="Search subjects"
        placeholder="orders.*.created, or part of a subject"
        value={search.q}
        onChange={(q) => onChange({ q })}
        className="grow"
        isMono
      />
      <Seg
        label="Tree or list"
        options={[
          { value: 'tree', label: 'Tree' },
          { value: 'flat', label: 'Flat' },
        ]}
        value={search.q === '' ? search.view : 'flat'}
        onChange={(view) => onChange({ view, ...(view === 'tree' ? { q: '' } : {}) })}
      />
      <Button icon={ChevronsDownUp} aria-label="Close all levels" onClick={() => onChange({ open: [] })} />
    </div>
  );
}

interface NoSubjectsProps {
  readonly search: SubjectsSearch;
  readonly isLoaded: boolean;
  readonly onAccount: (account: string) => void;
}

function NoSubjects({ search, isLoaded, onAccount }: NoSubjectsProps): ReactNode {
  if (!isLoaded) return null;
  if (search.q !== '')
    return <EmptyState title="Nothing matches">No subject that is published or subscribed matches {search.q}.</EmptyState>;
  return (
    <EmptyState
      title="No subjects yet"
      command={'nats pub orders.eu.created "{}"'}
      action={<OtherAccounts account={search.account} onChange={onAccount} />}
    >
      Subjects appear as soon as somebody publishes or subscribes.
    </EmptyState>
  );
}

function Foot({
  items,
  answer,
  isFlat,
}: {
  items: readonly TreeItem[];
  answer: SubjectsAnswer | undefined;
  isFlat: boolean;
}): ReactNode {
  const rows = items.filter((item) => item.kind === 'row').length;
  return (
    <div className="foot">
      <span>{isFlat ? `${formatCount(rows)} of ${plural(answer?.total ?? 0, 'subject')}` : `${plural(rows, 'row')} open`}</span>
      <span className="push">renewed every 2 s</span>
    </div>
  );
}
