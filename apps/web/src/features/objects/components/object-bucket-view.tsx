/** Objects of one bucket; files dropped here are sent into it. */
import { notifications } from '@mantine/notifications';
import type { ObjectBucketRow, ObjectRow, ObjectsPage } from '@sluice/protocol/console';
import { Link2, Upload as UploadIcon } from 'lucide-react';
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import { Badge } from '../../../components/badge.tsx';
import { Button } from '../../../components/button.tsx';
import type { DataTableColumn } from '../../../components/data-table/column.ts';
import { WindowTable } from '../../../components/data-table/window-table.tsx';
import { RemoveBucket, RemoveBucketButton } from '../../../components/jetstream/remove-bucket.tsx';
import { SearchInput } from '../../../components/search-input.tsx';
import { EmptyState } from '../../../components/states.tsx';
import { Age } from '../../../components/time.tsx';
import { formatBytes, formatCount, plural, UNKNOWN } from '../../../lib/format.ts';
import { usePageWindow } from '../../../lib/page-window.ts';
import { useMay } from '../../../lib/session.ts';
import type { SearchPatch } from '../../../lib/url-state.ts';
import { deleteObjectBucket, loadObjects, OBJECTS_REFRESH_MS, type ObjectBucketRef } from '../api/objects-api.ts';
import { useUploads } from '../api/use-uploads.ts';
import type { ObjectsSearch } from '../model/objects-search.ts';
import { UPLOADS_MAX } from '../model/upload-list.ts';
import { ObjectPane } from './object-pane.tsx';
import { UploadList } from './upload-list-view.tsx';

const columns: readonly DataTableColumn<ObjectRow>[] = [
  { id: 'name', header: 'Object', isFixed: true, sortKey: 'name', firstOrder: 'asc', cell: (row) => <NameCell row={row} /> },
  { id: 'size', header: 'Size', width: 96, isNumeric: true, cell: (row) => (row.isDeleted ? '' : formatBytes(row.sizeBytes)) },
  { id: 'chunks', header: 'Chunks', width: 84, isNumeric: true, from: 'md', cell: (row) => formatCount(row.chunks) },
  {
    id: 'digest',
    header: 'Digest',
    width: 220,
    from: 'lg',
    cellClass: 'mono f2',
    cell: (row) => row.digest?.replace('SHA-256=', '') ?? UNKNOWN,
  },
  {
    id: 'modified',
    header: 'Changed',
    width: 96,
    isNumeric: true,
    cell: (row) => (row.modifiedAtMs === null ? UNKNOWN : <Age sinceMs={row.modifiedAtMs} />),
  },
];

function NameCell({ row }: { row: ObjectRow }): ReactNode {
  return (
    <span className="row jsname" title={row.description ?? row.name}>
      <span className="m5 el">{row.name}</span>
      {row.link === null ? null : (
        <Badge icon={Link2}>{row.link.name === null ? `bucket ${row.link.bucket}` : `${row.link.bucket}/${row.link.name}`}</Badge>
      )}
      {row.isDeleted ? <Badge tone="warn">deleted</Badge> : null}
    </span>
  );
}

export interface ObjectBucketViewProps {
  readonly row: ObjectBucketRow;
  readonly search: ObjectsSearch;
  readonly onChange: (change: SearchPatch) => void;
}

export function ObjectBucketView({ row, search, onChange }: ObjectBucketViewProps): ReactNode {
  const bucket = useMemo<ObjectBucketRef>(() => ({ account: search.account, bucket: row.name }), [search.account, row.name]);
  const may = useMay('operator');
  const uploads = useUploads(bucket);
  const [isOver, setIsOver] = useState(false);
  const window = usePageWindow<ObjectRow, ObjectsPage>({
    queryKey: ['objects', bucket.account, bucket.bucket, 'list', search.q, search.order],
    load: (range, signal) => loadObjects(bucket, { q: search.q, order: search.order, ...range }, signal),
    refetchMs: OBJECTS_REFRESH_MS,
  });
  const offReason = row.isSealed ? 'This bucket is sealed' : may ? undefined : 'Uploading needs the role operator';
  const add = (files: FileList | null): void => {
    const left = uploads.add([...(files ?? [])]);
    if (left > 0)
      notifications.show({ message: `${plural(left, 'file')} left out: ${UPLOADS_MAX} at a time`, 'data-tone': 'bad' });
  };
  const close = useCallback(() => onChange({ object: undefined }), [onChange]);
  return (
    <>
      <section
        className={`col grow ${isOver ? 'dropon' : ''}`}
        aria-label={`Bucket ${row.name}`}
        onDragOver={(event) => {
          if (offReason !== undefined) return;
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setIsOver(false);
          if (offReason === undefined) add(event.dataTransfer.files);
        }}
      >
        <Toolbar row={row} search={search} onChange={onChange} onFiles={add} offReason={offReason} />
        <UploadList uploads={uploads} />

        <WindowTable
          label={`Objects of ${row.name}`}
          columns={columns}
          window={window}
          rowKey={(object) => object.name}
          sort={{ key: 'name', order: search.order }}
          onSort={(sort) => onChange({ order: sort.order === 'asc' ? undefined : sort.order })}
          openKey={search.object}
          onOpen={(object) => onChange({ object: object.name })}
          rowClass={(object) => (object.isDeleted ? 'gone' : '')}
          empty={
            search.q === '' ? (
              <EmptyState title="No object yet" command={`nats object put ${row.name} report.pdf`}>
                Drop files here, or choose them with Upload.
              </EmptyState>
            ) : (
              <EmptyState title="No object fits" />
            )
          }
        />
        <div className="foot">
          <span>{plural(window.answer?.total, 'object')}</span>
          <span>
            {formatBytes(row.bytes.used)}
            {row.bytes.limit === null ? '' : ` of ${formatBytes(row.bytes.limit)}`} stored
          </span>
          {window.answer?.isTruncated === true ? <span className="warn">only the first 100,000 are listed</span> : null}
          <span className="push">every {OBJECTS_REFRESH_MS / 1000} s</span>
        </div>
        {search.pane === 'delete' ? (
          <RemoveBucket
            name={row.name}
            contents={`${row.objects === null ? 'every object' : plural(row.objects, 'object')} and ${formatBytes(row.bytes.used)}`}
            remove={() => deleteObjectBucket(bucket)}
            onCancel={() => onChange({ new: undefined })}
            onRemoved={() => onChange({ bucket: undefined, object: undefined, new: undefined })}
          />
        ) : null}
      </section>
      {search.object === null || search.pane === 'bucket' ? null : (
        <ObjectPane key={search.object} bucket={bucket} name={search.object} isSealed={row.isSealed} onClose={close} />
      )}
    </>
  );
}

interface ToolbarProps extends ObjectBucketViewProps {
  readonly onFiles: (files: FileList | null) => void;
  readonly offReason: string | undefined;
}

function Toolbar({ row, search, onChange, onFiles, offReason }: ToolbarProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className="tool kvtool">
      <SearchInput label="Search objects" placeholder="Part of a name" value={search.q} onChange={(q) => onChange({ q })} />
      <span className="push row">
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label="Files to upload"
          onChange={(event) => {
            onFiles(event.currentTarget.files);
            event.currentTarget.value = '';
          }}
        />
        <Button icon={UploadIcon} offReason={offReason} onClick={() => input.current?.click()}>
          Upload
        </Button>
        <RemoveBucketButton name={row.name} onAsk={() => onChange({ new: 'delete' })} />
      </span>
    </div>
  );
}
