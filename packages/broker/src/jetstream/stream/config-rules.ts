/**
 * The rules of a stream's configuration, in the order in which nats-server applies them, since the first one broken is the one that
 * is reported. Source: nats-server server/stream.go checkStreamCfgLocked; texts and codes are its own.
 */
import { goQuote, isSubsetOf, isValidSubject, SubjectTransform, subjectsOverlap } from '@sluice/protocol';
import {
  type ApiError,
  apiError,
  isValidAssetName,
  type StreamConfig,
  type StreamSourceConfig,
} from '@sluice/protocol/jetstream';
import { MAX_DESCRIPTION_LENGTH, MAX_METADATA_BYTES, MAX_NAME_LENGTH } from '../limits.ts';
import { type ConfigContext, invalidConfig, transformProblem } from './config-context.ts';
import { checkSources } from './source-rules.ts';

const MS = 1_000_000;
const SECOND = 1_000_000_000;
const DEFAULT_DUPLICATE_WINDOW_NS = 120 * SECOND;
const MAX_REPLICAS = 5;

export type ConfigResult =
  | { readonly ok: true; readonly config: StreamConfig }
  | { readonly ok: false; readonly error: ApiError };

/** A rule: what is wrong, or undefined. It may fill in defaults of the configuration it is given. */
type Rule = (config: StreamConfig, context: ConfigContext, isPedantic: boolean) => ApiError | undefined;

const pedantic = (err: string): ApiError => apiError('pedantic', { err });

/** Checks a configuration and fills in what it leaves open. */
export function checkStreamConfig(given: StreamConfig, context: ConfigContext, isPedantic: boolean): ConfigResult {
  const config = { ...given };
  for (const rule of rules) {
    const error = rule(config, context, isPedantic);
    if (error !== undefined) return { ok: false, error };
  }
  return { ok: true, config };
}

const checkNames: Rule = (config) => {
  if (!isValidAssetName(config.name)) {
    return invalidConfig("stream name is required and can not contain '.', '*', '>', '\\', '/'");
  }
  if (config.name.length > MAX_NAME_LENGTH)
    return invalidConfig(`stream name is too long, maximum allowed is ${MAX_NAME_LENGTH}`);
  if ((config.description ?? '').length > MAX_DESCRIPTION_LENGTH) {
    return invalidConfig(`stream description is too long, maximum allowed is ${MAX_DESCRIPTION_LENGTH}`);
  }
  if (metadataBytes(config.metadata) > MAX_METADATA_BYTES) {
    return invalidConfig(`stream metadata exceeds maximum size of ${MAX_METADATA_BYTES} bytes`);
  }
  return undefined;
};

/** Bytes of all keys and values. */
export function metadataBytes(metadata: Readonly<Record<string, string>> | undefined): number {
  let bytes = 0;
  for (const [key, value] of Object.entries(metadata ?? {})) bytes += key.length + value.length;
  return bytes;
}

const checkReplicas: Rule = (config) => {
  if (config.num_replicas === 0) config.num_replicas = 1;
  if (config.num_replicas > MAX_REPLICAS) return invalidConfig(`maximum replicas is ${MAX_REPLICAS}`);
  if (config.num_replicas < 0) return apiError('replicasCountCannotBeNegative');
  return undefined;
};

const limitFields = ['max_msgs', 'max_msgs_per_subject', 'max_bytes', 'max_msg_size', 'max_consumers'] as const;

const checkLimits: Rule = (config, _context, isPedantic) => {
  for (const field of limitFields) {
    if (config[field] > 0 || config[field] === -1) continue;
    if (isPedantic && config[field] < -1) return pedantic(`${field} must be set to -1`);
    config[field] = -1;
  }
  if (config.max_age < 0) return invalidConfig('max age can not be negative');
  if (config.max_age !== 0 && config.max_age < 100 * MS) return invalidConfig('max age needs to be >= 100ms');
  return undefined;
};

const checkDuplicates: Rule = (config, { options }, isPedantic) => {
  const limit = options.duplicateWindowNs;
  if (config.duplicate_window === 0 && config.mirror === undefined && (config.sources ?? []).length === 0) {
    let window = DEFAULT_DUPLICATE_WINDOW_NS;
    if (limit > 0 && window > limit) {
      if (isPedantic) return pedantic('duplicate window limits are higher than current limits');
      window = limit;
    }
    if (config.max_age !== 0 && config.max_age < window) {
      if (isPedantic) return pedantic('duplicate window cannot be bigger than max age');
      window = config.max_age;
    }
    config.duplicate_window = window;
  }
  const window = config.duplicate_window;
  if (window < 0) return invalidConfig('duplicates window can not be negative');
  if (config.max_age !== 0 && window > config.max_age) return invalidConfig('duplicates window can not be larger then max age');
  if (limit > 0 && window > limit)
    return invalidConfig(`duplicates window can not be larger then server limit of ${limit / SECOND}s`);
  if (window > 0 && window < 100 * MS) return invalidConfig('duplicates window needs to be >= 100ms');
  return undefined;
};

