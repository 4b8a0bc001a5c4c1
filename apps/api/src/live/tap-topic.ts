/**
 * `tap`: messages as they pass, from the broker's tap service to one browser. Batches go through as they came; only the prefix is
 * new and the counters are those of the whole way. Credits reach through to the broker: a browser that does not acknowledge makes
 * the broker itself drop and count, so nothing piles up here. The lease is kept while the browser is there, paused or not.
 */

import type { TapOpenRequest, TapUpdateRequest } from '@sluice/protocol';
import {
  readTapBatchHeader,
  TAP_BATCH_HEADER_BYTES,
  TapBatchError,
  type TapBatchHeader,
  type TapSampling,
  writeTapBatchHeader,
} from '@sluice/protocol';
import {
  type LiveTap,
  type LiveTapCounters,
  TAP_FRAME_KIND,
  TAP_FRAME_PREFIX_BYTES,
  TAP_FRAME_VERSION,
  type TapOptions,
} from '@sluice/protocol/console';
import { type JsonRecord, numberAt, stringAt } from '../nats/json-fields.ts';
import type { ServiceAnswer } from '../nats/nats-context.ts';
import { CreditWindow } from './credit-window.ts';
import { TapCounting } from './tap-counters.ts';
import type { Topic, TopicOutput } from './topic.ts';

/** Batches that may be unacknowledged between broker and browser. */
export const TAP_CREDITS = 8;
/** Batches are shed here while the socket holds this much. */
export const TAP_MAX_BUFFERED_BYTES = 16_777_216;
/** Failed tries to open the tap again, a second apart, before the subscription ends. */
const MAX_LOST_TICKS = 60;

/** What a tap needs of the broker; the real one asks over NATS. */
export interface TapBroker {
  /** Name of the service's action, `OPEN`, `CREDIT`, `UPDATE`, `CLOSE`. */
  ask(action: string, body: object): Promise<ServiceAnswer<JsonRecord>>;
  /** A fresh subject whose messages go to `onBatch`. */
  deliverTo(onBatch: (bytes: Uint8Array) => void): { subject: string; stop: () => void };
  /** False while the broker is away. */
  isThere(): boolean;
}

export interface TapTopicOptions {
  readonly broker: TapBroker;
  readonly output: TopicOutput;
  readonly subscriptionId: number;
  readonly tap: TapOptions;
  /** Where a tap is that names no account. */
  readonly usualAccount: string;
}

export class TapTopic implements Topic {
  readonly #broker: TapBroker;
  readonly #output: TopicOutput;
  readonly #subscriptionId: number;
  readonly #window = new CreditWindow(TAP_CREDITS * 2);
  readonly #counting = new TapCounting();
  /** Frames on their way and the broker's batch in each. */
  #onTheWay: { seq: number; batchSeq: number; generation: number }[] = [];
  /** Counts the taps opened for this subscription; batches of an earlier one are not acknowledged to the present one. */
  #generation = 0;
  readonly #usualAccount: string;
  #options: TapOptions;
  #tapId = '';
  #stopDelivery: () => void = () => undefined;
  #ackedBatchSeq = 0;
  #isAcking = false;
  #isOpening = false;
  #isClosed = false;
  #lostTicks = 0;

  constructor(options: TapTopicOptions) {
    this.#broker = options.broker;
    this.#output = options.output;
    this.#subscriptionId = options.subscriptionId;
    this.#usualAccount = options.usualAccount;
    this.#options = options.tap;
  }

