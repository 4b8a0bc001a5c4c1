/** One message whole: facts, payload in every view, headers, and what can be done with it. */
import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowDown, ArrowUp, Send, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { ClientLink } from '../../../components/client-link.tsx';
import { HeaderTable } from '../../../components/payload-view/header-table.tsx';
import { PayloadView, type PayloadViewTab } from '../../../components/payload-view/payload-view.tsx';
import { draftOf, type ReadableMessage, readMessage } from '../../../components/payload-view/readable-message.ts';
import { Subject } from '../../../components/subject.tsx';
import { Time } from '../../../components/time.tsx';
import { formatBytes, formatCount } from '../../../lib/format.ts';
import { useKeptAccount } from '../../../lib/kept-account.ts';
import { putMessageDraft } from '../../../lib/message-draft.ts';
import { useMay } from '../../../lib/session.ts';
import type { TapClient } from '../api/tap-client.ts';
import { CopyMenu } from './copy-menu.tsx';

export interface TapDetailProps {
  client: TapClient;
  index: number;
  tab: PayloadViewTab | undefined;
  onTab: (tab: PayloadViewTab) => void;
  onMove: (step: number) => void;
  onClose: () => void;
  /** Keeps whole payloads from now on; undefined when they already are. */
  onKeepWhole: (() => void) | undefined;
}

export function TapDetailPane({ client, index, tab, onTab, onMove, onClose, onKeepWhole }: TapDetailProps) {
  const message = useMessage(client, index);
  if (message === null) return <aside className="col side tapd" aria-label="Message" />;
  if (message === 'gone') return <GoneMessage onClose={onClose} />;
  return (
    <aside className="col side tapd" aria-label="Message">
      <div className="pane-h">
        <span className="el">
          <Subject value={message.subject} />
        </span>
        <span className="push row tap-steps">
          <Button variant="ghost" isSmall icon={ArrowUp} aria-label="Newer message" onClick={() => onMove(-1)} />
          <Button variant="ghost" isSmall icon={ArrowDown} aria-label="Older message" onClick={() => onMove(1)} />
          <Button variant="ghost" isSmall icon={X} aria-label="Close" onClick={onClose} />
        </span>
      </div>
      <Facts message={message} />
      {message.isCut ? <CutNote message={message} onKeepWhole={onKeepWhole} /> : null}
      <PayloadView
        input={message.input}
        headers={message.headers}
        tab={tab}
        onTab={onTab}
        actions={<CopyMenu message={message} />}
      />
      {tab !== 'headers' && message.headers.pairs.length > 0 ? (
        <section className="tap-headers" aria-label="Headers">
          <h3 className="row sech sec">
            Headers<span className="f3 sm">{message.headers.pairs.length}</span>
          </h3>
          <HeaderTable block={message.headers} />
        </section>
      ) : null}
      <Actions message={message} />
    </aside>
  );
}

/** The message of `index`; the one before stays until it is read. */
function useMessage(client: TapClient, index: number): ReadableMessage | 'gone' | null {
  const [message, setMessage] = useState<ReadableMessage | 'gone' | null>(null);
  useEffect(() => {
    let isGone = false;
    void client.detail(index).then((detail) => {
      if (!isGone) setMessage(detail === null ? 'gone' : readMessage(detail.message, detail.previous));
    });
    return () => {
      isGone = true;
    };
  }, [client, index]);
  return message;
}

function GoneMessage({ onClose }: { onClose: () => void }) {
  return (
    <aside className="col side tapd" aria-label="Message">
      <div className="pane-h">
        <h2>Message</h2>
        <Button variant="ghost" isSmall icon={X} className="push" aria-label="Close" onClick={onClose} />
      </div>
      <p className="payload-note">The list keeps the newest messages only; this one has made room.</p>
    </aside>
  );
}

function Facts({ message }: { message: ReadableMessage }) {
  return (
    <dl className="kv tap-facts">
      <dt>Time</dt>
      <dd className="num nw">
        <Time atMs={message.timeUs / 1000} style="millis" />
      </dd>
      <dt>Size</dt>
      <dd className="num nw">{formatBytes(message.sizeBytes)}</dd>
      <dt>From</dt>
      <dd className="el">{message.cid === 0 ? <span className="f3">unknown</span> : <ClientLink cid={message.cid} />}</dd>
      <dt>Reply</dt>
      <dd className="el mono" title={message.reply}>
        {message.reply === '' ? <span className="f3">none</span> : message.reply}
      </dd>
    </dl>
  );
}

function CutNote({ message, onKeepWhole }: { message: ReadableMessage; onKeepWhole: (() => void) | undefined }) {
  return (
    <div className="note tap-cut">
      <span>
        {formatCount(message.keptBytes)} of {formatCount(message.sizeBytes)} bytes were kept.
      </span>
      {onKeepWhole === undefined ? null : (
        <button type="button" className="lk tap-link push nw" onClick={onKeepWhole}>
          Keep whole payloads
        </button>
      )}
    </div>
  );
}

function Actions({ message }: { message: ReadableMessage }) {
  const navigate = useNavigate();
  const kept = useKeptAccount();
  const mayPublish = useMay('operator');
  const offReason = mayPublish ? (message.isCut ? 'Only a part of the payload was kept' : undefined) : 'A viewer may not publish';
  return (
    <div className="row tap-more">
      <Button
        icon={Send}
        offReason={offReason}
        onClick={() => void navigate({ to: '/workbench', search: { draft: putMessageDraft(draftOf(message)) } })}
      >
        Edit and resend
      </Button>
      <Link className="btn" to="/subscriptions" search={{ interest: message.subject, ...kept }}>
        Who receives
      </Link>
    </div>
  );
}
