/** Which clients could not log in, and why: one row for who tries, however often, with what the configuration says of it. */
import type { AuthFailureRow, AuthFailuresPage as AuthFailuresAnswer } from '@sluice/protocol/console';
import type { ReactNode } from 'react';
import { Button } from '../../../components/button.tsx';
import type { DataTableColumn } from '../../../components/data-table/column.ts';
import { WindowTable } from '../../../components/data-table/window-table.tsx';
import { KeyValue } from '../../../components/key-value.tsx';
import { PaneHead } from '../../../components/pane-head.tsx';
import { SearchInput } from '../../../components/search-input.tsx';
import { PageLink } from '../../../components/sentence.tsx';
import { EmptyState } from '../../../components/states.tsx';
import { Age, Time } from '../../../components/time.tsx';
import { apiGet } from '../../../lib/api-client.ts';
import { formatCount, plural, UNKNOWN } from '../../../lib/format.ts';
import { usePageWindow } from '../../../lib/page-window.ts';
import { useUrlState } from '../../../lib/url-state.ts';
import { parseAuthFailuresSearch } from '../model/auth-failures-search.ts';

const REFRESH_MS = 2000;

const columns: readonly DataTableColumn<AuthFailureRow>[] = [
  {
    id: 'last',
    header: 'Last',
    width: 82,
    isNumeric: true,
    sortKey: 'lastAtMs',
    cell: (row) => <Age sinceMs={row.lastAtMs} />,
  },
  {
    id: 'tries',
    header: 'Tries',
    width: 82,
    isNumeric: true,
    sortKey: 'tries',
    cell: (row) => formatCount(row.tries),
    flash: (row) => row.tries,
  },
  {
    id: 'user',
    header: 'User',
    width: 150,
    sortKey: 'user',
    firstOrder: 'asc',
    cell: (row) => (row.user === null ? <span className="f3">none given</span> : <b className="m5">{row.user}</b>),
  },
  {
    id: 'name',
    header: 'Client',
    sortKey: 'name',
    firstOrder: 'asc',
    cell: (row) => (row.name === null ? <span className="f3">no name</span> : row.name),
  },
  {
    id: 'address',
    header: 'From',
    width: 136,
    sortKey: 'address',
    firstOrder: 'asc',
    cellClass: 'mono f2',
    cell: (row) => row.address,
  },
  { id: 'library', header: 'Library', width: 116, from: 'lg', cellClass: 'f2', cell: (row) => row.client ?? UNKNOWN },
  {
    id: 'why',
    header: 'Why',
    width: 420,
    from: 'md',
    cell: (row) => <span title={row.hint ?? row.reason}>{row.hint ?? row.reason}</span>,
  },
];

export function AuthFailuresPage(): ReactNode {
  const [search, patch] = useUrlState(parseAuthFailuresSearch);
  const { q, sort, order, open } = search;
  const window = usePageWindow<AuthFailureRow, AuthFailuresAnswer>({
    queryKey: ['auth-failures', q, sort, order],
    load: (range, signal) => apiGet<AuthFailuresAnswer>('/api/auth-failures', { q, sort, order, ...range }, signal),
    refetchMs: REFRESH_MS,
  });
  const { answer } = window;
  const opened = answer?.items.find((row) => row.id === open);
  return (
    <main className="main fix">
      <div className="head">
        <h1>Auth failures</h1>
        <span className="f2 sm el">logins of NATS clients that the server refused</span>
      </div>
      <div className="tool">
        <SearchInput
          label="Search auth failures"
          placeholder="User, client or address"
          value={q}
          onChange={(text) => patch({ q: text })}
        />
      </div>

      <div className="split">
        <div className="col grow">
          <WindowTable
            label="Auth failures"
            columns={columns}
            window={window}
            rowKey={(row) => row.id}
            sort={{ key: sort, order }}
            onSort={(next) => patch({ sort: next.key, order: next.order })}
            openKey={open}
            onOpen={(row) => patch({ open: row.id })}
            empty={
              q === '' ? (
                <EmptyState title="No login was refused">
                  A client that comes with a wrong user, password, token or key appears here, with the reason.
                </EmptyState>
              ) : (
                <EmptyState
                  title="No refused login fits"
                  action={<Button onClick={() => patch({ q: undefined })}>Show all</Button>}
                />
              )
            }
          />
          <div className="foot">
            <span>{plural(answer?.total, 'client')}</span>
            {answer === undefined ? null : (
              <span className="push">
                listening since <Time atMs={answer.sinceMs} style="date" />
              </span>
            )}
          </div>
        </div>
        {opened === undefined ? null : <FailurePane row={opened} onClose={() => patch({ open: undefined })} />}
      </div>
    </main>
  );
}

function FailurePane({ row, onClose }: { row: AuthFailureRow; onClose: () => void }): ReactNode {
  const who = row.name ?? row.user;
  return (
    <aside className="col side drawer" aria-label={`Refused login of ${who ?? row.address}`}>
      <PaneHead onClose={onClose}>
        <h2 className="el">{who ?? row.address}</h2>
      </PaneHead>
      <div className="scroll">
        <p className="sec">{row.hint ?? 'The configuration says nothing about it.'}</p>
        <div className="sec">
          <KeyValue
            isSingle
            items={[
              { name: 'Reason', value: row.reason },
              { name: 'User', value: row.user },
              { name: 'Client', value: row.name },
              { name: 'Library', value: row.client },
              { name: 'From', value: row.address, isMono: true },
              { name: 'Tries', value: formatCount(row.tries) },
              { name: 'First', value: <Time atMs={row.firstAtMs} style="full" /> },
              { name: 'Last', value: <Time atMs={row.lastAtMs} style="full" /> },
            ]}
          />
        </div>
        <p className="sec row wrap">
          <PageLink to="/config" search={{ view: 'users' }}>
            NATS users
          </PageLink>
          {who === null ? null : (
            <PageLink to="/connections" search={{ q: who }}>
              Connections of {who}
            </PageLink>
          )}
        </p>
      </div>
    </aside>
  );
}
