/** Subject statistics of one account: on from the first question until nobody asked for a minute. While off nothing is counted. */
import type { Account, PublishObserver } from '../../account/account.ts';
import type { Clock, Timer } from '../../env/env.ts';
import type { Match } from '../../routing/match.ts';
import type { Message } from '../../routing/message.ts';
import { SubjectTable } from './subject-table.ts';

/** Statistics stop when nobody asked for this long. */
export const STATISTICS_LEASE_MS = 60_000;
const TICK_MS = 100;
const RATE_TICKS = 10;
const FORGET_PUBLISHERS_TICKS = 1200;

export class SubjectStatistics implements PublishObserver {
  readonly account: Account;
  readonly sinceUs: number;
  readonly table: SubjectTable;
  private readonly clock: Clock;
  private readonly onEnd: () => void;
  private readonly timer: Timer;
  private ticks = 0;
  private ratesAtMs: number;
  private leaseEndMs: number;

  /** Starts counting at once. `onEnd` is told when the lease has run out. */
  constructor(account: Account, clock: Clock, onEnd: () => void) {
    this.account = account;
    this.clock = clock;
    this.onEnd = onEnd;
    this.sinceUs = clock.nowUs();
    this.table = new SubjectTable(clock.nowMs());
    this.ratesAtMs = clock.monotonicMs();
    this.leaseEndMs = this.ratesAtMs + STATISTICS_LEASE_MS;
    this.timer = clock.setRepeatingTimer(TICK_MS, () => this.tick());
    account.publishObserver = this;
  }

  onPublish(match: Match, message: Message, count: number): void {
    this.table.count(match, message, count);
  }

  /** Somebody asks: the lease begins anew. */
  renew(): void {
    this.leaseEndMs = this.clock.monotonicMs() + STATISTICS_LEASE_MS;
  }

  private tick(): void {
    const now = this.clock.monotonicMs();
    if (now > this.leaseEndMs) return this.end();
    this.ticks++;
    this.table.nowMs = this.clock.nowMs();
    if (this.ticks % RATE_TICKS === 0) {
      this.table.updateRates(now - this.ratesAtMs);
      this.ratesAtMs = now;
    }
    if (this.ticks % FORGET_PUBLISHERS_TICKS === 0) this.table.forgetPublishers();
  }

  /** Stops counting; harmless when it has stopped already. */
  end(): void {
    this.timer.cancel();
    if (this.account.publishObserver === this) this.account.publishObserver = null;
    this.onEnd();
  }
}
