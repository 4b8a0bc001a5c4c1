/** Object stores: what lies in each bucket, with upload, download and digest. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useCallback } from 'react';
import { Button } from '../../../components/button.tsx';
import { BucketList } from '../../../components/jetstream/bucket-list.tsx';
import { type BucketSettings, CreateBucket } from '../../../components/jetstream/create-bucket.tsx';
import { DataAccount } from '../../../components/jetstream/data-account.tsx';
import { JetStreamGate } from '../../../components/jetstream/jetstream-gate.tsx';
import { dataKeys, useAct } from '../../../components/jetstream/use-act.ts';
import { EmptyState, FailedState } from '../../../components/states.tsx';
import { writeGoDuration } from '../../../lib/duration.ts';
import { formatBytes, plural } from '../../../lib/format.ts';
import { useMay } from '../../../lib/session.ts';
import { type SearchPatch, useUrlState } from '../../../lib/url-state.ts';
import { createObjectBucket, objectBucketsQuery } from '../api/objects-api.ts';
import { type ObjectsSearch, parseObjectsSearch } from '../model/objects-search.ts';
import { ObjectBucketView } from './object-bucket-view.tsx';
import './objects.css';

export function ObjectsPage(): ReactNode {
  const [search, patch] = useUrlState(parseObjectsSearch);
  const head = (
    <div className="head">
      <h1>Objects</h1>
      <span className="push row">
        <DataAccount account={search.account} onChange={(account) => patch({ account, bucket: undefined, object: undefined })} />
      </span>
    </div>
  );
  return (
    <JetStreamGate account={search.account} head={head}>
      <Buckets search={search} onChange={patch} />
    </JetStreamGate>
  );
}

interface BucketsProps {
  readonly search: ObjectsSearch;
  readonly onChange: (change: SearchPatch) => void;
}

function Buckets({ search, onChange }: BucketsProps): ReactNode {
  const { data, error, refetch } = useQuery(objectBucketsQuery(search.account));
  const may = useMay('admin');
  const choose = useCallback(
    (bucket: string) => onChange({ bucket, object: undefined, q: undefined, new: undefined }),
    [onChange],
  );
  if (data === undefined && error !== null) return <FailedState error={error} onRetry={() => void refetch()} />;
  const row =
    data?.items.find((bucket) => bucket.name === search.bucket) ?? (search.bucket === null ? data?.items[0] : undefined);
  return (
    <div className="split">
      <BucketList
        label="Object stores"
        buckets={data?.items.map((bucket) => ({
          name: bucket.name,
          note: `${bucket.objects === null ? '' : `${plural(bucket.objects, 'object')} · `}${formatBytes(bucket.bytes.used)}`,
        }))}
        chosen={row?.name ?? null}
        onChoose={choose}
        onCreate={() => onChange({ new: 'bucket' })}
        offReason={may ? undefined : 'Creating a bucket needs the role admin'}
      />
      {row === undefined ? (
        <div className="col grow">{data === undefined ? null : <NoBucket search={search} onChange={onChange} />}</div>
      ) : (
        <ObjectBucketView key={row.name} row={row} search={search} onChange={onChange} />
      )}
      {search.pane === 'bucket' ? (
        <NewBucket account={search.account} onCreated={choose} onClose={() => onChange({ new: undefined })} />
      ) : null}
    </div>
  );
}

function NoBucket({ search, onChange }: BucketsProps): ReactNode {
  if (search.bucket !== null) {
    return (
      <EmptyState
        title={`There is no bucket ${search.bucket}`}
        action={<Button onClick={() => onChange({ bucket: undefined })}>Show all buckets</Button>}
      />
    );
  }
  return (
    <EmptyState title="No object store yet" command="nats object add files">
      An object store keeps files of any size in a stream, in chunks, each file with its digest.
    </EmptyState>
  );
}

interface NewBucketProps {
  readonly account: string;
  readonly onCreated: (name: string) => void;
  readonly onClose: () => void;
}

function NewBucket({ account, onCreated, onClose }: NewBucketProps): ReactNode {
  const act = useAct(dataKeys);
  return (
    <CreateBucket
      title="New object store"
      commandOf={commandOf}
      create={async (settings) => {
        const row = await act.mustRun(
          () => createObjectBucket(account, settings),
          (created) => `Created object store ${created.name}`,
        );
        onCreated(row.name);
      }}
      onClose={onClose}
    />
  );
}

function commandOf({ bucket, ttlMs, maxBytes, storage, compression }: BucketSettings): string {
  return [
    `nats object add ${bucket}`,
    ttlMs === undefined ? '' : `--ttl=${writeGoDuration(ttlMs * 1e6)}`,
    maxBytes === undefined ? '' : `--max-bucket-size=${maxBytes}`,
    `--storage=${storage}`,
    compression === 's2' ? '--compress' : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}
