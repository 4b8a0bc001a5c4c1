/**
 * When what was written becomes durable, and what therefore is committed. `always`: one sync at a time, and everything written
 * before it began is committed when it ends (group commit); the next one takes all that came meanwhile. `interval`: committed when
 * written, synced now and then.
 */
import type { Clock, Timer } from '../../env/env.ts';

export type SyncPolicy = { readonly kind: 'always' } | { readonly kind: 'interval'; readonly intervalMs: number };

/** What the policy acts on. */
export interface SyncTarget {
  /** Starts a sync of everything written; resolves when it is durable. */
  syncWritten(): Promise<void>;
  /** Sequence up to which everything has been written. */
  readonly writtenSeq: number;
  /** Everything up to `seq` fulfils the policy's promise. */
  commit(seq: number): void;
  /** The sync failed: nothing more may be promised. */
  fail(cause: unknown): void;
}

export class SyncScheduler {
  readonly policy: SyncPolicy;
  private readonly target: SyncTarget;
  private readonly clock: Clock;
  private timer: Timer | undefined;
  private running: Promise<void> | undefined;
  private isWanted = false;
  private isStopped = false;

  constructor(policy: SyncPolicy, target: SyncTarget, clock: Clock) {
    this.policy = policy;
    this.target = target;
    this.clock = clock;
  }

  /** Something was written. */
  onWritten(): void {
    if (this.isStopped) return;
    if (this.policy.kind === 'interval') {
      this.target.commit(this.target.writtenSeq);
      this.timer ??= this.clock.setTimer(this.policy.intervalMs, () => {
        this.timer = undefined;
        this.start();
      });
      return;
    }
    this.start();
  }

  private start(): void {
    if (this.running !== undefined) {
      this.isWanted = true;
      return;
    }
    this.isWanted = false;
    const seq = this.target.writtenSeq;
    this.running = this.target.syncWritten().then(
      () => this.onSynced(seq),
      (cause: unknown) => this.onFailed(cause),
    );
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
