/**
 * One stream: its configuration, its store, its interest in subjects, its consumers. Writes happen during the input of a turn, what
 * follows from them (acknowledgements, deliveries, republished messages) after it. Owner of all that belongs to the stream; consumers
 * and sources are told, and ask.
 */
import { SubjectTransform } from '@sluice/protocol';
import { type ApiError, apiError, type StreamConfig } from '@sluice/protocol/jetstream';
import { Subscription, SubscriptionKind } from '../../routing/subscription.ts';
import type { Consumer } from '../consumer/consumer.ts';
import { headerValue } from '../header-text.ts';
import type { Messenger } from '../messenger.ts';
import type { MessageStore, StoreLimits, StoreListener } from '../store/store.ts';
import { FilterSet } from '../store/subject-filter.ts';
import type { JetStreamTurn, TurnStream } from '../turn.ts';
import { StreamAdvisories } from './advisories.ts';
import { AtomicBatches } from './atomic-batch.ts';
import { Dedupe, recoverIds } from './dedupe.ts';
import { DirectGet } from './direct-get.ts';
import { Expiry } from './expiry.ts';
import { FastBatches } from './fast-batch.ts';
import { Ingest, type Outcome, refusalText } from './ingest.ts';
import { PubAcks } from './pub-acks.ts';
import type { PublishContext, Rollup } from './publish-rules.ts';
import { Republish } from './republish.ts';
import { Scheduler } from './scheduler.ts';
import { SourceSet } from './source-set.ts';
import { StreamClock } from './stream-clock.ts';
import type { StreamHost } from './stream-host.ts';

const MARKER_HEADERS = (ttlSeconds: number, reason: string): string =>
  `NATS/1.0\r\nNats-Marker-Reason: ${reason}\r\nNats-TTL: ${goSeconds(ttlSeconds)}\r\nNats-Rollup: sub\r\n\r\n`;

export class Stream implements TurnStream, StoreListener {
  readonly host: StreamHost;
  readonly store: MessageStore;
  readonly createdUs: number;
  readonly messenger: Messenger;
  readonly turn: JetStreamTurn;
  readonly acks: PubAcks;
  readonly dedupe: Dedupe;
  readonly ingest: Ingest;
  readonly expiry: Expiry;
  readonly scheduler: Scheduler;
  readonly atomicBatches: AtomicBatches;
  readonly fastBatches: FastBatches;
  readonly directGet: DirectGet;
  readonly sources: SourceSet;
  readonly clock: StreamClock;
  readonly advisories: StreamAdvisories = new StreamAdvisories(this);
  readonly consumers: Map<string, Consumer> = new Map();
  /** Tells this stream from another one of the same name, before or after it. */
  readonly identity: string;
  /** A purge is at work: what it removes is settled by consumers when it is through. */
  isPurging = false;
  config: StreamConfig;
  lastMsgId = '';
  republish: Republish | undefined;
  isTouched = false;
  isStopped = false;
  private transform: SubjectTransform | undefined;
  private subscriptions: Map<string, Subscription> = new Map();

  constructor(host: StreamHost, config: StreamConfig, made: { store: MessageStore; createdUs: number; identity: string }) {
    this.host = host;
    this.config = config;
    this.store = made.store;
    this.createdUs = made.createdUs;
    this.identity = made.identity;
    this.messenger = host.messenger;
    this.turn = host.turn;
    this.acks = new PubAcks(host.account, this.ackPrefix(undefined));
    this.dedupe = new Dedupe(config.duplicate_window / 1000);
    this.expiry = new Expiry(this.expiryHost());
    this.scheduler = new Scheduler(this.schedulerHost());
    this.atomicBatches = new AtomicBatches(this);
    this.fastBatches = new FastBatches(this);
    this.directGet = new DirectGet(this);
    this.sources = new SourceSet(this);
    this.ingest = new Ingest(this);
    this.store.listener = this;
    this.clock = new StreamClock(host.clock, this.store.state());
    this.configure();
  }

