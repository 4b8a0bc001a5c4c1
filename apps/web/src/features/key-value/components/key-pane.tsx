/** One key: its value, its history with what each revision changed, and every write guarded by the revision that was seen. */
import type { KeyDetail, KvBucketRow, KvEntry } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { Eraser, Pencil, Trash2 } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { ConfirmDestructive } from '../../../components/confirm-destructive.tsx';
import { CopyButton } from '../../../components/copy-button.tsx';
import { payloadInput } from '../../../components/jetstream/stored-payload.ts';
import { dataKeys, useAct } from '../../../components/jetstream/use-act.ts';
import { PaneHead } from '../../../components/pane-head.tsx';
import { PayloadView, type PayloadViewTab } from '../../../components/payload-view/payload-view.tsx';
import { EmptyState, FailedState, Skeleton } from '../../../components/states.tsx';
import { Subject } from '../../../components/subject.tsx';
import { Tabs } from '../../../components/tabs.tsx';
import { Age, Time } from '../../../components/time.tsx';
import { formatBytes, formatCount, plural } from '../../../lib/format.ts';
import { useMay } from '../../../lib/session.ts';
import { type BucketRef, keyQuery, removeKey } from '../api/kv-api.ts';
import { OperationBadge } from './key-columns.tsx';
import { KeyHistory } from './key-history.tsx';
import { EditValue } from './value-editor.tsx';

export interface KeyPaneProps {
  readonly bucket: BucketRef;
  readonly row: KvBucketRow;
  readonly name: string;
  /** Revision of the history that is open; null: the history is closed. */
  readonly revision: number | null;
  readonly onRevision: (revision: number | null) => void;
  readonly onClose: () => void;
}

export function KeyPane(props: KeyPaneProps): ReactNode {
  const { bucket, name, onClose } = props;
  const { data, error, refetch } = useQuery(keyQuery(bucket, name));
  return (
    <aside className="col side drawer keyp" aria-label={`Key ${name}`}>
      <PaneHead className="dhead sjl" onClose={onClose}>
        <span className="el">
          <Subject value={name} />
        </span>
        <CopyButton text={name} label="Copy key" isIconOnly />
      </PaneHead>
      {data === undefined && error === null ? <Skeleton widths={[50, 90, 70]} /> : null}
      {data === undefined && error !== null ? <FailedState error={error} onRetry={() => void refetch()} /> : null}
      {data === undefined ? null : <Known detail={data} {...props} />}
    </aside>
  );
}

function Known({ detail, ...props }: KeyPaneProps & { detail: KeyDetail }): ReactNode {
  const { bucket, name, revision, onRevision, row } = props;
  const { entry, history } = detail;
  if (entry === null) {
    return (
      <EmptyState title="This key is not there" command={`nats kv put ${bucket.bucket} ${name} value`}>
        It was never written, or nothing of it is kept.
      </EmptyState>
    );
  }
  const tab = revision === null ? 'value' : 'history';
  return (
    <>
      <dl className="kv one mfacts">
        <dt>Revision</dt>
        <dd className="num">
          {formatCount(entry.revision)} <OperationBadge operation={entry.operation} />
        </dd>
        <dt>Changed</dt>
        <dd className="num">
          <Time atMs={entry.createdAtMs} style="full" />
        </dd>
        <dt>Size</dt>
        <dd className="num">{formatBytes(entry.sizeBytes)}</dd>
        {entry.expiresAtMs === null ? null : (
          <>
            <dt>Expires</dt>
            <dd className="num">
              <Time atMs={entry.expiresAtMs} style="full" />
            </dd>
          </>
        )}
      </dl>
      <Tabs
        label="Value and history"
        isInner
        panelId="key-panel"
        value={tab}
        tabs={[
          { value: 'value', label: 'Value' },
          { value: 'history', label: 'History', count: history.length },
        ]}
        onChange={(next) => onRevision(next === 'value' ? null : (history[0]?.revision ?? null))}
      />
      <div className="col grow" id="key-panel" role="tabpanel" aria-labelledby={`key-panel-tab-${tab}`}>
        {tab === 'value' ? (
          <Value key={name} entry={entry} history={history} bucket={bucket} row={row} name={name} />
        ) : (
          <KeyHistory bucket={bucket} entry={entry} history={history} revision={revision} onRevision={onRevision} />
        )}
      </div>
    </>
  );
}

