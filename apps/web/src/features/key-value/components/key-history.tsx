/** Revisions of a key, the newest first; each with what it changed, and a way back to it. */
import type { KvEntry } from '@sluice/protocol/console';
import { Undo2 } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { Button } from '../../../components/button.tsx';
import { payloadInput } from '../../../components/jetstream/stored-payload.ts';
import { dataKeys, useAct } from '../../../components/jetstream/use-act.ts';
import { PayloadView } from '../../../components/payload-view/payload-view.tsx';
import { Age } from '../../../components/time.tsx';
import { formatBytes, formatCount } from '../../../lib/format.ts';
import { useMay } from '../../../lib/session.ts';
import { type BucketRef, revertKey } from '../api/kv-api.ts';
import { OperationBadge } from './key-columns.tsx';

export interface KeyHistoryProps {
  readonly bucket: BucketRef;
  /** The newest. */
  readonly entry: KvEntry;
  readonly history: readonly KvEntry[];
  readonly revision: number | null;
  readonly onRevision: (revision: number) => void;
}

export function KeyHistory({ bucket, entry, history, revision, onRevision }: KeyHistoryProps): ReactNode {
  const index = history.findIndex((each) => each.revision === revision);
  const chosen = history[index] ?? history[0];
  if (chosen === undefined) return <p className="sec f2 sm">Nothing is kept.</p>;
  const before = history.slice(Math.max(index, 0) + 1).find((each) => each.operation === 'put');
  return (
    <>
      <ul className="revlist scroll" aria-label="Revisions">
        {history.map((each) => (
          <li key={each.revision}>
            <button
              type="button"
              className={`bucket revrow ${each === chosen ? 'sel' : ''}`}
              aria-current={each === chosen}
              onClick={() => onRevision(each.revision)}
            >
              <b className="num m5">{formatCount(each.revision)}</b>
              <OperationBadge operation={each.operation} />
              <span className="f3 num">{each.operation === 'put' ? formatBytes(each.sizeBytes) : ''}</span>
              <span className="f3 num push">
                <Age sinceMs={each.createdAtMs} /> ago
              </span>
            </button>
          </li>
        ))}
      </ul>
      {chosen.operation === 'put' ? (
        <Difference key={chosen.revision} chosen={chosen} before={before} />
      ) : (
        <p className="payload-note">This revision took the value away.</p>
      )}
      <Revert bucket={bucket} entry={entry} chosen={chosen} />
    </>
  );
}

function Difference({ chosen, before }: { chosen: KvEntry; before: KvEntry | undefined }): ReactNode {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same revision is the same value, however often it is read
  const input = useMemo(
    () =>
      payloadInput(
        { ...chosen.value, isTruncated: chosen.isTruncated },
        before === undefined ? null : { ...before.value, isTruncated: before.isTruncated },
      ),
    [chosen.revision, before?.revision],
  );
  return (
    <div className="col grow difft">
      <p className="payload-note">
        {before === undefined ? 'The oldest value that is kept.' : `Compared with revision ${formatCount(before.revision)}.`}
      </p>
      <PayloadView
        input={input}
        headers={{ status: '', pairs: [] }}
        tab={before === undefined ? undefined : 'diff'}
        onTab={() => undefined}
        tabs={before === undefined ? ['json', 'text', 'hex'] : ['diff']}
      />
    </div>
  );
}

interface RevertProps {
  readonly bucket: BucketRef;
  readonly entry: KvEntry;
  readonly chosen: KvEntry;
}

function Revert({ bucket, entry, chosen }: RevertProps): ReactNode {
  const act = useAct(dataKeys);
  const may = useMay('operator');
  const offReason = !may
    ? 'Writing a key needs the role operator'
    : chosen.revision === entry.revision
      ? 'This is the present value'
      : chosen.operation === 'put'
        ? undefined
        : 'There is no value in this revision';
  return (
    <div className="dfoot consacts">
      <Button
        icon={Undo2}
        offReason={offReason}
        disabled={act.isBusy}
        onClick={() =>
          void act.run(
            () => revertKey(bucket, { key: entry.key, revision: chosen.revision, expectedRevision: entry.revision }),
            (written) =>
              `${entry.key} has the value of revision ${formatCount(chosen.revision)} again, as ${formatCount(written.revision)}`,
          )
        }
      >
        Bring back revision {formatCount(chosen.revision)}
      </Button>
    </div>
  );
}