  private expiryHost(): ConstructorParameters<typeof Expiry>[0] {
    const stream = this;
    return {
      get config(): StreamConfig {
        return stream.config;
      },
      store: this.store,
      clock: this.host.clock,
      act: (task) => this.act(task),
      storeMarker: (subject, ttlSeconds) => {
        this.ingest.store({ subject, headers: MARKER_HEADERS(ttlSeconds, 'MaxAge'), payload: Buffer.alloc(0), isSourced: true });
      },
    };
  }

  private schedulerHost(): ConstructorParameters<typeof Scheduler>[0] {
    return {
      store: this.store,
      clock: this.host.clock,
      act: (task) => this.act(task),
      storeScheduled: (subject, headers, payload) => {
        this.ingest.store({ subject, headers, payload, isSourced: true });
      },
    };
  }

  // ---- Life -----------------------------------------------------------------------------------------------------

  /** Subscribes to the subjects and starts what runs by itself. */
  start(): void {
    if (this.config.duplicate_window > 0) this.lastMsgId = recoverIds(this.dedupe, this.store, this.host.clock.nowUs());
    if (this.config.allow_msg_schedules === true) this.scheduler.recover();
    this.subscribeAll();
    this.directGet.configure();
    this.sources.configure();
    this.expiry.schedule();
  }

  /** Takes the configuration into force in whatever follows it. */
  configure(): void {
    const { config } = this;
    this.dedupe.windowUs = config.duplicate_window / 1000;
    const transform = config.subject_transform;
    const parsed =
      transform === undefined || transform.dest === '' ? undefined : SubjectTransform.parse(transform.src, transform.dest);
    this.transform = parsed?.ok === true ? parsed.value : undefined;
    const host = {
      messenger: this.messenger,
      store: this.store,
      defer: (task: () => void) => this.turn.defer(task),
      random: () => this.host.random(),
    };
    this.republish = Republish.of(host, config.name, config.republish);
    this.ingest.configure();
  }

  /** Changes to a configuration that has passed all rules. */
  update(config: StreamConfig): void {
    const old = this.config;
    this.config = config;
    this.configure();
    if (config.allow_atomic !== true) this.atomicBatches.clear();
    if (config.allow_batched !== true) this.fastBatches.clear();
    this.store.updateLimits(storeLimits(config));
    this.subscribeAll();
    this.directGet.configure();
    this.sources.configure();
    if (config.allow_msg_schedules === true && old.allow_msg_schedules !== true) this.scheduler.recover();
    this.expiry.schedule();
    if (old.retention !== config.retention) this.onRetentionChanged();
    for (const consumer of this.consumers.values()) consumer.recount();
    this.turn.touch(this);
  }

  private subscribeAll(): void {
    const wanted = new Set(this.config.subjects ?? []);
    for (const [subject, subscription] of [...this.subscriptions]) {
      if (wanted.has(subject)) continue;
      this.subscriptions.delete(subject);
      this.unsubscribe(subscription);
    }
    for (const subject of wanted) {
      if (this.subscriptions.has(subject)) continue;
      const subscription = new Subscription({
        subscriber: this.ingest,
        subject,
        queue: '',
        sid: 'js',
        kind: SubscriptionKind.internal,
        cid: 0,
      });
      this.subscriptions.set(subject, subscription);
      this.host.account.add(subscription);
    }
  }

  private unsubscribe(subscription: Subscription): void {
    subscription.isClosed = true;
    this.host.account.remove(subscription);
  }

  /** Ends everything that runs; the data stays. */
  stop(): void {
    this.isStopped = true;
    for (const subscription of this.subscriptions.values()) this.unsubscribe(subscription);
    this.subscriptions.clear();
    this.directGet.stop();
    this.sources.stop();
    this.expiry.stop();
    this.scheduler.stop();
    this.atomicBatches.clear();
    this.fastBatches.clear();
  }

  // ---- Turns ----------------------------------------------------------------------------------------------------

  /** Runs `task` as part of a turn. */
  act(task: () => void): void {
    if (this.isStopped) return;
    this.turn.touch(this);
    task();
  }

