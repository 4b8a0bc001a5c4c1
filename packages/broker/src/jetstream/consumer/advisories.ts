/** What a consumer tells the world about itself. Source: nats-server server/jetstream_events.go; ADR-42. */
import { type JsonObject, toByteText, ZERO_TIME } from '@sluice/protocol/jetstream';
import type { AckMessage } from './ack-inbox.ts';
import { samplePercent } from './config-rules.ts';
import type { Consumer } from './consumer.ts';

const ADVISORY = '$JS.EVENT.ADVISORY.CONSUMER';
const TYPE = 'io.nats.jetstream.advisory.v1';

export class ConsumerAdvisories {
  private readonly consumer: Consumer;

  constructor(consumer: Consumer) {
    this.consumer = consumer;
  }

  /** Share of acknowledgements that are told, in percent. */
  get samplePercent(): number {
    const text = this.consumer.config.sample_freq ?? '';
    return text === '' ? 0 : (samplePercent(text) ?? 0);
  }

  private get names(): { stream: string; consumer: string } {
    return { stream: this.consumer.stream.config.name, consumer: this.consumer.name };
  }

  private advise(kind: string, type: string, fields: JsonObject): void {
    const { stream, consumer } = this.names;
    this.consumer.stream.host.advise(`${ADVISORY}.${kind}.${stream}.${consumer}`, `${TYPE}.${type}`, fields);
  }

  action(action: 'create' | 'delete'): void {
    this.advise(action === 'create' ? 'CREATED' : 'DELETED', 'consumer_action', { ...this.names, action });
  }

  paused(): void {
    const isPaused = this.consumer.isPaused;
    const until = this.consumer.config.pause_until ?? ZERO_TIME;
    this.advise('PAUSE', 'consumer_pause', { ...this.names, paused: isPaused, pause_until: until });
  }

  pinned(group: string, id: string): void {
    const account = toByteText(this.consumer.stream.host.account.name);
    this.advise('PINNED', 'consumer_group_pinned', { account, ...this.names, group, pinned_id: id });
  }

  unpinned(group: string, reason: string): void {
    const account = toByteText(this.consumer.stream.host.account.name);
    this.advise('UNPINNED', 'consumer_group_unpinned', { account, ...this.names, group, reason });
  }

  exhausted(seq: number, deliveries: number): void {
    this.advise('MAX_DELIVERIES', 'max_deliver', { ...this.names, stream_seq: seq, deliveries });
  }

  naked({ seq, delivery, count }: AckMessage): void {
    this.advise('MSG_NAKED', 'nak', { ...this.names, consumer_seq: delivery, stream_seq: seq, deliveries: count });
  }

  terminated({ seq, delivery, count }: AckMessage, reason: string): void {
    const fields = { ...this.names, consumer_seq: delivery, stream_seq: seq, deliveries: count };
    this.advise('MSG_TERMINATED', 'terminated', reason === '' ? fields : { ...fields, reason });
  }

  /** Tells about an acknowledgement, for the share of them that is asked for. */
  maybeSample(ack: { seq: number; delivery: number; count: number; sinceUs: number }): void {
    const percent = this.samplePercent;
    const { host } = this.consumer.stream;
    if (percent <= 0 || (percent < 100 && host.random() * 100 > percent)) return;
    const { stream, consumer } = this.names;
    host.advise(`$JS.EVENT.METRIC.CONSUMER.ACK.${stream}.${consumer}`, 'io.nats.jetstream.metric.v1.consumer_ack', {
      stream,
      consumer,
      consumer_seq: ack.delivery,
      stream_seq: ack.seq,
      ack_time: Math.max(0, host.clock.nowUs() - ack.sinceUs) * 1000,
      deliveries: ack.count,
    });
  }
}