const checkCombinations: Rule = (config) => {
  if (config.deny_purge && config.allow_rollup_hdrs) return invalidConfig('roll-ups require the purge permission');
  if (config.allow_msg_counter === true) {
    if (config.discard === 'new') return invalidConfig('counter stream cannot use discard new');
    if (config.allow_msg_ttl) return invalidConfig('counter stream cannot use message TTLs');
    if (config.allow_msg_schedules === true) return invalidConfig('counter stream cannot use message schedules');
    if (config.retention !== 'limits') return invalidConfig('counter stream can only use limits retention');
  }
  return checkDiscardNewPerSubject(config);
};

/** `discard_new_per_subject` needs the policies that it sharpens; asked of updates too. */
export function checkDiscardNewPerSubject(config: StreamConfig): ApiError | undefined {
  if (config.discard_new_per_subject !== true) return undefined;
  if (config.discard !== 'new') return invalidConfig('discard new per subject requires discard new policy to be set');
  if (config.max_msgs_per_subject <= 0) return invalidConfig('discard new per subject requires max msgs per subject > 0');
  return undefined;
}

const checkMarkers: Rule = (config, _context, isPedantic) => {
  const ttl = config.subject_delete_marker_ttl ?? 0;
  if (ttl < 0) return invalidConfig('subject delete marker TTL must not be negative');
  if (ttl === 0) return undefined;
  if (ttl < SECOND) return invalidConfig('subject delete marker TTL must be at least 1 second');
  if (!config.allow_msg_ttl) {
    if (isPedantic) return invalidConfig('subject delete marker cannot be set if message TTLs are disabled');
    config.allow_msg_ttl = true;
  }
  if (!config.allow_rollup_hdrs) {
    if (isPedantic) return invalidConfig('subject delete marker cannot be set if roll-ups are disabled');
    config.allow_rollup_hdrs = true;
    config.deny_purge = false;
  }
  return undefined;
};

const checkSchedules: Rule = (config, _context, isPedantic) => {
  if (config.allow_msg_schedules !== true) return undefined;
  if (config.discard === 'new') return invalidConfig('message scheduling cannot use discard new');
  if (!config.allow_rollup_hdrs) {
    if (isPedantic) return invalidConfig('message scheduling cannot be set if roll-ups are disabled');
    config.allow_rollup_hdrs = true;
    config.deny_purge = false;
  }
  return undefined;
};

const checkPersistMode: Rule = (config) => {
  if (config.persist_mode !== 'async') return undefined;
  if (config.storage !== 'file') return invalidConfig('async persist mode is only supported on file storage');
  if (config.num_replicas > 1) return invalidConfig('async persist mode is not supported on replicated streams');
  if (config.allow_atomic === true) return invalidConfig('async persist mode is not supported with atomic batch publish');
  return undefined;
};

const checkCycles: Rule = (config, context) => {
  const toVisit: StreamConfig[] = [config];
  const visited = new Set<string>();
  for (let next = toVisit.shift(); next !== undefined; next = toVisit.shift()) {
    visited.add(next.name);
    const subjects = next.subjects ?? [];
    for (const source of next.sources ?? []) {
      if (source.external !== undefined) continue;
      if (visited.has(source.name)) {
        if (reaches(subjects, source)) return invalidConfig('detected cycle');
        continue;
      }
      const origin = context.streamConfig(source.name);
      if (origin !== undefined) toVisit.push(origin);
    }
    const { mirror } = next;
    if (mirror === undefined || mirror.external !== undefined) continue;
    if (visited.has(mirror.name)) return invalidConfig('detected cycle');
    const origin = context.streamConfig(mirror.name);
    if (origin !== undefined) toVisit.push(origin);
  }
  return undefined;
};

function reaches(subjects: readonly string[], source: StreamSourceConfig): boolean {
  const filter = source.filter_subject ?? '';
  return filter === '' || subjects.some((subject) => subjectsOverlap(subject, filter));
}

