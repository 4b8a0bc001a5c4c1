/** Publishing and asking as a chosen user, once or many times. One short connection per run; nothing is kept open between them. */

import { randomBytes } from 'node:crypto';
import { createInbox, type Msg } from '@nats-io/transport-node';
import type {
  PublishJob,
  PublishRequest,
  PublishResult,
  RequestReply,
  RequestRequest,
  RequestResult,
  RunAs,
} from '@sluice/protocol/console';
import type { Clock } from '../env/clock.ts';
import { HttpFailure } from '../http-failure.ts';
import { headerPairs } from '../nats/jetstream/message-reader.ts';
import { encodePayload, fillIn, hasVariables, readyMessage } from './message.ts';
import { type Opened, UserConnection } from './user-connection.ts';

export interface WorkbenchOptions {
  readonly clock: Clock;
  natsUrl(): string | undefined;
  maxPayloadBytes(): number | null;
  /** The permission rule that decides about a subject for a user, in words; null where the configuration is not known. */
  ruleFor(runAs: RunAs, subject: string): Promise<string | null>;
}

const REPLY_LIMIT_BYTES = 1_048_576;
/** Replies of one request may hold this much in all. */
const REPLIES_LIMIT_BYTES = 16_777_216;
const MAX_RUNNING_JOBS = 8;
const MAX_KEPT_JOBS = 100;
const TICK_MS = 20;

const anonymous: RunAs = { kind: 'anonymous' };

interface Job {
  readonly owner: string;
  readonly shown: PublishJob;
  isStopRequested: boolean;
}

export class Workbench {
  readonly #options: WorkbenchOptions;
  readonly #jobs = new Map<string, Job>();

  constructor(options: WorkbenchOptions) {
    this.#options = options;
  }

