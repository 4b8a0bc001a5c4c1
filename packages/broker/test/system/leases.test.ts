/** Nothing runs on for a reader that has gone: taps and statistics end by themselves. Time is moved by hand. */
import type { TapOpened } from '@sluice/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeEnv } from '../../src/index.ts';
import { STATISTICS_LEASE_MS } from '../../src/system/subjects/subject-statistics.ts';
import { TAP_LEASE_MS } from '../../src/system/tap/tap-service.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { useSystem } from '../support/use-system.ts';

const clock = new ManualClock();
const system = useSystem({ pingIntervalMs: 3_600_000 }, { ...nodeEnv(), clock });
const { ask } = system;

/** Runs before the fixture's own: stopping the broker waits for its clock. */
afterAll(() => {
  setInterval(() => clock.advance(1000), 5).unref();
});

describe('the lease of a tap', () => {
  it('ends the tap when its reader was silent for ten seconds', async () => {
    const opened = await ask('TAP.OPEN', { account: 'A', subjects: ['>'], deliver_subject: 'd' });
    const { tap_id, lease_ms } = opened.data as unknown as TapOpened;
    expect(lease_ms).toBe(10_000);
    clock.advance(TAP_LEASE_MS - 100);
    expect((await ask('TAP.CREDIT', { tap_id, batch_seq: 0 })).error).toBeUndefined();
    clock.advance(TAP_LEASE_MS - 100);
    expect((await ask('TAP.CREDIT', { tap_id, batch_seq: 0 })).error).toBeUndefined();
    clock.advance(TAP_LEASE_MS + 100);
    expect((await ask('TAP.CREDIT', { tap_id, batch_seq: 0 })).error?.description).toMatch(/not open/);
  });
});

describe('the lease of subject statistics', () => {
  it('counts nothing before somebody asks and stops a minute after the last question', async () => {
    const account = system.broker.server.accounts.get('A');
    expect(account?.publishObserver).toBeNull();
    const first = await ask('SUBJECTZ', { account: 'A' });
    expect(account?.publishObserver).not.toBeNull();
    clock.advance(STATISTICS_LEASE_MS - 100);
    await ask('SUBJECTZ', { account: 'A' });
    clock.advance(STATISTICS_LEASE_MS - 100);
    expect(account?.publishObserver).not.toBeNull();
    clock.advance(200);
    expect(account?.publishObserver).toBeNull();
    const again = await ask('SUBJECTZ', { account: 'A' });
    expect(again.data?.['since_us']).not.toBe(first.data?.['since_us']);
  });
});
