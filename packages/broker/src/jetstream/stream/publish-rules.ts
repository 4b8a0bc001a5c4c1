/**
 * What a publish with headers asks for, checked in nats-server's order: the first rule broken is the one that is reported.
 * Source: nats-server server/stream.go processJetStreamMsgWithBatch.
 */
import { type ApiError, type ApiErrorName, apiError, jsHeaders, type StreamConfig } from '@sluice/protocol/jetstream';
import { headerValue, parseDigits } from '../header-text.ts';
import type { MessageStore } from '../store/store.ts';
import { FilterSet } from '../store/subject-filter.ts';
import { parseIncrement } from './counter.ts';
import type { Dedupe } from './dedupe.ts';
import { checkSchedule, checkScheduler } from './schedule-rules.ts';
import { parseTtl } from './ttl.ts';

/** What the rules look at. */
export interface PublishContext {
  readonly config: StreamConfig;
  readonly store: MessageStore;
  readonly dedupe: Dedupe;
  readonly lastMsgId: string;
  readonly nowUs: number;
}

export type Rollup = 'none' | 'subject' | 'all';

/** A publish that may be stored: its headers may have changed. */
export interface Accepted {
  readonly headers: string;
  readonly msgId: string;
  readonly rollup: Rollup;
  readonly increment: bigint | undefined;
  /** Sequence under which the same id was stored before; 0 when it was not. */
  readonly duplicateOf: number;
}

export type PublishCheck = { readonly ok: true; readonly value: Accepted } | { readonly ok: false; readonly error: ApiError };

const refuse = (name: ApiErrorName, parameters?: Record<string, string | number>): PublishCheck => ({
  ok: false,
  error: apiError(name, parameters),
});

/** Checks the headers of a publish to `subject`. Sourced messages were checked by their origin. */
export function checkPublish(
  context: PublishContext,
  subject: string,
  headers: string,
  payloadBytes: number,
  isSourced: boolean,
): PublishCheck {
  const { config } = context;
  const incrementText = headerValue(headers, jsHeaders.increment) ?? '';
  const increment = incrementText === '' ? undefined : parseIncrement(incrementText);
  if (incrementText !== '' && increment === undefined) return refuse('messageIncrInvalid');
  if (increment !== undefined && !isSourced) {
    const problem = incrementProblem(config, headers, payloadBytes);
    if (problem !== undefined) return refuse(problem);
  }
  const error = expectationProblem(context, subject, headers, isSourced);
  if (error !== undefined) return { ok: false, error };
  let kept = headers;
  if (!isSourced) {
    const schedule = checkSchedule(headers, subject, config, context.nowUs);
    if (!schedule.ok) return schedule;
    kept = schedule.headers;
    const isAllowed = config.allow_msg_schedules === true;
    const scheduler = checkScheduler(kept, subject, isAllowed, (other) => context.store.loadLast(new FilterSet([other])));
    if (scheduler !== undefined) return { ok: false, error: scheduler };
    if ((headerValue(kept, jsHeaders.streamSource) ?? '') !== '') return refuse('messageSourceHdrNotAllowed');
  }
  return checkIdAndRollup(context, kept, isSourced, increment);
}

function incrementProblem(config: StreamConfig, headers: string, payloadBytes: number): ApiErrorName | undefined {
  if (config.allow_msg_counter !== true) return 'messageIncrDisabled';
  if (payloadBytes > 0) return 'messageIncrPayload';
  const excluded = [
    jsHeaders.rollup,
    jsHeaders.expectedStream,
    jsHeaders.expectedLastMsgId,
    jsHeaders.expectedLastSubjectSeqSubject,
    jsHeaders.expectedLastSeq,
    jsHeaders.expectedLastSubjectSeq,
  ];
  return excluded.some((name) => (headerValue(headers, name) ?? '') !== '') ? 'messageIncrInvalid' : undefined;
}

function expectationProblem(context: PublishContext, subject: string, headers: string, isSourced: boolean): ApiError | undefined {
  const { config, store } = context;
  const stream = headerValue(headers, jsHeaders.expectedStream) ?? '';
  if (stream !== '' && stream !== config.name) return apiError('streamNotMatch');
  const ttl = parseTtl(headerValue(headers, jsHeaders.ttl));
  if (ttl !== undefined && ttl !== 0 && !isSourced && !config.allow_msg_ttl) return apiError('messageTTLDisabled');
  const bySubject = headerValue(headers, jsHeaders.expectedLastSubjectSeq) ?? '';
  const otherSubject = headerValue(headers, jsHeaders.expectedLastSubjectSeqSubject) ?? '';
  if (bySubject !== '') {
    const last = store.loadLast(new FilterSet([otherSubject === '' ? subject : otherSubject]))?.seq ?? 0;
    if (last !== parseDigits(bySubject)) return apiError('streamWrongLastSequence', { seq: last });
  } else if (otherSubject !== '') return apiError('streamExpectedLastSeqPerSubjectInvalid');
  const expected = headerValue(headers, jsHeaders.expectedLastSeq) ?? '';
  const { lastSeq } = store.state();
  if (expected !== '' && parseDigits(expected) !== lastSeq) return apiError('streamWrongLastSequence', { seq: lastSeq });
  return undefined;
}

function checkIdAndRollup(
  context: PublishContext,
  headers: string,
  isSourced: boolean,
  increment: bigint | undefined,
): PublishCheck {
  const { config, dedupe } = context;
  const msgId = headerValue(headers, jsHeaders.msgId) ?? '';
  if (msgId !== '' && config.mirror === undefined) {
    const duplicateOf = dedupe.find(msgId, context.nowUs);
    if (duplicateOf > 0) return { ok: true, value: { headers, msgId, rollup: 'none', increment, duplicateOf } };
  }
  const expectedId = headerValue(headers, jsHeaders.expectedLastMsgId) ?? '';
  if (expectedId !== '' && expectedId !== context.lastMsgId) return refuse('streamWrongLastMsgID', { id: context.lastMsgId });
  const given = headerValue(headers, jsHeaders.rollup) ?? '';
  if (given !== '' && !mayRollUp(config) && !isSourced) return refuse('streamRollupFailed', { err: 'rollup not permitted' });
  if (given !== '' && !ROLLUPS.has(given.toLowerCase())) {
    return refuse('streamRollupFailed', { err: `rollup value invalid: ${JSON.stringify(given)}` });
  }
  return { ok: true, value: { headers, msgId, rollup: rollupOf(config, headers), increment, duplicateOf: 0 } };
}

const ROLLUPS: ReadonlyMap<string, Rollup> = new Map([
  ['sub', 'subject'],
  ['all', 'all'],
]);

function mayRollUp(config: StreamConfig): boolean {
  return config.allow_rollup_hdrs && !config.deny_purge;
}

/** What a message replaces. Copies from other streams may carry a rollup that the stream does not allow: it is kept and has no effect. */
export function rollupOf(config: StreamConfig, headers: string): Rollup {
  if (headers === '' || !mayRollUp(config)) return 'none';
  return ROLLUPS.get((headerValue(headers, jsHeaders.rollup) ?? '').toLowerCase()) ?? 'none';
}
