/** Who did what: the append-only log with the state of its hash chain, filters, and the whole entry beside the list. */
import { type AuditPage as AuditAnswer, type AuditEntry, type AuditOutcome, auditOutcomes } from '@sluice/protocol/console';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Download, Link2, ShieldAlert } from 'lucide-react';
import { type ReactNode, useCallback, useMemo } from 'react';
import { Badge, type Tone } from '../../../components/badge.tsx';
import { Button } from '../../../components/button.tsx';
import type { DataTableColumn } from '../../../components/data-table/column.ts';
import { DataTable } from '../../../components/data-table/data-table.tsx';
import { Facet } from '../../../components/facet.tsx';
import { Icon } from '../../../components/icon.tsx';
import { SearchInput } from '../../../components/search-input.tsx';
import { EmptyState, FailedState, LockedState } from '../../../components/states.tsx';
import { Time } from '../../../components/time.tsx';
import { apiGet } from '../../../lib/api-client.ts';
import { formatCount, UNKNOWN } from '../../../lib/format.ts';
import { useMay, useRole } from '../../../lib/session.ts';
import { type SearchPatch, useUrlState } from '../../../lib/url-state.ts';
import { type AuditSearch, auditQueryOf, parseAuditSearch } from '../model/audit-search.ts';
import { AuditDetail } from './audit-detail.tsx';

const tones: Readonly<Record<AuditOutcome, Tone>> = { ok: 'ok', denied: 'warn', failed: 'bad' };

const columns: readonly DataTableColumn<AuditEntry>[] = [
  {
    id: 'seq',
    header: '#',
    width: 76,
    from: 'md',
    isNumeric: true,
    cellClass: 'mono f3',
    sortKey: 'seq',
    cell: (entry) => formatCount(entry.seq),
  },
  { id: 'at', header: 'Time', width: 176, cellClass: 'num f2', cell: (entry) => <Time atMs={entry.atMs} style="date" /> },
  { id: 'actor', header: 'Who', width: 112, cellClass: 'el m5', cell: (entry) => entry.actor },
  { id: 'action', header: 'Action', width: 138, cellClass: 'mono el', cell: (entry) => entry.action },
  { id: 'target', header: 'On', width: 140, from: 'lg', cellClass: 'el f2', cell: (entry) => entry.target },
  { id: 'detail', header: 'What', cellClass: 'el', cell: (entry) => entry.detail },
  {
    id: 'outcome',
    header: 'Outcome',
    width: 88,
    from: 'md',
    cell: (entry) => <Badge tone={tones[entry.outcome]}>{entry.outcome}</Badge>,
  },
  {
    id: 'address',
    header: 'From',
    width: 130,
    from: 'lg',
    cellClass: 'mono f3 el',
    cell: (entry) => (entry.address === '-' ? UNKNOWN : entry.address),
  },
];

export function AuditPage(): ReactNode {
  const may = useMay('operator');
  const role = useRole();
  if (may) return <AuditLog />;
  return (
    <main className="main">
      <div className="head">
        <h1>Audit</h1>
      </div>
      <LockedState
        title="The audit log is for operators"
        reason={`You are logged in as ${role}. An administrator can give you the role operator.`}
      />
    </main>
  );
}

function AuditLog(): ReactNode {
  const [search, patch] = useUrlState(parseAuditSearch);
  const { entries, newest, error, retry, onRange } = useAuditEntries(search);
  const open = entries.find((entry) => entry.seq === search.seq);
  if (error !== null && newest === undefined) {
    return (
      <main className="main">
        <div className="head">
          <h1>Audit</h1>
        </div>
        <FailedState error={error} onRetry={retry} />
      </main>
    );
  }
  return (
    <main className="main fix">
      <div className="head">
        <h1>Audit</h1>
        {newest === undefined ? null : <ChainBadge chain={newest.chain} />}
        <span className="push row">
          <a className="btn" href="/api/audit/export" download>
            <Icon of={Download} isSmall />
            Export NDJSON
          </a>
        </span>
      </div>
      <AuditToolbar search={search} entries={entries} patch={patch} />
      <div className="split">
        <div className="col grow">
          <DataTable
            label="Audit log"
            columns={columns}
            rowCount={newest?.total ?? SKELETON_ROWS}
            rowAt={(index) => entries[index]}
            rowKey={(entry) => String(entry.seq)}
            sort={{ key: 'seq', order: search.order }}
            onSort={({ order }) => patch({ order: order === 'desc' ? undefined : order })}
            openKey={search.seq === null ? null : String(search.seq)}
            onOpen={(entry) => patch({ seq: entry.seq })}
            onRange={onRange}
            empty={<EmptyState title="No entry fits">Logins and every change are kept here from the first start on.</EmptyState>}
          />
          <div className="foot">
            <span className="push">{formatCount(newest?.total)} entries</span>
          </div>
        </div>
        {open === undefined ? null : <AuditDetail entry={open} onClose={() => patch({ seq: undefined })} />}
      </div>
    </main>
  );
}

