/** The rules of mirrors and sources. Source: nats-server server/stream.go checkStreamCfgLocked. */
import { isLiteralSubject, isSubsetOf, isValidSubject, subjectsOverlap } from '@sluice/protocol';
import {
  API_PREFIX,
  type ApiError,
  type ApiErrorName,
  apiError,
  isValidAssetName,
  type StreamConfig,
  type StreamSourceConfig,
} from '@sluice/protocol/jetstream';
import { type ConfigContext, invalidConfig, transformProblem } from './config-context.ts';
import { indexName } from './source-name.ts';

/** Subjects of streams that are read from, and prefixes of other domains, which must not overlap with them. */
interface Collected {
  readonly subjects: string[];
  readonly deliverPrefixes: string[];
  readonly apiPrefixes: string[];
}

export function checkSources(config: StreamConfig, context: ConfigContext, isPedantic: boolean): ApiError | undefined {
  const collected: Collected = { subjects: [], deliverPrefixes: [], apiPrefixes: [] };
  if (config.mirror !== undefined) {
    const error = checkMirror(config, config.mirror, context, isPedantic) ?? collect(config.mirror, context, collected);
    if (error !== undefined) return error;
  }
  const sources = config.sources ?? [];
  if (sources.length > 0 && config.allow_msg_schedules === true) return apiError('sourceWithMsgSchedules');
  const names = new Set<string>();
  const consumers = new Set<string>();
  for (const source of sources) {
    const error = checkSource(config, source, { names, consumers, context }) ?? collect(source, context, collected);
    if (error !== undefined) return error;
  }
  return checkPrefixes(collected);
}

function checkMirror(
  config: StreamConfig,
  mirror: StreamSourceConfig,
  context: ConfigContext,
  isPedantic: boolean,
): ApiError | undefined {
  const exclusions: readonly (readonly [boolean, ApiErrorName])[] = [
    [(config.first_seq ?? 0) > 0, 'mirrorWithFirstSeq'],
    [(config.subjects ?? []).length > 0, 'mirrorWithSubjects'],
    [(config.sources ?? []).length > 0, 'mirrorWithSources'],
    [config.allow_msg_counter === true, 'mirrorWithCounters'],
    [config.allow_atomic === true, 'mirrorWithAtomicPublish'],
    [config.allow_batched === true, 'mirrorWithBatchPublish'],
    [config.allow_msg_schedules === true, 'mirrorWithMsgSchedules'],
    [mirror.consumer !== undefined && !isConsumerValid(mirror), 'mirrorDurableConsumerCfgInvalid'],
    [(mirror.filter_subject ?? '') !== '' && (mirror.subject_transforms ?? []).length > 0, 'mirrorMultipleFiltersNotAllowed'],
  ];
  const broken = exclusions.find(([isBroken]) => isBroken);
  if (broken !== undefined) return apiError(broken[1]);
  if ((config.subject_delete_marker_ttl ?? 0) > 0) return invalidConfig('subject delete markers forbidden on mirrors');
  const error = checkTransforms(mirror, {
    source: 'mirrorInvalidSubjectFilter',
    destination: 'mirrorInvalidTransformDestination',
    overlap: 'mirrorOverlappingSubjectFilters',
    overlaps: subjectsOverlap,
  });
  if (error !== undefined || mirror.external !== undefined) return error;
  if (!isValidAssetName(mirror.name)) return apiError('mirrorInvalidStreamName');
  const origin = context.streamConfig(mirror.name);
  if (origin === undefined) return undefined;
  if (isSmaller(config, origin)) return apiError('mirrorMaxMessageSizeTooBig');
  if (isPedantic && config.mirror_direct !== origin.allow_direct) {
    return apiError('pedantic', { err: 'origin stream has direct get set, mirror has it disabled' });
  }
  config.mirror_direct = origin.allow_direct;
  return undefined;
}

function isSmaller(config: StreamConfig, origin: StreamConfig): boolean {
  return config.max_msg_size > 0 && origin.max_msg_size > 0 && config.max_msg_size < origin.max_msg_size;
}

