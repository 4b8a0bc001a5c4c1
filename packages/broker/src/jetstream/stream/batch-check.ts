/**
 * Whether all messages of a batch may be stored together: each is checked as if those before it were stored already.
 * Source: nats-server server/jetstream_batching.go checkMsgHeadersPreClusteredProposal; ADR-50.
 */
import { type ApiError, apiError, jsHeaders } from '@sluice/protocol/jetstream';
import { headerValue, parseDigits, withoutHeader } from '../header-text.ts';
import { FilterSet } from '../store/subject-filter.ts';
import type { Publish } from './ingest.ts';
import { type Accepted, checkPublish } from './publish-rules.ts';
import type { Stream } from './stream.ts';

export interface CheckedPublish {
  readonly publish: Publish;
  readonly subject: string;
  readonly accepted: Accepted;
}

export type BatchCheck =
  | { readonly ok: true; readonly accepted: readonly CheckedPublish[] }
  | { readonly ok: false; readonly error: ApiError };

const refuse = (error: ApiError): BatchCheck => ({ ok: false, error });

/** What the batch has done so far to subjects and ids. */
interface Staged {
  readonly ids: Set<string>;
  /** How often the batch writes to a subject. */
  readonly subjects: Map<string, number>;
  readonly expected: Map<string, number>;
  messages: number;
  bytes: number;
}

export function checkBatch(stream: Stream, messages: readonly Publish[]): BatchCheck {
  const staged: Staged = { ids: new Set(), subjects: new Map(), expected: new Map(), messages: 0, bytes: 0 };
  const accepted: CheckedPublish[] = [];
  for (const [position, publish] of messages.entries()) {
    const subject = stream.transformed(publish.subject);
    const headers = withoutHeader(publish.headers, jsHeaders.requestInfo);
    const error = stagedProblem(stream, staged, { subject, headers, position });
    if (error !== undefined) return refuse(error);
    // Expectations about the stream as a whole were judged above, for the first message only.
    const judged = withoutExpectations(headers);
    const check = checkPublish(stream.publishContext(), subject, judged, publish.payload.length, false);
    if (!check.ok) return refuse(check.error);
    if (check.value.duplicateOf > 0) return refuse(apiError('atomicPublishContainsDuplicateMessage'));
    const late = rollupProblem(staged, check.value.rollup, subject);
    if (late !== undefined) return refuse(late);
    if (stream.config.allow_msg_counter === true && check.value.increment === undefined)
      return refuse(apiError('messageIncrMissing'));
    const restored = restoreExpectations(headers, check.value.headers);
    accepted.push({ publish, subject, accepted: { ...check.value, headers: restored } });
    staged.subjects.set(subject, (staged.subjects.get(subject) ?? 0) + 1);
    staged.messages++;
    staged.bytes += stream.countedBytes(subject.length, headers.length, publish.payload.length);
    const full = roomProblem(stream, staged, subject, check.value.rollup !== 'none');
    if (full !== undefined) return refuse(full);
  }
  return { ok: true, accepted };
}

function stagedProblem(
  stream: Stream,
  staged: Staged,
  part: { subject: string; headers: string; position: number },
): ApiError | undefined {
  const { headers, subject, position } = part;
  if ((headerValue(headers, jsHeaders.expectedLastMsgId) ?? '') !== '') {
    return apiError('atomicPublishUnsupportedHeaderBatch', { header: jsHeaders.expectedLastMsgId });
  }
  const id = headerValue(headers, jsHeaders.msgId) ?? '';
  if (id !== '') {
    if (staged.ids.has(id)) return apiError('atomicPublishContainsDuplicateMessage');
    staged.ids.add(id);
  }
  const expected = parseDigits(headerValue(headers, jsHeaders.expectedLastSeq) ?? '');
  const lastSeq = stream.store.state().lastSeq + position;
  if (expected !== undefined && expected !== lastSeq) return apiError('streamWrongLastSequence', { seq: lastSeq });
  // Only the first message can know what the stream ends with.
  if (expected !== undefined && position > 0) return apiError('streamWrongLastSequenceConstant');
  return subjectProblem(stream, staged, headers, subject);
}

/** A message may roll up only what lies before the batch. */
function rollupProblem(staged: Staged, rollup: Accepted['rollup'], subject: string): ApiError | undefined {
  const late = (what: string): ApiError => apiError('streamRollupFailed', { err: `batch rollup ${what} invalid` });
  if (rollup === 'subject' && staged.subjects.has(subject)) return late('sub');
  return rollup === 'all' && staged.messages > 0 ? late('all') : undefined;
}

/** Whether a stream that refuses what is too much takes the batch up to here. */
function roomProblem(stream: Stream, staged: Staged, subject: string, isRollup: boolean): ApiError | undefined {
  const { config, store } = stream;
  if (config.discard !== 'new') return undefined;
  const { messages, bytes } = store.state();
  const full = (what: string): ApiError => apiError('streamStoreFailed', { err: `maximum ${what} exceeded` });
  if (config.max_msgs > 0 && messages + staged.messages > config.max_msgs) return full('messages');
  if (config.max_bytes > 0 && bytes + staged.bytes > config.max_bytes) return full('bytes');
  if (config.discard_new_per_subject !== true || config.max_msgs_per_subject <= 0 || isRollup) return undefined;
  const stored = [...store.subjectTotals(new FilterSet([subject]))].reduce((sum, [, count]) => sum + count, 0);
  return stored + (staged.subjects.get(subject) ?? 0) > config.max_msgs_per_subject ? full('messages per subject') : undefined;
}

/** An expectation about a subject that the batch itself has written to cannot be met. */
function subjectProblem(stream: Stream, staged: Staged, headers: string, subject: string): ApiError | undefined {
  const expected = parseDigits(headerValue(headers, jsHeaders.expectedLastSubjectSeq) ?? '');
  const other = headerValue(headers, jsHeaders.expectedLastSubjectSeqSubject) ?? '';
  if (expected === undefined) return other === '' ? undefined : apiError('streamExpectedLastSeqPerSubjectInvalid');
  const judged = other === '' ? subject : other;
  if (staged.subjects.has(judged)) return apiError('streamWrongLastSequenceConstant');
  const last = staged.expected.get(judged) ?? stream.store.loadLast(new FilterSet([judged]))?.seq ?? 0;
  if (last !== expected) return apiError('streamWrongLastSequence', { seq: last });
  staged.expected.set(judged, expected);
  return undefined;
}

const judgedApart = [jsHeaders.expectedLastSeq, jsHeaders.expectedLastSubjectSeq, jsHeaders.expectedLastSubjectSeqSubject];

function withoutExpectations(headers: string): string {
  let kept = headers;
  for (const name of judgedApart) kept = withoutHeader(kept, name);
  return kept;
}

/** The message is stored with the headers it came with, and what the rules added behind them. */
function restoreExpectations(original: string, judged: string): string {
  const stripped = withoutExpectations(original);
  if (stripped === judged) return original;
  const added = judged.startsWith(stripped.slice(0, -2)) ? judged.slice(stripped.length - 2, -2) : '';
  return `${original.slice(0, -2)}${added}\r\n`;
}
