/**
 * What comes back from clients: done, not yet, again, later, never. Source: nats-server server/consumer.go processAck, processNak,
 * processTerm, processAckMsgLocked; ADR-13.
 */
import { parseDuration } from '@sluice/protocol';
import { decodeOne, nakFields } from '@sluice/protocol/jetstream';
import type { AckMessage } from './ack-inbox.ts';
import type { Consumer } from './consumer.ts';

const NS_PER_US = 1000;
const nothing: Buffer = Buffer.alloc(0);
const REMOVED_REASON = 'Unacknowledged message was deleted';

export class Acknowledge {
  private readonly consumer: Consumer;

  constructor(consumer: Consumer) {
    this.consumer = consumer;
  }

  /** Handles one message to the ack subject, at the end of the input. */
  take(message: AckMessage): void {
    const { consumer } = this;
    const { seq, delivery, count, body, reply } = message;
    let isAnswered = seq === 0;
    if (body === '' || body === '+ACK' || body === '+OK') isAnswered = !this.ack(seq, delivery, count);
    else if (body.startsWith('+NXT')) {
      this.ack(seq, delivery, count);
      if (reply !== '') consumer.request(reply, Buffer.from(body.slice(4), 'latin1'));
      isAnswered = true;
    } else if (body.startsWith('-NAK')) this.nak(message);
    else if (body === '+WPI') this.progress(seq);
    else if (body.startsWith('+TERM')) {
      isAnswered = !this.ack(seq, delivery);
      consumer.advisories.terminated(message, body.slice(5).trim());
    }
    if (reply !== '' && !isAnswered) consumer.stream.messenger.send(reply, nothing);
  }

  /** An acknowledgement without a word and without a reply. */
  ackPlain(seq: number, delivery: number, count: number): void {
    if (this.sampleRate() > 0) this.consumer.onAckMessage({ seq, delivery, count, body: '', reply: '' });
    else this.ack(seq, delivery);
  }

  private sampleRate(): number {
    return this.consumer.advisories.samplePercent;
  }

  /** A message is done; with `count` the acknowledgement may be sampled. False when it was never delivered. */
  ack(seq: number, delivery: number, count = 0): boolean {
    const { consumer } = this;
    const { state, config, stream } = consumer;
    if (seq >= state.nextSeq && config.flow_control !== true) {
      const { lastSeq } = stream.store.state();
      if (seq > lastSeq)
        stream.host.log.write(
          'WRN',
          `JetStream consumer '${stream.label} > ${consumer.name}' ACK sequence ${seq} past last stream sequence of ${lastSeq}`,
        );
      return false;
    }
    const maxPending = config.max_ack_pending ?? 0;
    const wasFull = maxPending > 0 && state.pending.size >= maxPending;
    if (config.ack_policy === 'explicit') {
      const pending = state.pending.get(seq);
      if (pending !== undefined && count > 0) consumer.advisories.maybeSample({ seq, delivery, count, sinceUs: pending.sinceUs });
      state.ackOne(seq);
      consumer.lastAckedUs = stream.host.clock.nowUs();
      stream.onAcked(seq, consumer);
    } else if (config.ack_policy !== 'none') {
      const done = state.ackUpTo(seq, delivery);
      if (done === undefined) return true;
      consumer.lastAckedUs = stream.host.clock.nowUs();
      for (const one of done) stream.onAcked(one, consumer);
      if (!done.includes(seq)) stream.onAcked(seq, consumer);
    }
    consumer.saveSoon();
    if (wasFull) consumer.signal();
    return true;
  }

  private progress(seq: number): void {
    const pending = this.consumer.state.pending.get(seq);
    if (pending !== undefined) pending.sinceUs = this.consumer.stream.host.clock.nowUs();
  }

  private nak(message: AckMessage): void {
    const { consumer } = this;
    const { state, stream, config } = consumer;
    const { seq, delivery } = message;
    const pending = state.pending.get(seq);
    if (delivery <= state.ackDelivery || delivery > state.nextDelivery || pending === undefined) return;
    consumer.advisories.naked(message);
    const delayNs = nakDelayNs(message.body.slice(4).trim());
    if (delayNs !== undefined) {
      state.unqueue(seq);
      pending.sinceUs = stream.host.clock.nowUs() + (delayNs - (config.ack_wait ?? 0)) / NS_PER_US;
      consumer.redelivery.arm(10);
      consumer.saveSoon();
      return;
    }
    state.enqueue([seq]);
    consumer.signal();
  }

  /** The stream has removed a message that was waiting for its acknowledgement; a purge moves the state itself first. */
  terminateRemoved(seq: number): void {
    const { consumer } = this;
    const { state, stream } = consumer;
    const pending = state.pending.get(seq);
    if (pending === undefined) return;
    const count = state.deliveryCount(seq);
    const { delivery } = pending;
    if (!stream.isPurging) this.dropRemoved(seq);
    stream.turn.defer(() => {
      this.dropRemoved(seq);
      consumer.advisories.terminated({ seq, delivery, count, body: '', reply: '' }, REMOVED_REASON);
    });
  }

  private dropRemoved(seq: number): void {
    const { consumer } = this;
    const { state, config, stream } = consumer;
    const { max_ack_pending: maxPending = 0 } = config;
    const isFull = maxPending > 0 && state.pending.size >= maxPending;
    if (!state.ackOne(seq)) return;
    if (isFull) consumer.signal();
    consumer.lastAckedUs = stream.host.clock.nowUs();
    consumer.saveSoon();
  }
}

/** The delay that `-NAK` asks for: JSON with `delay`, or Go's duration text. Undefined for none, and for what cannot be read. */
function nakDelayNs(text: string): number | undefined {
  if (text === '') return undefined;
  if (text.startsWith('{')) {
    const decoded = decodeOne(text, nakFields);
    if (!decoded.ok) return undefined;
    return typeof decoded.value['delay'] === 'number' ? decoded.value['delay'] : 0;
  }
  const duration = parseDuration(text);
  return duration.ok ? duration.ns : undefined;
}
