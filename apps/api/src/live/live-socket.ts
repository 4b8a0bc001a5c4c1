/**
 * One browser's WebSocket: reads its messages, holds its subscriptions, and ends with its session. Everything is bounded: size and
 * rate of what comes in, number of subscriptions and taps, bytes waiting to go out.
 */
import {
  type ApiErrorCode,
  type BrokerState,
  LIVE_HEARTBEAT_MS,
  LIVE_MAX_SUBSCRIPTIONS,
  LIVE_MAX_TAPS,
  type LiveClientMessage,
  type LiveServerMessage,
  type LiveTopic,
  liveCloseCodes,
} from '@sluice/protocol/console';
import { liveClientMessageSchema } from '@sluice/protocol/console/schemas';
import { Compile } from 'typebox/compile';
import type { Session } from '../auth/sessions.ts';
import type { Clock, Timer } from '../env/clock.ts';
import { describeErrors } from '../plugins/request-validation.ts';
import type { Topic, TopicOutput } from './topic.ts';

/** The part of a WebSocket that is used, so that tests need no network. */
export interface BrowserSocket {
  readonly bufferedAmount: number;
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

export type Opening = { ok: true; topic: Topic; credits: number } | { ok: false; code: ApiErrorCode; message: string };

export interface LiveSocketOptions {
  readonly socket: BrowserSocket;
  readonly session: Session;
  readonly clock: Clock;
  readonly broker: BrokerState;
  openTopic(topic: LiveTopic, id: number, output: TopicOutput): Promise<Opening>;
  onClosed(): void;
}

const check = Compile(liveClientMessageSchema);
const MAX_MESSAGES_PER_S = 200;
/** A browser that leaves this much unread is cut off; it reconnects when it can read again. */
const MAX_BUFFERED_BYTES = 67_108_864;

export class LiveSocket {
  readonly #options: LiveSocketOptions;
  readonly #topics = new Map<number, Topic>();
  readonly #opening = new Set<number>();
  readonly #tapIds = new Set<number>();
  readonly #heartbeat: Timer;
  readonly #onSessionEnd = (): void => this.close(liveCloseCodes.sessionEnded, 'the session has ended');
  #isClosed = false;
  #received = 0;
  #receivedSinceMs = 0;

  constructor(options: LiveSocketOptions) {
    this.#options = options;
    const { clock, session, broker } = options;
    session.whenEnded.add(this.#onSessionEnd);
    this.#heartbeat = clock.setRepeatingTimer(LIVE_HEARTBEAT_MS, () =>
      this.#send({ type: 'heartbeat', serverTimeMs: clock.nowMs() }),
    );
    this.#send({ type: 'welcome', serverTimeMs: clock.nowMs(), heartbeatMs: LIVE_HEARTBEAT_MS, broker });
  }

