/** When a message that waits alone is synced on the spot, and when by the thread pool. */
import { describe, expect, it } from 'vitest';
import { SyncGate, SyncScheduler, type SyncTarget } from '../../../src/jetstream/store/sync-policy.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const always = { kind: 'always' } as const;

/** A store that counts how it was synced; each sync on the spot takes `tookMs`. */
class Counted implements SyncTarget {
  committedSeq = 0;
  writtenSeq = 0;
  onTheSpot = 0;
  inThePool = 0;
  private readonly clock: ManualClock;
  private readonly tookMs: number;
  private readonly scheduler: SyncScheduler;

  constructor(clock: ManualClock, gate: SyncGate, tookMs = 0.01) {
    this.clock = clock;
    this.tookMs = tookMs;
    this.scheduler = new SyncScheduler(always, this, clock, gate);
  }

  /** So many messages are written in one turn. */
  write(count = 1): void {
    this.writtenSeq += count;
    this.scheduler.onWritten();
  }

  syncWritten(): Promise<void> {
    this.inThePool++;
    return Promise.resolve();
  }

  syncWrittenNow(): void {
    this.onTheSpot++;
    this.clock.advance(this.tookMs);
  }

  commit(seq: number): void {
    this.committedSeq = seq;
  }

  fail(cause: unknown): void {
    throw cause;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a message that waits alone', () => {
  it('is synced on the spot, as is the next one of the same store right behind it', () => {
    const store = new Counted(new ManualClock(), new SyncGate());
    for (let count = 0; count < 100; count++) store.write();
    expect([store.onTheSpot, store.inThePool, store.committedSeq]).toEqual([100, 0, 100]);
  });

  it('is left to the thread pool when another store was synced on the spot a moment ago', async () => {
    const clock = new ManualClock();
    const gate = new SyncGate();
    const [one, other] = [new Counted(clock, gate), new Counted(clock, gate)];
    one.write();
    other.write();
    expect([one.onTheSpot, other.onTheSpot, other.inThePool]).toEqual([1, 0, 1]);
    await turn();
    clock.advance(1);
    other.write();
    expect([other.onTheSpot, other.committedSeq]).toEqual([1, 2]);
  });

  it('is left to the thread pool with others beside it, and for a while on a slow disk', async () => {
    const clock = new ManualClock();
    const store = new Counted(clock, new SyncGate(), 3);
    store.write(2);
    await turn();
    expect([store.onTheSpot, store.inThePool, store.committedSeq]).toEqual([0, 1, 2]);
    for (let count = 0; count < 20; count++) {
      store.write();
      await turn();
    }
    const quick = store.onTheSpot;
    expect(quick).toBeGreaterThan(0);
    expect(quick).toBeLessThan(10);
    clock.advance(11_000);
    store.write();
    expect(store.onTheSpot).toBe(quick + 1);
  });
});
