/** Subscriptions by subject, by queue group, by client, one by one; and who would receive a subject. */
import { type SubscriptionView, subscriptionViews } from '@sluice/protocol/console';
import { X } from 'lucide-react';
import { type ReactNode, useCallback } from 'react';
import { AccountSelect, OtherAccounts } from '../../../components/account-select.tsx';
import { Button } from '../../../components/button.tsx';
import type { DataTableColumn } from '../../../components/data-table/column.ts';
import { DataTable } from '../../../components/data-table/data-table.tsx';
import { Seg } from '../../../components/seg.tsx';
import { EmptyState, FailedState, useIsStale } from '../../../components/states.tsx';
import { Switch } from '../../../components/switch.tsx';
import { formatCount } from '../../../lib/format.ts';
import { useHottestSubjects } from '../../../lib/hottest-subjects.ts';
import { useUsualAccount } from '../../../lib/session.ts';
import { type RawSearch, useUrlState } from '../../../lib/url-state.ts';
import { type RowOf, useSubscriptionPages } from '../api/use-subscription-pages.ts';
import {
  narrowedTo,
  parseSubscriptionsSearch,
  type SubscriptionsSearch,
  subscriptionsQueryOf,
  subscriptionsSearchQuery,
} from '../model/subscriptions-search.ts';
import { InterestTester } from './interest-tester.tsx';
import './subscriptions.css';
import { SearchInput } from '../../../components/search-input.tsx';
import { allColumns, clientColumns, queueColumns, subjectColumns } from './subscription-columns.tsx';

const QUERY_NAMES = ['account', 'view', 'q', 'system', 'sort', 'order', 'subject', 'queue', 'cid', 'interest'] as const;
const VIEW_NAME: Record<SubscriptionView, string> = {
  subject: 'By subject',
  queue: 'By queue group',
  client: 'By client',
  all: 'One by one',
};
const NOT_NARROWED = { subject: null, queue: null, cid: null };

function readSearch(search: RawSearch): SubscriptionsSearch {
  return parseSubscriptionsSearch(search);
}

type Change = (next: Partial<SubscriptionsSearch>) => void;

export function SubscriptionsPage(): ReactNode {
  const [search, patch] = useUrlState(readSearch);
  const change = useCallback<Change>(
    (next) => {
      const cleared = Object.fromEntries(QUERY_NAMES.map((name) => [name, undefined]));
      patch({ ...cleared, ...subscriptionsSearchQuery({ ...search, ...next }) });
    },
    [search, patch],
  );
  const setInterest = useCallback((interest: string) => change({ interest }), [change]);
  const suggestions = useHottestSubjects(search.account);
  return (
    <main className="main fix">
      <div className="head">
        <h1>Subscriptions</h1>
        <Seg
          label="Group subscriptions"
          options={subscriptionViews.map((view) => ({ value: view, label: VIEW_NAME[view] }))}
          value={search.view}
          onChange={(view) => change({ view, sort: null, ...NOT_NARROWED })}
        />
        <span className="push" />
        <AccountSelect account={search.account} onChange={(account) => change({ account })} />
        <Switch label="Hide system subjects" isOn={!search.includeSystem} onChange={(isOn) => change({ includeSystem: !isOn })} />
      </div>
      <Tools search={search} onChange={change} />
      <div className="split">
        <div className="col grow">
          <View search={search} onChange={change} />
        </div>
        <InterestTester account={search.account} subject={search.interest} onSubject={setInterest} suggestions={suggestions} />
      </div>
    </main>
  );
}

function Tools({ search, onChange }: { search: SubscriptionsSearch; onChange: Change }): ReactNode {
  const narrowed = narrowedTo(search);
  return (
    <div className="tool">
      <SearchInput
        label="Search subscriptions"
        placeholder="Subject, queue group, client or user"
        value={search.q}
        onChange={(q) => onChange({ q })}
        className="subs-search"
      />
      {narrowed === null ? null : (
        <span className="chip inc">
          {narrowed.label} {narrowed.value}
          <Button
            variant="ghost"
            isSmall
            icon={X}
            aria-label={`Show every ${narrowed.label}`}
            onClick={() => onChange(NOT_NARROWED)}
          />
        </span>
      )}
    </div>
  );
}

