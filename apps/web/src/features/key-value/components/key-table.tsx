/** Keys of a bucket, whole, by name. */
import type { KeyRow, KeysPage } from '@sluice/protocol/console';
import { type ReactNode, useMemo } from 'react';
import type { DataTableColumn } from '../../../components/data-table/column.ts';
import { WindowTable } from '../../../components/data-table/window-table.tsx';
import { EmptyState } from '../../../components/states.tsx';
import { Subject } from '../../../components/subject.tsx';
import { Age } from '../../../components/time.tsx';
import { formatCount, plural } from '../../../lib/format.ts';
import { usePageWindow } from '../../../lib/page-window.ts';
import { type BucketRef, KV_REFRESH_MS, loadKeys } from '../api/kv-api.ts';
import { sizeOf, ValueCell } from './key-columns.tsx';

/** Bytes of a value that one line of the list needs. */
const LINE_BYTES = 512;

const columns: readonly DataTableColumn<KeyRow>[] = [
  {
    id: 'key',
    header: 'Key',
    width: 230,
    isFixed: true,
    sortKey: 'key',
    firstOrder: 'asc',
    cell: (row) => <Subject value={row.key} />,
  },
  { id: 'value', header: 'Value', cellClass: 'mono', cell: (row) => <ValueCell entry={row} />, flash: (row) => row.revision },
  { id: 'size', header: 'Size', width: 84, isNumeric: true, from: 'lg', cellClass: 'f2', cell: sizeOf },
  { id: 'revision', header: 'Revision', width: 92, isNumeric: true, from: 'md', cell: (row) => formatCount(row.revision) },
  { id: 'revisions', header: 'Kept', width: 66, isNumeric: true, from: 'lg', cell: (row) => formatCount(row.revisions) },
  { id: 'age', header: 'Changed', width: 88, isNumeric: true, from: 'md', cell: (row) => <Age sinceMs={row.createdAtMs} /> },
];

export interface KeyTableProps {
  readonly bucket: BucketRef;
  readonly q: string;
  readonly order: 'asc' | 'desc';
  readonly openKey: string | null;
  readonly onOpen: (key: string) => void;
  readonly onOrder: (order: 'asc' | 'desc') => void;
}

export function KeyTable({ bucket, q, order, openKey, onOpen, onOrder }: KeyTableProps): ReactNode {
  const window = usePageWindow<KeyRow, KeysPage>({
    queryKey: ['kv', bucket.account, bucket.bucket, 'keys', q, order],
    load: (range, signal) => loadKeys(bucket, { q, order, maxValueBytes: LINE_BYTES, ...range }, signal),
    refetchMs: KV_REFRESH_MS,
  });
  const empty = useMemo(() => <NoKeys bucket={bucket.bucket} isFiltered={q !== ''} />, [bucket.bucket, q]);
  return (
    <>
      <WindowTable
        label={`Keys of ${bucket.bucket}`}
        columns={columns}
        window={window}
        rowKey={(row) => row.key}
        sort={{ key: 'key', order }}
        onSort={(sort) => onOrder(sort.order)}
        openKey={openKey}
        onOpen={(row) => onOpen(row.key)}
        rowClass={(row) => (row.operation === 'put' ? '' : 'gone')}
        empty={empty}
      />
      <div className="foot">
        <span>{plural(window.answer?.total, 'key')}</span>
        {window.answer?.isTruncated === true ? <span className="warn">only the first 200,000 are listed</span> : null}
        <span className="push">every {KV_REFRESH_MS / 1000} s</span>
      </div>
    </>
  );
}

/** What an empty bucket teaches. */
export function NoKeys({ bucket, isFiltered }: { bucket: string; isFiltered: boolean }): ReactNode {
  if (isFiltered) return <EmptyState title="No key fits" />;
  return (
    <EmptyState title="No key yet" command={`nats kv put ${bucket} theme dark`}>
      Keys are subjects: their tokens, split by dots, make a tree.
    </EmptyState>
  );
}
