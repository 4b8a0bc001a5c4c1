/**
 * One consumer: takes messages from its stream in order, hands them to whoever asks or listens, and keeps account of what comes back.
 * What it knows is in `ConsumerState`; here is what happens when: requests, acknowledgements, timers, changes of the stream.
 */
import { type ConsumerConfig, jsHeaders } from '@sluice/protocol/jetstream';
import type { ReceivedMessage } from '../../account/internal-subscriber.ts';
import { Subscription, SubscriptionKind } from '../../routing/subscription.ts';
import type { AssetFile } from '../asset-file.ts';
import { headerText, headerValue, parseDigits, statusBlock } from '../header-text.ts';
import type { ConsumerMoment } from '../infos.ts';
import { nameHash } from '../name-hash.ts';
import { FilterSet } from '../store/subject-filter.ts';
import { needsHigherLevel } from '../stream/required-level.ts';
import type { Stream } from '../stream/stream.ts';
import type { TurnConsumer } from '../turn.ts';
import { AckInbox, type AckMessage } from './ack-inbox.ts';
import { Acknowledge } from './acknowledge.ts';
import { ConsumerAdvisories } from './advisories.ts';
import { filtersOf } from './config-rules.ts';
import { Deliver } from './deliver.ts';
import { pinnedHost, pullHost } from './hosts.ts';
import { Inactivity } from './inactivity.ts';
import { Keeping, SAVE_DELAY_MS } from './keeping.ts';
import { Pause } from './pause.ts';
import { PinnedClient } from './pinned-client.ts';
import { PullQueue } from './pull.ts';
import { FlowControl, hasPushInterest } from './push.ts';
import { RedeliveryTimer } from './redelivery-timer.ts';
import type { Start } from './select-start.ts';
import { type ConsumerSnapshot, ConsumerState } from './state.ts';

/** How a consumer is made: new, or from what was kept. */
export interface ConsumerMaking {
  readonly name: string;
  readonly createdUs: number;
  readonly start: Start;
  readonly snapshot: ConsumerSnapshot | undefined;
  readonly file: AssetFile | undefined;
}

export class Consumer implements TurnConsumer {
  readonly stream: Stream;
  readonly name: string;
  readonly createdUs: number;
  readonly state: ConsumerState;
  readonly pull: PullQueue | undefined;
  readonly flow: FlowControl | undefined;
  readonly pinned: PinnedClient;
  readonly advisories: ConsumerAdvisories;
  readonly redelivery: RedeliveryTimer;
  readonly deliver: Deliver;
  config: ConsumerConfig;
  /** Null takes every message. */
  filter: FilterSet | null;
  /** Messages that are still to come, redeliveries not counted, and up to where they were counted. */
  pendingCount = 0;
  countedSeq = 0;
  /** Messages to deliver before going on, for `last_per_subject`. */
  skipList: number[] | undefined;
  resumeAt: number;
  /**
   * What is delivered without acknowledgements is done with, where the stream was one for interest when the consumer began: as in
   * nats-server it does not notice that the stream becomes one.
   */
  readonly isDoneByDelivery: boolean;
  /** Push: somebody listens. */
  isActive = false;
  isSignalled = false;
  /** The consumer as it was recovered. As in nats-server, the first request to create or update it afterwards is answered with that. */
  recovered: ConsumerMoment | undefined;
  isStopped = false;
  lastDeliveredUs = 0;
  lastAckedUs = 0;
  readonly pause: Pause;
  private readonly keeping: Keeping;
  private readonly inactivity: Inactivity;
  private readonly acks: Acknowledge;
  private readonly subscriptions: Subscription[] = [];
  private readonly ends: (() => void)[] = [];
  private readonly ackMessages: AckMessage[] = [];

