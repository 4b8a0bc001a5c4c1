/**
 * TAP.OPEN, CREDIT, UPDATE and CLOSE: opens taps, hands over their batches, ends those whose reader has gone silent. Memory is bounded
 * by the number of taps times one buffer; an open tap costs a timer, no tap costs nothing.
 */
import type { TapCounters, TapOpened } from '@sluice/protocol';
import type { Account } from '../../account/account.ts';
import { toWireText } from '../../auth/subject-pattern.ts';
import type { Timer } from '../../env/env.ts';
import { answer, type Result, refusal } from '../../monitor/result.ts';
import { Subscription, SubscriptionKind } from '../../routing/subscription.ts';
import type { Server } from '../../server.ts';
import { subscribeJsonService } from '../json-service.ts';
import type { Speaker } from '../speaker.ts';
import { Tap, type TapLoopGuard } from './tap.ts';
import {
  type CheckedTapOpen,
  checkTapCredit,
  checkTapId,
  checkTapOpen,
  checkTapUpdate,
  makeCondition,
  type TapFilter,
} from './tap-request.ts';

/** Taps open at one time. */
export const MAX_TAPS = 16;
/** A tap ends when its reader was silent for this long. */
export const TAP_LEASE_MS = 10_000;
/** Requests to taps are never tapped themselves. */
const OWN_REQUESTS = '$SYS.REQ.SERVER.*.TAP.*';

interface OpenTap {
  readonly tap: Tap;
  readonly account: Account;
  readonly timer: Timer;
  exclude: readonly string[];
  filter: TapFilter;
  leaseEndMs: number;
}

export class TapService {
  private readonly server: Server;
  private readonly speaker: Speaker;
  private readonly taps: Map<string, OpenTap> = new Map();
  private readonly guard: TapLoopGuard = { isOwnTraffic: false };

  constructor(server: Server, speaker: Speaker) {
    this.server = server;
    this.speaker = speaker;
  }

  get openCount(): number {
    return this.taps.size;
  }

  /** Subscribes the services; the returned functions end them, the last one all taps. */
  subscribe(): (() => void)[] {
    const { server, speaker } = this;
    const service = (verb: string, handle: (value: unknown) => Result<unknown>): (() => void) =>
      subscribeJsonService(server, speaker, { name: `TAP.${verb}`, handle, sendWith: (send) => this.sendUntapped(send) });
    return [
      service('OPEN', (value) => this.open(value)),
      service('CREDIT', (value) => this.credit(value)),
      service('UPDATE', (value) => this.update(value)),
      service('CLOSE', (value) => this.close(value)),
      () => this.closeAll(),
    ];
  }

  /** Publishes something that taps must not see: it would come back to them as traffic. */
  private sendUntapped(send: () => void): void {
    this.guard.isOwnTraffic = true;
    send();
    this.guard.isOwnTraffic = false;
  }

  private open(value: unknown): Result<TapOpened> {
    const checked = checkTapOpen(value);
    if (!checked.ok) return checked;
    if (this.taps.size >= MAX_TAPS) return refusal(`${MAX_TAPS} taps are open already`);
    const account = this.server.accounts.get(checked.value.account);
    if (account === undefined) return refusal(`account ${JSON.stringify(checked.value.account)} does not exist`);
    const opened = this.makeTap(checked.value, account);
    this.taps.set(opened.tap.id, opened);
    this.subscribeTap(opened, checked.value.subjects);
    return answer({ tap_id: opened.tap.id, lease_ms: TAP_LEASE_MS });
  }

