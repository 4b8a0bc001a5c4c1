/** Keys of a bucket by their tokens, folded until opened. */
import type { KeyRow } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import type { DataTableColumn } from '../../../components/data-table/column.ts';
import { DataTable } from '../../../components/data-table/data-table.tsx';
import { Icon } from '../../../components/icon.tsx';
import { FailedState, useIsStale } from '../../../components/states.tsx';
import { tintOf } from '../../../components/subject.tsx';
import { Age } from '../../../components/time.tsx';
import { formatCount, plural } from '../../../lib/format.ts';
import { type BucketRef, loadKeys } from '../api/kv-api.ts';
import { branchesOf, type KeyTreeItem, keyTree, treeKeyOf } from '../model/key-tree.ts';
import { sizeOf, ValueCell } from './key-columns.tsx';
import { NoKeys } from './key-table.tsx';

/** A tree needs every key at once: this many at most, page by page. */
const TREE_KEYS_MAX = 5000;
const PAGE_KEYS = 500;
const LINE_BYTES = 256;
/** Reading them all costs more than a page. Milliseconds. */
const TREE_REFRESH_MS = 10_000;
const INDENT_PX = 18;

interface LoadedKeys {
  readonly rows: readonly KeyRow[];
  readonly total: number;
}

async function loadTree(bucket: BucketRef, q: string, signal: AbortSignal): Promise<LoadedKeys> {
  const rows: KeyRow[] = [];
  for (let offset = 0; offset < TREE_KEYS_MAX; offset += PAGE_KEYS) {
    const page = await loadKeys(bucket, { q, order: 'asc', offset, limit: PAGE_KEYS, maxValueBytes: LINE_BYTES }, signal);
    rows.push(...page.items);
    if (rows.length >= page.total || page.items.length === 0) return { rows, total: page.total };
  }
  return { rows, total: Number.POSITIVE_INFINITY };
}

const columns: readonly DataTableColumn<KeyTreeItem>[] = [
  { id: 'key', header: 'Key', width: 260, isFixed: true, cell: (item) => <TokenCell item={item} /> },
  {
    id: 'value',
    header: 'Value',
    cellClass: 'mono',
    cell: (item) =>
      item.kind === 'branch' ? <span className="f3">{plural(item.count, 'key')}</span> : <ValueCell entry={item.row} />,
    flash: (item) => (item.kind === 'branch' ? item.count : item.row.revision),
  },
  {
    id: 'size',
    header: 'Size',
    width: 84,
    isNumeric: true,
    from: 'lg',
    cellClass: 'f2',
    cell: (item) => (item.kind === 'branch' ? '' : sizeOf(item.row)),
  },
  {
    id: 'revision',
    header: 'Revision',
    width: 92,
    isNumeric: true,
    from: 'md',
    cell: (item) => (item.kind === 'branch' ? '' : formatCount(item.row.revision)),
  },
  {
    id: 'age',
    header: 'Changed',
    width: 88,
    isNumeric: true,
    from: 'md',
    cell: (item) => (item.kind === 'branch' ? '' : <Age sinceMs={item.row.createdAtMs} />),
  },
];

function TokenCell({ item }: { item: KeyTreeItem }): ReactNode {
  return (
    <span className="row treecell" style={{ paddingLeft: item.depth * INDENT_PX }}>
      {item.kind === 'branch' ? (
        <Icon of={item.isOpen ? ChevronDown : ChevronRight} isSmall className="f3" />
      ) : (
        <i className="leaf" />
      )}
      <span className={`mono el t${tintOf(item.token)} ${item.kind === 'branch' ? 'm5' : ''}`}>{item.token}</span>
    </span>
  );
}

export interface KeyTreeTableProps {
  readonly bucket: BucketRef;
  readonly q: string;
  readonly openKey: string | null;
  readonly onOpen: (key: string) => void;
}

export function KeyTreeTable({ bucket, q, openKey, onOpen }: KeyTreeTableProps): ReactNode {
  const isStale = useIsStale();
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(openKey === null ? [] : branchesOf(openKey)));
  const { data, error, refetch } = useQuery({
    queryKey: ['kv', bucket.account, bucket.bucket, 'tree', q],
    queryFn: ({ signal }) => loadTree(bucket, q, signal),
    refetchInterval: TREE_REFRESH_MS,
  });
  const items = useMemo(() => keyTree(data?.rows ?? [], open), [data, open]);
  if (data === undefined && error !== null) return <FailedState error={error} onRetry={() => void refetch()} />;
  const toggle = (path: string): void => {
    const next = new Set(open);
    if (!next.delete(path)) next.add(path);
    setOpen(next);
  };
  return (
    <>
      <DataTable
        label={`Keys of ${bucket.bucket} as a tree`}
        columns={columns}
        rowCount={data === undefined ? 6 : items.length}
        rowAt={(index) => items[index]}
        rowKey={treeKeyOf}
        openKey={openKey}
        onOpen={(item) => (item.kind === 'branch' ? toggle(item.path) : onOpen(item.row.key))}
        rowClass={(item) => (item.kind === 'key' && item.row.operation !== 'put' ? 'gone' : '')}
        isStale={isStale}
        empty={<NoKeys bucket={bucket.bucket} isFiltered={q !== ''} />}
      />
      <div className="foot">
        <span>{plural(data?.rows.length ?? 0, 'key')}</span>
        {data !== undefined && data.total > data.rows.length ? (
          <span className="warn">the first {formatCount(TREE_KEYS_MAX)} only: search to see others</span>
        ) : null}
        <span className="push">Enter folds and unfolds, every {TREE_REFRESH_MS / 1000} s</span>
      </div>
    </>
  );
}
