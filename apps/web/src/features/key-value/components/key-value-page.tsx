/** Key-value buckets: their keys as a table or a tree, changes as they come, one key with its history. */
import type { KvBucketRow } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useCallback, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { Field } from '../../../components/field.tsx';
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
import { bucketsQuery, createBucket } from '../api/kv-api.ts';
import { type KvSearch, parseKvSearch } from '../model/kv-search.ts';
import { BucketView } from './bucket-view.tsx';
import './key-value.css';

export function KeyValuePage(): ReactNode {
  const [search, patch] = useUrlState(parseKvSearch);
  const head = (
    <div className="head">
      <h1>Key-Value</h1>
      <span className="push row">
        <DataAccount account={search.account} onChange={(account) => patch({ account, bucket: undefined, key: undefined })} />
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
  readonly search: KvSearch;
  readonly onChange: (change: SearchPatch) => void;
}

function Buckets({ search, onChange }: BucketsProps): ReactNode {
  const { data, error, refetch } = useQuery(bucketsQuery(search.account));
  const may = useMay('admin');
  const choose = useCallback(
    (bucket: string) => onChange({ bucket, key: undefined, rev: undefined, q: undefined, new: undefined }),
    [onChange],
  );
  if (data === undefined && error !== null) return <FailedState error={error} onRetry={() => void refetch()} />;
  const row =
    data?.items.find((bucket) => bucket.name === search.bucket) ?? (search.bucket === null ? data?.items[0] : undefined);
  return (
    <div className="split">
      <BucketList
        label="Key-value buckets"
        buckets={data?.items.map((bucket) => ({ name: bucket.name, note: noteOf(bucket) }))}
        chosen={row?.name ?? null}
        onChoose={choose}
        onCreate={() => onChange({ new: 'bucket' })}
        offReason={may ? undefined : 'Creating a bucket needs the role admin'}
      />
      {row === undefined ? (
        <div className="col grow">{data === undefined ? null : <NoBucket search={search} onChange={onChange} />}</div>
      ) : (
        <BucketView key={row.name} row={row} search={search} onChange={onChange} />
      )}
      {search.pane === 'bucket' ? (
        <NewBucket account={search.account} onCreated={choose} onClose={() => onChange({ new: undefined })} />
      ) : null}
    </div>
  );
}

function noteOf(row: KvBucketRow): string {
  return `${plural(row.keys, 'key')} · ${formatBytes(row.bytes.used)}`;
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
    <EmptyState title="No bucket yet" command="nats kv add settings --history=10">
      A bucket keeps the newest value of each key, and as many older ones as it is told. Clients read, write and watch it.
    </EmptyState>
  );
}

interface NewBucketProps {
  readonly account: string;
  readonly onCreated: (name: string) => void;
  readonly onClose: () => void;
}

function NewBucket({ account, onCreated, onClose }: NewBucketProps): ReactNode {
  const [history, setHistory] = useState('5');
  const act = useAct(dataKeys);
  const count = Number(history);
  const isWrong = !/^\d{1,2}$/.test(history) || count < 1 || count > 64;
  return (
    <CreateBucket
      title="New bucket"
      problem={isWrong ? 'history' : null}
      commandOf={(settings) => commandOf(settings, count)}
      create={async (settings) => {
        const row = await act.mustRun(
          () => createBucket(account, { ...settings, history: count }),
          (created) => `Created bucket ${created.name}`,
        );
        onCreated(row.name);
      }}
      onClose={onClose}
    >
      <Field
        label="Revisions kept per key"
        inputMode="numeric"
        value={history}
        hint="Older ones can be seen and brought back"
        error={isWrong ? 'From 1 to 64' : null}
        onChange={(event) => setHistory(event.currentTarget.value)}
      />
    </CreateBucket>
  );
}

function commandOf({ bucket, ttlMs, maxBytes, storage, compression }: BucketSettings, history: number): string {
  return [
    `nats kv add ${bucket}`,
    `--history=${history}`,
    ttlMs === undefined ? '' : `--ttl=${writeGoDuration(ttlMs * 1e6)}`,
    maxBytes === undefined ? '' : `--max-bucket-size=${maxBytes}`,
    `--storage=${storage}`,
    compression === 's2' ? '--compress' : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}
