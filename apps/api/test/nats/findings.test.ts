/** What counts as a problem, and how it is said. */
import type { BrokerState, ConnectionRow } from '@sluice/protocol/console';
import { describe, expect, it } from 'vitest';
import { findProblems, judge, type Measured } from '../../src/nats/findings.ts';
import { plainText } from '../../src/presenters/sentence.ts';

const NOW_MS = 1_750_000_000_000;
const running: BrokerState = { state: 'running', sinceMs: 0, restarts: 0, lastExit: null, nextStartAtMs: null };
const calm: Measured = {
  nowMs: NOW_MS,
  broker: running,
  isConnected: true,
  asOfMs: NOW_MS,
  connections: 5,
  maxConnections: 100,
  maxPendingBytes: 64_000_000,
  authErrors1m: 0,
  slowClients: [],
  rows: [],
  silentServers: [],
  stateProblem: null,
  jetstream: null,
};
const texts = (measured: Measured): string[] => findProblems(measured, new Map()).map((finding) => plainText(finding.sentence));
const verdict = (measured: Measured): string => plainText(judge(measured, findProblems(measured, new Map())).sentence);

const behind = {
  cid: 9,
  serverId: 'S',
  name: 'billing-3',
  pendingBytes: 48_000_000,
  stoppedAtMs: null,
} as unknown as ConnectionRow;
const cutOff = {
  cid: 8,
  serverId: 'S',
  name: 'audit',
  user: null,
  account: '$G',
  host: '10.0.0.1',
  reason: 'Slow Consumer (Pending Bytes)',
  library: null,
  atMs: NOW_MS,
  subject: null,
  pendingBytes: null,
};

describe('findings', () => {
  it('are none on a calm server', () => {
    expect(texts(calm)).toEqual([]);
    expect(judge(calm, [])).toMatchObject({ level: 'healthy' });
  });

  it('name the slow consumer, how far it is behind and what happens next', () => {
    expect(texts({ ...calm, rows: [behind] })).toEqual(['billing-3 is 48 MB behind and will be cut off at 64 MB']);
    expect(texts({ ...calm, slowClients: [cutOff] })).toEqual(['audit was cut off: Slow Consumer (Pending Bytes)']);
    const noted = { ...cutOff, subject: 'orders.>', pendingBytes: 64_300_000 };
    expect(texts({ ...calm, slowClients: [noted] })).toEqual(['audit fell 64 MB behind on orders.> and was cut off']);
    const again = { ...noted, cid: 12, pendingBytes: 66_000_000 };
    expect(texts({ ...calm, slowClients: [again, noted] })).toEqual([
      'audit fell 66 MB behind on orders.> and was cut off, 2 times in 5 min',
    ]);
  });

  it('warn before the connections run out and when logins are refused in bursts', () => {
    expect(texts({ ...calm, connections: 89 })).toEqual([]);
    expect(texts({ ...calm, connections: 90 })[0]).toContain('90 of at most 100 connections');
    expect(texts({ ...calm, authErrors1m: 4 })).toEqual([]);
    expect(texts({ ...calm, authErrors1m: 14 })[0]).toContain('14 logins of clients were refused');
  });

  it('say that the console cannot store what is changed in it, and why', () => {
    expect(texts({ ...calm, stateProblem: 'stream store is read-only after a disk failure' })).toEqual([
      'The console cannot store its users and audit, and refuses changes: stream store is read-only after a disk failure',
    ]);
  });

  it('put the worst first, seven at most, and keep their first time', () => {
    const many = Array.from({ length: 9 }, (_, index) => ({ ...cutOff, name: `audit-${index}`, cid: index }));
    const since = new Map<string, number>();
    const measured = { ...calm, authErrors1m: 9, slowClients: many };
    expect(findProblems(measured, since).map((finding) => finding.severity)).toEqual(Array(7).fill('bad'));
    findProblems({ ...calm, authErrors1m: 9 }, since);
    const later = findProblems({ ...calm, authErrors1m: 9, nowMs: NOW_MS + 60_000 }, since);
    expect(later[0]?.sinceMs).toBe(NOW_MS);
    findProblems(calm, since);
    expect(since.size).toBe(0);
  });

  it('say in the verdict how the broker is', () => {
    expect(verdict({ ...calm, rows: [behind] })).toBe('1 finding: billing-3 is 48 MB behind and will be cut off at 64 MB');
    const died: BrokerState = { ...running, state: 'restarting', lastExit: { atMs: NOW_MS, code: null, signal: 'SIGKILL' } };
    expect(judge({ ...calm, broker: died, isConnected: false }, [])).toMatchObject({ level: 'down' });
    expect(verdict({ ...calm, broker: died, isConnected: false })).toContain('SIGKILL');
    expect(judge({ ...calm, isConnected: false }, [])).toMatchObject({ level: 'down' });
    expect(judge({ ...calm, asOfMs: null, isConnected: false }, [])).toMatchObject({ level: 'unknown' });
    expect(
      texts({ ...calm, broker: { ...running, restarts: 1, lastExit: { atMs: NOW_MS - 1000, code: 1, signal: null } } })[0],
    ).toContain('restarted');
  });
});
