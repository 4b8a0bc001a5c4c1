/**
 * Runs a stream's scheduled messages: one schedule per subject, one timer for the next that is due.
 * Source: nats-server server/scheduler.go; ADR-51.
 */
import { jsHeaders, parseTime } from '@sluice/protocol/jetstream';
import type { Clock, Timer } from '../../env/env.ts';
import { headerText, headerValue, withHeader, withoutHeader, withoutPrefixed } from '../header-text.ts';
import type { MessageStore } from '../store/store.ts';
import { FilterSet } from '../store/subject-filter.ts';
import { Zone } from './cron.ts';
import { dueOf, nextDue, nextText } from './schedule-rules.ts';

const US_PER_MS = 1000;
const SOONEST_MS = 250;
const LATEST_MS = 3_600_000;

interface Schedule {
  seq: number;
  dueUs: number;
}

/** What the scheduler needs from its stream. */
export interface SchedulerHost {
  readonly store: MessageStore;
  readonly clock: Clock;
  /** Stores a message that a schedule has produced. */
  storeScheduled(subject: string, headers: string, payload: Uint8Array): void;
  act(task: () => void): void;
}

export class Scheduler {
  private readonly host: SchedulerHost;
  private readonly schedules: Map<string, Schedule> = new Map();
  private timer: Timer | undefined;
  private isStopped = false;

  constructor(host: SchedulerHost) {
    this.host = host;
  }

  /** A message with headers was stored: it may be a schedule, replace one, or say when one is due again. */
  onStored(seq: number, subject: string, headers: string, timeUs: number): void {
    const nowUs = this.host.clock.nowUs();
    const found = dueOf(headers, timeUs, nowUs);
    if (found.ok && found.due !== undefined) this.schedules.set(subject, { seq, dueUs: found.due.us });
    else if ((headerValue(headers, jsHeaders.scheduler) ?? '') === '') this.schedules.delete(subject);
    const next = headerValue(headers, jsHeaders.scheduleNext) ?? '';
    const scheduler = headerValue(headers, jsHeaders.scheduler) ?? '';
    if (next !== '' && next !== 'purge' && scheduler !== '') {
      const at = parseTime(next);
      const schedule = this.schedules.get(scheduler);
      if (at !== undefined && schedule !== undefined) schedule.dueUs = at.us;
    }
    this.reset();
  }

  /** The subject has no schedule any more. */
  forget(subject: string): void {
    this.schedules.delete(subject);
  }

  /** Finds the schedules of a stream that was read back. */
  recover(): void {
    const { store } = this.host;
    for (let from = store.nextSeqWithHeaders(1); from > 0; ) {
      const message = store.loadNext(null, from);
      if (message === undefined) break;
      const { seq, subject, timeUs } = message;
      if (message.headerBytes > 0) this.onStored(seq, subject, headerText(message.headers()), timeUs);
      from = store.nextSeqWithHeaders(seq + 1);
    }
  }

  private reset(): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (this.isStopped || this.schedules.size === 0) return;
    let dueUs = Number.POSITIVE_INFINITY;
    for (const schedule of this.schedules.values()) dueUs = Math.min(dueUs, schedule.dueUs);
    const delay = Math.min(LATEST_MS, Math.max(SOONEST_MS, dueUs / US_PER_MS - this.host.clock.nowMs()));
    this.timer = this.host.clock.setTimer(delay, () => {
      this.timer = undefined;
      this.host.act(() => this.fire());
      this.reset();
    });
  }

  private fire(): void {
    const nowUs = this.host.clock.nowUs();
    const due = [...this.schedules].filter(([, schedule]) => schedule.dueUs <= nowUs).sort(([, a], [, b]) => a.seq - b.seq);
    for (const [subject, schedule] of due) this.produce(subject, schedule, nowUs);
  }

  private produce(subject: string, schedule: Schedule, nowUs: number): void {
    const { store } = this.host;
    const message = store.load(schedule.seq);
    const own = message !== undefined && message.headerBytes > 0 ? headerText(message.headers()) : '';
    const pattern = headerValue(own, jsHeaders.schedule) ?? '';
    const target = headerValue(own, jsHeaders.scheduleTarget) ?? '';
    const zoneName = headerValue(own, jsHeaders.scheduleTimeZone);
    const next = nextDue(pattern, zoneName === undefined ? undefined : Zone.of(zoneName), schedule.dueUs, nowUs);
    if (message === undefined || pattern === '' || target === '' || next === undefined) {
      this.schedules.delete(subject);
      return;
    }
    const source = headerValue(own, jsHeaders.scheduleSource) ?? '';
    const ttl = headerValue(own, jsHeaders.scheduleTtl) ?? '';
    const rollup = headerValue(own, jsHeaders.scheduleRollup) ?? '';
    const content = (source === '' ? undefined : store.loadLast(new FilterSet([source]))) ?? store.load(schedule.seq);
    if (content === undefined) return;
    const payload = Buffer.from(content.payload());
    let headers = content.headerBytes > 0 ? headerText(content.headers()) : '';
    headers = withoutPrefixed(withoutPrefixed(headers, 'Nats-Schedule'), 'Nats-Expected-');
    for (const name of [jsHeaders.msgId, jsHeaders.ttl, jsHeaders.rollup]) headers = withoutHeader(headers, name);
    headers = withHeader(headers, jsHeaders.scheduler, subject);
    headers = withHeader(headers, jsHeaders.scheduleNext, nextText(next));
    if (ttl !== '') headers = withHeader(headers, jsHeaders.ttl, ttl);
    if (rollup !== '') headers = withHeader(headers, jsHeaders.rollup, rollup);
    // Until the produced message says otherwise, it must not be produced again.
    schedule.dueUs = next.repeats ? next.us : Number.POSITIVE_INFINITY;
    this.host.storeScheduled(target, headers, payload);
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
  }
}
