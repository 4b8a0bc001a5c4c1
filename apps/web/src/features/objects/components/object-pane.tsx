/** One object: its facts and digest, the way to its contents, a check of all of it, its end. */
import type { ObjectRow } from '@sluice/protocol/console';
import { useMutation, useQuery } from '@tanstack/react-query';
import { CircleAlert, CircleCheck, Download, ShieldCheck, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { ConfirmDestructive } from '../../../components/confirm-destructive.tsx';
import { CopyButton } from '../../../components/copy-button.tsx';
import { Icon } from '../../../components/icon.tsx';
import { dataKeys, useAct } from '../../../components/jetstream/use-act.ts';
import { KeyValue } from '../../../components/key-value.tsx';
import { PaneHead } from '../../../components/pane-head.tsx';
import { HeaderTable } from '../../../components/payload-view/header-table.tsx';
import { FailedState, Skeleton } from '../../../components/states.tsx';
import { Time } from '../../../components/time.tsx';
import { messageOf } from '../../../lib/api-client.ts';
import { formatBytes, formatCount, plural } from '../../../lib/format.ts';
import { useMay } from '../../../lib/session.ts';
import { deleteObject, downloadAddress, type ObjectBucketRef, objectQuery, verifyObject } from '../api/objects-api.ts';
import { digestHex } from '../model/digest.ts';

export interface ObjectPaneProps {
  readonly bucket: ObjectBucketRef;
  readonly name: string;
  readonly isSealed: boolean;
  readonly onClose: () => void;
}

export function ObjectPane(props: ObjectPaneProps): ReactNode {
  const { bucket, name, onClose } = props;
  const { data, error, refetch } = useQuery(objectQuery(bucket, name));
  return (
    <aside className="col side drawer" aria-label={`Object ${name}`}>
      <PaneHead onClose={onClose}>
        <h2 className="el">{name}</h2>
      </PaneHead>
      {data === undefined && error === null ? <Skeleton widths={[60, 40, 80]} /> : null}
      {data === undefined && error !== null ? <FailedState error={error} onRetry={() => void refetch()} /> : null}
      {data === undefined ? null : <Known object={data} {...props} />}
    </aside>
  );
}

function Known({ object, bucket, name, isSealed, onClose }: ObjectPaneProps & { object: ObjectRow }): ReactNode {
  const [isDeleting, setIsDeleting] = useState(false);
  return (
    <>
      <div className="scroll objfacts">
        <KeyValue
          isSingle
          items={[
            { name: 'Size', value: formatBytes(object.sizeBytes) },
            {
              name: 'Chunks',
              value: `${formatCount(object.chunks)}${object.chunkBytes === null ? '' : `, up to ${formatBytes(object.chunkBytes)} each`}`,
            },
            { name: 'Changed', value: object.modifiedAtMs === null ? null : <Time atMs={object.modifiedAtMs} style="full" /> },
            { name: 'Description', value: object.description },
            ...Object.entries(object.metadata).map(([key, value]) => ({ name: key, value })),
          ]}
        />
        <Digest object={object} bucket={bucket} />
        {object.headers.length === 0 ? null : <HeaderTable block={{ status: '', pairs: object.headers }} />}
      </div>
      {isDeleting ? (
        <Remove object={object} bucket={bucket} name={name} onCancel={() => setIsDeleting(false)} onDeleted={onClose} />
      ) : (
        <Actions object={object} bucket={bucket} isSealed={isSealed} onDelete={() => setIsDeleting(true)} />
      )}
    </>
  );
}

/** The digest as it is recorded and as `sha256sum` prints it; a check reads the whole object. */
function Digest({ object, bucket }: { object: ObjectRow; bucket: ObjectBucketRef }): ReactNode {
  const may = useMay('operator');
  const check = useMutation({ mutationFn: () => verifyObject(bucket, object.name) });
  const hex = object.digest === null ? null : digestHex(object.digest);
  return (
    <section className="digest" aria-label="Digest">
      <h3 className="row">
        SHA-256
        {hex === null ? null : <CopyButton text={hex} label="Copy digest" isIconOnly />}
        <Button
          isSmall
          icon={ShieldCheck}
          className="push"
          offReason={
            object.isDeleted || object.link !== null
              ? 'There is nothing to read'
              : may
                ? undefined
                : 'Checking reads the whole object: it needs the role operator'
          }
          disabled={check.isPending}
          onClick={() => check.mutate()}
        >
          {check.isPending ? 'Reading…' : 'Verify'}
        </Button>
      </h3>
      <code className="mono f2">{hex ?? object.digest ?? 'None was recorded.'}</code>
      {check.data === undefined ? null : (
        <p className={`note ${check.data.isIntact ? '' : 'bad'}`} role="status">
          <Icon of={check.data.isIntact ? CircleCheck : CircleAlert} isSmall />
          <span>{check.data.text}</span>
        </p>
      )}
      {check.error === null ? null : (
        <p className="bad sm" role="alert">
          {messageOf(check.error)}
        </p>
      )}
    </section>
  );
}

interface ActionsProps {
  readonly object: ObjectRow;
  readonly bucket: ObjectBucketRef;
  readonly isSealed: boolean;
  readonly onDelete: () => void;
}

function Actions({ object, bucket, isSealed, onDelete }: ActionsProps): ReactNode {
  const may = useMay('operator');
  const canDownload = !object.isDeleted && object.link?.name !== null;
  const offReason = object.isDeleted
    ? 'It is deleted already'
    : isSealed
      ? 'This bucket is sealed'
      : may
        ? undefined
        : 'Deleting needs the role operator';
  return (
    <div className="dfoot between">
      {canDownload ? (
        <a className="btn" href={downloadAddress(bucket, object.name)} download={object.name}>
          <Icon of={Download} isSmall />
          Download
        </a>
      ) : (
        <Button icon={Download} offReason="There are no contents">
          Download
        </Button>
      )}
      <Button variant="danger" icon={Trash2} offReason={offReason} onClick={onDelete}>
        Delete…
      </Button>
    </div>
  );
}

interface RemoveProps {
  readonly object: ObjectRow;
  readonly bucket: ObjectBucketRef;
  readonly name: string;
  readonly onCancel: () => void;
  readonly onDeleted: () => void;
}

function Remove({ object, bucket, name, onCancel, onDeleted }: RemoveProps): ReactNode {
  const act = useAct(dataKeys);
  return (
    <ConfirmDestructive
      question={`Delete ${name}?`}
      consequence={`${formatBytes(object.sizeBytes)} in ${plural(object.chunks, 'chunk')} go. There is no way back.`}
      typed={name}
      action="Delete object"
      icon={Trash2}
      onCancel={onCancel}
      onConfirm={async () => {
        await act.mustRun(
          () => deleteObject(bucket, name),
          () => `Deleted ${name} from ${bucket.bucket}`,
        );
        onDeleted();
      }}
    />
  );
}