/** Opening a group shows its subscriptions one by one; opening one of those tries its subject. */
function View({ search, onChange }: { search: SubscriptionsSearch; onChange: Change }): ReactNode {
  const narrow = (next: Partial<SubscriptionsSearch>): void =>
    onChange({ view: 'all', sort: null, q: '', ...NOT_NARROWED, ...next });
  switch (search.view) {
    case 'subject':
      return (
        <Rows
          key="subject"
          view="subject"
          search={search}
          onChange={onChange}
          columns={subjectColumns}
          rowKey={(row) => `${row.account} ${row.subject}`}
          onOpen={(row) => narrow({ subject: row.subject })}
        />
      );
    case 'queue':
      return (
        <Rows
          key="queue"
          view="queue"
          search={search}
          onChange={onChange}
          columns={queueColumns}
          rowKey={(row) => `${row.account} ${row.queue} ${row.subject}`}
          onOpen={(row) => narrow({ queue: row.queue, subject: row.subject })}
        />
      );
    case 'client':
      return (
        <Rows
          key="client"
          view="client"
          search={search}
          onChange={onChange}
          columns={clientColumns}
          rowKey={(row) => `${row.serverId} ${row.cid}`}
          onOpen={(row) => narrow({ cid: row.cid })}
        />
      );
    case 'all':
      return (
        <Rows
          key="all"
          view="all"
          search={search}
          onChange={onChange}
          columns={allColumns}
          rowKey={(row) => `${row.serverId} ${row.cid} ${row.sid}`}
          onOpen={(row) => onChange({ interest: row.subject })}
        />
      );
  }
}

interface RowsProps<View extends SubscriptionView> {
  view: View;
  search: SubscriptionsSearch;
  onChange: Change;
  columns: readonly DataTableColumn<RowOf<View>>[];
  rowKey: (row: RowOf<View>) => string;
  onOpen: (row: RowOf<View>) => void;
}

function Rows<View extends SubscriptionView>({ view, search, onChange, columns, rowKey, onOpen }: RowsProps<View>): ReactNode {
  const rows = useSubscriptionPages(view, subscriptionsQueryOf(search, useUsualAccount()));
  const isStale = useIsStale();
  if (rows.error !== null) return <FailedState error={rows.error} onRetry={rows.retry} />;
  return (
    <>
      <DataTable<RowOf<View>>
        label={`Subscriptions, ${VIEW_NAME[view].toLowerCase()}`}
        columns={columns}
        rowCount={rows.total ?? 12}
        rowAt={rows.rowAt}
        rowKey={rowKey}
        sort={search.sort === null ? null : { key: search.sort, order: search.order }}
        onSort={({ key, order }) => onChange({ sort: key, order })}
        onOpen={onOpen}
        onRange={rows.onRange}
        isStale={isStale}
        empty={<NoRows search={search} onAccount={(account) => onChange({ account })} />}
      />
      <div className="foot">
        <span className="num">
          {formatCount(rows.total)} {view === 'all' ? 'subscriptions' : view === 'queue' ? 'queue groups' : `${view}s`}
        </span>
        {rows.meta?.isTruncated === true ? (
          <span className="warn">The server has more than the console reads: 200,000.</span>
        ) : null}
        <span className="push">renewed every 3 s</span>
      </div>
    </>
  );
}

interface NoRowsProps {
  readonly search: SubscriptionsSearch;
  readonly onAccount: (account: string) => void;
}

function NoRows({ search, onAccount }: NoRowsProps): ReactNode {
  if (search.q !== '') return <EmptyState title="Nothing matches">No subscription matches {search.q}.</EmptyState>;
  return (
    <EmptyState
      title={search.view === 'queue' ? 'No queue groups' : 'No subscriptions'}
      command={'nats sub "orders.>" --queue billing'}
      action={<OtherAccounts account={search.account} onChange={onAccount} />}
    >
      {search.includeSystem ? 'Nobody is subscribed.' : 'Nobody is subscribed, leaving out system subjects.'}
    </EmptyState>
  );
}