interface ValueProps {
  readonly entry: KvEntry;
  readonly history: readonly KvEntry[];
  readonly bucket: BucketRef;
  readonly row: KvBucketRow;
  readonly name: string;
}

function Value({ entry, history, bucket, row, name }: ValueProps): ReactNode {
  const [tab, setTab] = useState<PayloadViewTab | undefined>(undefined);
  const [mode, setMode] = useState<'view' | 'edit' | 'delete' | 'purge'>('view');
  const may = useMay('operator');
  const { revision, value, isTruncated } = entry;
  const before = history.find((each) => each.revision < revision && each.operation === 'put');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same revision is the same value, however often it is read
  const input = useMemo(
    () =>
      payloadInput({ ...value, isTruncated }, before === undefined ? null : { ...before.value, isTruncated: before.isTruncated }),
    [revision, before?.revision],
  );
  if (mode === 'edit')
    return <EditValue entry={entry} bucket={bucket} canExpire={row.markerTtlMs !== null} onClose={() => setMode('view')} />;
  const needs = may ? undefined : 'Writing a key needs the role operator';
  return (
    <>
      {entry.operation === 'put' ? (
        <PayloadView
          input={input}
          headers={{ status: '', pairs: [] }}
          tab={tab}
          onTab={setTab}
          tabs={['json', 'text', 'hex', 'diff']}
        />
      ) : (
        <EmptyState title={entry.operation === 'purge' ? 'Purged' : 'Deleted'}>
          <Age sinceMs={entry.createdAtMs} /> ago.{' '}
          {entry.operation === 'delete' && history.length > 1 ? 'Its history can bring it back.' : 'Nothing older is kept.'}
        </EmptyState>
      )}
      {mode === 'view' ? (
        <div className="dfoot consacts">
          <Button
            icon={Pencil}
            offReason={isTruncated ? 'The value is too large to edit here' : needs}
            onClick={() => setMode('edit')}
          >
            Edit
          </Button>
          <Button
            variant="danger"
            icon={Trash2}
            className="push"
            offReason={entry.operation === 'put' ? needs : 'It is gone already'}
            onClick={() => setMode('delete')}
          >
            Delete…
          </Button>
          <Button variant="danger" icon={Eraser} offReason={needs} onClick={() => setMode('purge')}>
            Purge…
          </Button>
        </div>
      ) : (
        <Remove how={mode} entry={entry} bucket={bucket} name={name} kept={history.length} onClose={() => setMode('view')} />
      )}
    </>
  );
}

interface RemoveProps {
  readonly how: 'delete' | 'purge';
  readonly entry: KvEntry;
  readonly bucket: BucketRef;
  readonly name: string;
  /** Revisions that are kept now. */
  readonly kept: number;
  readonly onClose: () => void;
}

function Remove({ how, entry, bucket, name, kept, onClose }: RemoveProps): ReactNode {
  const act = useAct(dataKeys);
  const isPurge = how === 'purge';
  return (
    <ConfirmDestructive
      question={`${isPurge ? 'Purge' : 'Delete'} ${name}?`}
      consequence={
        isPurge
          ? `The value and ${plural(Math.max(kept - 1, 0), 'older revision')} go for good; a marker stays.`
          : 'A marker takes its place. Older revisions stay and can bring it back.'
      }
      typed={name}
      typedLabel="Type the key"
      action={isPurge ? 'Purge key' : 'Delete key'}
      icon={isPurge ? Eraser : Trash2}
      onCancel={onClose}
      onConfirm={async () => {
        await act.mustRun(
          () => removeKey(bucket, how, { key: name, expectedRevision: entry.revision }),
          (marker) => `${isPurge ? 'Purged' : 'Deleted'} ${name}, revision ${formatCount(marker.revision)}`,
        );
        onClose();
      }}
    />
  );
}
