// hot path
/**
 * The delivery loop: next message, next receiver, out. Runs until nothing is left, nobody wants more, or its share of the turn is used
 * up. Source: nats-server server/consumer.go loopAndGatherMsgs, getNextMsg, deliverMsg.
 */
import { jsHeaders } from '@sluice/protocol/jetstream';
import { writeDecimal } from '@sluice/protocol/wire';
import type { Timer } from '../../env/env.ts';
import { headerText, statusBlock, withHeader } from '../header-text.ts';
import { Target } from '../messenger.ts';
import type { StoredMessage } from '../store/record.ts';
import type { Consumer } from './consumer.ts';
import type { Waiting } from './pull.ts';

/** Messages and bytes that one consumer sends in one turn. */
const SHARE_MESSAGES = 1000;
const SHARE_BYTES = 1_048_576;
const MAX_NUMBERS_BYTES = 128;
const NS_PER_MS = 1_000_000;
const noBytes: Buffer = Buffer.alloc(0);

/** Why there is no next message; `delayed`: it is not yet its time. */
type Stop = 'end' | 'ack-pending' | 'undeliverable' | 'delayed';

export class Deliver {
  private readonly consumer: Consumer;
  private readonly reply: { bytes: Buffer; length: number };
  private readonly prefixBytes: number;
  private target: Target;
  private timer: Timer | undefined;
  private heartbeatTimer: Timer | undefined;
  /** Delivery count of the message that `fetch` returned. */
  private count = 1;
  private stop_: Stop = 'end';
  /** Replay at the original pace: time of the last message, and which message may go out now. */
  private lastTimeUs = 0;
  private replayUntilSeq: number;
  private releasedSeq = 0;
  private paidUntilMs = 0;

  constructor(consumer: Consumer) {
    this.consumer = consumer;
    const prefix = `$JS.ACK.${consumer.address}.`;
    this.prefixBytes = prefix.length;
    this.reply = { bytes: Buffer.alloc(prefix.length + MAX_NUMBERS_BYTES), length: 0 };
    this.reply.bytes.write(prefix, 0, 'latin1');
    this.target = new Target(consumer.config.deliver_subject ?? '');
    this.replayUntilSeq = consumer.config.replay_policy === 'original' ? consumer.stream.store.state().lastSeq : 0;
  }

  /** The deliver subject has changed. */
  retarget(): void {
    this.target = new Target(this.consumer.config.deliver_subject ?? '');
  }

  stop(): void {
    this.timer?.cancel();
    this.heartbeatTimer?.cancel();
  }

  /** Delivers; true when there is more to do in the next turn. */
  run(): boolean {
    const { consumer } = this;
    let bytes = 0;
    for (let sent = 0; sent < SHARE_MESSAGES && bytes < SHARE_BYTES; sent++) {
      if (!this.mayDeliver()) return this.rest('end');
      const message = this.fetch();
      if (message === undefined) return this.rest(this.stop_);
      const size = this.send(message);
      if (size < 0) return this.rest(this.stop_);
      bytes += size;
    }
    return !consumer.isStopped;
  }

  private mayDeliver(): boolean {
    const { consumer } = this;
    if (consumer.isStopped || consumer.isPaused) return false;
    if (consumer.pull !== undefined) return consumer.pull.size > 0;
    return consumer.isActive && consumer.flow?.isStalled !== true;
  }

  /** The next message, to be delivered for the `count`-th time. */
  private fetch(): StoredMessage | undefined {
    const { consumer } = this;
    const { state, stream, config } = consumer;
    const again = this.fetchAgain();
    if (again !== undefined) return again;
    const maxPending = config.max_ack_pending ?? 0;
    if (maxPending > 0 && state.pending.size >= maxPending) {
      this.stop_ = 'ack-pending';
      return undefined;
    }
    this.count = 1;
    this.stop_ = 'end';
    if (consumer.skipList !== undefined) return this.fetchListed();
    const message = stream.store.loadNext(consumer.filter, state.nextSeq);
    if (message === undefined || message.seq > stream.store.committedSeq) {
      const { lastSeq } = stream.store.state();
      const end = Math.min(lastSeq, stream.store.committedSeq);
      if (message === undefined && state.nextSeq <= end) state.nextSeq = end + 1;
      if (state.nextSeq > lastSeq) consumer.pendingCount = 0;
      return undefined;
    }
    state.nextSeq = message.seq + 1;
    return message;
  }

