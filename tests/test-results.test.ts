/** The sums of `npm test`: what counts as passed, failed and skipped, above all when a tool crashes. */
import { describe, expect, it } from 'vitest';
import { checkOutcome, playwrightOutcome, vitestOutcome } from '../scripts/test/results.mjs';

const vitestReport = (...files: object[]): string => JSON.stringify({ testResults: files });
const file = (status: string, ...tests: object[]): object => ({ name: 'a.test.ts', status, assertionResults: tests });
const test = (fullName: string, status: string): object => ({ fullName, status });

describe('checkOutcome', () => {
  it('counts a tool as one', () => {
    expect(checkOutcome('lint', 0)).toMatchObject({ passed: 1, failed: 0 });
    expect(checkOutcome('lint', 2)).toMatchObject({ passed: 0, failed: 1, failures: ['lint: exit code 2'] });
    expect(checkOutcome('lint', undefined)).toMatchObject({ passed: 0, failed: 1 });
  });
});

describe('vitestOutcome', () => {
  it('counts tests by their status', () => {
    const report = vitestReport(
      file('failed', test('a', 'passed'), test('b', 'failed'), test('c', 'pending')),
      file('passed', test('d', 'passed')),
    );
    expect(vitestOutcome('unit', report, 1)).toEqual({ passed: 2, failed: 1, failures: ['unit: b'], skipped: ['unit: c'] });
  });

  it('counts a file that does not load as a failure', () => {
    const report = vitestReport(file('passed', test('a', 'passed')), {
      name: 'b.test.ts',
      status: 'failed',
      message: 'no\nmore',
      assertionResults: [],
    });
    expect(vitestOutcome('unit', report, 1)).toMatchObject({ passed: 1, failed: 1, failures: ['unit: b.test.ts: no'] });
  });

  it('counts a bad exit without a failed test as a failure', () => {
    expect(vitestOutcome('unit', vitestReport(file('passed', test('a', 'passed'))), 1)).toMatchObject({ passed: 1, failed: 1 });
    expect(vitestOutcome('unit', vitestReport(file('passed', test('a', 'passed'))), undefined)).toMatchObject({
      passed: 1,
      failed: 1,
    });
  });

  it('counts a missing or broken report as a failure, even after a good exit', () => {
    expect(vitestOutcome('unit', undefined, 0)).toMatchObject({ passed: 0, failed: 1 });
    expect(vitestOutcome('unit', '{"testResults": [', 0)).toMatchObject({ passed: 0, failed: 1 });
    expect(vitestOutcome('unit', vitestReport(), 0)).toMatchObject({ passed: 0, failed: 1, failures: ['unit: no test ran'] });
  });
});

describe('playwrightOutcome', () => {
  const spec = (title: string, status: string, annotations: object[] = []): object => ({
    title,
    tests: [{ status, annotations }],
  });
  const report = (specs: object[], errors: object[] = []): string =>
    JSON.stringify({ suites: [{ title: 'a.spec.ts', suites: [{ title: 'inner', specs }] }], errors });

  it('counts specs by their status, a flaky one as failed', () => {
    const skip = { type: 'skip', description: 'no baseline here' };
    const text = report([spec('a', 'expected'), spec('b', 'unexpected'), spec('c', 'flaky'), spec('d', 'skipped', [skip])]);
    expect(playwrightOutcome('browser', text, 1)).toEqual({
      passed: 1,
      failed: 2,
      failures: ['browser: inner: b', 'browser: inner: c (flaky)'],
      skipped: ['browser: inner: d (no baseline here)'],
    });
  });

  it('counts errors outside of tests', () => {
    expect(playwrightOutcome('browser', report([spec('a', 'expected')], [{ message: 'setup broke\nat x' }]), 1)).toMatchObject({
      passed: 1,
      failed: 1,
      failures: ['browser: setup broke'],
    });
  });

  it('counts a missing report as a failure', () => {
    expect(playwrightOutcome('browser', undefined, 0)).toMatchObject({ passed: 0, failed: 1 });
  });
});
