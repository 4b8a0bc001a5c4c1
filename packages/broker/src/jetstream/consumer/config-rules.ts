/**
 * Defaults and rules of a consumer's configuration, in nats-server's order.
 * Source: nats-server server/consumer.go setConsumerConfigDefaults, checkConsumerCfg.
 */
import { hasWildcards, isSubsetOf, isValidSubject } from '@sluice/protocol';
import {
  type ApiError,
  type ApiErrorName,
  apiError,
  type ConsumerConfig,
  isValidAssetName,
  parseTime,
  type StreamConfig,
} from '@sluice/protocol/jetstream';
import type { JetStreamAccountLimits } from '../../options.ts';
import { type JetStreamOptions, MAX_DESCRIPTION_LENGTH, MAX_METADATA_BYTES } from '../limits.ts';
import { metadataBytes } from '../stream/config-rules.ts';

const MS = 1_000_000;
const SECOND = 1_000_000_000;
const DEFAULT_ACK_WAIT_NS = 30 * SECOND;
const DEFAULT_MAX_ACK_PENDING = 1000;
const DEFAULT_MAX_WAITING = 512;
const DEFAULT_PINNED_TTL_NS = 120 * SECOND;
const FLOW_HEARTBEAT_NS = SECOND;
const MIN_HEARTBEAT_NS = 100 * MS;
const GROUP_NAME = /^[a-zA-Z0-9/_=-]{1,16}$/;

/** What the rules look at besides the configuration. */
export interface ConsumerContext {
  readonly stream: StreamConfig;
  readonly options: JetStreamOptions;
  readonly account: JetStreamAccountLimits;
}

const pedantic = (err: string): ApiError => apiError('pedantic', { err });
const invalid = (err: string): ApiError => apiError('streamInvalidConfig', { err });

/** All filters of a consumer. */
export function filtersOf(config: ConsumerConfig): readonly string[] {
  const single = config.filter_subject ?? '';
  return single !== '' ? [single] : (config.filter_subjects ?? []);
}

const notNegative: readonly (readonly [
  'max_waiting' | 'max_batch' | 'max_expires' | 'max_bytes' | 'idle_heartbeat' | 'inactive_threshold' | 'priority_timeout',
  string,
])[] = [
  ['max_batch', 'max_batch must not be negative'],
  ['max_expires', 'max_expires must not be negative'],
  ['max_bytes', 'max_bytes must not be negative'],
  ['idle_heartbeat', 'idle_heartbeat must not be negative'],
  ['inactive_threshold', 'inactive_threshold must not be negative'],
  ['priority_timeout', 'priority_timeout must not be negative'],
];

/** Fills in what the configuration leaves open; an error only when the request is pedantic. */
export function applyConsumerDefaults(
  config: ConsumerConfig,
  context: ConsumerContext,
  isPedantic: boolean,
): ApiError | undefined {
  const error = clampNegatives(config, isPedantic);
  if (error !== undefined) return error;
  const { stream, options, account } = context;
  const isPull = (config.deliver_subject ?? '') === '';
  if (isPull && (config.max_waiting ?? 0) === 0) config.max_waiting = DEFAULT_MAX_WAITING;
  if ((config.ack_wait ?? 0) === 0 && (config.ack_policy === 'explicit' || config.ack_policy === 'all'))
    config.ack_wait = DEFAULT_ACK_WAIT_NS;
  const [firstBackoff] = config.backoff ?? [];
  if (firstBackoff !== undefined) {
    if (isPedantic && config.ack_wait !== firstBackoff) return pedantic('first backoff value has to equal batch AckWait');
    config.ack_wait = firstBackoff;
  }
  const limits = stream.consumer_limits;
  if ((config.max_ack_pending ?? 0) === 0) {
    if (isPedantic && (limits.max_ack_pending ?? 0) > 0)
      return pedantic("max_ack_pending must be set if it's configured in stream limits");
    config.max_ack_pending = limits.max_ack_pending ?? 0;
  }
  if ((config.inactive_threshold ?? 0) === 0) {
    if (isPedantic && (limits.inactive_threshold ?? 0) > 0)
      return pedantic("inactive_threshold must be set if it's configured in stream limits");
    config.inactive_threshold = limits.inactive_threshold ?? 0;
  }
  if (config.max_ack_pending === 0 && config.ack_policy !== 'none') {
    const caps = [options.maxAckPending, account.maxAckPending].filter((cap) => cap > 0);
    config.max_ack_pending = Math.min(DEFAULT_MAX_ACK_PENDING, ...caps);
  }
  if (isPull && (config.max_batch ?? 0) === 0 && options.maxRequestBatch > 0) {
    if (isPedantic) return pedantic("max_request_batch must be set if it's JetStream limits are set");
    config.max_batch = options.maxRequestBatch;
  }
  if (config.priority_policy === 'pinned_client' && (config.priority_timeout ?? 0) === 0)
    config.priority_timeout = DEFAULT_PINNED_TTL_NS;
  if (config.ack_policy === 'flow_control' && !isPedantic) {
    config.flow_control = true;
    config.idle_heartbeat = FLOW_HEARTBEAT_NS;
  }
  return undefined;
}

