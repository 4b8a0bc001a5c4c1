/** A consumer in a snapshot: configuration and state as nats-server writes them. Source: nats-server server/store.go ConsumerState. */
import {
  type ConsumerConfig,
  consumerConfigFields,
  consumerConfigOf,
  decodeRequest,
  encodeConsumerConfig,
  goJson,
  type JsonObject,
} from '@sluice/protocol/jetstream';
import type { Consumer } from '../consumer/consumer.ts';
import type { ConsumerSnapshot } from '../consumer/state.ts';

const NS_PER_US = 1000;

export interface SnapshotConsumer {
  readonly config: ConsumerConfig;
  readonly snapshot: ConsumerSnapshot;
}

/** The consumer as JSON, with nothing that lies beyond the stream's last sequence in the snapshot. */
export function encodeConsumer(consumer: Consumer, lastSeq: number): string {
  const state = consumer.snapshot();
  const pending: Record<string, JsonObject> = {};
  for (const [seq, delivery, sinceUs] of state.pending) {
    if (seq <= lastSeq) pending[seq] = { Sequence: delivery, Timestamp: Math.round(sinceUs) * NS_PER_US };
  }
  const redelivered: Record<string, number> = {};
  for (const [seq, count] of state.redelivered) if (seq <= lastSeq) redelivered[seq] = count;
  return goJson({
    config: encodeConsumerConfig(consumer.config),
    state: {
      delivered: { consumer_seq: state.deliveredCount, stream_seq: Math.min(state.deliveredSeq, lastSeq) },
      ack_floor: { consumer_seq: state.ackCount, stream_seq: Math.min(state.ackSeq, lastSeq) },
      ...(Object.keys(pending).length === 0 ? {} : { pending }),
      ...(Object.keys(redelivered).length === 0 ? {} : { redelivered }),
    },
  });
}

/** Reads a consumer; undefined when it is none. */
export function decodeConsumer(text: string): SnapshotConsumer | undefined {
  const content: unknown = JSON.parse(text);
  if (!isObject(content) || !isObject(content['config']) || !isObject(content['state'])) return undefined;
  const config = decodeRequest(Buffer.from(goJson(content['config']), 'latin1'), consumerConfigFields, false);
  if (!config.ok) return undefined;
  const { delivered, ack_floor: ackFloor, pending, redelivered } = content['state'];
  const deliveredSeq = numberIn(delivered, 'stream_seq');
  return {
    config: consumerConfigOf(config.value),
    snapshot: {
      nextSeq: deliveredSeq + 1,
      deliveredSeq,
      deliveredCount: numberIn(delivered, 'consumer_seq'),
      ackSeq: numberIn(ackFloor, 'stream_seq'),
      ackCount: numberIn(ackFloor, 'consumer_seq'),
      pending: entriesOf(pending).map(([seq, value]) => {
        return [Number(seq), numberIn(value, 'Sequence'), numberIn(value, 'Timestamp') / NS_PER_US] as const;
      }),
      redelivered: entriesOf(redelivered).map(([seq, count]) => [Number(seq), typeof count === 'number' ? count : 1] as const),
    },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entriesOf(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value).filter(([key]) => /^\d{1,15}$/.test(key)) : [];
}

function numberIn(value: unknown, name: string): number {
  const found = isObject(value) ? value[name] : undefined;
  return typeof found === 'number' && Number.isFinite(found) ? Math.max(0, found) : 0;
}