function isConsumerValid(source: StreamSourceConfig): boolean {
  const { consumer } = source;
  if (consumer === undefined) return true;
  const hasStart = (source.opt_start_seq ?? 0) !== 0 || source.opt_start_time !== undefined;
  return (
    isValidAssetName(consumer.name) &&
    isLiteralSubject(consumer.deliver_subject) &&
    !hasStart &&
    (source.filter_subject ?? '') === ''
  );
}

interface SourceChecks {
  readonly names: Set<string>;
  readonly consumers: Set<string>;
  readonly context: ConfigContext;
}

function checkSource(config: StreamConfig, source: StreamSourceConfig, checks: SourceChecks): ApiError | undefined {
  if (!isValidAssetName(source.name)) return apiError('sourceInvalidStreamName');
  const name = indexName(source);
  if (checks.names.has(name)) return apiError('sourceDuplicateDetected');
  checks.names.add(name);
  if ((source.filter_subject ?? '') !== '' && (source.subject_transforms ?? []).length > 0)
    return apiError('sourceMultipleFiltersNotAllowed');
  const error = checkTransforms(source, {
    source: 'sourceInvalidSubjectFilter',
    destination: 'sourceInvalidTransformDestination',
    overlap: 'sourceOverlappingSubjectFilters',
    overlaps: isSubsetOf,
  });
  if (error !== undefined) return error;
  if (source.consumer !== undefined) {
    if (!isConsumerValid(source)) return apiError('sourceDurableConsumerCfgInvalid');
    const key = `${source.name} ${source.external?.api ?? ''} ${source.consumer.name}`;
    if (checks.consumers.has(key)) return apiError('sourceDurableConsumerDuplicateDetected');
    checks.consumers.add(key);
  }
  if (source.external !== undefined) return undefined;
  const origin = checks.context.streamConfig(source.name);
  return origin !== undefined && isSmaller(config, origin) ? apiError('sourceMaxMessageSizeTooBig') : undefined;
}

interface TransformErrors {
  readonly source: ApiErrorName;
  readonly destination: ApiErrorName;
  readonly overlap: ApiErrorName;
  overlaps(a: string, b: string): boolean;
}

function checkTransforms(source: StreamSourceConfig, errors: TransformErrors): ApiError | undefined {
  const transforms = source.subject_transforms ?? [];
  for (const [outer, { src, dest }] of transforms.entries()) {
    if (src !== '' && !isValidSubject(src)) return apiError(errors.source, { err: `invalid subject ${src}` });
    const problem = transformProblem(src, dest);
    if (problem !== undefined) return apiError(errors.destination, { err: problem });
    for (const [inner, other] of transforms.entries()) {
      if (inner !== outer && errors.overlaps(src, other.src)) return apiError(errors.overlap);
    }
  }
  return undefined;
}

function collect(source: StreamSourceConfig, context: ConfigContext, collected: Collected): undefined {
  if (source.external === undefined) {
    collected.subjects.push(...(context.streamConfig(source.name)?.subjects ?? []));
    return undefined;
  }
  if (source.external.deliver !== '') collected.deliverPrefixes.push(source.external.deliver);
  if (source.external.api !== '') collected.apiPrefixes.push(source.external.api);
  return undefined;
}

function checkPrefixes({ subjects, deliverPrefixes, apiPrefixes }: Collected): ApiError | undefined {
  for (const prefix of deliverPrefixes) {
    if (!isLiteralSubject(prefix)) return apiError('streamInvalidExternalDeliverySubj', { prefix });
    const overlapping = subjects.find((subject) => subjectsOverlap(subject, `${prefix}.${subject}`));
    if (overlapping !== undefined) return apiError('streamExternalDelPrefixOverlaps', { prefix, subject: overlapping });
  }
  for (const prefix of apiPrefixes) {
    if (!isLiteralSubject(prefix))
      return invalidConfig(`stream external api prefix ${JSON.stringify(prefix)} must be a valid subject without wildcards`);
    if (subjectsOverlap(prefix, API_PREFIX)) return apiError('streamExternalApiOverlap', { prefix, subject: API_PREFIX });
  }
  return undefined;
}
