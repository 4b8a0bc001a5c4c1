/**
 * When what was written becomes durable, and what therefore is committed. `always`: one sync at a time, and everything written
 * before it began is committed when it ends (group commit); the next one takes all that came meanwhile. `interval`: committed when
 * written, synced now and then.
 *
 * A single message that waits alone is synced without a detour through the thread pool, which would cost it two changes of thread,
 * as long as the disk is quick and no other store has just done the same: a publisher that waits for each acknowledgement gains,
 * and nobody else waits for more than a moment.
 */
import type { Clock, Timer } from '../../env/env.ts';

export type SyncPolicy = { readonly kind: 'always' } | { readonly kind: 'interval'; readonly intervalMs: number };

/** What the policy acts on. */
export interface SyncTarget {
  /** Starts a sync of everything written; resolves when it is durable. */
  syncWritten(): Promise<void>;
  /** The same at once: returns when it is durable, throws when it fails. */
  syncWrittenNow(): void;
  /** Sequence up to which everything is committed. */
  readonly committedSeq: number;
  /** Sequence up to which everything has been written. */
  readonly writtenSeq: number;
  /** Everything up to `seq` fulfils the policy's promise. */
  commit(seq: number): void;
  /** The sync failed: nothing more may be promised. */
  fail(cause: unknown): void;
}

/** Syncs on the spot may take this long on average; a slower disk is left to the thread pool for a while. */
const QUICK_MS = 0.6;
const SLOW_MS = 5;
const REST_MS = 10_000;
/** Two such syncs of different stores are at least this far apart, from the end of one to the beginning of the next. */
const GAP_MS = 0.05;

/** When a sync on the spot was over last, and whose it was; shared by all stores of a server. */
export class SyncGate {
  lastEndMs: number = Number.NEGATIVE_INFINITY;
  last: SyncTarget | undefined;
}

export class SyncScheduler {
  readonly policy: SyncPolicy;
  private readonly target: SyncTarget;
  private readonly clock: Clock;
  private timer: Timer | undefined;
  private running: Promise<void> | undefined;
  private isWanted = false;
  private isStopped = false;
  private readonly gate: SyncGate;
  private averageMs = 0;
  private restUntilMs = Number.NEGATIVE_INFINITY;

  constructor(policy: SyncPolicy, target: SyncTarget, clock: Clock, gate: SyncGate = new SyncGate()) {
    this.policy = policy;
    this.target = target;
    this.clock = clock;
    this.gate = gate;
  }

  /** Something was written. */
  onWritten(): void {
    if (this.isStopped) return;
    if (this.policy.kind === 'interval') this.target.commit(this.target.writtenSeq);
    this.continue();
  }

  /** Something was written that nobody waits for: it is synced when the policy says so. */
  continue(): void {
    if (this.isStopped) return;
    if (this.policy.kind === 'always') return this.start();
    this.timer ??= this.clock.setTimer(this.policy.intervalMs, () => {
      this.timer = undefined;
      this.start();
    });
  }

  /** Syncs now, whatever the policy: something waits for it. */
  request(): void {
    if (!this.isStopped) this.start();
  }

  private start(): void {
    if (this.running !== undefined) {
      this.isWanted = true;
      return;
    }
    this.isWanted = false;
    if (this.maySyncNow()) return this.syncNow();
    const seq = this.target.writtenSeq;
    this.running = this.target.syncWritten().then(
      () => this.onSynced(seq),
      (cause: unknown) => this.onFailed(cause),
    );
  }

  private maySyncNow(): boolean {
    const { target, gate } = this;
    if (this.policy.kind !== 'always' || target.writtenSeq - target.committedSeq !== 1 || this.averageMs > QUICK_MS) return false;
    const nowMs = this.clock.monotonicMs();
    return nowMs >= this.restUntilMs && (gate.last === target || nowMs - gate.lastEndMs > GAP_MS);
  }

  private syncNow(): void {
    const { target, clock, gate } = this;
    const startMs = clock.monotonicMs();
    try {
      target.syncWrittenNow();
    } catch (cause) {
      return this.onFailed(cause);
    }
    gate.lastEndMs = clock.monotonicMs();
    gate.last = target;
    const tookMs = gate.lastEndMs - startMs;
    this.averageMs += (Math.min(tookMs, SLOW_MS) - this.averageMs) / 16;
    if (this.averageMs > QUICK_MS) {
      this.restUntilMs = gate.lastEndMs + REST_MS;
      this.averageMs = 0;
    }
    target.commit(target.writtenSeq);
  }

  private onSynced(seq: number): void {
    this.running = undefined;
    this.target.commit(seq);
    if (this.isWanted && !this.isStopped) this.start();
  }

  private onFailed(cause: unknown): void {
    this.running = undefined;
    this.isStopped = true;
    this.target.fail(cause);
  }

  /** Ends the schedule; resolves when the sync under way, if any, is over. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.timer?.cancel();
    await this.running;
  }
}

/** The policy in words: `fsync before ack`, `fsync every 2m0s`. */
export function policyText(policy: SyncPolicy): string {
  if (policy.kind === 'always') return 'fsync before ack';
  const seconds = policy.intervalMs / 1000;
  return `fsync every ${seconds >= 60 ? `${Math.floor(seconds / 60)}m` : ''}${seconds % 60}s`;
}
