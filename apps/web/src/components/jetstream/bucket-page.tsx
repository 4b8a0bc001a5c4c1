/** The frame of a page of buckets: account, the list of buckets, the chosen one, and the form for a new one. */
import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useCallback } from 'react';
import { useMay } from '../../lib/session.ts';
import type { SearchPatch } from '../../lib/url-state.ts';
import { AccountSelect } from '../account-select.tsx';
import { Button } from '../button.tsx';
import { EmptyState, FailedState } from '../states.tsx';
import { BucketList } from './bucket-list.tsx';
import { JetStreamGate } from './jetstream-gate.tsx';

/** What every page of buckets keeps in its URL. */
export interface BucketSearch {
  readonly account: string;
  readonly bucket: string | null;
  readonly pane: string | null;
}

export interface BucketPageProps<Row> {
  readonly title: string;
  /** Said to screen readers of the list. */
  readonly listLabel: string;
  readonly search: BucketSearch;
  readonly onChange: (change: SearchPatch) => void;
  /** Parameters that belong to one bucket alone: they go when another is chosen. */
  readonly ofOneBucket: SearchPatch;
  readonly buckets: UseQueryResult<{ items: Row[] }>;
  /** Figures under the name. */
  readonly noteOf: (row: Row) => string;
  /** Where there is no bucket at all. */
  readonly empty: ReactNode;
  readonly renderBucket: (row: Row) => ReactNode;
  readonly renderForm: (onCreated: (name: string) => void, onClose: () => void) => ReactNode;
}

export function BucketPage<Row extends { readonly name: string }>(props: BucketPageProps<Row>): ReactNode {
  const { title, search, onChange, ofOneBucket } = props;
  const head = (
    <div className="head">
      <h1>{title}</h1>
      <span className="push row">
        <AccountSelect
          account={search.account}
          onChange={(account) => onChange({ ...ofOneBucket, account, bucket: undefined, new: undefined })}
        />
      </span>
    </div>
  );
  return (
    <JetStreamGate account={search.account} head={head}>
      <Buckets {...props} />
    </JetStreamGate>
  );
}

function Buckets<Row extends { readonly name: string }>(props: BucketPageProps<Row>): ReactNode {
  const { listLabel, search, onChange, ofOneBucket, noteOf, empty, renderBucket, renderForm } = props;
  const { data, error, refetch } = props.buckets;
  const may = useMay('admin');
  const choose = useCallback((bucket: string) => onChange({ ...ofOneBucket, bucket, new: undefined }), [onChange, ofOneBucket]);
  if (data === undefined && error !== null) return <FailedState error={error} onRetry={() => void refetch()} />;
  const row =
    data?.items.find((bucket) => bucket.name === search.bucket) ?? (search.bucket === null ? data?.items[0] : undefined);
  return (
    <div className="split">
      <BucketList
        label={listLabel}
        buckets={data?.items.map((bucket) => ({ name: bucket.name, note: noteOf(bucket) }))}
        chosen={row?.name ?? null}
        onChoose={choose}
        onCreate={() => onChange({ new: 'bucket' })}
        offReason={may ? undefined : 'Creating a bucket needs the role admin'}
      />
      {row === undefined ? null : renderBucket(row)}
      {row === undefined ? (
        <div className="col grow">{data === undefined ? null : search.bucket === null ? empty : <NoSuchBucket {...props} />}</div>
      ) : null}
      {search.pane === 'bucket' ? renderForm(choose, () => onChange({ new: undefined })) : null}
    </div>
  );
}

function NoSuchBucket({ search, onChange }: Pick<BucketPageProps<never>, 'search' | 'onChange'>): ReactNode {
  return (
    <EmptyState
      title={`There is no bucket ${search.bucket ?? ''}`}
      action={<Button onClick={() => onChange({ bucket: undefined })}>Show all buckets</Button>}
    />
  );
}