  async publish(request: PublishRequest): Promise<PublishResult> {
    const message = readyMessage(request, this.#options.maxPayloadBytes());
    const startedMs = this.#options.clock.monotonicMs();
    const result = (rest: Omit<PublishResult, 'sizeBytes' | 'durationMs'>): PublishResult => ({
      ...rest,
      sizeBytes: message.sizeBytes,
      durationMs: this.#options.clock.monotonicMs() - startedMs,
    });
    const runAs = request.runAs ?? anonymous;
    const opened = await this.#open(runAs);
    if (!opened.ok) return result({ outcome: 'unreachable', message: opened.message, published: 0, rule: null });
    const { connection } = opened;
    try {
      connection.nats.publish(message.subject, message.payload, message.options);
      await connection.settle();
      const [refusal] = connection.refusals;
      if (refusal === undefined)
        return result({ outcome: 'published', message: 'The server took the message.', published: 1, rule: null });
      const rule = await this.#options.ruleFor(runAs, message.subject);
      return result({ outcome: 'denied', message: refusal, published: 0, rule });
    } finally {
      await connection.close();
    }
  }

  async request(request: RequestRequest): Promise<RequestResult> {
    const { timeoutMs = 2000, maxReplies = 1, runAs = anonymous } = request;
    const message = readyMessage(request, this.#options.maxPayloadBytes());
    const { clock } = this.#options;
    const startedMs = clock.monotonicMs();
    const result = (rest: Omit<RequestResult, 'durationMs'>): RequestResult => ({
      ...rest,
      durationMs: clock.monotonicMs() - startedMs,
    });
    const opened = await this.#open(runAs);
    if (!opened.ok) return result({ outcome: 'unreachable', message: opened.message, replies: [], rule: null });
    const { connection } = opened;
    const gathering = new ReplyGathering(clock, maxReplies);
    try {
      const inbox = createInbox();
      connection.nats.subscribe(inbox, { callback: (_error, reply) => gathering.take(reply) });
      gathering.start();
      connection.nats.publish(message.subject, message.payload, { ...message.options, reply: inbox });
      await connection.settle();
      const [refusal] = connection.refusals;
      if (refusal !== undefined) {
        const rule = await this.#options.ruleFor(runAs, message.subject);
        return result({ outcome: 'denied', message: refusal, replies: [], rule });
      }
      await gathering.done(timeoutMs);
      return result({ ...gathering.outcome(timeoutMs), replies: gathering.replies, rule: null });
    } finally {
      await connection.close();
    }
  }

  /** Starts publishing again and again; the job is looked at and stopped by its id. */
  async startJob(
    request: PublishRequest & { repeat: NonNullable<PublishRequest['repeat']> },
    owner: string,
  ): Promise<PublishJob> {
    const running = [...this.#jobs.values()].filter((job) => job.shown.state === 'running');
    if (running.length >= MAX_RUNNING_JOBS)
      throw new HttpFailure('conflict', `${MAX_RUNNING_JOBS} jobs are running already; stop one first`);
    // Says what is wrong with the message before anything is sent.
    readyMessage(fillIn(request, 1, new Date(this.#options.clock.nowMs())), this.#options.maxPayloadBytes());
    const opened = await this.#open(request.runAs ?? anonymous);
    if (!opened.ok) throw new HttpFailure('bad_request', `no connection as that user: ${opened.message}`);
    const shown: PublishJob = {
      id: randomBytes(9).toString('base64url'),
      state: 'running',
      published: 0,
      count: request.repeat.count,
      perSecond: 0,
      startedAtMs: this.#options.clock.nowMs(),
      finishedAtMs: null,
      message: 'Publishing.',
    };
    const job: Job = { owner, shown, isStopRequested: false };
    this.#keep(job);
    this.#run(job, request, opened.connection).then(
      () => undefined,
      (error: unknown) => this.#finish(job, 'failed', error instanceof Error ? error.message : String(error)),
    );
    return { ...shown };
  }

  /** A job of this owner. */
  job(id: string, owner: string): PublishJob {
    return { ...this.#find(id, owner).shown };
  }

  stopJob(id: string, owner: string): PublishJob {
    const job = this.#find(id, owner);
    job.isStopRequested = true;
    return { ...job.shown, state: job.shown.state === 'running' ? 'stopped' : job.shown.state };
  }

  /** Ends every job. */
  stop(): void {
    for (const job of this.#jobs.values()) job.isStopRequested = true;
  }

  async #run(
    job: Job,
    request: PublishRequest & { repeat: { count: number; perSecond: number } },
    connection: UserConnection,
  ): Promise<void> {
    const { clock } = this.#options;
    const { count, perSecond } = request.repeat;
    const isVaried = hasVariables(request);
    const fixed = isVaried ? undefined : readyMessage(request, this.#options.maxPayloadBytes());
    const startedMs = clock.monotonicMs();
    try {
      while (job.shown.published < count && !job.isStopRequested && connection.refusals.length === 0) {
        const elapsedMs = clock.monotonicMs() - startedMs;
        const due = Math.min(count, Math.floor((elapsedMs * perSecond) / 1000) + 1);
        for (let seq = job.shown.published + 1; seq <= due; seq++) {
          const message = fixed ?? readyMessage(fillIn(request, seq, new Date(clock.nowMs())), this.#options.maxPayloadBytes());
          connection.nats.publish(message.subject, message.payload, message.options);
        }
        if (due > job.shown.published) await connection.settle();
        if (connection.refusals.length === 0) job.shown.published = due;
        job.shown.perSecond = (job.shown.published * 1000) / Math.max(1, clock.monotonicMs() - startedMs);
        if (due < count) await new Promise<void>((resolve) => clock.setTimer(TICK_MS, resolve));
      }
      const [refusal] = connection.refusals;
      if (refusal !== undefined) this.#finish(job, 'failed', refusal);
      else if (job.shown.published >= count) this.#finish(job, 'done', `Published ${count} messages.`);
      else this.#finish(job, 'stopped', `Stopped after ${job.shown.published} of ${count} messages.`);
    } finally {
      await connection.close();
    }
  }

  #finish(job: Job, state: PublishJob['state'], message: string): void {
    job.shown.state = state;
    job.shown.message = message;
    job.shown.finishedAtMs = this.#options.clock.nowMs();
  }

  async #open(runAs: RunAs): Promise<Opened> {
    const url = this.#options.natsUrl();
    if (url === undefined) return { ok: false, message: 'The broker is not running.' };
    return UserConnection.open(url, runAs);
  }

  #find(id: string, owner: string): Job {
    const job = this.#jobs.get(id);
    if (job === undefined || job.owner !== owner) throw new HttpFailure('not_found', 'no such job of yours');
    return job;
  }

  #keep(job: Job): void {
    this.#jobs.set(job.shown.id, job);
    for (const [id, known] of this.#jobs) {
      if (this.#jobs.size <= MAX_KEPT_JOBS) return;
      if (known.shown.state !== 'running') this.#jobs.delete(id);
    }
  }
}

/** Collects the replies to one request until there are enough, nobody answers, or time is up. */
class ReplyGathering {
  readonly replies: RequestReply[] = [];
  readonly #clock: Clock;
  readonly #most: number;
  #startedMs = 0;
  #bytes = 0;
  #hasNoResponders = false;
  #finish: () => void = () => undefined;

  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  start(): void {
    this.#startedMs = this.#clock.monotonicMs();
  }

  take(reply: Msg): void {
    if (this.#isComplete()) return;
    if (reply.headers?.code === 503 && reply.data.byteLength === 0) {
      this.#hasNoResponders = true;
    } else {
      this.#bytes += reply.data.byteLength;
      const limit = this.#bytes > REPLIES_LIMIT_BYTES ? 0 : REPLY_LIMIT_BYTES;
      const latencyMs = this.#clock.monotonicMs() - this.#startedMs;
      this.replies.push({ subject: reply.subject, headers: headerPairs(reply), latencyMs, ...encodePayload(reply.data, limit) });
    }
    if (this.#isComplete()) this.#finish();
  }

  /** Resolves when complete, or after `timeoutMs`. */
  done(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(timeoutMs, resolve);
      this.#finish = () => {
        timer.cancel();
        resolve();
      };
      if (this.#isComplete()) this.#finish();
    });
  }

  outcome(timeoutMs: number): Pick<RequestResult, 'outcome' | 'message'> {
    if (this.#hasNoResponders) return { outcome: 'no_responders', message: 'Nobody is subscribed to this subject.' };
    const count = this.replies.length;
    if (count === 0) return { outcome: 'timeout', message: `Somebody is subscribed, but no reply came within ${timeoutMs} ms.` };
    return { outcome: 'replied', message: count === 1 ? 'One reply.' : `${count} replies.` };
  }

  #isComplete(): boolean {
    return this.#hasNoResponders || this.replies.length >= this.#most;
  }
}