  /** A message that is to be delivered once more. */
  private fetchAgain(): StoredMessage | undefined {
    const { consumer } = this;
    const { state, stream } = consumer;
    const max = Math.max(0, consumer.config.max_deliver ?? 0);
    for (let seq = state.dequeue(); seq > 0; seq = state.dequeue()) {
      const count = state.countRedelivery(seq);
      if (max > 0 && count > max) {
        if (count === max + 1) consumer.advisories.exhausted(seq, count - 1);
        state.giveUp(seq);
        continue;
      }
      const message = stream.store.load(seq);
      if (message === undefined) {
        state.uncountRedelivery(seq);
        state.giveUp(seq);
        continue;
      }
      this.count = count;
      return message;
    }
    return undefined;
  }

  /** The next message of the list that `last_per_subject` begins with. */
  private fetchListed(): StoredMessage | undefined {
    const { consumer } = this;
    const { state, stream } = consumer;
    const list = consumer.skipList ?? [];
    while (list.length > 0) {
      const seq = list[0] as number;
      const message = stream.store.load(seq);
      if (message !== undefined && seq > stream.store.committedSeq) return undefined;
      list.shift();
      state.nextSeq = seq + 1;
      if (list.length === 0) {
        consumer.skipList = undefined;
        state.nextSeq = Math.max(seq, consumer.resumeAt) + 1;
      }
      if (message !== undefined) return message;
    }
    consumer.skipList = undefined;
    state.nextSeq = consumer.resumeAt + 1;
    return this.fetch();
  }

  /** Sends the message to whoever is next; the bytes it took, or -1 when nobody may have it now. */
  private send(message: StoredMessage): number {
    const { consumer } = this;
    const { state, stream, config } = consumer;
    const { seq, timeUs } = message;
    const isFirst = this.count === 1;
    if (this.mustWait(message)) {
      this.stop_ = 'delayed';
      this.putBack(seq);
      return -1;
    }
    const pending = Math.max(0, isFirst ? consumer.pendingCount - 1 : consumer.pendingCount);
    const replyBytes = this.renderReply(message, pending);
    const changed = config.headers_only === true ? headersOnly(message) : null;
    const content = changed === null ? message.headerBytes + message.payloadBytes : changed.headers.length;
    let size = message.subject.length + replyBytes + content;
    let waiting: Waiting | undefined;
    if (isFirst) consumer.pendingCount--;
    if (consumer.pull !== undefined) {
      waiting = consumer.pull.next(size);
      if (waiting === undefined) {
        if (isFirst) consumer.pendingCount++;
        this.stop_ = 'undeliverable';
        this.putBack(seq);
        return -1;
      }
    }
    const pinned = config.priority_policy === 'pinned_client' ? withPin(message, changed, consumer.pinned.id) : changed;
    if (pinned !== null) size = message.subject.length + replyBytes + pinned.headers.length + pinned.payload.length;
    const nowUs = stream.host.clock.nowUs();
    const delivery = state.onDelivered(seq, nowUs);
    consumer.lastDeliveredUs = nowUs;
    const target = waiting === undefined ? this.target : waiting.target;
    const taken = stream.messenger.deliver(target, message, this.reply, pinned);
    this.lastTimeUs = timeUs;
    this.afterSend(seq, { delivery, size, waiting, isTaken: taken > 0 });
    return size;
  }

