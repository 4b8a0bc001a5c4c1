/** What came of the last run: a verdict in words, progress of a repeating one, replies with their latency. */
import type { PublishJob, RequestReply } from '@sluice/protocol/console';
import { CircleAlert, CircleCheck, CircleStop, TriangleAlert } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { Icon } from '../../../components/icon.tsx';
import { fromBase64 } from '../../../components/payload-view/base64.ts';
import { PayloadView, type PayloadViewTab } from '../../../components/payload-view/payload-view.tsx';
import { EmptyState } from '../../../components/states.tsx';
import { Subject } from '../../../components/subject.tsx';
import { formatBytes, formatCount, formatMs, formatRate } from '../../../lib/format.ts';
import { type Run, verdictOf } from '../model/outcome.ts';

const ICONS = { ok: CircleCheck, info: CircleCheck, warn: TriangleAlert, bad: CircleAlert } as const;

export function RunResult({ run, isBusy, onStop }: { run: Run | null; isBusy: boolean; onStop: () => void }): ReactNode {
  if (run === null) {
    return (
      <section className="col grow side wb-result" aria-label="Result">
        <EmptyState title={isBusy ? 'Sending…' : 'Nothing sent yet'} command={'nats request svc.echo "hello"'}>
          What the server said, replies and their latency appear here.
        </EmptyState>
      </section>
    );
  }
  const verdict = verdictOf(run);
  return (
    <section className="col grow side wb-result" aria-label="Result" aria-busy={isBusy}>
      <div className="wb-verdict" role="status">
        <Icon of={ICONS[verdict.tone]} className={verdict.tone} />
        <div>
          <p>
            <b>{verdict.title}</b> <Subject value={run.subject} />
          </p>
          <p className="f2 sm">{verdict.detail}</p>
          {verdict.rule === null ? null : (
            <p className="sm">
              Decided by the rule <span className="mono">{verdict.rule}</span>
            </p>
          )}
        </div>
        <span className="push f3 sm num nw">{durationText(run)}</span>
      </div>
      {run.kind === 'job' ? <JobProgress job={run.job} onStop={onStop} /> : null}
      {run.kind === 'request' && run.result.replies.length > 0 ? <Replies replies={run.result.replies} /> : null}
    </section>
  );
}

function durationText(run: Run): string {
  if (run.kind === 'publish') return `${formatBytes(run.result.sizeBytes)} in ${formatMs(run.result.durationMs)} ms`;
  return run.kind === 'request' ? `${formatMs(run.result.durationMs)} ms` : '';
}

function JobProgress({ job, onStop }: { job: PublishJob; onStop: () => void }): ReactNode {
  const share = job.count === 0 ? 0 : (job.published / job.count) * 100;
  return (
    <div className="wb-job">
      <progress className="sr" max={job.count} value={job.published} aria-label="Published messages" />
      <span className="bar grow" aria-hidden="true">
        <i style={{ width: `${share}%` }} />
      </span>
      <span className="num sm nw">
        {formatCount(job.published)} of {formatCount(job.count)} · {formatRate(job.perSecond)} /s
      </span>
      {job.state === 'running' ? (
        <Button isSmall icon={CircleStop} onClick={onStop}>
          Stop
        </Button>
      ) : null}
    </div>
  );
}

function Replies({ replies }: { replies: readonly RequestReply[] }): ReactNode {
  const [chosen, setChosen] = useState(0);
  const place = Math.min(chosen, replies.length - 1);
  const reply = replies[place];
  const numbered = replies.map((each, index) => ({ reply: each, index }));
  const slowest = Math.max(...replies.map((each) => each.latencyMs), 0.001);
  return (
    <>
      {replies.length > 1 ? (
        <ul className="wb-replies scroll" aria-label="Replies">
          {numbered.map(({ reply: each, index }) => (
            <li key={index}>
              <button
                type="button"
                className={index === place ? 'on' : ''}
                aria-pressed={index === place}
                onClick={() => setChosen(index)}
              >
                <span className="num nw">{formatMs(each.latencyMs)} ms</span>
                <span className="bar">
                  <i style={{ width: `${(each.latencyMs / slowest) * 100}%` }} />
                </span>
                <span className="mono el">{each.encoding === 'utf8' ? each.payload.slice(0, 120) : 'binary'}</span>
                <span className="num f3">{formatBytes(each.sizeBytes)}</span>
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      {reply === undefined ? null : <Reply reply={reply} />}
    </>
  );
}

function Reply({ reply }: { reply: RequestReply }): ReactNode {
  const [tab, setTab] = useState<PayloadViewTab | undefined>(undefined);
  const input = useMemo(() => ({ bytes: bytesOf(reply), isCut: reply.isTruncated }), [reply]);
  const headers = useMemo(() => ({ status: '', pairs: reply.headers }), [reply]);
  return (
    <>
      <p className="sec sm f2 row">
        <span className="num">
          {formatBytes(reply.sizeBytes)} after <b>{formatMs(reply.latencyMs)} ms</b>
        </span>
        {reply.isTruncated ? <span className="warn">the first 1 MB is shown</span> : null}
      </p>
      <PayloadView input={input} headers={headers} tab={tab} onTab={setTab} tabs={REPLY_TABS} />
    </>
  );
}

const REPLY_TABS: readonly PayloadViewTab[] = ['json', 'text', 'hex', 'headers'];

function bytesOf(reply: RequestReply): Uint8Array {
  return reply.encoding === 'utf8' ? new TextEncoder().encode(reply.payload) : fromBase64(reply.payload);
}
