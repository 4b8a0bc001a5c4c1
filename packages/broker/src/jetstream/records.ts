/** What is kept on disk of streams and consumers besides messages, and how it is read back: files are outside input too. */
import {
  type ConsumerConfig,
  consumerConfigFields,
  consumerConfigOf,
  decodeRequest,
  encodeConsumerConfig,
  encodeStreamConfig,
  goJson,
  type JsonObject,
  type StreamConfig,
  streamConfigFields,
  streamConfigOf,
} from '@sluice/protocol/jetstream';
import type { Consumer } from './consumer/consumer.ts';
import type { ConsumerSnapshot } from './consumer/state.ts';

const FORMAT = 1;

export interface StreamRecord {
  readonly config: StreamConfig;
  readonly createdUs: number;
  readonly identity: string;
}

export interface ConsumerRecord {
  readonly name: string;
  readonly config: ConsumerConfig;
  readonly createdUs: number;
  readonly snapshot: ConsumerSnapshot | undefined;
}

/** What is kept on disk of a stream beside its messages. */
export function streamRecord({ config, createdUs, identity }: StreamRecord): unknown {
  return { format: FORMAT, created_us: createdUs, identity, config: encodeStreamConfig(config) };
}

/** What is kept on disk of a consumer beside its state. */
export function consumerRecord(consumer: Consumer): unknown {
  return {
    format: FORMAT,
    name: consumer.name,
    created_us: consumer.createdUs,
    config: encodeConsumerConfig(consumer.config),
    state: consumer.snapshot(),
  };
}

/** Reads a stream's record; undefined when it is of another kind. */
export function parseStreamRecord(content: unknown): StreamRecord | undefined {
  if (!isObject(content) || content['format'] !== FORMAT) return undefined;
  const config = decodeRequest(Buffer.from(goJson(content['config']), 'latin1'), streamConfigFields, false);
  const { created_us: createdUs, identity } = content;
  if (!config.ok || typeof createdUs !== 'number' || typeof identity !== 'string') return undefined;
  return { config: streamConfigOf(config.value), createdUs, identity };
}

/** Reads a consumer's record; undefined when it is of another kind. */
export function parseConsumerRecord(content: unknown): ConsumerRecord | undefined {
  if (!isObject(content) || content['format'] !== FORMAT) return undefined;
  const config = decodeRequest(Buffer.from(goJson(content['config']), 'latin1'), consumerConfigFields, false);
  const { created_us: createdUs, name } = content;
  if (!config.ok || typeof createdUs !== 'number' || typeof name !== 'string') return undefined;
  return { name, createdUs, config: consumerConfigOf(config.value), snapshot: parseSnapshot(content['state']) };
}

function parseSnapshot(content: unknown): ConsumerSnapshot | undefined {
  if (!isObject(content)) return undefined;
  const { nextSeq, deliveredSeq, deliveredCount, ackSeq, ackCount, pending, redelivered } = content;
  const numbers = [nextSeq, deliveredSeq, deliveredCount, ackSeq, ackCount];
  if (!numbers.every((value) => typeof value === 'number' && Number.isFinite(value))) return undefined;
  return {
    nextSeq: Number(nextSeq),
    deliveredSeq: Number(deliveredSeq),
    deliveredCount: Number(deliveredCount),
    ackSeq: Number(ackSeq),
    ackCount: Number(ackCount),
    pending: rows(pending, 3).map(([seq = 0, delivery = 0, sinceUs = 0]) => [seq, delivery, sinceUs] as const),
    redelivered: rows(redelivered, 2).map(([seq = 0, count = 0]) => [seq, count] as const),
  };
}

function rows(content: unknown, width: number): number[][] {
  if (!Array.isArray(content)) return [];
  return content.filter(
    (row): row is number[] => Array.isArray(row) && row.length === width && row.every((value) => typeof value === 'number'),
  );
}

function isObject(content: unknown): content is JsonObject {
  return typeof content === 'object' && content !== null && !Array.isArray(content);
}
