/** Runs drafts: one at a time, a repeating one is looked at until it is done and can be stopped. */
import { useEffect, useState } from 'react';
import { messageOf } from '../../../lib/api-client.ts';
import { type Draft, publishRequestOf, requestRequestOf } from '../model/draft.ts';
import type { Run } from '../model/outcome.ts';
import { type RunAsChoice, runAsLabel, toRunAs } from '../model/run-as.ts';
import type { VariableSources } from '../model/template-variables.ts';
import { publish, readJob, request, startJob, stopJob } from './workbench-api.ts';

/** A running job is looked at this often, in milliseconds. */
const JOB_POLL_MS = 400;

export interface Runner {
  run: Run | null;
  isBusy: boolean;
  /** Runs the draft; resolves with what came of it. */
  start: (draft: Draft, choice: RunAsChoice) => Promise<Run>;
  /** Stops a repeating run. */
  stop: () => void;
}

let runCount = 0;

function sources(): VariableSources {
  runCount++;
  return { seq: runCount, nowMs: Date.now(), uuid: () => crypto.randomUUID(), random: () => Math.random() };
}

export function useRun(): Runner {
  const [run, setRun] = useState<Run | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const jobId = run?.kind === 'job' && run.job.state === 'running' ? run.job.id : null;

  useEffect(() => {
    if (jobId === null) return;
    const put = (job: Awaited<ReturnType<typeof readJob>>) =>
      setRun((known) => (known?.kind === 'job' && known.job.id === job.id ? { ...known, job } : known));
    const timer = setInterval(() => {
      readJob(jobId).then(put, (error: unknown) => {
        clearInterval(timer);
        setRun((known) =>
          known === null ? null : { kind: 'failed', subject: known.subject, runAs: known.runAs, message: messageOf(error) },
        );
      });
    }, JOB_POLL_MS);
    return () => clearInterval(timer);
  }, [jobId]);

  const start = async (draft: Draft, choice: RunAsChoice): Promise<Run> => {
    setIsBusy(true);
    const done = await perform(draft, choice);
    setRun(done);
    setIsBusy(false);
    return done;
  };
  const stop = () => {
    if (jobId !== null) void stopJob(jobId).then((job) => setRun((known) => (known?.kind === 'job' ? { ...known, job } : known)));
  };
  return { run, isBusy: isBusy || jobId !== null, start, stop };
}

async function perform(draft: Draft, choice: RunAsChoice): Promise<Run> {
  const about = { subject: draft.subject, runAs: runAsLabel(choice) };
  try {
    if (draft.mode === 'request') {
      return { kind: 'request', ...about, result: await request(requestRequestOf(draft, toRunAs(choice), sources())) };
    }
    const body = publishRequestOf(draft, toRunAs(choice), sources());
    if (draft.repeat !== null) return { kind: 'job', ...about, job: await startJob(body) };
    return { kind: 'publish', ...about, result: await publish(body) };
  } catch (error) {
    return { kind: 'failed', ...about, message: messageOf(error) };
  }
}
