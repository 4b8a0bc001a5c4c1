/** Type a subject and see who would receive a message on it now. */

import { isLiteralSubject } from '@sluice/protocol';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { InterestList } from '../../../components/interest/interest-list.tsx';
import { interestQuery } from '../../../components/interest/interest-query.ts';
import { SubjectInput } from '../../../components/subject-input.tsx';
import { messageOf } from '../../../lib/api-client.ts';

/** Typing pauses this long before the server is asked, in milliseconds. */
const ASK_AFTER_MS = 250;

export interface InterestTesterProps {
  /** Empty: the usual one. */
  account: string;
  subject: string;
  onSubject: (subject: string) => void;
  /** Subjects to offer. */
  suggestions: readonly string[];
}

export function InterestTester({ account, subject, onSubject, suggestions }: InterestTesterProps): ReactNode {
  const [text, setText] = useState(subject);
  useEffect(() => setText(subject), [subject]);
  useEffect(() => {
    if (text === subject) return;
    const timer = setTimeout(() => onSubject(text), ASK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text, subject, onSubject]);
  const isAsked = isLiteralSubject(subject);
  const { data, error, isFetching } = useQuery({ ...interestQuery(subject, account), enabled: isAsked });
  return (
    <aside className="col side drawer" aria-label="Who would receive">
      <div className="pane-h">
        <h2>Who would receive this?</h2>
      </div>
      <div className="sec">
        <SubjectInput
          label="Subject to try"
          value={text}
          onChange={setText}
          suggestions={suggestions}
          placeholder="orders.eu.created"
        />
      </div>
      <div className="scroll">
        {isAsked ? (
          <Answer result={data?.subject === subject ? data : undefined} error={error} isFetching={isFetching} />
        ) : (
          <p className="sec f2 sm">
            Name one subject, without wildcards. Every plain subscription that matches receives a message; of each queue group one
            member does.
          </p>
        )}
      </div>
    </aside>
  );
}

interface AnswerProps {
  result: Parameters<typeof InterestList>[0]['result'] | undefined;
  error: Error | null;
  isFetching: boolean;
}

function Answer({ result, error, isFetching }: AnswerProps): ReactNode {
  if (result !== undefined) return <InterestList result={result} />;
  if (error !== null) {
    return (
      <p className="sec bad sm" role="alert">
        {messageOf(error)}
      </p>
    );
  }
  return isFetching ? <p className="sec f3 sm">Asking…</p> : null;
}