  constructor(stream: Stream, config: ConsumerConfig, making: ConsumerMaking) {
    this.stream = stream;
    this.name = making.name;
    this.createdUs = making.createdUs;
    this.config = config;
    this.keeping = new Keeping(this, making.file);
    this.inactivity = new Inactivity(this);
    this.pause = new Pause(this);
    this.filter = FilterSet.of(filtersOf(config));
    this.state = new ConsumerState(config.ack_policy, making.start.seq);
    this.skipList = making.snapshot === undefined ? making.start.skipList : undefined;
    this.resumeAt = making.start.resumeAt;
    if (making.snapshot !== undefined) this.state.restore(making.snapshot, stream.store.state().lastSeq);
    this.advisories = new ConsumerAdvisories(this);
    this.pinned = new PinnedClient(pinnedHost(this));
    this.pull = this.isPush ? undefined : new PullQueue(pullHost(this), this.pinned);
    const { messenger } = stream;
    const prefix = `$JS.FC.${this.address}.`;
    this.flow = config.flow_control === true ? new FlowControl(messenger, prefix, () => stream.host.random()) : undefined;
    this.isDoneByDelivery = config.ack_policy === 'none' && stream.config.retention !== 'limits';
    this.redelivery = new RedeliveryTimer(this);
    this.deliver = new Deliver(this);
    this.acks = new Acknowledge(this);
    this.inactivity.configure(this.isDurable);
  }

  get isPush(): boolean {
    return (this.config.deliver_subject ?? '') !== '';
  }

  get isDurable(): boolean {
    return (this.config.durable_name ?? '') !== '';
  }

  // ---- Life -----------------------------------------------------------------------------------------------------