function clampNegatives(config: ConsumerConfig, isPedantic: boolean): ApiError | undefined {
  const maxDeliver = config.max_deliver ?? 0;
  if (maxDeliver === 0 || maxDeliver < -1) {
    if (isPedantic && maxDeliver < -1) return pedantic('max_deliver must be set to -1');
    config.max_deliver = -1;
  }
  if ((config.max_waiting ?? 0) < 0) {
    if (isPedantic) return pedantic('max_waiting must not be negative');
    config.max_waiting = 0;
  }
  if ((config.max_ack_pending ?? 0) < -1) {
    if (isPedantic) return pedantic('max_ack_pending must be set to -1');
    config.max_ack_pending = -1;
  }
  for (const [field, text] of notNegative) {
    if ((config[field] ?? 0) >= 0) continue;
    if (isPedantic) return pedantic(text);
    config[field] = 0;
  }
  return undefined;
}

type Rule = (config: ConsumerConfig, context: ConsumerContext) => ApiError | undefined;

/** Checks a configuration whose defaults are filled in. */
export function checkConsumerConfig(config: ConsumerConfig, context: ConsumerContext): ApiError | undefined {
  for (const rule of rules) {
    const error = rule(config, context);
    if (error !== undefined) return error;
  }
  return undefined;
}

const checkNames: Rule = (config) => {
  if ((config.name ?? '') !== '' && !isValidAssetName(config.name ?? ''))
    return invalid("consumer name can not contain '.', '*', '>', '\\', '/'");
  if ((config.durable_name ?? '') !== '' && !isValidAssetName(config.durable_name ?? '')) {
    return invalid("consumer durable name can not contain '.', '*', '>', '\\', '/'");
  }
  return undefined;
};

const checkReplicas: Rule = (config, { stream }) => {
  if (config.num_replicas > 0 && config.num_replicas > stream.num_replicas) return apiError('consumerReplicasExceedsStream');
  if (config.num_replicas < 0) return apiError('replicasCountCannotBeNegative');
  const mustMatch = stream.retention !== 'limits';
  return mustMatch && config.num_replicas !== 0 && config.num_replicas !== stream.num_replicas
    ? apiError('consumerReplicasShouldMatchStream')
    : undefined;
};

const checkAcks: Rule = (config) => {
  const backoff = config.backoff ?? [];
  if (backoff.some((wait) => wait < 0)) return apiError('consumerBackOffNegative');
  if ((config.ack_wait ?? 0) < 0) return apiError('consumerAckWaitNegative');
  if (config.ack_policy === 'flow_control') {
    if ((config.deliver_subject ?? '') === '') return apiError('consumerAckFCRequiresPush');
    if (config.flow_control !== true) return apiError('consumerAckFCRequiresFC');
    if (config.idle_heartbeat !== FLOW_HEARTBEAT_NS) return invalid('flow control ack policy heartbeat needs to be 1s');
    if ((config.max_ack_pending ?? 0) <= 0) return apiError('consumerAckFCRequiresMaxAckPending');
    if ((config.ack_wait ?? 0) !== 0 || backoff.length > 0) return apiError('consumerAckFCRequiresNoAckWait');
    if ((config.max_deliver ?? -1) > 0) return apiError('consumerAckFCRequiresNoMaxDeliver');
  }
  if (backoff.length > 0 && config.max_deliver !== -1 && backoff.length > (config.max_deliver ?? -1))
    return apiError('consumerMaxDeliverBackoff');
  return (config.description ?? '').length > MAX_DESCRIPTION_LENGTH
    ? apiError('consumerDescriptionTooLong', { max: MAX_DESCRIPTION_LENGTH })
    : undefined;
};

const checkMode: Rule = (config, context) =>
  (config.deliver_subject ?? '') === '' ? checkPull(config, context) : checkPush(config, context);

function checkPush(config: ConsumerConfig, { stream }: ConsumerContext): ApiError | undefined {
  const target = config.deliver_subject ?? '';
  if (hasWildcards(target)) return apiError('consumerDeliverToWildcards');
  if (!isValidSubject(target)) return apiError('consumerInvalidDeliverSubject');
  if ((stream.subjects ?? []).some((subject) => isSubsetOf(target, subject))) return apiError('consumerDeliverCycle');
  if ((config.max_waiting ?? 0) !== 0) return apiError('consumerPushMaxWaiting');
  if ((config.max_ack_pending ?? 0) > 0 && config.ack_policy === 'none') return apiError('consumerMaxPendingAckPolicyRequired');
  const heartbeat = config.idle_heartbeat ?? 0;
  return heartbeat > 0 && heartbeat < MIN_HEARTBEAT_NS ? apiError('consumerSmallHeartbeat') : undefined;
}