  /** Opens the tap; the message says why it cannot be. */
  async open(): Promise<{ ok: true } | { ok: false; message: string }> {
    this.#isOpening = true;
    this.#generation += 1;
    const generation = this.#generation;
    this.#ackedBatchSeq = 0;
    try {
      const delivery = this.#broker.deliverTo((bytes) => this.#batch(bytes, generation));
      const answer = await this.#broker.ask(
        'OPEN',
        openRequest({ account: this.#usualAccount, ...this.#options }, delivery.subject),
      );
      if (!answer.ok || this.#isClosed) {
        delivery.stop();
        if (answer.ok) await this.#broker.ask('CLOSE', { tap_id: stringAt(answer.value, 'tap_id') });
        return { ok: false, message: answer.ok ? 'closed meanwhile' : answer.error.message };
      }
      this.#stopDelivery();
      this.#stopDelivery = delivery.stop;
      this.#tapId = stringAt(answer.value, 'tap_id');
      this.#lostTicks = 0;
      return { ok: true };
    } finally {
      this.#isOpening = false;
    }
  }

  ack(seq: number): boolean {
    if (!this.#window.ack(seq)) return false;
    const done = this.#onTheWay.filter((frame) => frame.seq <= seq && frame.generation === this.#generation).at(-1);
    this.#onTheWay = this.#onTheWay.filter((frame) => frame.seq > seq);
    if (done !== undefined && done.batchSeq > this.#ackedBatchSeq) {
      this.#ackedBatchSeq = done.batchSeq;
      this.#credit();
    }
    return true;
  }

  update(topic: { topic: string; tap?: TapOptions }): boolean {
    if (topic.topic !== 'tap' || topic.tap === undefined) return false;
    const before = this.#options;
    this.#options = topic.tap;
    const mustReopen =
      before.account !== topic.tap.account ||
      before.maxPayloadBytes !== topic.tap.maxPayloadBytes ||
      before.batchMs !== topic.tap.batchMs;
    if (mustReopen) this.#reopen();
    else this.#ask('UPDATE', updateRequest(this.#tapId, topic.tap));
    return true;
  }

  /** Keeps the lease, tells the counters, opens again after the broker was away. */
  tick(): void {
    if (this.#isClosed || this.#isOpening) return;
    if (this.#tapId === '') {
      this.#lostTicks += 1;
      if (this.#lostTicks > MAX_LOST_TICKS) this.#output.end('the broker was away for too long');
      else if (this.#broker.isThere()) this.#reopen();
      this.#tell('broker_lost');
      return;
    }
    this.#credit();
    this.#tell(this.#window.outstanding >= TAP_CREDITS ? 'waiting_for_ack' : 'running');
  }

  close(): void {
    this.#isClosed = true;
    this.#stopDelivery();
    if (this.#tapId !== '') this.#ask('CLOSE', { tap_id: this.#tapId });
    this.#tapId = '';
  }

  #batch(bytes: Uint8Array, generation: number): void {
    if (this.#isClosed || generation !== this.#generation) return;
    const header = this.#header(bytes);
    if (header === undefined) return;
    const isTooMuch = !this.#window.canSend || this.#output.bufferedBytes() > TAP_MAX_BUFFERED_BYTES;
    if (isTooMuch) this.#counting.shed(header.count);
    this.#counting.take(header);
    if (isTooMuch) {
      // The broker's credit must come back all the same, or the tap would stand still.
      this.#ackedBatchSeq = Math.max(this.#ackedBatchSeq, header.batchSeq);
      this.#credit();
      return;
    }
    const seq = this.#window.next();
    this.#onTheWay.push({ seq, batchSeq: header.batchSeq, generation });
    this.#output.sendBinary(tapFrame(this.#subscriptionId, seq, bytes, { ...header, ...this.#counting.totalWith(header) }));
  }

  #header(bytes: Uint8Array): (TapBatchHeader & { count: number }) | undefined {
    try {
      return readTapBatchHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    } catch (error) {
      if (!(error instanceof TapBatchError)) throw error;
      this.#output.end(`the broker sent no tap batch: ${error.message}`);
      return undefined;
    }
  }

  /** One acknowledgement at a time is under way; the next one carries the newest number. */
  #credit(): void {
    if (this.#isAcking || this.#tapId === '') return;
    this.#isAcking = true;
    const tapId = this.#tapId;
    const sent = this.#ackedBatchSeq;
    this.#broker.ask('CREDIT', { tap_id: tapId, batch_seq: sent }).then(
      (answer) => {
        this.#isAcking = false;
        if (this.#isClosed || tapId !== this.#tapId) return;
        if (!answer.ok) {
          // A busy broker is not a lost one; the next tick asks again.
          if (answer.error.kind !== 'timeout') this.#lose();
        } else {
          this.#counting.take(brokerCounters(answer.value));
          if (this.#ackedBatchSeq > sent) this.#credit();
        }
      },
      () => {
        this.#isAcking = false;
        this.#lose();
      },
    );
  }

  #lose(): void {
    if (this.#isClosed) return;
    this.#tapId = '';
    this.#generation += 1;
    this.#stopDelivery();
    this.#stopDelivery = () => undefined;
    this.#counting.startOver();
  }

  #reopen(): void {
    if (this.#tapId !== '') {
      this.#ask('CLOSE', { tap_id: this.#tapId });
      this.#lose();
    }
    this.open().then(
      (opened) => {
        // A refusal of the options is final; silence is not.
        if (!opened.ok && this.#broker.isThere() && !this.#isClosed && this.#lostTicks > 5) this.#output.end(opened.message);
      },
      (error: unknown) => this.#output.end(String(error)),
    );
  }

  #ask(action: string, body: object): void {
    this.#broker.ask(action, body).then(
      (answer) => {
        if (this.#isClosed) return;
        if (answer.ok && action === 'UPDATE') this.#counting.take(brokerCounters(answer.value));
        else if (!answer.ok && answer.error.kind === 'refused' && action === 'UPDATE') this.#output.end(answer.error.message);
      },
      (error: unknown) => this.#output.end(String(error)),
    );
  }

  #tell(state: LiveTap['state']): void {
    this.#output.send(0, { topic: 'tap', data: { counters: this.#counting.total(), state } });
  }
}

/** Prefix and batch as one frame. The batch's counters become those of the whole way; its messages are copied as they are. */
export function tapFrame(
  subscriptionId: number,
  seq: number,
  batch: Uint8Array,
  header: TapBatchHeader & { count: number },
): Uint8Array {
  const frame = new Uint8Array(TAP_FRAME_PREFIX_BYTES + batch.byteLength);
  const prefix = new DataView(frame.buffer, 0, TAP_FRAME_PREFIX_BYTES);
  prefix.setUint8(0, TAP_FRAME_KIND);
  prefix.setUint8(1, TAP_FRAME_VERSION);
  prefix.setUint32(4, subscriptionId);
  prefix.setFloat64(8, seq);
  frame.set(batch, TAP_FRAME_PREFIX_BYTES);
  writeTapBatchHeader(new DataView(frame.buffer, TAP_FRAME_PREFIX_BYTES, TAP_BATCH_HEADER_BYTES), header, header.count);
  return frame;
}

function brokerCounters(answer: JsonRecord): LiveTapCounters {
  return {
    matched: numberAt(answer, 'matched'),
    shown: numberAt(answer, 'shown'),
    sampledOut: numberAt(answer, 'sampled_out'),
    dropped: numberAt(answer, 'dropped'),
    matchedBytes: numberAt(answer, 'matched_bytes'),
  };
}

function openRequest(tap: TapOptions, subject: string): TapOpenRequest {
  return {
    ...(tap.account === undefined ? {} : { account: tap.account }),
    subjects: tap.subjects,
    ...(tap.exclude === undefined ? {} : { exclude: tap.exclude }),
    sampling: sampling(tap),
    ...(tap.maxPayloadBytes === undefined ? {} : { max_payload: tap.maxPayloadBytes }),
    deliver_subject: subject,
    ...(tap.batchMs === undefined ? {} : { batch_ms: tap.batchMs }),
    credits: TAP_CREDITS,
    ...filter(tap),
  };
}

function updateRequest(tapId: string, tap: TapOptions): TapUpdateRequest {
  return {
    tap_id: tapId,
    subjects: tap.subjects,
    exclude: tap.exclude ?? [],
    sampling: sampling(tap),
    ...(filter(tap) ?? { filter: {} }),
  };
}

function sampling(tap: TapOptions): TapSampling {
  const wanted = tap.sampling ?? { mode: 'all' };
  return wanted.mode === 'rate' ? { mode: 'rate', per_second: wanted.perSecond } : wanted;
}

function filter(tap: TapOptions): { filter: { min_bytes?: number; contains?: string } } | undefined {
  if (tap.filter === undefined) return undefined;
  const { minBytes, contains } = tap.filter;
  return {
    filter: { ...(minBytes === undefined ? {} : { min_bytes: minBytes }), ...(contains === undefined ? {} : { contains }) },
  };
}