  endTurn(): void {
    this.clock.endTurn();
    if (this.isStopped) return;
    this.store.flush();
    this.acks.send(this.store.committedSeq);
    this.expiry.schedule();
  }

  onCommitted(seq: number): void {
    if (this.isStopped) return;
    this.acks.send(seq);
    for (const consumer of this.consumers.values()) consumer.onCommitted();
    this.sources.onCommitted();
  }

  onFailed(cause: unknown, firstLostSeq: number): void {
    this.host.log.write('ERR', `JetStream stream '${this.label}' cannot be written any more: ${String(cause)}`);
    const error = apiError('streamStoreFailed', { err: 'stream store is read-only after a disk failure' });
    this.dedupe.forgetFrom(firstLostSeq);
    this.turn.defer(() => this.acks.refuse(firstLostSeq, refusalText(this.config.name, error)));
  }

  onDamage(firstSeq: number, count: number): void {
    this.host.log.write(
      'WRN',
      `JetStream stream '${this.label}' has lost ${count} message(s) from sequence ${firstSeq} on to damage`,
    );
  }

  onRemoved(seq: number, subject: string): void {
    for (const consumer of this.consumers.values()) consumer.onRemoved(seq, subject);
    if (this.config.allow_msg_schedules === true && this.store.subjects.slotOf(subject) < 0) this.scheduler.forget(subject);
  }

  onManyRemoved(): void {
    for (const consumer of this.consumers.values()) consumer.onManyRemoved();
  }

  get label(): string {
    return `${this.host.account.name} > ${this.config.name}`;
  }

  // ---- What storing needs -----------------------------------------------------------------------------------------

  transformed(subject: string): string {
    const { transform } = this;
    return transform?.matches(subject) === true ? transform.apply(subject, () => this.host.random()) : subject;
  }

  publishContext(): PublishContext {
    return {
      config: this.config,
      store: this.store,
      dedupe: this.dedupe,
      lastMsgId: this.lastMsgId,
      nowUs: this.host.clock.nowUs(),
    };
  }

  /** Bytes of a message as limits count them. */
  countedBytes(subjectBytes: number, headerBytes: number, payloadBytes: number): number {
    const overhead = this.config.storage === 'memory' ? 16 : headerBytes === 0 ? 30 : 34;
    return overhead + subjectBytes + headerBytes + payloadBytes;
  }

  /** Why the server, the account or a full queue cannot take a message of that size. */
  limitProblem(subjectBytes: number, headerBytes: number, payloadBytes: number): ApiError | undefined {
    if (this.acks.waiting >= this.host.options.maxBufferedMessages) return apiError('streamTooManyRequests');
    return this.host.limitProblem(this.config.storage, this.countedBytes(subjectBytes, headerBytes, payloadBytes));
  }

  /** `{"stream":"S"[,"domain":"D"],"seq":` and the number, without the last brace. */
  ackPrefix(seq: number | undefined): string {
    const { domain } = this.host.options;
    const start = `{"stream":${JSON.stringify(this.config.name)}${domain === '' ? '' : `,"domain":${JSON.stringify(domain)}`},"seq":`;
    return seq === undefined ? start : `${start}${seq}`;
  }

  /** The acknowledgement of an outcome, or null for the plain one. */
  ackText(outcome: Exclude<Outcome, { kind: 'refused' }>): string | null {
    if (outcome.kind === 'duplicate') return `${this.ackPrefix(outcome.seq)},"duplicate": true}`;
    return outcome.counter === undefined ? null : `${this.ackPrefix(outcome.seq)},"val":"${outcome.counter}"}`;
  }

  batchAckText(seq: number, id: string, count: number): string {
    return `${this.ackPrefix(seq)},"batch":${JSON.stringify(id)},"count":${count}}`;
  }

