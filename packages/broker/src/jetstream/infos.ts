/** Streams and consumers as answers describe them. Source: nats-server server/stream.go StreamInfo, server/consumer.go ConsumerInfo. */
import {
  type ConsumerConfig,
  encodeConsumerConfig,
  encodeMetadata,
  encodeStreamConfig,
  formatTime,
  type JsonObject,
  omitEmpty,
} from '@sluice/protocol/jetstream';
import type { Consumer } from './consumer/consumer.ts';
import { answeredMetadata } from './stream/required-level.ts';
import type { Stream } from './stream/stream.ts';

const NS_PER_MS = 1_000_000;
/** Deleted sequences that one answer lists. */
const MAX_DELETED = 1_000_000;

/** `state` of a stream. */
export function streamState(stream: Stream, hasDetails: boolean, subjects: JsonObject = {}): JsonObject {
  const { store } = stream;
  const state = store.state();
  const { lost } = store;
  // Where a file never had a message, nats-server counts sequence 0 among the deleted, but only when it lists them.
  const isUntouched = hasDetails && stream.config.storage === 'file' && state.firstSeq === 0 && state.lastSeq === 0;
  const lostSeqs = lost === undefined ? [] : lost.ranges.flatMap(([first, count]) => sequences(first, count));
  return {
    messages: state.messages,
    bytes: state.bytes,
    // A stream that never had a message has no first sequence yet.
    first_seq: state.firstSeq,
    first_ts: formatTime(state.firstTimeUs, state.firstTimeNs),
    last_seq: state.lastSeq,
    last_ts: formatTime(state.lastTimeUs, state.lastTimeNs),
    ...omitEmpty({
      num_subjects: state.subjectCount,
      subjects,
      num_deleted: isUntouched ? 1 : state.deletedCount,
      deleted: isUntouched ? [0] : hasDetails ? store.deletedSeqs(MAX_DELETED) : [],
    } as JsonObject),
    ...(lost === undefined ? {} : { lost: { msgs: lostSeqs, bytes: lost.bytes } }),
    consumer_count: publicConsumers(stream).length,
  };
}

function sequences(first: number, count: number): number[] {
  return Array.from({ length: Math.min(count, MAX_DELETED) }, (_, index) => first + index);
}

/** Consumers that users see: not those of other streams' sources. */
export function publicConsumers(stream: Stream): Consumer[] {
  return [...stream.consumers.values()].filter(({ config }) => config.direct !== true);
}

export interface StreamInfoOptions {
  readonly hasDeletedDetails: boolean;
  /** With the metadata that describes this server. */
  readonly hasServerMetadata: boolean;
  readonly hasDomain: boolean;
  /** With the name of the server that leads the stream. */
  readonly hasLeader?: boolean;
  /** Messages by subject. */
  readonly subjects?: JsonObject;
}

/** What STREAM.INFO says of a stream. Source: nats-server server/stream.go StreamInfo. */
export function streamInfo(stream: Stream, options: StreamInfoOptions): JsonObject {
  const { host, config } = stream;
  const encoded = encodeStreamConfig(config);
  return {
    config: options.hasServerMetadata
      ? { ...encoded, metadata: encodeMetadata(answeredMetadata(config.metadata, host.options.serverVersion)) }
      : encoded,
    created: formatTime(stream.createdUs),
    state: streamState(stream, options.hasDeletedDetails, options.subjects),
    ...(options.hasDomain && host.options.domain !== '' ? { domain: host.options.domain } : {}),
    ...(options.hasLeader === true ? { cluster: { leader: host.serverName } } : {}),
    ...stream.sources.info(),
    ts: formatTime(host.clock.nowUs()),
  };
}

/** A consumer at some moment: its configuration, and what answers tell besides. */
export interface ConsumerMoment {
  readonly config: ConsumerConfig;
  readonly figures: JsonObject;
}

/** The consumer as it is now. */
export function momentOf(consumer: Consumer): ConsumerMoment {
  const { stream, state, config, pull } = consumer;
  pull?.sweep(false);
  const [group] = config.priority_groups ?? [];
  const pauseLeftMs = consumer.pause.leftMs();
  const figures = {
    delivered: sequenceInfo(state.nextDelivery - 1, state.deliveredSeq, consumer.lastDeliveredUs),
    ack_floor: sequenceInfo(state.floorDelivery, state.floorSeq, consumer.lastAckedUs),
    num_ack_pending: state.pending.size,
    num_redelivered: config.max_deliver === 1 ? 0 : state.redelivered.size,
    num_waiting: pull?.size ?? 0,
    num_pending: Math.max(0, consumer.pendingCount),
    ...(consumer.isPush && consumer.isActive ? { push_bound: true } : {}),
    ...(pauseLeftMs > 0 ? { paused: true, pause_remaining: Math.round(pauseLeftMs * NS_PER_MS) } : {}),
    ts: formatTime(stream.host.clock.nowUs()),
    ...(group === undefined ? {} : { priority_groups: [pinnedGroup(consumer, group)] }),
  };
  return { config, figures };
}

/** What CONSUMER.INFO says of a consumer. Source: nats-server server/consumer.go ConsumerInfo. */
export function consumerInfo(
  consumer: Consumer,
  hasServerMetadata: boolean,
  { config, figures }: ConsumerMoment = momentOf(consumer),
): JsonObject {
  const { stream } = consumer;
  const encoded = encodeConsumerConfig(config);
  const { serverVersion } = stream.host.options;
  return {
    stream_name: stream.config.name,
    name: consumer.name,
    created: formatTime(consumer.createdUs),
    config: hasServerMetadata
      ? { ...encoded, metadata: encodeMetadata(answeredMetadata(config.metadata, serverVersion)) }
      : encoded,
    ...figures,
  };
}

function sequenceInfo(delivery: number, seq: number, lastUs: number): JsonObject {
  const info = { consumer_seq: delivery, stream_seq: seq };
  return lastUs === 0 ? info : { ...info, last_active: formatTime(lastUs) };
}

function pinnedGroup(consumer: Consumer, group: string): JsonObject {
  const { id, sinceUs } = consumer.pinned;
  return { group, ...omitEmpty({ pinned_client_id: id }), pinned_ts: formatTime(sinceUs) };
}
