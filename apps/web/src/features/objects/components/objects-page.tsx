/** Object stores: what lies in each bucket, with upload, download and digest. */
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { BucketPage } from '../../../components/jetstream/bucket-page.tsx';
import { bucketCommand, CreateBucket } from '../../../components/jetstream/create-bucket.tsx';
import { dataKeys, useAct } from '../../../components/jetstream/use-act.ts';
import { EmptyState } from '../../../components/states.tsx';
import { formatBytes, plural } from '../../../lib/format.ts';
import { useUrlState } from '../../../lib/url-state.ts';
import { createObjectBucket, objectBucketsQuery } from '../api/objects-api.ts';
import { parseObjectsSearch } from '../model/objects-search.ts';
import { ObjectBucketView } from './object-bucket-view.tsx';
import './objects.css';

/** What belongs to one bucket alone. */
const OF_ONE_BUCKET = { object: undefined, q: undefined } as const;

export function ObjectsPage(): ReactNode {
  const [search, patch] = useUrlState(parseObjectsSearch);
  const buckets = useQuery(objectBucketsQuery(search.account));
  return (
    <BucketPage
      title="Objects"
      listLabel="Object stores"
      search={search}
      onChange={patch}
      ofOneBucket={OF_ONE_BUCKET}
      buckets={buckets}
      noteOf={(row) => `${row.objects === null ? '' : `${plural(row.objects, 'object')} · `}${formatBytes(row.bytes.used)}`}
      empty={
        <EmptyState title="No object store yet" command="nats object add files">
          An object store keeps files of any size in a stream, in chunks, each file with its digest.
        </EmptyState>
      }
      renderBucket={(row) => <ObjectBucketView key={row.name} row={row} search={search} onChange={patch} />}
      renderForm={(onCreated, onClose) => <NewBucket account={search.account} onCreated={onCreated} onClose={onClose} />}
    />
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
      commandOf={(settings) => bucketCommand('object add', settings)}
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
