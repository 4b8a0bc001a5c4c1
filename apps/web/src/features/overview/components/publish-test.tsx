/** The second step: one message, and a link to the tap on its subject. */
import { useMutation } from '@tanstack/react-query';
import { Send } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { TextInput } from '../../../components/field.tsx';
import { PageLink } from '../../../components/sentence.tsx';
import { SubjectInput, subjectProblem } from '../../../components/subject-input.tsx';
import { messageOf } from '../../../lib/api-client.ts';
import { useCapabilities, useMay } from '../../../lib/session.ts';
import { publishTest } from '../api/publish-test.ts';

export function PublishTest(): ReactNode {
  const [subject, setSubject] = useState('demo.hello');
  const [payload, setPayload] = useState('{"from":"the console"}');
  const capabilities = useCapabilities();
  const may = useMay('operator');
  const publish = useMutation({ mutationFn: () => publishTest(subject, payload) });
  const isReady = subject !== '' && subjectProblem(subject, false) === null;
  const url = capabilities?.natsUrl;
  const server = url === undefined || url === null ? '' : ` --server ${url}`;
  return (
    <section aria-labelledby="publish-title">
      <div className="stp rule">
        <i className="n">2</i>
        <div className="grow">
          <h2 id="publish-title">Publish a test message</h2>
          <p className="f2">Sends one message as a client without credentials would.</p>
          <form
            className="row pubrow"
            onSubmit={(event) => {
              event.preventDefault();
              if (may && isReady && !publish.isPending) publish.mutate();
            }}
          >
            <SubjectInput label="Subject" value={subject} onChange={setSubject} className="pubsj" />
            <TextInput
              aria-label="Payload"
              isMono
              wrapClassName="grow"
              value={payload}
              onChange={(event) => setPayload(event.currentTarget.value)}
            />
            <Button
              type="submit"
              variant="primary"
              icon={Send}
              disabled={!isReady || publish.isPending}
              offReason={may ? undefined : 'Publishing needs the role operator'}
            >
              <span>
                Publish<span className="h-md"> test message</span>
              </span>
            </Button>
          </form>
          <p className="sm pubnote el" role="status">
            <PublishNote publish={publish} subject={subject} command={`nats pub ${subject} '${payload}'${server}`} />
          </p>
        </div>
      </div>
    </section>
  );
}

interface PublishNoteProps {
  readonly publish: { data: { outcome: string; message: string } | undefined; error: Error | null };
  readonly subject: string;
  readonly command: string;
}

function PublishNote({ publish, subject, command }: PublishNoteProps): ReactNode {
  if (publish.error !== null) return <span className="bad">{messageOf(publish.error)}</span>;
  if (publish.data === undefined) return <span className="f3 mono">{command}</span>;
  const isDone = publish.data.outcome === 'published';
  return (
    <span className={isDone ? 'ok' : 'bad'}>
      {publish.data.message}{' '}
      {isDone ? (
        <PageLink to="/tap" search={{ subject }}>
          Open the tap on it
        </PageLink>
      ) : null}
    </span>
  );
}
