/** The last message of a subject: whole, or what changed since the one before. */
import { Pause, Play } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { PayloadView, type PayloadViewTab } from '../../../components/payload-view/payload-view.tsx';
import { Subject } from '../../../components/subject.tsx';
import { Time } from '../../../components/time.tsx';
import { formatBytes } from '../../../lib/format.ts';
import { useLastMessages, useMessageAt } from '../api/use-last-messages.ts';

export function LastMessage({ account, subject, isPrefix }: { account: string; subject: string; isPrefix: boolean }): ReactNode {
  const [isHeld, setIsHeld] = useState(false);
  const [tab, setTab] = useState<PayloadViewTab | undefined>(undefined);
  const { messages, refusal } = useLastMessages({ account, subject, isPrefix, isHeld });
  const message = useMessageAt(messages, 0);
  return (
    <section className="subj-last" aria-label="Last message">
      <h3 className="row sech subj-sech nw">
        Last message
        {message === null ? null : (
          <span className="f3 sm num el subj-lastmeta">
            <Time atMs={message.timeUs / 1000} style="millis" /> · {formatBytes(message.sizeBytes)}
            {isPrefix ? (
              <>
                {' · '}
                <Subject value={message.subject} />
              </>
            ) : null}
          </span>
        )}
        <Button
          variant="ghost"
          isSmall
          className="push"
          icon={isHeld ? Play : Pause}
          aria-pressed={isHeld}
          onClick={() => setIsHeld(!isHeld)}
        >
          {isHeld ? 'Follow' : 'Hold'}
        </Button>
      </h3>
      <div className="subj-payload">
        {message === null ? (
          <p className="sec f2 sm">
            {refusal ?? 'None since this pane was opened. The next one appears here; one a second at most.'}
          </p>
        ) : (
          <PayloadView input={message.input} headers={message.headers} tab={tab} onTab={setTab} />
        )}
      </div>
    </section>
  );
}
