/**
 * Scheduled messages: when a pattern is due next, and what a publisher may ask for. Source: nats-server server/scheduler.go
 * parseMsgSchedule, server/stream.go; ADR-51.
 */
import { isLiteralSubject, parseDuration, subjectsOverlap } from '@sluice/protocol';
import { type ApiError, apiError, formatTime, jsHeaders, parseTime, type StreamConfig } from '@sluice/protocol/jetstream';
import { headerText, headerValue, withHeader } from '../header-text.ts';
import type { StoredMessage } from '../store/record.ts';
import { nextCron, parseCron, Zone } from './cron.ts';
import { parseTtl } from './ttl.ts';

const US_PER_SECOND = 1_000_000;

/** When a schedule is due, and whether it is due again afterwards. */
export interface Due {
  readonly us: number;
  readonly ns: number;
  readonly repeats: boolean;
}

const predefined: Readonly<Record<string, string>> = {
  '@yearly': '0 0 0 1 1 *',
  '@annually': '0 0 0 1 1 *',
  '@monthly': '0 0 0 1 * *',
  '@weekly': '0 0 0 * * 0',
  '@daily': '0 0 0 * * *',
  '@midnight': '0 0 0 * * *',
  '@hourly': '0 0 * * * *',
};

/** When the pattern is due next after `fromUs`; undefined when it is no pattern. `nowUs` keeps missed repetitions from piling up. */
export function nextDue(pattern: string, zone: Zone | undefined, fromUs: number, nowUs: number): Due | undefined {
  if (pattern.startsWith('@at ')) {
    const at = zone === undefined ? parseTime(pattern.slice(4)) : undefined;
    return at === undefined ? undefined : { us: at.us, ns: at.ns, repeats: false };
  }
  if (pattern.startsWith('@every ')) {
    const every = zone === undefined ? parseDuration(pattern.slice(7)) : undefined;
    if (every?.ok !== true || every.ns < 1e9) return undefined;
    const step = Math.floor(every.ns / 1000);
    let us = roundToSecond(fromUs) + step;
    if (us < nowUs) us = roundToSecond(nowUs) + step;
    return { us, ns: 0, repeats: true };
  }
  const cron = parseCron(predefined[pattern] ?? pattern);
  if (cron === undefined) return undefined;
  const after = nextCron(cron, Math.floor(Math.max(fromUs, 0) / 1000), zone);
  if (after === undefined) return undefined;
  const next = after * 1000 < nowUs ? nextCron(cron, Math.floor(nowUs / 1000), zone) : after;
  return next === undefined ? undefined : { us: next * 1000, ns: 0, repeats: true };
}

function roundToSecond(us: number): number {
  return Math.floor(us / US_PER_SECOND + 0.5) * US_PER_SECOND;
}

export type DueResult = { readonly ok: true; readonly due: Due | undefined } | { readonly ok: false; readonly error: ApiError };

/** When the message with these headers is due; no due time when it is no schedule. */
export function dueOf(headers: string, fromUs: number, nowUs: number): DueResult {
  const zoneName = headerValue(headers, jsHeaders.scheduleTimeZone);
  const zone = zoneName === undefined ? undefined : Zone.of(zoneName);
  if (zoneName !== undefined && zone === undefined) return { ok: false, error: apiError('messageSchedulesTimeZoneInvalid') };
  const pattern = headerValue(headers, jsHeaders.schedule);
  if (pattern === undefined || pattern === '') return { ok: true, due: undefined };
  const due = nextDue(pattern, zone, fromUs, nowUs);
  return due === undefined ? { ok: false, error: apiError('messageSchedulesPatternInvalid') } : { ok: true, due };
}

export type ScheduleCheck = { readonly ok: true; readonly headers: string } | { readonly ok: false; readonly error: ApiError };

/** Checks what a publisher asks for; adds the rollup that keeps one schedule per subject. */
export function checkSchedule(headers: string, subject: string, config: StreamConfig, nowUs: number): ScheduleCheck {
  const isAllowed = config.allow_msg_schedules === true;
  const found = dueOf(headers, nowUs, nowUs);
  if (!found.ok) return { ok: false, error: isAllowed ? found.error : apiError('messageSchedulesDisabled') };
  if (found.due === undefined) return { ok: true, headers };
  if (!isAllowed) return { ok: false, error: apiError('messageSchedulesDisabled') };
  const error = scheduleProblem(headers, subject, config);
  if (error !== undefined) return { ok: false, error };
  const rollup = headerValue(headers, jsHeaders.rollup) ?? '';
  if (rollup === '') return { ok: true, headers: withHeader(headers, jsHeaders.rollup, 'sub') };
  return rollup === 'sub' ? { ok: true, headers } : { ok: false, error: apiError('messageSchedulesRollupInvalid') };
}

function scheduleProblem(headers: string, subject: string, config: StreamConfig): ApiError | undefined {
  const ttl = headerValue(headers, jsHeaders.scheduleTtl) ?? '';
  if (parseTtl(ttl) === undefined) return apiError('messageSchedulesTTLInvalid');
  const rollup = headerValue(headers, jsHeaders.scheduleRollup) ?? '';
  if (rollup !== '' && rollup !== 'sub') return apiError('messageSchedulesRollupInvalid');
  if (ttl !== '' && !config.allow_msg_ttl) return apiError('messageTTLDisabled');
  const target = headerValue(headers, jsHeaders.scheduleTarget) ?? '';
  if (target === '' || !isLiteralSubject(target) || target === subject) return apiError('messageSchedulesTargetInvalid');
  const source = headerValue(headers, jsHeaders.scheduleSource) ?? '';
  const isSourceBad = source === target || source === subject || !isLiteralSubject(source);
  if (source !== '' && isSourceBad) return apiError('messageSchedulesSourceInvalid');
  const subjects = config.subjects ?? [];
  if (!subjects.some((own) => subjectsOverlap(own, target))) return apiError('messageSchedulesTargetInvalid');
  if (source !== '' && !subjects.some((own) => subjectsOverlap(own, source))) return apiError('messageSchedulesSourceInvalid');
  return undefined;
}

/** Checks `Nats-Schedule-Next` and `Nats-Scheduler`, with which a client may only purge a schedule. */
export function checkScheduler(
  headers: string,
  subject: string,
  isAllowed: boolean,
  last: (subject: string) => StoredMessage | undefined,
): ApiError | undefined {
  const next = headerValue(headers, jsHeaders.scheduleNext) ?? '';
  const scheduler = headerValue(headers, jsHeaders.scheduler) ?? '';
  if (next === '') return scheduler === '' ? undefined : apiError('messageSchedulesSchedulerInvalid');
  if (next !== 'purge' || scheduler === '' || scheduler === subject || !isLiteralSubject(scheduler))
    return apiError('messageSchedulesSchedulerInvalid');
  if (!isAllowed) return apiError('messageSchedulesDisabled');
  const message = last(scheduler);
  if (message === undefined) return undefined;
  const isSchedule = message.headerBytes > 0 && (headerValue(headerText(message.headers()), jsHeaders.schedule) ?? '') !== '';
  return isSchedule ? undefined : apiError('messageSchedulesSchedulerInvalid');
}

/** `Nats-Schedule-Next` of a produced message. */
export function nextText(due: Due): string {
  return due.repeats ? formatTime(due.us, due.ns) : 'purge';
}
