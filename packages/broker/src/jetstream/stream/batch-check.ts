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
  readonly subjects: Set<string>;
  readonly expected: Map<string, number>;
  messages: number;
  bytes: number;
}

export function checkBatch(stream: Stream, messages: readonly Publish[]): BatchCheck {
  const staged: Staged = { ids: new Set(), subjects: new Set(), expected: new Map(), messages: 0, bytes: 0 };
  const accepted: CheckedPublish[] = [];
  for (const [position, publish] of messages.entries()) {
    const subject = stream.transformed(publish.subject);
    const headers = withoutHeader(publish.headers, jsHeaders.requestInfo);
    const error = stagedProblem(stream, staged, { subject, headers, position, payloadBytes: publish.payload.length });
    if (error !== undefined) return refuse(error);
    // Expectations about the stream as a whole were judged above, for the first message only.
    const judged = withoutExpectations(headers);
    const check = checkPublish(stream.publishContext(), subject, judged, publish.payload.length, false);
    if (!check.ok) return refuse(check.error);
    if (check.value.duplicateOf > 0) return refuse(apiError('atomicPublishContainsDuplicateMessage'));
    const restored = restoreExpectations(headers, check.value.headers);
    accepted.push({ publish, subject, accepted: { ...check.value, headers: restored } });
    staged.subjects.add(subject);
    staged.messages++;
    staged.bytes += stream.countedBytes(subject.length, headers.length, publish.payload.length);
  }
  return { ok: true, accepted };
}

function stagedProblem(
  stream: Stream,
  staged: Staged,
  part: { subject: string; headers: string; position: number; payloadBytes: number },
): ApiError | undefined {
  const { config, store } = stream;
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
  const { lastSeq, messages, bytes } = store.state();
  if (expected !== undefined) {
    if (position > 0) return apiError('streamWrongLastSequence', { seq: lastSeq + position });
    if (expected !== lastSeq) return apiError('streamWrongLastSequence', { seq: lastSeq });
  }
  const bySubject = subjectProblem(stream, staged, headers, subject);
  if (bySubject !== undefined) return bySubject;
  if (config.discard !== 'new') return undefined;
  if (config.max_msgs > 0 && messages + staged.messages >= config.max_msgs)
    return apiError('streamStoreFailed', { err: 'maximum messages exceeded' });
  const size = stream.countedBytes(subject.length, headers.length, part.payloadBytes);
  if (config.max_bytes > 0 && bytes + staged.bytes + size > config.max_bytes)
    return apiError('streamStoreFailed', { err: 'maximum bytes exceeded' });
  return undefined;
}

/** An expectation about a subject that the batch itself has written to cannot be met. */
function subjectProblem(stream: Stream, staged: Staged, headers: string, subject: string): ApiError | undefined {
  const expected = parseDigits(headerValue(headers, jsHeaders.expectedLastSubjectSeq) ?? '');
  const other = headerValue(headers, jsHeaders.expectedLastSubjectSeqSubject) ?? '';
  if (expected === undefined) return other === '' ? undefined : apiError('streamExpectedLastSeqPerSubjectInvalid');
  const judged = other === '' ? subject : other;
  const filter = new FilterSet([judged]);
  const known = staged.expected.get(judged);
  if (known !== undefined && known !== expected) return apiError('streamWrongLastSequenceConstant');
  if (known === undefined && [...staged.subjects].some((written) => filter.matches(written)))
    return apiError('streamWrongLastSequenceConstant');
  const last = stream.store.loadLast(filter)?.seq ?? 0;
  if (known === undefined && last !== expected) return apiError('streamWrongLastSequence', { seq: last });
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
