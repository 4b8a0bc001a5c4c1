/**
 * A stream's configuration: its shape on the wire, how it is read from a request and what it looks like in answers. Durations are
 * nanoseconds. Source: nats-server server/stream.go StreamConfig; ADR-8, 31, 36, 43, 48, 50, 51.
 */
import { goMap } from '../go-json.ts';
import {
  duration,
  type Fields,
  flag,
  int,
  int32,
  int64,
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

export const retentionPolicies = ['limits', 'interest', 'workqueue'] as const;
export type RetentionPolicy = (typeof retentionPolicies)[number];
export const discardPolicies = ['old', 'new'] as const;
export type DiscardPolicy = (typeof discardPolicies)[number];
export const storageTypes = ['file', 'memory'] as const;
export type StorageType = (typeof storageTypes)[number];
export const compressions = ['none', 's2'] as const;
export type Compression = (typeof compressions)[number];
export const persistModes = ['default', 'async'] as const;
export type PersistMode = (typeof persistModes)[number];

export interface Placement {
  cluster?: string;
  tags?: readonly string[];
  preferred?: string;
}

export interface SubjectTransformConfig {
  src: string;
  dest: string;
}

export interface ExternalStream {
  api: string;
  deliver: string;
}

export interface StreamSourceConfig {
  name: string;
  opt_start_seq?: number;
  opt_start_time?: string;
  filter_subject?: string;
  subject_transforms?: readonly SubjectTransformConfig[];
  external?: ExternalStream;
  consumer?: { name: string; deliver_subject: string };
}

export interface RepublishConfig {
  src: string;
  dest: string;
  headers_only?: boolean;
}

export interface ConsumerLimits {
  inactive_threshold?: number;
  max_ack_pending?: number;
}

/** Complete, with every default filled in. Optional fields are those that answers leave out when empty. */
export interface StreamConfig {
  name: string;
  description?: string;
  subjects?: readonly string[];
  retention: RetentionPolicy;
  max_consumers: number;
  max_msgs: number;
  max_bytes: number;
  max_age: number;
  max_msgs_per_subject: number;
  max_msg_size: number;
  discard: DiscardPolicy;
  storage: StorageType;
  num_replicas: number;
  no_ack?: boolean;
  duplicate_window: number;
  placement?: Placement;
  mirror?: StreamSourceConfig;
  sources?: readonly StreamSourceConfig[];
  compression: Compression;
  first_seq?: number;
  subject_transform?: SubjectTransformConfig;
  republish?: RepublishConfig;
  allow_direct: boolean;
  mirror_direct: boolean;
  discard_new_per_subject?: boolean;
  sealed: boolean;
  deny_delete: boolean;
  deny_purge: boolean;
  allow_rollup_hdrs: boolean;
  consumer_limits: ConsumerLimits;
  allow_msg_ttl: boolean;
  subject_delete_marker_ttl?: number;
  allow_msg_counter?: boolean;
  allow_atomic?: boolean;
  allow_msg_schedules?: boolean;
  persist_mode?: PersistMode;
  allow_batched?: boolean;
  metadata?: Readonly<Record<string, string>>;
}

const transform = objectOf(named('SubjectTransformConfig', { src: text, dest: text }));
const sourceFields = named('StreamSource', {
  name: text,
  opt_start_seq: uint64,
  opt_start_time: time,
  filter_subject: text,
  subject_transforms: listOf(transform),
  external: objectOf(named('ExternalStream', { api: text, deliver: text })),
  consumer: objectOf(named('StreamConsumerSource', { name: text, deliver_subject: text })),
});
const source = objectOf(sourceFields);

/** The fields of a configuration in a request. */
export const streamConfigFields: Fields = named('StreamConfig', {
  name: text,
  description: text,
  subjects: listOf(text),
  retention: oneOf(retentionPolicies),
  max_consumers: int,
  max_msgs: int64,
  max_bytes: int64,
  max_age: duration,
  max_msgs_per_subject: int64,
  max_msg_size: int32,
  discard: oneOf(discardPolicies),
  storage: oneOf(storageTypes),
  num_replicas: int,
  no_ack: flag,
  duplicate_window: duration,
  placement: objectOf(named('Placement', { cluster: text, tags: listOf(text), preferred: text })),
  mirror: source,
  sources: listOf(source),
  compression: oneOf(compressions, 'text'),
  first_seq: uint64,
  subject_transform: transform,
  republish: objectOf(named('RePublish', { src: text, dest: text, headers_only: flag })),
  allow_direct: flag,
  mirror_direct: flag,
  discard_new_per_subject: flag,
  sealed: flag,
  deny_delete: flag,
  deny_purge: flag,
  allow_rollup_hdrs: flag,
  consumer_limits: objectOf(named('StreamConsumerLimits', { inactive_threshold: duration, max_ack_pending: int })),
  allow_msg_ttl: flag,
  subject_delete_marker_ttl: duration,
  allow_msg_counter: flag,
  allow_atomic: flag,
  allow_msg_schedules: flag,
  persist_mode: oneOf(persistModes, 'quoted', { '': 'default' }),
  allow_batched: flag,
  metadata: texts,
});

/** A configuration request: the configuration, and whether silent adjustments are errors. */
export const streamRequestFields: Fields = named('StreamConfigRequest', { ...streamConfigFields, pedantic: flag });

/** A decoded configuration with nothing checked and nothing but Go's zero values filled in. */
export function streamConfigOf(value: JsonObject): StreamConfig {
  const given = value as Partial<StreamConfig>;
  return {
    ...given,
    name: given.name ?? '',
    retention: given.retention ?? 'limits',
    max_consumers: given.max_consumers ?? 0,
    max_msgs: given.max_msgs ?? 0,
    max_bytes: given.max_bytes ?? 0,
    max_age: given.max_age ?? 0,
    max_msgs_per_subject: given.max_msgs_per_subject ?? 0,
    max_msg_size: given.max_msg_size ?? 0,
    discard: given.discard ?? 'old',
    storage: given.storage ?? 'file',
    num_replicas: given.num_replicas ?? 0,
    duplicate_window: given.duplicate_window ?? 0,
    compression: given.compression ?? 'none',
    allow_direct: given.allow_direct ?? false,
    mirror_direct: given.mirror_direct ?? false,
    sealed: given.sealed ?? false,
    deny_delete: given.deny_delete ?? false,
    deny_purge: given.deny_purge ?? false,
    allow_rollup_hdrs: given.allow_rollup_hdrs ?? false,
    consumer_limits: given.consumer_limits ?? {},
    allow_msg_ttl: given.allow_msg_ttl ?? false,
    ...(given.subject_transform === undefined ? {} : { subject_transform: transformOf(given.subject_transform) }),
    ...(given.republish === undefined ? {} : { republish: { ...given.republish, ...transformOf(given.republish) } }),
    ...(given.sources === undefined ? {} : { sources: given.sources.map(sourceOf) }),
    ...(given.mirror === undefined ? {} : { mirror: sourceOf(given.mirror) }),
  };
}

function transformOf({ src, dest }: SubjectTransformConfig): SubjectTransformConfig {
  return { src: src ?? '', dest: dest ?? '' };
}

function sourceOf(given: StreamSourceConfig): StreamSourceConfig {
  return {
    ...given,
    name: given.name ?? '',
    ...(given.subject_transforms === undefined ? {} : { subject_transforms: given.subject_transforms.map(transformOf) }),
    ...(given.external === undefined
      ? {}
      : { external: { api: given.external.api ?? '', deliver: given.external.deliver ?? '' } }),
    ...(given.consumer === undefined
      ? {}
      : { consumer: { name: given.consumer.name ?? '', deliver_subject: given.consumer.deliver_subject ?? '' } }),
  };
}

/** A configuration as answers and files show it: fields that Go leaves out when empty are left out. */
export function encodeStreamConfig(config: StreamConfig): JsonObject {
  return {
    name: config.name,
    ...omitEmpty({ description: config.description, subjects: config.subjects }),
    retention: config.retention,
    max_consumers: config.max_consumers,
    max_msgs: config.max_msgs,
    max_bytes: config.max_bytes,
    max_age: config.max_age,
    max_msgs_per_subject: config.max_msgs_per_subject,
    ...omitEmpty({ max_msg_size: config.max_msg_size }),
    discard: config.discard,
    storage: config.storage,
    num_replicas: config.num_replicas,
    ...omitEmpty({
      no_ack: config.no_ack,
      duplicate_window: config.duplicate_window,
      placement: config.placement === undefined ? undefined : encodePlacement(config.placement),
      mirror: config.mirror === undefined ? undefined : encodeSource(config.mirror),
      sources: config.sources?.map(encodeSource),
    }),
    compression: config.compression,
    ...omitEmpty({
      first_seq: config.first_seq,
      subject_transform: config.subject_transform === undefined ? undefined : encodeTransform(config.subject_transform),
      republish:
        config.republish === undefined
          ? undefined
          : {
              ...omitEmpty({ src: config.republish.src }),
              dest: config.republish.dest,
              ...omitEmpty({ headers_only: config.republish.headers_only }),
            },
    }),
    allow_direct: config.allow_direct,
    mirror_direct: config.mirror_direct,
    ...omitEmpty({ discard_new_per_subject: config.discard_new_per_subject }),
    sealed: config.sealed,
    deny_delete: config.deny_delete,
    deny_purge: config.deny_purge,
    allow_rollup_hdrs: config.allow_rollup_hdrs,
    consumer_limits: encodeConsumerLimits(config.consumer_limits),
    allow_msg_ttl: config.allow_msg_ttl,
    ...omitEmpty({
      subject_delete_marker_ttl: config.subject_delete_marker_ttl,
      allow_msg_counter: config.allow_msg_counter,
      allow_atomic: config.allow_atomic,
      allow_msg_schedules: config.allow_msg_schedules,
      persist_mode: config.persist_mode === 'default' ? undefined : config.persist_mode,
      allow_batched: config.allow_batched,
      metadata: config.metadata === undefined ? undefined : encodeMetadata(config.metadata),
    }),
  };
}

/** A source or mirror as nats-server writes it: empty fields are left out. */
export function encodeSource(source: StreamSourceConfig): JsonObject {
  return {
    name: source.name,
    ...omitEmpty({
      opt_start_seq: source.opt_start_seq,
      opt_start_time: source.opt_start_time,
      filter_subject: source.filter_subject,
      subject_transforms: source.subject_transforms?.map(encodeTransform),
      external: source.external === undefined ? undefined : encodeExternal(source.external),
      consumer: source.consumer === undefined ? undefined : encodeSourceConsumer(source.consumer),
    }),
  };
}

const encodePlacement = ({ cluster, tags, preferred }: Placement): JsonObject => omitEmpty({ cluster, tags, preferred });
const encodeTransform = ({ src, dest }: SubjectTransformConfig): JsonObject => ({ src, dest });
const encodeExternal = ({ api, deliver }: ExternalStream): JsonObject => ({ api, deliver });
const encodeSourceConsumer = (consumer: { name: string; deliver_subject: string }): JsonObject =>
  omitEmpty({ name: consumer.name, deliver_subject: consumer.deliver_subject });
const encodeConsumerLimits = ({ inactive_threshold, max_ack_pending }: ConsumerLimits): JsonObject =>
  omitEmpty({ inactive_threshold, max_ack_pending });

/** Metadata as answers and files show it. */
export function encodeMetadata(metadata: Readonly<Record<string, string>>): JsonObject {
  return goMap(Object.entries(metadata));
}

type Loose = { readonly [key: string]: JsonObject[string] | undefined | readonly string[] };

/** Leaves out what Go's `omitempty` leaves out: undefined, false, 0, empty texts, lists and maps. */
export function omitEmpty(fields: Loose): JsonObject {
  const kept: Record<string, JsonObject[string]> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined || value === null || value === false || value === 0 || value === '') continue;
    if (Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.keys(value).length === 0) continue;
    kept[key] = value as JsonObject[string];
  }
  return kept;
}