  private makeTap(options: CheckedTapOpen, account: Account): OpenTap {
    const { clock } = this.server.env;
    const id = this.speaker.nextId();
    const exclude = this.withOwnRequests(options.exclude, account);
    const tap = new Tap(
      {
        id,
        maxPayloadBytes: options.maxPayloadBytes,
        batchMs: options.batchMs,
        credits: options.credits,
        deliverSubject: options.deliverSubject,
        sampling: options.sampling,
        condition: makeCondition(exclude, options.filter),
        isGuarded: account === this.speaker.account,
      },
      clock,
      this.guard,
    );
    return {
      tap,
      account,
      timer: clock.setRepeatingTimer(options.batchMs, () => this.tick(id)),
      exclude,
      filter: options.filter,
      leaseEndMs: clock.monotonicMs() + TAP_LEASE_MS,
    };
  }

  private withOwnRequests(exclude: readonly string[], account: Account): readonly string[] {
    return account === this.speaker.account ? [...exclude, OWN_REQUESTS] : exclude;
  }

  private subscribeTap(opened: OpenTap, subjects: readonly string[]): void {
    const { tap, account } = opened;
    for (const subscription of tap.subscriptions) {
      subscription.isClosed = true;
      account.remove(subscription);
    }
    tap.subscriptions = subjects.map((pattern) => {
      const subject = toWireText(pattern);
      return new Subscription({ subscriber: tap, subject, queue: '', sid: tap.id, kind: SubscriptionKind.tap, cid: 0 });
    });
    for (const subscription of tap.subscriptions) account.add(subscription);
  }

  private credit(value: unknown): Result<TapCounters> {
    const checked = checkTapCredit(value);
    if (!checked.ok) return checked;
    const opened = this.find(checked.value.tapId);
    if (!opened.ok) return opened;
    const { tap } = opened.value;
    tap.acknowledge(checked.value.batchSeq);
    return answer(tap.counters());
  }

  private update(value: unknown): Result<TapCounters> {
    const checked = checkTapUpdate(value);
    if (!checked.ok) return checked;
    const found = this.find(checked.value.tapId);
    if (!found.ok) return found;
    const opened = found.value;
    const { subjects, exclude, sampling, filter } = checked.value;
    if (exclude !== undefined) opened.exclude = this.withOwnRequests(exclude, opened.account);
    if (filter !== undefined) opened.filter = filter;
    const isConditionNew = exclude !== undefined || filter !== undefined;
    opened.tap.update(sampling, isConditionNew ? makeCondition(opened.exclude, opened.filter) : undefined);
    if (subjects !== undefined) this.subscribeTap(opened, subjects);
    return answer(opened.tap.counters());
  }

  private close(value: unknown): Result<TapCounters> {
    const id = checkTapId(value);
    if (!id.ok) return id;
    const found = this.find(id.value);
    if (!found.ok) return found;
    const { tap } = found.value;
    if (tap.hasCredit && tap.hasNews) this.sendBatch(found.value);
    this.end(found.value);
    return answer(tap.counters());
  }

  /** Finds a tap and keeps its lease. */
  private find(id: string): Result<OpenTap> {
    const opened = this.taps.get(id);
    if (opened === undefined) return refusal('this tap is not open (closed, or its reader was silent for 10 s)');
    opened.leaseEndMs = this.server.env.clock.monotonicMs() + TAP_LEASE_MS;
    return answer(opened);
  }

  /** The end of one batch interval. */
  private tick(id: string): void {
    const opened = this.taps.get(id);
    if (opened === undefined) return;
    if (this.server.env.clock.monotonicMs() > opened.leaseEndMs) return this.end(opened);
    if (opened.tap.hasCredit && opened.tap.hasNews) this.sendBatch(opened);
    else opened.tap.skipBatch();
  }

  private sendBatch(opened: OpenTap): void {
    const batch = opened.tap.nextBatch();
    this.sendUntapped(() => this.speaker.account.routeMessage(batch));
  }

  private end(opened: OpenTap): void {
    opened.timer.cancel();
    this.subscribeTap(opened, []);
    opened.tap.dropBuffer();
    this.taps.delete(opened.tap.id);
  }

  private closeAll(): void {
    for (const opened of [...this.taps.values()]) this.end(opened);
  }
}
