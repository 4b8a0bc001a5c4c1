/** Key-value buckets: their keys as a table or a tree, changes as they come, one key with its history. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Field } from '../../../components/field.tsx';
import { BucketPage } from '../../../components/jetstream/bucket-page.tsx';
import { bucketCommand, CreateBucket } from '../../../components/jetstream/create-bucket.tsx';
import { dataKeys, useAct } from '../../../components/jetstream/use-act.ts';
import { EmptyState } from '../../../components/states.tsx';
import { formatBytes, plural } from '../../../lib/format.ts';
import { useUrlState } from '../../../lib/url-state.ts';
import { bucketsQuery, createBucket } from '../api/kv-api.ts';
import { parseKvSearch } from '../model/kv-search.ts';
import { BucketView } from './bucket-view.tsx';
import './key-value.css';

/** What belongs to one bucket alone. */
const OF_ONE_BUCKET = { key: undefined, rev: undefined, q: undefined } as const;

export function KeyValuePage(): ReactNode {
  const [search, patch] = useUrlState(parseKvSearch);
  const buckets = useQuery(bucketsQuery(search.account));
  return (
    <BucketPage
      title="Key-Value"
      listLabel="Key-value buckets"
      search={search}
      onChange={patch}
      ofOneBucket={OF_ONE_BUCKET}
      buckets={buckets}
      noteOf={(row) => `${plural(row.keys, 'key')} · ${formatBytes(row.bytes.used)}`}
      empty={
        <EmptyState title="No bucket yet" command="nats kv add settings --history=10">
          A bucket keeps the newest value of each key, and as many older ones as it is told. Clients read, write and watch it.
        </EmptyState>
      }
      renderBucket={(row) => <BucketView key={row.name} row={row} search={search} onChange={patch} />}
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
  const [history, setHistory] = useState('5');
  const act = useAct(dataKeys);
  const count = Number(history);
  const isWrong = !/^\d{1,2}$/.test(history) || count < 1 || count > 64;
  return (
    <CreateBucket
      title="New bucket"
      problem={isWrong ? 'history' : null}
      commandOf={(settings) => bucketCommand('kv add', settings, [`--history=${count}`])}
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