  start(): void {
    const { account } = this.stream.host;
    const stream = this.stream.config.name;
    this.recount();
    // The longer form is written only when asked for, and read always.
    const owner = this.ackOwner;
    const isAcked = this.config.ack_policy !== 'none' && this.config.ack_policy !== 'flow_control';
    if (isAcked) {
      const inbox = new AckInbox(this);
      this.subscribeRaw(`$JS.ACK.${stream}.${this.name}.*.*.*.*.*`, inbox);
      this.subscribeRaw(`$JS.ACK.${owner}.${stream}.${this.name}.*.*.*.*.>`, inbox);
    }
    this.ends.push(account.subscribe(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${this.name}`, (message) => this.onNext(message)));
    if (this.flow !== undefined) {
      for (const prefix of ['$JS.FC', `$JS.FC.${owner}`]) {
        this.ends.push(account.subscribe(`${prefix}.${stream}.${this.name}.*`, (message) => this.onFlowAnswer(message)));
      }
    }
    if (this.isPush) this.checkInterest();
    this.pause.arm();
    this.inactivity.arm();
    this.redelivery.resume();
    this.signal();
  }

  /** Domain and account, as the longer form of subjects names them. */
  private get ackOwner(): string {
    const { account, options } = this.stream.host;
    return `${options.domain === '' ? '_' : options.domain}.${nameHash(account.name)}`;
  }

  /** Stream and consumer, as subjects of acknowledgements and flow control name them. */
  get address(): string {
    const { name } = this.stream.config;
    return `${this.stream.host.options.namesAckOwner ? `${this.ackOwner}.` : ''}${name}.${this.name}`;
  }

  private subscribeRaw(subject: string, subscriber: AckInbox): void {
    const subscription = new Subscription({ subscriber, subject, queue: '', sid: 'js', kind: SubscriptionKind.internal, cid: 0 });
    this.subscriptions.push(subscription);
    this.stream.host.account.add(subscription);
  }

  /** Ends everything that runs. The state that is kept is written. */
  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    for (const subscription of this.subscriptions) {
      subscription.isClosed = true;
      this.stream.host.account.remove(subscription);
    }
    for (const end of this.ends) end();
    this.pause.stop();
    this.inactivity.stop();
    this.pinned.release();
    this.redelivery.stop();
    this.deliver.stop();
    this.keeping.stop();
  }

  /** Removes what is kept on disk. */
  forget(): void {
    this.keeping.forget();
  }

  /** Something may be deliverable. */
  signal(): void {
    if (!this.isStopped) this.stream.turn.signal(this);
  }

  run(): boolean {
    if (this.isStopped) return false;
    if (this.ackMessages.length > 0) for (const message of this.ackMessages.splice(0)) this.acks.take(message);
    return this.deliver.run();
  }

  // ---- Configuration ----------------------------------------------------------------------------------------------

  /**
   * Takes a configuration into force that may follow the old one. Of all changes only another deliver subject and another maximum of
   * pending acknowledgements make it look for messages; what others allow, a pause that ends early for one, waits for the next event.
   */
  update(config: ConsumerConfig): void {
    const old = this.config;
    this.config = config;
    if (
      (old.deliver_subject ?? '') !== (config.deliver_subject ?? '') ||
      (old.deliver_group ?? '') !== (config.deliver_group ?? '')
    ) {
      this.redelivery.expireAll();
      this.deliver.retarget();
      // Interest in the new subject counts from the next turn, so that the answer tells of the old one.
      this.stream.turn.defer(() => this.checkInterest());
      this.signal();
    }
    if ((old.max_ack_pending ?? 0) !== (config.max_ack_pending ?? 0)) this.signal();
    if (old.ack_wait !== config.ack_wait) this.redelivery.arm(SAVE_DELAY_MS);
    if ((old.inactive_threshold ?? 0) !== (config.inactive_threshold ?? 0))
      this.inactivity.configure((old.durable_name ?? '') !== '');
    this.inactivity.arm();
    if (old.pause_until !== config.pause_until) {
      this.pause.arm();
      this.advisories.paused();
    }
    const filters = filtersOf(config);
    if (filters.join('\f') !== filtersOf(old).join('\f')) {
      this.filter = FilterSet.of(filters);
      this.stream.dropUninteresting(Math.max(1, this.state.ackSeq));
      this.recount();
    }
  }

  get isPaused(): boolean {
    return this.config.pause_until !== undefined && this.pause.leftMs() > 0;
  }

  // ---- Interest --------------------------------------------------------------------------------------------------

  /** Somebody has come to the deliver subject, or has left it. */
  checkInterest(): void {
    const subject = this.config.deliver_subject ?? '';
    const isActive = hasPushInterest(this.stream.host.account.matchOf(subject), subject, this.config.deliver_group ?? '');
    if (isActive === this.isActive) return;
    this.isActive = isActive;
    this.inactivity.arm();
    if (isActive) this.signal();
  }

  // ---- Requests and acknowledgements --------------------------------------------------------------------------------

  private onNext(message: ReceivedMessage): void {
    const { messenger } = this.stream;
    if (message.reply === '' || this.isStopped) return;
    if (this.pull === undefined) messenger.sendStatus(message.reply, statusBlock('409 Consumer is push based'));
    else if (needsHigherLevel(message.headers)) messenger.sendStatus(message.reply, statusBlock('412 Required Api Level'));
    else this.request(message.reply, message.payload);
  }

  /** A pull request, by itself or behind `+NXT`. */
  request(reply: string, body: Uint8Array): void {
    if (this.pull?.request(reply, body) === true) this.signal();
  }

  private onFlowAnswer(message: ReceivedMessage): void {
    if (this.isStopped || this.flow?.onAnswer(message.subject) !== true) return;
    if (this.config.ack_policy === 'flow_control' && message.headers.length > 0) {
      const headers = headerText(message.headers);
      const seq = parseDigits(headerValue(headers, jsHeaders.lastStream) ?? '') ?? 0;
      const delivery = parseDigits(headerValue(headers, jsHeaders.lastConsumer) ?? '') ?? 0;
      if (seq > 0) this.acks.ack(seq, delivery);
    }
    this.signal();
  }

  onPlainAck(seq: number, delivery: number, count: number): void {
    if (this.isStopped) return;
    this.acks.ackPlain(seq, delivery, count);
  }

  onAckMessage(message: AckMessage): void {
    this.ackMessages.push(message);
    this.signal();
  }

  sendHeartbeat(target: string): void {
    const headers: (readonly [string, string | number])[] = [
      [jsHeaders.lastConsumer, this.state.nextDelivery - 1],
      [jsHeaders.lastStream, this.state.nextSeq - 1],
    ];
    if (this.flow !== undefined && this.flow.openId !== '') headers.push([jsHeaders.consumerStalled, this.flow.openId]);
    this.stream.messenger.sendStatus(target, statusBlock('100 Idle Heartbeat', headers));
  }

  /** Gives back what it is done with, of a stream that begins to keep messages for interest. */
  releaseDone(): void {
    const { state, stream } = this;
    const end = state.pending.size > 0 ? Math.max(state.floorSeq, state.deliveredSeq) : state.floorSeq;
    let seq = stream.store.nextSeq(this.filter, 1);
    for (; seq > 0 && seq <= end; seq = stream.store.nextSeq(this.filter, seq + 1)) {
      if (seq <= state.floorSeq || !state.pending.has(seq)) stream.onAcked(seq, this);
    }
  }

  // ---- The stream has changed ---------------------------------------------------------------------------------------

  matches(subject: string): boolean {
    return this.filter === null || this.filter.matches(subject);
  }

  /** True when the stream must keep the message for this consumer. */
  needs(seq: number, subject: string): boolean {
    return this.matches(subject) && this.state.needs(seq);
  }

  /** Counts anew what is to come. */
  recount(): void {
    const { store } = this.stream;
    const isLast = this.config.deliver_policy === 'last_per_subject';
    this.pendingCount = store.countPending(this.filter, this.state.nextSeq, isLast);
    this.countedSeq = store.state().lastSeq;
  }

  /** New messages are committed. */
  onCommitted(): void {
    const { store } = this.stream;
    const { lastSeq } = store.state();
    if (lastSeq > this.countedSeq) {
      this.pendingCount += store.countPending(this.filter, Math.max(this.countedSeq + 1, this.state.nextSeq), false);
      this.countedSeq = lastSeq;
    }
    if (this.isPush ? this.isActive : (this.pull?.size ?? 0) > 0) this.signal();
  }

  onRemoved(seq: number, subject: string): void {
    if (seq >= this.state.nextSeq && seq <= this.countedSeq && this.matches(subject)) this.pendingCount--;
    if (this.state.pending.has(seq)) this.acks.terminateRemoved(seq);
    else this.state.redelivered.delete(seq);
  }

  onManyRemoved(): void {
    this.recount();
  }

  /** The stream was purged by `pattern` (empty: all of it). */
  onPurged(pattern: string, at: { firstSeq: number; streamFirstSeq: number; lastSeq: number }): void {
    const relation = pattern === '' ? 'covered' : this.relationTo(pattern);
    if (relation === 'apart') return;
    const isWider = relation === 'wider';
    const from = isWider ? at.streamFirstSeq : at.firstSeq === 0 ? at.lastSeq + 1 : at.firstSeq;
    const done = this.state.onPurged(from, isWider ? (seq) => this.stream.store.subjectOf(seq) === undefined : undefined);
    if (done > 0) this.lastAckedUs = this.stream.host.clock.nowUs();
    this.recount();
    this.saveSoon();
    this.signal();
  }

  /** How the filters lie to a purged pattern: all inside it, partly outside, or apart. */
  private relationTo(pattern: string): 'covered' | 'wider' | 'apart' {
    const purged = new FilterSet([pattern]);
    const filters = filtersOf(this.config);
    const insideCount = filters.filter((filter) => purged.matches(filter)).length;
    if (filters.length > 0 && insideCount === filters.length) return 'covered';
    return insideCount > 0 || this.matches(pattern) ? 'wider' : 'apart';
  }

  /** Begins delivery anew at the sequence, or behind the ack floor for 0; returns where. */
  reset(seq: number): number {
    const from = Math.max(1, seq === 0 ? this.state.ackSeq + 1 : seq);
    this.skipList = undefined;
    this.state.reset(from);
    this.lastDeliveredUs = 0;
    this.lastAckedUs = 0;
    this.stream.dropUninteresting();
    this.recount();
    this.saveSoon();
    this.signal();
    return from;
  }

  // ---- Keeping ----------------------------------------------------------------------------------------------------

  /** Writes the state before long. */
  saveSoon(): void {
    this.keeping.saveSoon();
  }

  /** Writes configuration and state durably. Throws what the disk throws. */
  saveNow(): void {
    this.keeping.saveNow();
  }

  snapshot(): ConsumerSnapshot {
    return this.state.snapshot();
  }
}
