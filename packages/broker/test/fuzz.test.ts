/** A small run of each fuzzer with each test run; the long ones are `npm run fuzz -w @sluice/broker`. */
import { describe, expect, it } from 'vitest';
import { fuzzApi } from '../fuzz/api.ts';
import { fuzzConfigs } from '../fuzz/configs.ts';
import { fuzz } from '../fuzz/frames.ts';

const seed = Number(process.env['SLUICE_SEED'] ?? 1);

describe('T1, T6: mutated frames', () => {
  it('crash nothing, hold nothing up and leave nothing behind', async () => {
    const report = await fuzz({ seed, frames: 20_000 });
    expect(report.frames).toBeGreaterThanOrEqual(20_000);
    expect(report.closedByBroker).toBeGreaterThan(report.streams / 10);
    expect(report.closedByBroker).toBeLessThan(report.streams);
    expect(report.slowestMs).toBeLessThan(1000);
    expect(report.leftOver).toBe(0);
  }, 60_000);
});

describe('mutated configuration files', () => {
  it('end in settings or in an error text', () => {
    const report = fuzzConfigs({ seed, files: 2000 });
    expect(report.accepted).toBeGreaterThan(20);
    expect(report.accepted).toBeLessThan(1000);
    expect(report.slowestMs).toBeLessThan(1000);
  }, 60_000);
});

describe('T13, T19, T20: mutated requests of the JetStream API', () => {
  it('are answered, change no prototype and fail nowhere inside', async () => {
    const report = await fuzzApi({ seed, requests: 4000 });
    expect(report.failures).toEqual([]);
    expect(report.missing).toEqual([]);
    expect(report.errors).toBeGreaterThan(1000);
    expect(report.successes).toBeGreaterThan(300);
    expect(report.slowestMs).toBeLessThan(1000);
  }, 60_000);
});
