/** A small run of the fuzzer with each test run; the long one is `npm run fuzz -w @sluice/broker`. */
import { describe, expect, it } from 'vitest';
import { fuzz } from '../fuzz/frames.ts';

describe('mutated frames', () => {
  it('crash nothing, hold nothing up and leave nothing behind', async () => {
    const seed = Number(process.env['SLUICE_SEED'] ?? 1);
    const report = await fuzz({ seed, frames: 20_000 });
    expect(report.frames).toBeGreaterThanOrEqual(20_000);
    expect(report.closedByBroker).toBeGreaterThan(report.streams / 10);
    expect(report.closedByBroker).toBeLessThan(report.streams);
    expect(report.slowestMs).toBeLessThan(1000);
    expect(report.leftOver).toBe(0);
  }, 60_000);
});