  private afterSend(seq: number, sent: { delivery: number; size: number; waiting: Waiting | undefined; isTaken: boolean }): void {
    const { consumer } = this;
    const { config, state, stream } = consumer;
    const { waiting, size } = sent;
    consumer.saveSoon();
    if (waiting !== undefined && waiting.left <= 0 && waiting.hasByteLimit && waiting.leftBytes > 0) this.tellCompleted(waiting);
    if (waiting !== undefined && waiting.heartbeatMs > 0)
      waiting.nextHeartbeatMs = stream.host.clock.nowMs() + waiting.heartbeatMs;
    consumer.pull?.touch();
    const maxPending = config.max_ack_pending ?? 0;
    const mustAsk = config.ack_policy === 'flow_control' && maxPending > 0 && state.pending.size >= maxPending;
    consumer.flow?.onSent(size, config.deliver_subject ?? '', mustAsk);
    this.resetHeartbeat();
    if (consumer.isDoneByDelivery) stream.onAcked(seq, consumer);
    else if (config.ack_policy !== 'none') consumer.redelivery.onDelivered(seq);
    if (!sent.isTaken && config.ack_policy !== 'none') this.onNotTaken(seq, waiting);
  }

  /** Nobody took it: it goes out again as soon as somebody is there. */
  private onNotTaken(seq: number, waiting: Waiting | undefined): void {
    const { consumer } = this;
    if (waiting === undefined) consumer.checkInterest();
    else {
      consumer.pull?.sweep(false);
      consumer.pull?.credit(waiting.reply);
    }
    consumer.state.enqueue([seq]);
  }

  private tellCompleted(waiting: Waiting): void {
    const headers = [
      [jsHeaders.pendingMessages, waiting.left],
      [jsHeaders.pendingBytes, waiting.leftBytes],
    ] as const;
    this.consumer.stream.messenger.sendStatus(waiting.reply, statusBlock('409 Batch Completed', headers));
  }

  /** The message was not delivered after all. */
  private putBack(seq: number): void {
    const { state } = this.consumer;
    if (this.count === 1 && seq === state.nextSeq - 1) {
      state.nextSeq--;
      return;
    }
    if (state.isQueued(seq)) return;
    if (this.count === 1) {
      this.consumer.skipList = [seq, ...(this.consumer.skipList ?? [])];
      return;
    }
    state.uncountRedelivery(seq);
    state.enqueue([seq]);
  }

  /** True when replay or a rate limit says that the message must wait; a timer goes on then. */
  private mustWait(message: StoredMessage): boolean {
    const { consumer } = this;
    const { clock } = consumer.stream.host;
    const nowMs = clock.nowMs();
    let waitMs = 0;
    if (this.replayUntilSeq >= message.seq && this.lastTimeUs > 0 && this.releasedSeq !== message.seq) {
      waitMs = (message.timeUs - this.lastTimeUs) / 1000;
    }
    const bitsPerSecond = consumer.config.rate_limit_bps ?? 0;
    if (bitsPerSecond > 0) waitMs = Math.max(waitMs, this.paidUntilMs - nowMs);
    if (waitMs <= 1) {
      if (bitsPerSecond > 0) this.pay(message, 8000 / bitsPerSecond, nowMs);
      return false;
    }
    this.releasedSeq = message.seq;
    this.wakeAfter(waitMs);
    return true;
  }

  /** Every message takes its time of the rate; as much as the largest one may go out at once. */
  private pay({ subject, headerBytes, payloadBytes }: StoredMessage, msPerByte: number, nowMs: number): void {
    const { stream } = this.consumer;
    const { max_msg_size: maxSize } = stream.config;
    const burstBytes = maxSize > 0 ? maxSize : stream.host.options.maxPayloadBytes;
    const bytes = subject.length + headerBytes + payloadBytes;
    this.paidUntilMs = Math.max(this.paidUntilMs, nowMs - burstBytes * msPerByte) + bytes * msPerByte;
  }

