/** Pause and resume, begin again elsewhere, free a pinned client, delete. */
import type { ConsumerDetail } from '@sluice/protocol/console';
import { Pause, Play, RotateCcw, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { parseDuration } from '../../lib/duration.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { useMay } from '../../lib/session.ts';
import { Button } from '../button.tsx';
import { ConfirmDestructive } from '../confirm-destructive.tsx';
import { Field } from '../field.tsx';
import { dataKeys, useAct } from '../jetstream/use-act.ts';
import { type ConsumerRef, deleteConsumer, pauseConsumer, resetConsumer, resumeConsumer, unpinClient } from './consumers-api.ts';

export interface ConsumerActionsProps {
  readonly consumer: ConsumerRef;
  readonly detail: ConsumerDetail;
  readonly onDeleted: () => void;
}

type Asking = 'pause' | 'reset' | 'delete' | null;

export function ConsumerActions({ consumer, detail, onDeleted }: ConsumerActionsProps): ReactNode {
  const [asking, setAsking] = useState<Asking>(null);
  const act = useAct(dataKeys);
  const mayOperate = useMay('operator');
  const mayDelete = useMay('admin');
  const { row } = detail;
  const close = (): void => setAsking(null);
  if (asking === 'pause') return <PauseForm consumer={consumer} onClose={close} />;
  if (asking === 'reset') return <ResetForm consumer={consumer} ackFloorSeq={row.ackFloorSeq} onClose={close} />;
  if (asking === 'delete') {
    return (
      <ConfirmDestructive
        question={`Delete consumer ${row.name}?`}
        consequence={`What it remembers is lost: ${plural(row.ackPending, 'message')} without acknowledgement, ${formatCount(row.lag)} not delivered. The messages stay in ${row.stream}.`}
        typed={row.name}
        action="Delete consumer"
        icon={Trash2}
        onCancel={close}
        onConfirm={async () => {
          await act.mustRun(
            () => deleteConsumer(consumer),
            () => `Deleted consumer ${row.name} of ${row.stream}`,
          );
          onDeleted();
        }}
      />
    );
  }
  const needsOperator = mayOperate ? undefined : 'This needs the role operator';
  const pinned = detail.priorityGroups.filter((group) => group.pinnedClientId !== null);
  return (
    <div className="dfoot consacts">
      {row.isPaused ? (
        <Button
          icon={Play}
          offReason={needsOperator}
          disabled={act.isBusy}
          onClick={() => void act.run(() => resumeConsumer(consumer), null)}
        >
          Resume
        </Button>
      ) : (
        <Button icon={Pause} offReason={needsOperator} onClick={() => setAsking('pause')}>
          Pause…
        </Button>
      )}
      <Button icon={RotateCcw} offReason={needsOperator} onClick={() => setAsking('reset')}>
        Reset…
      </Button>
      {pinned.map((group) => (
        <Button
          key={group.group}
          offReason={needsOperator}
          disabled={act.isBusy}
          onClick={() => void act.run(() => unpinClient(consumer, group.group), null)}
        >
          Unpin {group.group}
        </Button>
      ))}
      <Button
        variant="danger"
        icon={Trash2}
        className="push"
        offReason={mayDelete ? undefined : 'Deleting needs the role admin'}
        onClick={() => setAsking('delete')}
      >
        Delete…
      </Button>
    </div>
  );
}

function PauseForm({ consumer, onClose }: { consumer: ConsumerRef; onClose: () => void }): ReactNode {
  const [text, setText] = useState('1h');
  const act = useAct(dataKeys);
  const ns = parseDuration(text);
  const isWrong = ns === null || ns <= 0;
  return (
    <form
      className="confirm"
      onSubmit={(event) => {
        event.preventDefault();
        if (isWrong) return;
        void act.run(() => pauseConsumer(consumer, { untilMs: Date.now() + Math.round(ns / 1e6) }), null).then(onClose);
      }}
    >
      <p className="b">Pause {consumer.name}?</p>
      <p className="f2 sm">Nothing is delivered meanwhile; it goes on by itself afterwards. Acknowledgements are still taken.</p>
      <Field
        label="For"
        autoFocus
        value={text}
        error={isWrong ? 'A duration such as 10min, 1h or 7d' : null}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className="row">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" className="push" icon={Pause} disabled={isWrong || act.isBusy}>
          Pause
        </Button>
      </div>
    </form>
  );
}

interface ResetFormProps {
  readonly consumer: ConsumerRef;
  readonly ackFloorSeq: number;
  readonly onClose: () => void;
}

function ResetForm({ consumer, ackFloorSeq, onClose }: ResetFormProps): ReactNode {
  const [text, setText] = useState('');
  const act = useAct(dataKeys);
  const digits = text.replace(/[\s,]/g, '');
  const isWrong = digits !== '' && !/^[1-9]\d{0,14}$/.test(digits);
  const where = digits === '' ? `behind its ack floor, ${formatCount(ackFloorSeq)}` : `at sequence ${digits}`;
  return (
    <ResetFrame
      consequence={`It begins again ${where}. Messages that were delivered from there on are delivered once more; what is not acknowledged yet is forgotten.`}
      consumer={consumer}
      onClose={onClose}
      isOff={isWrong}
      reset={() =>
        act.mustRun(
          () => resetConsumer(consumer, digits === '' ? {} : { seq: Number(digits) }),
          () => `${consumer.name} begins again ${where}`,
        )
      }
    >
      <Field
        label="From sequence"
        placeholder="the ack floor"
        value={text}
        error={isWrong ? 'A sequence, or empty for the ack floor' : null}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </ResetFrame>
  );
}

interface ResetFrameProps {
  readonly consequence: string;
  readonly consumer: ConsumerRef;
  readonly isOff: boolean;
  readonly reset: () => Promise<unknown>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

function ResetFrame({ consequence, consumer, isOff, reset, onClose, children }: ResetFrameProps): ReactNode {
  return (
    <>
      <div className="resetfrom">{children}</div>
      {isOff ? null : (
        <ConfirmDestructive
          question={`Reset ${consumer.name}?`}
          consequence={consequence}
          typed={consumer.name}
          action="Reset consumer"
          icon={RotateCcw}
          onCancel={onClose}
          onConfirm={async () => {
            await reset();
            onClose();
          }}
        />
      )}
    </>
  );
}
