/** The JSON of TAP requests, checked field by field: every count and size has a bound, and what is wrong is said with its name. */
import { isLiteralSubject, isSubsetOf, isValidSubject, type TapSampling } from '@sluice/protocol';
import { answer, type Result, refusal } from '../../monitor/result.ts';
import { TapCondition } from './tap-condition.ts';

const MAX_PATTERNS = 32;
const MAX_PATTERN_BYTES = 1024;
const MAX_PAYLOAD_BYTES = 67_108_864;
const MAX_CONTAINS_BYTES = 1024;
const MAX_PER_S = 1_000_000;
const MAX_EVERY = 1_000_000_000;

/** The checked content of TAP.OPEN. */
export interface CheckedTapOpen {
  readonly account: string;
  readonly subjects: readonly string[];
  readonly exclude: readonly string[];
  readonly sampling: TapSampling;
  readonly filter: TapFilter;
  readonly maxPayloadBytes: number;
  readonly deliverSubject: string;
  readonly batchMs: number;
  readonly credits: number;
}

export interface TapFilter {
  readonly minBytes: number;
  readonly contains: string;
}

/** The checked content of TAP.UPDATE; what is absent stays as it is. */
export interface CheckedTapUpdate {
  readonly tapId: string;
  readonly subjects: readonly string[] | undefined;
  readonly exclude: readonly string[] | undefined;
  readonly sampling: TapSampling | undefined;
  readonly filter: TapFilter | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** A request to open a tap, every field of it checked and bounded; refused with the text for the asker. */
export function checkTapOpen(value: unknown): Result<CheckedTapOpen> {
  const fields = asFields(value);
  if (fields === undefined) return refusal('the request must be a JSON object');
  const subjects = checkPatterns(fields['subjects'], 'subjects', 1);
  if (!subjects.ok) return subjects;
  const exclude = checkPatterns(fields['exclude'] ?? [], 'exclude', 0);
  if (!exclude.ok) return exclude;
  const sampling = checkSampling(fields['sampling'] ?? { mode: 'all' });
  if (!sampling.ok) return sampling;
  const filter = checkFilter(fields['filter'] ?? {});
  if (!filter.ok) return filter;
  const maxPayload = checkInt(fields['max_payload'] ?? 16_384, { name: 'max_payload', min: 0, max: MAX_PAYLOAD_BYTES });
  if (!maxPayload.ok) return maxPayload;
  const batchMs = checkInt(fields['batch_ms'] ?? 50, { name: 'batch_ms', min: 20, max: 1000 });
  if (!batchMs.ok) return batchMs;
  const credits = checkInt(fields['credits'] ?? 8, { name: 'credits', min: 1, max: 64 });
  if (!credits.ok) return credits;
  const deliverSubject = fields['deliver_subject'];
  if (typeof deliverSubject !== 'string' || deliverSubject.length > MAX_PATTERN_BYTES || !isLiteralSubject(deliverSubject)) {
    return refusal('deliver_subject must be a subject without wildcards');
  }
  const account = fields['account'] ?? '$G';
  if (typeof account !== 'string') return refusal('account must be text');
  return answer({
    account,
    subjects: subjects.value,
    exclude: exclude.value,
    sampling: sampling.value,
    filter: filter.value,
    maxPayloadBytes: maxPayload.value,
    deliverSubject,
    batchMs: batchMs.value,
    credits: credits.value,
  });
}

/** The same for a change of an open tap; fields that are absent stay as they are. */
export function checkTapUpdate(value: unknown): Result<CheckedTapUpdate> {
  const fields = asFields(value);
  if (fields === undefined) return refusal('the request must be a JSON object');
  const tapId = checkTapId(value);
  if (!tapId.ok) return tapId;
  const subjects = optional(fields['subjects'], (given) => checkPatterns(given, 'subjects', 1));
  if (!subjects.ok) return subjects;
  const exclude = optional(fields['exclude'], (given) => checkPatterns(given, 'exclude', 0));
  if (!exclude.ok) return exclude;
  const sampling = optional(fields['sampling'], checkSampling);
  if (!sampling.ok) return sampling;
  const filter = optional(fields['filter'], checkFilter);
  if (!filter.ok) return filter;
  return answer({
    tapId: tapId.value,
    subjects: subjects.value,
    exclude: exclude.value,
    sampling: sampling.value,
    filter: filter.value,
  });
}

/** The same for an acknowledgement of batches; without `batch_seq` it only keeps the lease. */
export function checkTapCredit(value: unknown): Result<{ tapId: string; batchSeq: number }> {
  const tapId = checkTapId(value);
  if (!tapId.ok) return tapId;
  const batchSeq = checkInt(asFields(value)?.['batch_seq'] ?? 0, { name: 'batch_seq', min: 0, max: Number.MAX_SAFE_INTEGER });
  return batchSeq.ok ? answer({ tapId: tapId.value, batchSeq: batchSeq.value }) : batchSeq;
}

/** The id of the tap that a request is about. */
export function checkTapId(value: unknown): Result<string> {
  const tapId = asFields(value)?.['tap_id'];
  return typeof tapId === 'string' && tapId !== '' ? answer(tapId) : refusal('tap_id must be text');
}

/** The condition of a tap from its two parts. */
export function makeCondition(exclude: readonly string[], filter: TapFilter): TapCondition {
  return new TapCondition({ exclude, minBytes: filter.minBytes, contains: filter.contains });
}

/** Valid patterns without those that another one covers. */
function checkPatterns(value: unknown, name: string, min: number): Result<readonly string[]> {
  if (!Array.isArray(value) || value.length < min || value.length > MAX_PATTERNS) {
    return refusal(`${name} must be a list of ${min} to ${MAX_PATTERNS} subjects`);
  }
  const patterns: string[] = [];
  for (const pattern of value) {
    if (typeof pattern !== 'string' || pattern.length > MAX_PATTERN_BYTES || !isValidSubject(pattern)) {
      return refusal(`${name} holds ${JSON.stringify(pattern).slice(0, 100)}, which is no valid subject`);
    }
    if (!patterns.includes(pattern)) patterns.push(pattern);
  }
  return answer(patterns.filter((pattern) => !patterns.some((other) => other !== pattern && isSubsetOf(pattern, other))));
}

function checkSampling(value: unknown): Result<TapSampling> {
  const fields = asFields(value);
  switch (fields?.['mode']) {
    case 'all':
      return answer({ mode: 'all' });
    case 'rate': {
      const perSecond = checkInt(fields['per_second'], { name: 'sampling.per_second', min: 1, max: MAX_PER_S });
      return perSecond.ok ? answer({ mode: 'rate', per_second: perSecond.value }) : perSecond;
    }
    case 'every': {
      const n = checkInt(fields['n'], { name: 'sampling.n', min: 1, max: MAX_EVERY });
      return n.ok ? answer({ mode: 'every', n: n.value }) : n;
    }
    default:
      return refusal('sampling.mode must be all, rate or every');
  }
}

function checkFilter(value: unknown): Result<TapFilter> {
  const fields = asFields(value);
  if (fields === undefined) return refusal('filter must be an object');
  const minBytes = checkInt(fields['min_bytes'] ?? 0, { name: 'filter.min_bytes', min: 0, max: MAX_PAYLOAD_BYTES });
  if (!minBytes.ok) return minBytes;
  const contains = fields['contains'] ?? '';
  if (typeof contains !== 'string' || Buffer.byteLength(contains) > MAX_CONTAINS_BYTES) {
    return refusal(`filter.contains must be text of at most ${MAX_CONTAINS_BYTES} bytes`);
  }
  return answer({ minBytes: minBytes.value, contains });
}

function checkInt(value: unknown, bounds: { name: string; min: number; max: number }): Result<number> {
  const { name, min, max } = bounds;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return answer(value);
  return refusal(`${name} must be a whole number from ${min} to ${max}`);
}

function optional<T>(value: unknown, check: (given: unknown) => Result<T>): Result<T | undefined> {
  return value === undefined || value === null ? answer(undefined) : check(value);
}

function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