  /** Removes what a rollup replaces, and the schedule that a produced message ends. */
  rollUp(rollup: Rollup, subject: string, headers: string, keep: number): void {
    if (rollup === 'subject') this.purge({ filter: new FilterSet([subject]), belowSeq: 0, keep }, subject);
    else if (rollup === 'all') this.purge({ filter: null, belowSeq: 0, keep }, '');
    if (headers === '' || !headers.includes('Nats-Schedule-Next')) return;
    if (headerValue(headers, 'Nats-Schedule-Next') !== 'purge') return;
    const scheduler = headerValue(headers, 'Nats-Scheduler') ?? '';
    if (scheduler === '') return;
    this.purge({ filter: new FilterSet([scheduler]), belowSeq: 0, keep: 0 }, scheduler);
    this.scheduler.forget(scheduler);
  }

  onHeadersStored(seq: number, subject: string, headers: string, timeUs: number): void {
    if (this.config.allow_msg_schedules === true) this.scheduler.onStored(seq, subject, headers, timeUs);
  }

  // ---- Removal and interest ---------------------------------------------------------------------------------------

  /** Purges the store and moves the consumers along. `pattern` is the filter's subject; empty for all. Returns how many went. */
  purge(request: { filter: FilterSet | null; belowSeq: number; keep: number }, pattern: string): number {
    this.isPurging = true;
    const purged = this.store.purge(request);
    this.isPurging = false;
    const { lastSeq, firstSeq } = this.store.state();
    const first = request.filter === null ? firstSeq : this.store.filteredState(request.filter, firstSeq).first;
    for (const consumer of this.consumers.values())
      consumer.onPurged(pattern, { firstSeq: first, streamFirstSeq: firstSeq, lastSeq });
    this.turn.touch(this);
    return purged;
  }

  /** Removes one message on request; false when there is none. */
  removeMessage(seq: number, erase: boolean): boolean {
    this.turn.touch(this);
    return this.store.remove(seq, erase);
  }

  hasInterestIn(subject: string): boolean {
    for (const consumer of this.consumers.values()) if (consumer.matches(subject)) return true;
    return false;
  }

  /** A consumer is done with a message: it goes when nobody else needs it. */
  onAcked(seq: number, by: Consumer): void {
    const { retention } = this.config;
    if (retention === 'limits' || this.isStopped) return;
    if (retention === 'interest' && this.isNeeded(seq, by)) return;
    this.turn.touch(this);
    this.store.remove(seq, false);
  }

  /** True when a consumer other than `except` still needs the message. */
  isNeeded(seq: number, except: Consumer | undefined): boolean {
    const subject = this.store.subjectOf(seq);
    if (subject === undefined) return false;
    for (const consumer of this.consumers.values()) if (consumer !== except && consumer.needs(seq, subject)) return true;
    return false;
  }

  /** Messages are kept for interest from now on: what consumers are done with goes, what is none of theirs stays. */
  private onRetentionChanged(): void {
    if (this.consumers.size === 0) return this.dropUninteresting();
    for (const consumer of this.consumers.values()) consumer.releaseDone();
  }

  /** Removes what no consumer needs any more, on streams that keep messages for interest only. */
  dropUninteresting(fromSeq = 1): void {
    if (this.config.retention !== 'interest') return;
    this.turn.touch(this);
    if (this.consumers.size === 0) {
      this.store.purge({ filter: null, belowSeq: 0, keep: 0 });
      return;
    }
    for (let seq = this.store.nextSeq(null, fromSeq); seq > 0; seq = this.store.nextSeq(null, seq + 1)) {
      if (!this.isNeeded(seq, undefined)) this.store.remove(seq, false);
    }
  }
}

/** Whole seconds as Go writes a duration. */
export function goSeconds(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = seconds % 60;
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}

/** The limits that the store enforces. */
export function storeLimits(config: StreamConfig): StoreLimits {
  return {
    maxMessages: config.max_msgs,
    maxBytes: config.max_bytes,
    maxMessagesPerSubject: config.max_msgs_per_subject,
    discardsNew: config.discard === 'new',
    discardsNewPerSubject: config.discard_new_per_subject === true,
    compresses: config.compression === 's2',
  };
}