function checkPull(config: ConsumerConfig, { stream, options }: ConsumerContext): ApiError | undefined {
  const broken: readonly (readonly [boolean, ApiErrorName])[] = [
    [config.ack_policy === 'none' && stream.retention === 'workqueue', 'consumerPullRequiresAck'],
    [(config.rate_limit_bps ?? 0) > 0, 'consumerPullWithRateLimit'],
    [(config.idle_heartbeat ?? 0) > 0, 'consumerHBRequiresPush'],
    [config.flow_control === true, 'consumerFCRequiresPush'],
    [(config.max_expires ?? 0) !== 0 && (config.max_expires ?? 0) < MS, 'consumerMaxRequestExpiresTooSmall'],
  ];
  const first = broken.find(([isBroken]) => isBroken);
  if (first !== undefined) return apiError(first[1]);
  const limit = options.maxRequestBatch;
  return limit > 0 && (config.max_batch ?? 0) > limit ? apiError('consumerMaxRequestBatchExceeded', { limit }) : undefined;
}

const checkCaps: Rule = (config, { options, account, stream }) => {
  const pending = config.max_ack_pending ?? 0;
  for (const limit of [options.maxAckPending, account.maxAckPending, stream.consumer_limits.max_ack_pending ?? 0]) {
    if (limit > 0 && pending > limit) return apiError('consumerMaxPendingAckExcess', { limit });
  }
  const threshold = stream.consumer_limits.inactive_threshold ?? 0;
  if (threshold > 0 && (config.inactive_threshold ?? 0) > threshold)
    return apiError('consumerInactiveThresholdExcess', { limit: goDuration(threshold) });
  if (config.direct !== true) return undefined;
  if ((config.deliver_subject ?? '') === '') return apiError('consumerDirectRequiresPush');
  return (config.durable_name ?? '') !== '' ? apiError('consumerDirectRequiresEphemeral') : undefined;
};

