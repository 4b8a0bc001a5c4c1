/** What came of a run, in words and with a tone. */
import type { PublishJob, PublishResult, RequestResult } from '@sluice/protocol/console';

/** One run of the workbench, as its result pane shows it. */
export type Run =
  | { kind: 'publish'; subject: string; runAs: string; result: PublishResult }
  | { kind: 'request'; subject: string; runAs: string; result: RequestResult }
  | { kind: 'job'; subject: string; runAs: string; job: PublishJob }
  | { kind: 'failed'; subject: string; runAs: string; message: string };

export interface Verdict {
  tone: 'ok' | 'warn' | 'bad' | 'info';
  title: string;
  /** A sentence that says what it means. */
  detail: string;
  /** The rule that refused, where it is known. */
  rule: string | null;
}

export function verdictOf(run: Run): Verdict {
  switch (run.kind) {
    case 'failed':
      return { tone: 'bad', title: 'Not sent', detail: run.message, rule: null };
    case 'publish':
      return publishVerdict(run.result, run.runAs);
    case 'request':
      return requestVerdict(run.result, run.runAs);
    case 'job':
      return jobVerdict(run.job);
  }
}

function publishVerdict(result: PublishResult, runAs: string): Verdict {
  switch (result.outcome) {
    case 'published':
      return { tone: 'ok', title: 'Published', detail: result.message, rule: null };
    case 'denied':
      return { tone: 'bad', title: `Denied for ${runAs}`, detail: result.message, rule: result.rule };
    case 'unreachable':
      return { tone: 'bad', title: `No connection as ${runAs}`, detail: result.message, rule: null };
  }
}

function requestVerdict(result: RequestResult, runAs: string): Verdict {
  switch (result.outcome) {
    case 'replied':
      return {
        tone: 'ok',
        title: result.replies.length === 1 ? 'One reply' : `${result.replies.length} replies`,
        detail: `As ${runAs}.`,
        rule: null,
      };
    case 'no_responders':
      return {
        tone: 'warn',
        title: 'No responders',
        detail: `${result.message} The server answered at once instead of letting the request time out.`,
        rule: null,
      };
    case 'timeout':
      return { tone: 'warn', title: 'No reply in time', detail: result.message, rule: null };
    case 'denied':
      return { tone: 'bad', title: `Denied for ${runAs}`, detail: result.message, rule: result.rule };
    case 'unreachable':
      return { tone: 'bad', title: `No connection as ${runAs}`, detail: result.message, rule: null };
  }
}

function jobVerdict(job: PublishJob): Verdict {
  switch (job.state) {
    case 'running':
      return { tone: 'info', title: 'Publishing', detail: job.message, rule: null };
    case 'done':
      return { tone: 'ok', title: 'Published', detail: job.message, rule: null };
    case 'stopped':
      return { tone: 'warn', title: 'Stopped', detail: job.message, rule: null };
    case 'failed':
      return { tone: 'bad', title: 'Failed', detail: job.message, rule: null };
  }
}
