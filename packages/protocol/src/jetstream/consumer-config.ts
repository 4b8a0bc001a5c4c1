/**
 * A consumer's configuration: its shape on the wire, how it is read from a request and what it looks like in answers. Durations are
 * nanoseconds. Source: nats-server server/consumer.go ConsumerConfig; ADR-34, 42, 60.
 */
import {
  duration,
  type Fields,
  flag,
  int,
  type JsonObject,
  listOf,
  named,
  objectOf,
  oneOf,
  text,
  texts,
  time,
  uint64,
} from './json.ts';
import { encodeMetadata, omitEmpty } from './stream-config.ts';

export const deliverPolicies = ['all', 'last', 'new', 'by_start_sequence', 'by_start_time', 'last_per_subject'] as const;
export type DeliverPolicy = (typeof deliverPolicies)[number];
export const ackPolicies = ['none', 'all', 'explicit', 'flow_control'] as const;
export type AckPolicy = (typeof ackPolicies)[number];
export const replayPolicies = ['instant', 'original'] as const;
export type ReplayPolicy = (typeof replayPolicies)[number];
export const priorityPolicies = ['none', 'overflow', 'pinned_client', 'prioritized'] as const;
export type PriorityPolicy = (typeof priorityPolicies)[number];
export const consumerActions = ['', 'create', 'update'] as const;
export type ConsumerAction = (typeof consumerActions)[number];

export interface ConsumerConfig {
  durable_name?: string;
  name?: string;
  description?: string;
  deliver_policy: DeliverPolicy;
  opt_start_seq?: number;
  opt_start_time?: string;
  ack_policy: AckPolicy;
  ack_wait?: number;
  max_deliver?: number;
  backoff?: readonly number[];
  filter_subject?: string;
  filter_subjects?: readonly string[];
  replay_policy: ReplayPolicy;
  rate_limit_bps?: number;
  sample_freq?: string;
  max_waiting?: number;
  max_ack_pending?: number;
  flow_control?: boolean;
  headers_only?: boolean;
  max_batch?: number;
  max_expires?: number;
  max_bytes?: number;
  deliver_subject?: string;
  deliver_group?: string;
  idle_heartbeat?: number;
  inactive_threshold?: number;
  num_replicas: number;
  mem_storage?: boolean;
  direct?: boolean;
  sourcing?: boolean;
  metadata?: Readonly<Record<string, string>>;
  pause_until?: string;
  priority_groups?: readonly string[];
  priority_policy?: PriorityPolicy;
  priority_timeout?: number;
}

export const consumerConfigFields: Fields = named('ConsumerConfig', {
  durable_name: text,
  name: text,
  description: text,
  deliver_policy: oneOf(deliverPolicies, 'quoted', { undefined: 'all' }),
  opt_start_seq: uint64,
  opt_start_time: time,
  ack_policy: oneOf(ackPolicies),
  ack_wait: duration,
  max_deliver: int,
  backoff: listOf(duration),
  filter_subject: text,
  filter_subjects: listOf(text),
  replay_policy: oneOf(replayPolicies),
  rate_limit_bps: uint64,
  sample_freq: text,
  max_waiting: int,
  max_ack_pending: int,
  flow_control: flag,
  headers_only: flag,
  max_batch: int,
  max_expires: duration,
  max_bytes: int,
  deliver_subject: text,
  deliver_group: text,
  idle_heartbeat: duration,
  inactive_threshold: duration,
  num_replicas: int,
  mem_storage: flag,
  direct: flag,
  sourcing: flag,
  metadata: texts,
  pause_until: time,
  priority_groups: listOf(text),
  priority_policy: oneOf(priorityPolicies, 'unknown priority policy'),
  priority_timeout: duration,
});

export const consumerRequestFields: Fields = named('CreateConsumerRequest', {
  stream_name: text,
  config: objectOf(consumerConfigFields),
  action: oneOf(consumerActions, 'unknown consumer action'),
  pedantic: flag,
});

/** A decoded configuration with nothing checked and nothing but Go's zero values filled in. */
export function consumerConfigOf(value: JsonObject): ConsumerConfig {
  const given = value as Partial<ConsumerConfig>;
  return {
    ...given,
    deliver_policy: given.deliver_policy ?? 'all',
    ack_policy: given.ack_policy ?? 'none',
    replay_policy: given.replay_policy ?? 'instant',
    num_replicas: given.num_replicas ?? 0,
  };
}

/** A configuration as answers and files show it. */
export function encodeConsumerConfig(config: ConsumerConfig): JsonObject {
  return {
    ...omitEmpty({ durable_name: config.durable_name, name: config.name, description: config.description }),
    deliver_policy: config.deliver_policy,
    ...omitEmpty({ opt_start_seq: config.opt_start_seq, opt_start_time: config.opt_start_time }),
    ack_policy: config.ack_policy,
    ...omitEmpty({
      ack_wait: config.ack_wait,
      max_deliver: config.max_deliver,
      backoff: config.backoff,
      filter_subject: config.filter_subject,
      filter_subjects: config.filter_subjects,
    } as JsonObject),
    replay_policy: config.replay_policy,
    ...omitEmpty({
      rate_limit_bps: config.rate_limit_bps,
      sample_freq: config.sample_freq,
      max_waiting: config.max_waiting,
      max_ack_pending: config.max_ack_pending,
      flow_control: config.flow_control,
      headers_only: config.headers_only,
      max_batch: config.max_batch,
      max_expires: config.max_expires,
      max_bytes: config.max_bytes,
      deliver_subject: config.deliver_subject,
      deliver_group: config.deliver_group,
      idle_heartbeat: config.idle_heartbeat,
      inactive_threshold: config.inactive_threshold,
    }),
    num_replicas: config.num_replicas,
    ...omitEmpty({
      mem_storage: config.mem_storage,
      direct: config.direct,
      sourcing: config.sourcing,
      metadata: config.metadata === undefined ? undefined : encodeMetadata(config.metadata),
      pause_until: config.pause_until,
      priority_groups: config.priority_groups,
      priority_policy: config.priority_policy === 'none' ? undefined : config.priority_policy,
      priority_timeout: config.priority_timeout,
    }),
  };
}