/** A duration in nanoseconds as Go writes it. */
export function goDuration(ns: number): string {
  if (ns === 0) return '0s';
  if (ns < 1000) return `${ns}ns`;
  if (ns < MS) return `${ns / 1000}µs`;
  if (ns < SECOND) return `${ns / MS}ms`;
  const hours = Math.floor(ns / (3600 * SECOND));
  const minutes = Math.floor(ns / (60 * SECOND)) % 60;
  const seconds = (ns % (60 * SECOND)) / SECOND;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

const checkFilters: Rule = (config) => {
  const single = config.filter_subject ?? '';
  const several = config.filter_subjects ?? [];
  if (single !== '' && several.length > 0) return apiError('consumerDuplicateFilterSubjects');
  if (single !== '' && !isValidSubject(single)) return invalid('invalid subject');
  if (several.includes('')) return apiError('consumerEmptyFilter');
  const filters = filtersOf(config);
  for (const [outer, filter] of filters.entries()) {
    if (!isValidSubject(filter)) return invalid('invalid subject');
    if (filters.some((other, inner) => inner !== outer && isSubsetOf(filter, other)))
      return apiError('consumerOverlappingSubjectFilters');
  }
  return undefined;
};

const startWords: Readonly<Record<ConsumerConfig['deliver_policy'], string>> = {
  all: 'all',
  last: 'last',
  last_per_subject: 'last per subject',
  new: 'new',
  by_start_sequence: 'by start sequence',
  by_start_time: 'by start time',
};

const checkStart: Rule = (config) => {
  const policy = config.deliver_policy;
  const words = startWords[policy];
  const bad = (start: string): ApiError =>
    apiError('consumerInvalidPolicy', {
      err: `consumer delivery policy is deliver ${words}, but optional start ${start} is also set`,
    });
  const missing = (what: string): ApiError =>
    apiError('consumerInvalidPolicy', { err: `consumer delivery policy is deliver ${words}, but optional ${what} is not set` });
  const hasSeq = (config.opt_start_seq ?? 0) > 0;
  const hasTime = config.opt_start_time !== undefined;
  if (policy === 'by_start_sequence') {
    if (!hasSeq) return missing('start sequence');
    return hasTime ? bad('time') : undefined;
  }
  if (policy === 'by_start_time') {
    if (!hasTime) return missing('start time');
    return hasSeq ? bad('start sequence') : undefined;
  }
  if (hasSeq) return bad('sequence');
  if (hasTime) return bad('time');
  return policy === 'last_per_subject' && filtersOf(config).length === 0 ? missing('filter subject') : undefined;
};

const checkRest: Rule = (config) => {
  const sample = config.sample_freq ?? '';
  if (sample !== '' && samplePercent(sample) === undefined) {
    const digits = sample.replace(/%$/, '');
    const isNegative = /^-\d{1,18}$/.test(digits);
    const err = isNegative ? '<nil>' : `strconv.Atoi: parsing ${JSON.stringify(digits)}: invalid syntax`;
    return apiError('consumerInvalidSampling', { err });
  }
  if (config.flow_control === true && (config.idle_heartbeat ?? 0) === 0)
    return apiError('consumerWithFlowControlNeedsHeartbeats');
  const durable = config.durable_name ?? '';
  const name = config.name ?? '';
  if (durable !== '' && name !== '' && name !== durable) return apiError('consumerCreateDurableAndNameMismatch');
  if (metadataBytes(config.metadata) > MAX_METADATA_BYTES)
    return apiError('consumerMetadataLength', { limit: `${MAX_METADATA_BYTES / 1024}KB` });
  return checkGroups(config);
};

/** Percent of acknowledgements to sample; undefined when the text is none. */
export function samplePercent(text: string): number | undefined {
  const digits = text.replace(/%$/, '');
  return /^\+?\d{1,9}$/.test(digits) ? Number(digits) : undefined;
}

function checkGroups(config: ConsumerConfig): ApiError | undefined {
  const groups = config.priority_groups ?? [];
  if ((config.priority_policy ?? 'none') === 'none') {
    if (groups.length > 0) return apiError('consumerPriorityGroupWithPolicyNone');
    return (config.priority_timeout ?? 0) > 0 ? apiError('consumerPinnedTTLWithoutPriorityPolicyNone') : undefined;
  }
  if ((config.deliver_subject ?? '') !== '') return apiError('consumerPushWithPriorityGroup');
  if (groups.length === 0) return apiError('consumerPriorityPolicyWithoutGroup');
  for (const group of groups) {
    if (group === '') return apiError('consumerEmptyGroupName');
    if (!GROUP_NAME.test(group)) return apiError('consumerInvalidGroupName');
  }
  return undefined;
}

/** True for a name that a priority group may have. */
export function isGroupName(name: string): boolean {
  return GROUP_NAME.test(name);
}

const rules: readonly Rule[] = [checkNames, checkReplicas, checkAcks, checkMode, checkCaps, checkFilters, checkStart, checkRest];

const noUpdate = (what: string): string => `${what} can not be updated`;

/** Why `next` cannot take the place of `old`, in nats-server's words. `isBound`: somebody listens on the old deliver subject. */
export function consumerUpdateProblem(
  old: ConsumerConfig,
  next: ConsumerConfig,
  isBound: boolean,
): string | ApiError | undefined {
  const fixed: readonly (readonly [boolean, string])[] = [
    [old.deliver_policy !== next.deliver_policy, 'deliver policy'],
    [(old.mem_storage ?? false) !== (next.mem_storage ?? false), 'storage type'],
    [(old.direct ?? false) !== (next.direct ?? false), 'direct'],
    [(old.sourcing ?? false) !== (next.sourcing ?? false), 'sourcing'],
    [(old.opt_start_seq ?? 0) !== (next.opt_start_seq ?? 0), 'start sequence'],
    [!isSameTime(old.opt_start_time, next.opt_start_time), 'start time'],
    [old.ack_policy !== next.ack_policy, 'ack policy'],
    [old.replay_policy !== next.replay_policy, 'replay policy'],
    [(old.idle_heartbeat ?? 0) !== (next.idle_heartbeat ?? 0), 'heart beats'],
    [(old.flow_control ?? false) !== (next.flow_control ?? false), 'flow control'],
  ];
  const changed = fixed.find(([isChanged]) => isChanged);
  if (changed !== undefined) return noUpdate(changed[1]);
  const from = old.deliver_subject ?? '';
  const to = next.deliver_subject ?? '';
  if (from !== to) {
    if (from === '') return 'can not update pull consumer to push based';
    if (to === '') return 'can not update push consumer to pull based';
    if (isBound) return apiError('consumerNameExist');
  }
  if ((old.max_waiting ?? 0) !== (next.max_waiting ?? 0)) return noUpdate('max waiting');
  const backoffs = (next.backoff ?? []).length;
  return backoffs > 0 && next.max_deliver !== -1 && backoffs > (next.max_deliver ?? -1)
    ? apiError('consumerMaxDeliverBackoff')
    : undefined;
}

function isSameTime(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const left = parseTime(a);
  const right = parseTime(b);
  return left?.us === right?.us && left?.ns === right?.ns;
}