  /** Comes back after a time. `ends`: requests that did not want to wait end then, even where acknowledgements are missing. */
  private wakeAfter(ms: number, ends = false): void {
    const { consumer } = this;
    this.timer?.cancel();
    this.timer = consumer.stream.host.clock.setTimer(Math.max(1, ms), () => {
      if (ends) consumer.pull?.sweep(true);
      consumer.signal();
    });
  }

  /** Nothing more can be delivered now: requests that are over end, timers wait for what comes next. */
  private rest(why: Stop): false {
    const { consumer } = this;
    if (consumer.isStopped) return false;
    if (this.replayUntilSeq > 0 && consumer.state.nextSeq > this.replayUntilSeq) this.replayUntilSeq = 0;
    if (consumer.pull !== undefined && consumer.pull.size > 0) {
      const { nextMs } = consumer.pull.sweep(why !== 'ack-pending' && why !== 'delayed');
      if (nextMs > 0 && why !== 'delayed') {
        this.wakeAfter(Math.max(1, nextMs - consumer.stream.host.clock.nowMs()), true);
      }
    }
    if (this.heartbeatTimer === undefined) this.resetHeartbeat();
    return false;
  }

  private resetHeartbeat(): void {
    const { consumer } = this;
    const heartbeatNs = consumer.config.idle_heartbeat ?? 0;
    if (consumer.pull !== undefined || heartbeatNs <= 0) return;
    this.heartbeatTimer?.cancel();
    this.heartbeatTimer = consumer.stream.host.clock.setTimer(heartbeatNs / NS_PER_MS, () => {
      this.heartbeatTimer = undefined;
      if (consumer.isStopped) return;
      const target = consumer.config.deliver_subject ?? '';
      if (consumer.isActive) {
        consumer.sendHeartbeat(target);
        const isAskDue =
          consumer.config.ack_policy === 'flow_control' && consumer.state.pending.size > 0 && consumer.flow?.openId === '';
        if (isAskDue) consumer.flow?.ask(target);
      }
      this.resetHeartbeat();
      consumer.signal();
    });
  }

  /** `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<count>.<seq>.<delivery>.<time ns>.<pending>`; returns its length. */
  private renderReply(message: StoredMessage, pending: number): number {
    const { bytes } = this.reply;
    let at = writeDecimal(bytes, this.prefixBytes, this.count);
    bytes[at++] = 46;
    at = writeDecimal(bytes, at, message.seq);
    bytes[at++] = 46;
    at = writeDecimal(bytes, at, this.consumer.state.nextDelivery);
    bytes[at++] = 46;
    at = writeDecimal(bytes, at, message.timeUs);
    bytes[at++] = 48 + Math.floor(message.timeNs / 100);
    bytes[at++] = 48 + (Math.floor(message.timeNs / 10) % 10);
    bytes[at++] = 48 + (message.timeNs % 10);
    bytes[at++] = 46;
    at = writeDecimal(bytes, at, pending);
    this.reply.length = at;
    return at;
  }
}

/** The headers and the payload's size instead of the payload. */
function headersOnly(message: StoredMessage): { headers: Buffer; payload: Buffer } {
  const text = message.headerBytes > 0 ? headerText(message.headers()) : '';
  return { headers: Buffer.from(withHeader(text, jsHeaders.msgSize, String(message.payloadBytes)), 'latin1'), payload: noBytes };
}

/** The message with the pin of whoever gets it. */
function withPin(
  message: StoredMessage,
  changed: { headers: Buffer; payload: Buffer } | null,
  pinId: string,
): { headers: Buffer; payload: Buffer } {
  const text =
    changed !== null ? changed.headers.toString('latin1') : message.headerBytes > 0 ? headerText(message.headers()) : '';
  return {
    headers: Buffer.from(withHeader(text, jsHeaders.pinId, pinId), 'latin1'),
    payload: changed !== null ? changed.payload : message.payload(),
  };
}