const checkSubjects: Rule = (config) => {
  const subjects = config.subjects ?? [];
  if (subjects.length === 0) {
    if (config.mirror === undefined && (config.sources ?? []).length === 0) config.subjects = [config.name];
    return undefined;
  }
  if (config.mirror !== undefined) return apiError('mirrorWithSubjects');
  const seen = new Set<string>();
  for (const [position, subject] of subjects.entries()) {
    const error = checkSubject(config, subject, seen);
    if (error !== undefined) return error;
    for (const later of subjects.slice(position + 1)) {
      if (subjectsOverlap(later, subject)) return invalidConfig(`subject ${goQuote(subject)} overlaps with ${goQuote(later)}`);
    }
    seen.add(subject);
  }
  return undefined;
};

function checkSubject(config: StreamConfig, subject: string, seen: ReadonlySet<string>): ApiError | undefined {
  if (!isValidSubject(subject)) return invalidConfig('invalid subject');
  if (seen.has(subject)) return invalidConfig('duplicate subjects detected');
  const isNoAck = config.no_ack === true;
  if (subject === '>') {
    if (!isNoAck) return invalidConfig('capturing all subjects requires no-ack to be true');
    if (config.num_replicas !== 1) return invalidConfig('capturing all subjects requires replicas of 1');
  }
  if (isNoAck) return undefined;
  for (const space of ['$JS.>', '$JSC.>', '$NRG.>']) {
    if (subjectsOverlap(subject, space) && !isSubsetOf(subject, '$JS.EVENT.>')) {
      return invalidConfig('subjects that overlap with jetstream api require no-ack to be true');
    }
  }
  if (subjectsOverlap(subject, '$SYS.>') && !isSubsetOf(subject, '$SYS.ACCOUNT.>')) {
    return invalidConfig('subjects that overlap with system api require no-ack to be true');
  }
  return undefined;
}

const checkAccountBytes: Rule = (config, context) => {
  if (context.isMaxBytesRequired && config.max_bytes <= 0) return apiError('streamMaxBytesRequired');
  const limit = context.maxStreamBytes(config.storage);
  if (limit > 0 && config.max_bytes > limit) return apiError('streamMaxStreamBytesExceeded');
  return undefined;
};

const checkTransform: Rule = (config) => {
  const transform = config.subject_transform;
  if (transform === undefined) return undefined;
  config.subject_transform = { src: transform.src ?? '', dest: transform.dest ?? '' };
  const { src, dest } = config.subject_transform;
  if (src !== '' && !isValidSubject(src)) return apiError('streamTransformInvalidSource', { err: `invalid subject ${src}` });
  const problem = transformProblem(src, dest);
  return problem === undefined ? undefined : apiError('streamTransformInvalidDestination', { err: problem });
};

const checkRepublish: Rule = (config, _context, isPedantic) => {
  if (config.republish === undefined) return undefined;
  const republish = { ...config.republish, src: config.republish.src ?? '', dest: config.republish.dest ?? '' };
  config.republish = republish;
  if (republish.src === '') {
    if (isPedantic) return pedantic('republish source can not be empty');
    republish.src = '>';
  }
  const subjects = config.subjects ?? [];
  const transform = config.subject_transform;
  if (
    republish.dest === '>' &&
    republish.src === '>' &&
    transform !== undefined &&
    subjects.length === 1 &&
    transform.src === subjects[0]
  ) {
    if (isPedantic) return pedantic('implicit republish based on subject transform');
    republish.src = transform.dest;
    republish.dest = transform.dest;
  }
  if (subjects.some((subject) => subjectsOverlap(republish.dest, subject))) {
    return invalidConfig('stream configuration for republish destination forms a cycle');
  }
  if (republish.dest !== '' && !SubjectTransform.parse(republish.src, republish.dest).ok) {
    return invalidConfig(
      `stream configuration for republish with transform from '${republish.src}' to '${republish.dest}' not valid`,
    );
  }
  return undefined;
};

const checkPlacement: Rule = (config) => {
  const { placement } = config;
  if (placement === undefined) return undefined;
  const isEmpty = (placement.cluster ?? '') === '' && (placement.tags ?? []).length === 0 && (placement.preferred ?? '') === '';
  if (isEmpty) delete config.placement;
  if ((placement.preferred ?? '') !== '') return invalidConfig('preferred server not permitted in placement');
  return undefined;
};

const rules: readonly Rule[] = [
  checkNames,
  checkReplicas,
  checkLimits,
  checkDuplicates,
  checkCombinations,
  checkMarkers,
  checkSchedules,
  checkPersistMode,
  checkSources,
  checkCycles,
  checkSubjects,
  checkAccountBytes,
  checkTransform,
  checkRepublish,
  checkPlacement,
];