  /** A text frame has come. */
  receive(text: string): void {
    if (this.#isClosed) return;
    if (this.#isTooFast()) {
      this.close(liveCloseCodes.protocolError, 'too many messages');
      return;
    }
    const message = parse(text);
    if (typeof message === 'string') {
      this.close(liveCloseCodes.protocolError, message.slice(0, 100));
      return;
    }
    this.#handle(message);
  }

  /** The broker's state has changed. */
  tellBroker(broker: BrokerState): void {
    this.#send({ type: 'broker', broker });
  }

  tick(): void {
    if (this.#options.socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.#options.socket.terminate();
      this.ended();
      return;
    }
    for (const topic of this.#topics.values()) topic.tick();
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#options.socket.close(code, reason);
    this.ended();
  }

  /** The socket is gone, by whoever. */
  ended(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#heartbeat.cancel();
    this.#options.session.whenEnded.delete(this.#onSessionEnd);
    for (const topic of this.#topics.values()) topic.close();
    this.#topics.clear();
    this.#options.onClosed();
  }

  #handle(message: LiveClientMessage): void {
    switch (message.type) {
      case 'ping':
        this.#send({ type: 'pong', sentAtMs: message.sentAtMs, serverTimeMs: this.#options.clock.nowMs() });
        return;
      case 'ack':
        // A subscription that has just ended may still be acknowledged.
        if (this.#topics.get(message.id)?.ack(message.seq) === false)
          this.close(liveCloseCodes.protocolError, 'ack of a frame that was never sent');
        return;
      case 'unsubscribe':
        this.#drop(message.id);
        return;
      case 'update':
        if (this.#topics.get(message.id)?.update(message) !== true)
          this.#refuse(message.id, 'not_found', 'no such subscription of this topic');
        return;
      case 'subscribe':
        this.#subscribe(message.id, message);
        return;
    }
  }

  #subscribe(id: number, topic: LiveTopic): void {
    const isTap = topic.topic === 'tap';
    if (this.#topics.has(id) || this.#opening.has(id)) return this.#refuse(id, 'conflict', 'this subscription id is in use');
    if (this.#topics.size + this.#opening.size >= LIVE_MAX_SUBSCRIPTIONS) {
      return this.#refuse(id, 'too_large', `at most ${LIVE_MAX_SUBSCRIPTIONS} subscriptions at a time`);
    }
    if (isTap && this.#tapIds.size >= LIVE_MAX_TAPS)
      return this.#refuse(id, 'too_large', `at most ${LIVE_MAX_TAPS} taps at a time`);
    if (isTap) this.#tapIds.add(id);
    this.#opening.add(id);
    this.#open(id, topic).then(
      () => this.#opening.delete(id),
      (error: unknown) => {
        this.#opening.delete(id);
        this.#refuse(id, 'internal', error instanceof Error ? error.message : String(error));
      },
    );
  }

  async #open(id: number, wanted: LiveTopic): Promise<void> {
    const early: (() => void)[] = [];
    let isOpen = false;
    // Frames that a topic sends while it opens follow the answer.
    const later = (action: () => void): void => {
      if (isOpen) action();
      else early.push(action);
    };
    const opening = await this.#options.openTopic(wanted, id, {
      send: (seq, data) => later(() => this.#send({ type: 'data', id, seq, ...data })),
      sendBinary: (frame) => later(() => this.#sendBytes(frame)),
      bufferedBytes: () => this.#options.socket.bufferedAmount,
      end: (text) => later(() => this.#end(id, text)),
    });
    if (!opening.ok) {
      this.#tapIds.delete(id);
      this.#refuse(id, opening.code, opening.message);
      return;
    }
    if (this.#isClosed || !this.#opening.has(id)) {
      opening.topic.close();
      return;
    }
    this.#topics.set(id, opening.topic);
    this.#send({ type: 'subscribed', id, credits: opening.credits });
    isOpen = true;
    for (const action of early) action();
  }

  #drop(id: number): void {
    this.#topics.get(id)?.close();
    this.#topics.delete(id);
    this.#opening.delete(id);
    this.#tapIds.delete(id);
  }

  #end(id: number, text: string): void {
    if (!this.#topics.has(id)) return;
    this.#drop(id);
    this.#send({ type: 'ended', id, message: text });
  }

  #refuse(id: number, code: ApiErrorCode, text: string): void {
    this.#send({ type: 'refused', id, code, message: text });
  }

  #isTooFast(): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#receivedSinceMs >= 1000) {
      this.#receivedSinceMs = nowMs;
      this.#received = 0;
    }
    this.#received += 1;
    return this.#received > MAX_MESSAGES_PER_S;
  }

  #send(message: LiveServerMessage): void {
    if (!this.#isClosed) this.#options.socket.send(JSON.stringify(message));
  }

  #sendBytes(bytes: Uint8Array): void {
    if (!this.#isClosed) this.#options.socket.send(bytes);
  }
}

/** The message, or what is wrong with it. */
function parse(text: string): LiveClientMessage | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return 'not JSON';
    throw error;
  }
  if (check.Check(value)) return value;
  const [problem] = describeErrors('body', check.Errors(value));
  return problem === undefined ? 'not a message' : `${problem.path} ${problem.message}`;
}
