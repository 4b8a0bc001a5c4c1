/** One bucket: its keys, or what changes in it, and beside it the key that is open. */
import type { KvBucketRow } from '@sluice/protocol/console';
import { Plus } from 'lucide-react';
import { type ReactNode, useCallback } from 'react';
import { Button } from '../../../components/button.tsx';
import { RemoveBucket, RemoveBucketButton } from '../../../components/jetstream/remove-bucket.tsx';
import { SearchInput } from '../../../components/search-input.tsx';
import { Seg } from '../../../components/seg.tsx';
import { formatBytes, formatCount, formatSpan, plural } from '../../../lib/format.ts';
import { useMay } from '../../../lib/session.ts';
import type { SearchPatch } from '../../../lib/url-state.ts';
import { type BucketRef, deleteBucket } from '../api/kv-api.ts';
import type { KvSearch } from '../model/kv-search.ts';
import { KeyPane } from './key-pane.tsx';
import { KeyTable } from './key-table.tsx';
import { KeyTreeTable } from './key-tree-table.tsx';
import { NewKey } from './value-editor.tsx';
import { WatchTable } from './watch-table.tsx';

export interface BucketViewProps {
  readonly row: KvBucketRow;
  readonly search: KvSearch;
  readonly onChange: (change: SearchPatch) => void;
}

export function BucketView({ row, search, onChange }: BucketViewProps): ReactNode {
  const bucket: BucketRef = { account: search.account, bucket: row.name };
  const openKey = useCallback((key: string) => onChange({ key, rev: undefined, new: undefined }), [onChange]);
  const closePane = useCallback(() => onChange({ key: undefined, rev: undefined, new: undefined }), [onChange]);
  return (
    <>
      <div className="col grow">
        <Toolbar row={row} search={search} onChange={onChange} />
        <Facts row={row} />
        {search.view === 'table' ? (
          <KeyTable
            bucket={bucket}
            q={search.q}
            order={search.order}
            openKey={search.key}
            onOpen={openKey}
            onOrder={(order) => onChange({ order: order === 'asc' ? undefined : order })}
          />
        ) : null}
        {search.view === 'tree' ? <KeyTreeTable bucket={bucket} q={search.q} openKey={search.key} onOpen={openKey} /> : null}
        {search.view === 'watch' ? (
          <WatchTable bucket={bucket} q={search.q} afterRevision={row.revision} openKey={search.key} onOpen={openKey} />
        ) : null}
        {search.pane === 'delete' ? (
          <RemoveBucket
            name={row.name}
            contents={`${plural(row.keys, 'key')}, every older value, ${formatBytes(row.bytes.used)}`}
            remove={() => deleteBucket(bucket)}
            onCancel={() => onChange({ new: undefined })}
            onRemoved={() => onChange({ bucket: undefined, key: undefined, rev: undefined, new: undefined })}
          />
        ) : null}
      </div>
      {search.pane === 'key' ? <NewKey bucket={bucket} onCreated={openKey} onClose={closePane} /> : null}
      {search.key !== null && search.pane !== 'key' && search.pane !== 'bucket' ? (
        <KeyPane
          key={search.key}
          bucket={bucket}
          row={row}
          name={search.key}
          revision={search.revision}
          onRevision={(revision) => onChange({ rev: revision ?? undefined })}
          onClose={closePane}
        />
      ) : null}
    </>
  );
}

function Toolbar({ row, search, onChange }: BucketViewProps): ReactNode {
  const mayWrite = useMay('operator');
  return (
    <div className="tool kvtool">
      <Seg
        label="Show"
        value={search.view}
        options={[
          { value: 'table', label: 'Table' },
          { value: 'tree', label: 'Tree' },
          { value: 'watch', label: 'Watch' },
        ]}
        onChange={(view) => onChange({ view: view === 'table' ? undefined : view })}
      />
      <SearchInput
        label="Search keys"
        placeholder={search.view === 'watch' ? 'Keys, as orders.>' : 'Part of a key'}
        value={search.q}
        onChange={(q) => onChange({ q })}
      />
      <span className="push row">
        <Button
          icon={Plus}
          offReason={mayWrite ? undefined : 'Writing a key needs the role operator'}
          aria-label="New key"
          onClick={() => onChange({ new: 'key', key: undefined })}
        >
          <span className="h-md">New key</span>
        </Button>
        <RemoveBucketButton name={row.name} onAsk={() => onChange({ new: 'delete' })} />
      </span>
    </div>
  );
}

function Facts({ row }: { row: KvBucketRow }): ReactNode {
  return (
    <div className="facts kvfacts">
      <div>
        <span>Keys</span>
        <b className="num">{formatCount(row.keys)}</b>
      </div>
      <div>
        <span>Stored</span>
        <b className="num">{formatBytes(row.bytes.used)}</b>
        {row.bytes.limit === null ? null : <em className="num">of {formatBytes(row.bytes.limit)}</em>}
      </div>
      <div>
        <span>Revision</span>
        <b className="num">{formatCount(row.revision)}</b>
      </div>
      <div>
        <span>History</span>
        <b className="num">{row.history}</b>
      </div>
      <div className="h-md">
        <span>TTL</span>
        <b className="num">{row.ttlMs === null ? 'none' : formatSpan(row.ttlMs)}</b>
      </div>
      <div className="h-md">
        <span>Storage</span>
        <b>{row.storage}</b>
      </div>
    </div>
  );
}
