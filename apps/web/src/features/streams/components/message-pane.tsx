/** One stored message whole: where it lies, its payload in every view, and what can be done with it. */
import type { StoredMessage } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ArrowDown, ArrowUp, Send, Trash2 } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { ConfirmDestructive } from '../../../components/confirm-destructive.tsx';
import { CopyButton } from '../../../components/copy-button.tsx';
import { payloadInput, previousOnSubject } from '../../../components/jetstream/stored-payload.ts';
import { dataKeys, useAct } from '../../../components/jetstream/use-act.ts';
import { PaneHead } from '../../../components/pane-head.tsx';
import { PayloadView, type PayloadViewTab } from '../../../components/payload-view/payload-view.tsx';
import { PageLink } from '../../../components/sentence.tsx';
import { FailedState, Skeleton } from '../../../components/states.tsx';
import { Subject } from '../../../components/subject.tsx';
import { Time } from '../../../components/time.tsx';
import { formatBytes, formatCount } from '../../../lib/format.ts';
import { accountSearch } from '../../../lib/kept-account.ts';
import { putMessageDraft } from '../../../lib/message-draft.ts';
import { useMay } from '../../../lib/session.ts';
import { deleteMessage, messageQuery } from '../api/streams-api.ts';

export interface MessagePaneProps {
  readonly name: string;
  readonly account: string;
  readonly seq: number;
  /** The list beside it, for the message before on the same subject. */
  readonly listed: readonly StoredMessage[];
  readonly onNext: (() => void) | undefined;
  readonly onPrevious: (() => void) | undefined;
  readonly onClose: () => void;
}

export function MessagePane(props: MessagePaneProps): ReactNode {
  const { name, account, seq, onNext, onPrevious, onClose } = props;
  const { data, error, refetch } = useQuery(messageQuery(name, account, seq));
  const message = data?.seq === seq ? data : undefined;
  return (
    <aside className="col side drawer" aria-label={`Message ${seq}`}>
      <PaneHead
        onClose={onClose}
        actions={
          <>
            <Button
              variant="ghost"
              isSmall
              icon={ArrowUp}
              aria-label="Previous row"
              disabled={onPrevious === undefined}
              onClick={onPrevious}
            />
            <Button
              variant="ghost"
              isSmall
              icon={ArrowDown}
              aria-label="Next row"
              disabled={onNext === undefined}
              onClick={onNext}
            />
          </>
        }
      >
        <h2 className="num">{formatCount(seq)}</h2>
        <CopyButton text={`nats stream get ${name} ${seq}`} label="Copy command" isIconOnly />
      </PaneHead>
      {message === undefined && error === null ? <Skeleton widths={[60, 40, 90, 80]} /> : null}
      {message === undefined && error !== null ? <FailedState error={error} onRetry={() => void refetch()} /> : null}
      {message === undefined ? null : <Whole message={message} {...props} />}
    </aside>
  );
}

function Whole({ message, listed, name, account, onClose }: MessagePaneProps & { message: StoredMessage }): ReactNode {
  const [tab, setTab] = useState<PayloadViewTab | undefined>(undefined);
  const previous = useMemo(() => previousOnSubject(listed, message.seq), [listed, message.seq]);
  const input = useMemo(() => payloadInput(message, previous), [message, previous]);
  return (
    <>
      <dl className="kv one mfacts">
        <dt>Subject</dt>
        <dd className="el">
          <PageLink
            to="/subjects"
            search={{ subject: message.subject, ...accountSearch(account) }}
            className="rl"
            label={`${message.subject}, who publishes and who subscribes`}
          >
            <Subject value={message.subject} />
          </PageLink>
        </dd>
        <dt>Stored</dt>
        <dd className="num">
          <Time atMs={message.storedAtMs} style="full" />
        </dd>
        <dt>Payload</dt>
        <dd className="num">{formatBytes(message.sizeBytes)}</dd>
      </dl>
      {message.isTruncated ? <p className="note mcut">Only the head of the payload is shown: it is larger than 8 MiB.</p> : null}
      <PayloadView input={input} headers={{ status: '', pairs: message.headers }} tab={tab} onTab={setTab} />
      <Actions message={message} name={name} account={account} onDeleted={onClose} />
    </>
  );
}

interface ActionsProps {
  readonly message: StoredMessage;
  readonly name: string;
  readonly account: string;
  readonly onDeleted: () => void;
}

function Actions({ message, name, account, onDeleted }: ActionsProps): ReactNode {
  const navigate = useNavigate();
  const may = useMay('operator');
  const act = useAct(dataKeys);
  const [isDeleting, setIsDeleting] = useState(false);
  if (isDeleting) {
    return (
      <ConfirmDestructive
        question={`Delete message ${formatCount(message.seq)}?`}
        consequence="Its bytes are overwritten. The sequence stays empty; consumers skip it."
        typed={String(message.seq)}
        typedLabel="Type its sequence"
        action="Delete message"
        icon={Trash2}
        onCancel={() => setIsDeleting(false)}
        onConfirm={async () => {
          await act.mustRun(
            () => deleteMessage(name, account, message.seq),
            () => `Deleted message ${formatCount(message.seq)} of ${name}`,
          );
          onDeleted();
        }}
      />
    );
  }
  const resend = (): void => {
    const { subject, headers, encoding, payload } = message;
    void navigate({ to: '/workbench', search: { draft: putMessageDraft({ subject, reply: '', headers, encoding, payload }) } });
  };
  const needs = may ? undefined : 'This needs the role operator';
  return (
    <div className="dfoot between">
      <Button icon={Send} offReason={message.isTruncated ? 'Only a part of the payload is here' : needs} onClick={resend}>
        Edit and resend
      </Button>
      <Button variant="danger" icon={Trash2} offReason={needs} onClick={() => setIsDeleting(true)}>
        Delete…
      </Button>
    </div>
  );
}