/** Rows drawn before the first answer. */
const SKELETON_ROWS = 12;

interface AuditEntries {
  /** Loaded so far, from the top of the list. */
  readonly entries: readonly AuditEntry[];
  readonly newest: AuditAnswer | undefined;
  readonly error: Error | null;
  retry(): void;
  /** Loads more when the end comes into sight. */
  readonly onRange: (first: number, last: number) => void;
}

function useAuditEntries(search: AuditSearch): AuditEntries {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['audit', auditQueryOf(search, 0)],
    queryFn: ({ pageParam, signal }) => apiGet<AuditAnswer>('/api/audit', auditQueryOf(search, pageParam), signal),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.offset + last.items.length < last.total ? last.offset + last.items.length : undefined),
  });
  const entries = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const onRange = useCallback(
    (_first: number, last: number) => {
      if (last >= entries.length - 1 && hasNextPage && !isFetchingNextPage) void fetchNextPage();
    },
    [entries.length, hasNextPage, isFetchingNextPage, fetchNextPage],
  );
  return { entries, newest: data?.pages[0], error, retry: () => void refetch(), onRange };
}

interface AuditToolbarProps {
  readonly search: AuditSearch;
  readonly entries: readonly AuditEntry[];
  readonly patch: (change: SearchPatch) => void;
}

function AuditToolbar({ search, entries, patch }: AuditToolbarProps): ReactNode {
  const isFiltered = search.q !== '' || search.actor !== '' || search.action !== '' || search.outcome !== null;
  return (
    <div className="tool">
      <SearchInput
        label="Search the audit log"
        placeholder="Name, action or text"
        value={search.q}
        onChange={(q) => patch({ q })}
      />
      <Facet
        name="who"
        options={valuesOf(entries, (entry) => entry.actor)}
        chosen={listOf(search.actor)}
        isSingle
        onChange={([actor]) => patch({ actor })}
      />
      <Facet
        name="action"
        options={valuesOf(entries, (entry) => entry.action)}
        chosen={listOf(search.action)}
        isSingle
        onChange={([action]) => patch({ action })}
      />
      <Facet
        name="outcome"
        options={auditOutcomes.map((value) => ({ value }))}
        chosen={listOf(search.outcome ?? '')}
        isSingle
        onChange={([outcome]) => patch({ outcome })}
      />
      {isFiltered ? (
        <Button
          variant="ghost"
          isSmall
          onClick={() => patch({ q: undefined, actor: undefined, action: undefined, outcome: undefined })}
        >
          Clear
        </Button>
      ) : null}
    </div>
  );
}

function ChainBadge({ chain }: { chain: AuditAnswer['chain'] }): ReactNode {
  if (!chain.isIntact) {
    return (
      <Badge tone="bad" icon={ShieldAlert}>
        chain broken at entry {chain.brokenAtSeq ?? 'unknown'}
      </Badge>
    );
  }
  return (
    <Badge tone="ok" icon={Link2}>
      chain intact, entries {formatCount(chain.firstSeq)} to {formatCount(chain.lastSeq)}
    </Badge>
  );
}

/** Values among the loaded entries; the server filters the rest. */
function valuesOf(entries: readonly AuditEntry[], of: (entry: AuditEntry) => string): { value: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const entry of entries) counts.set(of(entry), (counts.get(of(entry)) ?? 0) + 1);
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
}

function listOf(value: string): readonly string[] {
  return value === '' ? [] : [value];
}
