/**
 * Pull one message by hand, read it, then say what becomes of it. This does consume: the message counts as delivered, and whoever
 * else pulls does not get it until the ack wait is over.
 */
import type { AckAction, ConsumerDetail, PulledMessage } from '@sluice/protocol/console';
import { Check, Download, RotateCcw, Timer, X } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { useNowMs } from '../../lib/clock.ts';
import { formatBytes, formatCount, formatSpan, plural } from '../../lib/format.ts';
import { useMay } from '../../lib/session.ts';
import { Button } from '../button.tsx';
import { payloadInput } from '../jetstream/stored-payload.ts';
import { dataKeys, useAct } from '../jetstream/use-act.ts';
import { PayloadView, type PayloadViewTab } from '../payload-view/payload-view.tsx';
import { Subject } from '../subject.tsx';
import { Time } from '../time.tsx';
import { acknowledge, type ConsumerRef, pullOne } from './consumers-api.ts';

/** How long a pull waits for a message. Milliseconds. */
const PULL_WAIT_MS = 1000;

export function PullPanel({ consumer, detail }: { consumer: ConsumerRef; detail: ConsumerDetail }): ReactNode {
  const [message, setMessage] = useState<PulledMessage | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const act = useAct(dataKeys);
  const may = useMay('operator');
  const group = detail.priorityGroups[0]?.group;
  const pull = async (): Promise<void> => {
    const result = await act.run(
      () => pullOne(consumer, { waitMs: PULL_WAIT_MS, ...(group === undefined ? {} : { group }) }),
      null,
    );
    if (result === undefined) return;
    setMessage(result.message);
    setSaid(result.message === null ? result.text : null);
  };
  const answer = async (action: AckAction): Promise<void> => {
    if (message === null) return;
    const result = await act.run(() => acknowledge(consumer, { handle: message.handle, action }), null);
    if (result === undefined) return;
    setSaid(result.text);
    if (action !== 'progress') setMessage(null);
  };
  const offReason = may ? undefined : 'Pulling needs the role operator';
  if (message === null) {
    return (
      <div className="pullp">
        <p className="f2 sm">
          Takes the next message of this consumer: it counts as delivered, and nobody else gets it
          {detail.row.ackWaitMs === null ? '' : ` for ${formatSpan(detail.row.ackWaitMs)} or until you answer`}. To look without
          taking, read the stream.
        </p>
        {said === null ? null : (
          <p className="note" role="status">
            {said}
          </p>
        )}
        <Button icon={Download} offReason={offReason} disabled={act.isBusy} onClick={() => void pull()}>
          {act.isBusy ? 'Waiting for a message…' : 'Pull one message'}
        </Button>
      </div>
    );
  }
  return (
    <Pulled
      message={message}
      isBusy={act.isBusy}
      said={said}
      onAnswer={(action) => void answer(action)}
      onDrop={() => setMessage(null)}
    />
  );
}

interface PulledProps {
  readonly message: PulledMessage;
  readonly isBusy: boolean;
  /** What the last answer came to; null before one. */
  readonly said: string | null;
  readonly onAnswer: (action: AckAction) => void;
  readonly onDrop: () => void;
}

function Pulled({ message, isBusy, said, onAnswer, onDrop }: PulledProps): ReactNode {
  const [tab, setTab] = useState<PayloadViewTab | undefined>(undefined);
  const input = useMemo(() => payloadInput(message, null), [message]);
  const leftMs = message.expiresAtMs - useNowMs();
  return (
    <>
      <dl className="kv one mfacts">
        <dt>Subject</dt>
        <dd className="el">
          <Subject value={message.subject} />
        </dd>
        <dt>Sequence</dt>
        <dd className="num">{formatCount(message.seq)}</dd>
        <dt>Stored</dt>
        <dd className="num">
          <Time atMs={message.storedAtMs} style="full" />
        </dd>
        <dt>Payload</dt>
        <dd className="num">
          {formatBytes(message.sizeBytes)}, delivered {plural(message.deliveries, 'time')}, {formatCount(message.lag)} more wait
        </dd>
      </dl>
      <PayloadView input={input} headers={{ status: '', pairs: message.headers }} tab={tab} onTab={setTab} />
      <div className="confirm">
        {said === null ? null : (
          <p className="f2 sm" role="status">
            {said}
          </p>
        )}
        {message.needsAck ? (
          <>
            <p className={leftMs > 0 ? 'f2 sm num' : 'warn sm'} role={leftMs > 0 ? undefined : 'status'}>
              {leftMs > 0
                ? `You can answer for another ${formatSpan(leftMs)}.`
                : 'Too late to answer: it will be delivered again.'}
            </p>
            <div className="row ackrow">
              <Button icon={Check} disabled={isBusy || leftMs <= 0} onClick={() => onAnswer('ack')}>
                Ack
              </Button>
              <Button icon={RotateCcw} title="Deliver it again" disabled={isBusy || leftMs <= 0} onClick={() => onAnswer('nak')}>
                Nak
              </Button>
              <Button icon={Timer} title="More time" disabled={isBusy || leftMs <= 0} onClick={() => onAnswer('progress')}>
                In progress
              </Button>
              <Button
                variant="danger"
                icon={X}
                title="Never deliver it again"
                disabled={isBusy || leftMs <= 0}
                onClick={() => onAnswer('term')}
              >
                Term
              </Button>
            </div>
          </>
        ) : (
          <p className="f2 sm">This consumer needs no acknowledgement.</p>
        )}
        {message.needsAck && leftMs > 0 ? null : <Button onClick={onDrop}>Done</Button>}
      </div>
    </>
  );
}
