/**
 * Adding a consumer to a stream, or changing the one of that name. Source: nats-server server/consumer.go addConsumerWithAssignment,
 * updateConfig.
 */
import { isDeepStrictEqual } from 'node:util';
import { subjectsOverlap } from '@sluice/protocol';
import {
  type ApiError,
  apiError,
  type ConsumerAction,
  type ConsumerConfig,
  encodeConsumerConfig,
  formatTime,
  isValidAssetName,
  parseTime,
} from '@sluice/protocol/jetstream';
import type { JetStreamAccountLimits } from '../../options.ts';
import { DEFAULT_MAX_CONSUMERS, MAX_NAME_LENGTH } from '../limits.ts';
import { comparableMetadata } from '../stream/required-level.ts';
import type { Stream } from '../stream/stream.ts';
import { applyConsumerDefaults, checkConsumerConfig, consumerUpdateProblem, filtersOf } from './config-rules.ts';
import { Consumer } from './consumer.ts';
import { selectStart } from './select-start.ts';

const NAME_LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const NAME_LENGTH = 8;

export interface ConsumerRequest {
  readonly config: ConsumerConfig;
  readonly action: ConsumerAction;
  readonly isPedantic: boolean;
}

export type AddResult =
  | { readonly ok: true; readonly consumer: Consumer; readonly isNew: boolean }
  | { readonly ok: false; readonly error: ApiError };

const refused = (error: ApiError): AddResult => ({ ok: false, error });

/** Takes a request into force whose names have been checked. */
export function addConsumer(stream: Stream, request: ConsumerRequest, account: JetStreamAccountLimits): AddResult {
  const { host } = stream;
  const config = { ...request.config };
  const context = { stream: stream.config, options: host.options, account };
  const problem = applyConsumerDefaults(config, context, request.isPedantic) ?? checkConsumerConfig(config, context);
  if (problem !== undefined) return refused(problem);
  if (config.pause_until !== undefined) config.pause_until = inUtc(config.pause_until);
  const name = config.durable_name !== undefined && config.durable_name !== '' ? config.durable_name : (config.name ?? '');
  const known = name === '' ? undefined : stream.consumers.get(name);
  if (known !== undefined) return change(known, config, request.action);
  if (request.action === 'update') return refused(apiError('consumerDoesNotExist'));
  const obstacle = limitProblem(stream, account) ?? workQueueProblem(stream, config, name);
  if (obstacle !== undefined) return refused(obstacle);
  if ((config.durable_name ?? '').length > MAX_NAME_LENGTH)
    return refused(apiError('consumerNameTooLong', { max: MAX_NAME_LENGTH }));
  if (name !== '' && !isValidAssetName(name)) return refused(apiError('consumerBadDurableName'));
  return create(stream, config, name === '' ? freshName(stream) : name);
}

function inUtc(text: string): string {
  const time = parseTime(text);
  return time === undefined ? text : formatTime(time.us, time.ns);
}

function change(consumer: Consumer, config: ConsumerConfig, action: ConsumerAction): AddResult {
  const { stream } = consumer;
  if (action === 'create' && !isSame(consumer.config, config)) return refused(apiError('consumerAlreadyExists'));
  const isFiltered = filtersOf(config).length > 0;
  if (stream.config.retention === 'workqueue' && isFiltered && !isPartition(stream, config, consumer.name)) {
    return refused(apiError('consumerWQConsumerNotUnique'));
  }
  return updateConsumer(consumer, config);
}

/** Changes a consumer to a configuration that has passed the rules by itself. */
export function updateConsumer(consumer: Consumer, config: ConsumerConfig): AddResult {
  const isBound = consumer.isPush && consumer.stream.host.account.hasInterest(consumer.config.deliver_subject ?? '');
  const problem = consumerUpdateProblem(consumer.config, config, isBound);
  if (problem !== undefined) {
    return refused(typeof problem === 'string' ? apiError('consumerCreate', { err: problem }) : problem);
  }
  const isChanged = !isSame(consumer.config, config);
  consumer.update(config);
  if (isChanged) consumer.saveNow();
  return { ok: true, consumer, isNew: false };
}

function isSame(old: ConsumerConfig, next: ConsumerConfig): boolean {
  const plain = (config: ConsumerConfig): unknown =>
    encodeConsumerConfig({ ...config, metadata: comparableMetadata(config.metadata, undefined) ?? {} });
  return isDeepStrictEqual(plain(old), plain(next));
}

/** Consumers that count against limits: those that sources of other streams use do not. */
function limitableConsumers(stream: Stream): Consumer[] {
  return [...stream.consumers.values()].filter(({ config }) => config.direct !== true && config.sourcing !== true);
}

function limitProblem(stream: Stream, account: JetStreamAccountLimits): ApiError | undefined {
  let max = stream.config.max_consumers;
  if (max <= 0 || (account.maxConsumers > 0 && account.maxConsumers < max)) max = account.maxConsumers;
  if (max <= 0) max = DEFAULT_MAX_CONSUMERS;
  return limitableConsumers(stream).length >= max ? apiError('maximumConsumersLimit') : undefined;
}

function workQueueProblem(stream: Stream, config: ConsumerConfig, name: string): ApiError | undefined {
  if (stream.config.retention !== 'workqueue' || config.direct === true || config.sourcing === true) return undefined;
  if (config.ack_policy !== 'explicit' && config.ack_policy !== 'flow_control') return apiError('consumerWQRequiresExplicitAck');
  if (config.deliver_policy !== 'all') return apiError('consumerWQConsumerNotDeliverAll');
  if (limitableConsumers(stream).length === 0) return undefined;
  if (filtersOf(config).length === 0) return apiError('consumerWQMultipleUnfiltered');
  return isPartition(stream, config, name) ? undefined : apiError('consumerWQConsumerNotUnique');
}

/** True when no other consumer may take the same messages. */
function isPartition(stream: Stream, config: ConsumerConfig, name: string): boolean {
  const filters = filtersOf(config);
  for (const other of limitableConsumers(stream)) {
    if (other.name === name) continue;
    const others = filtersOf(other.config);
    if (others.length === 0 || filters.length === 0) return false;
    if (filters.some((filter) => others.some((theirs) => subjectsOverlap(filter, theirs)))) return false;
  }
  return true;
}

function freshName(stream: Stream): string {
  for (;;) {
    let name = '';
    for (let index = 0; index < NAME_LENGTH; index++)
      name += NAME_LETTERS[Math.floor(stream.host.random() * NAME_LETTERS.length)];
    if (!stream.consumers.has(name)) return name;
  }
}

function create(stream: Stream, config: ConsumerConfig, name: string): AddResult {
  const { host } = stream;
  const { max_msgs_per_subject: perSubject } = stream.config;
  const start = selectStart(config, stream.store, perSubject === 1);
  const isKept = config.direct !== true && config.mem_storage !== true;
  const file = isKept ? host.consumerFile(stream, name) : undefined;
  const consumer = new Consumer(stream, config, { name, createdUs: host.clock.nowUs(), start, snapshot: undefined, file });
  consumer.saveNow();
  stream.consumers.set(name, consumer);
  consumer.start();
  consumer.advisories.action('create');
  if (consumer.isPaused) consumer.advisories.paused();
  return { ok: true, consumer, isNew: true };
}
