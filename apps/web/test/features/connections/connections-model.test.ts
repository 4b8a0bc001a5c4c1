/** The connections page's models: URL to question, windows of a long list, sparks, history, CSV. */
import type { ConnectionHistory, ConnectionRow, LiveConnections } from '@sluice/protocol/console';
import { describe, expect, it } from 'vitest';
import { historyAfter, trimHistory } from '../../../src/features/connections/model/connection-history.ts';
import { parseConnectionsSearch, queryOf } from '../../../src/features/connections/model/connections-search.ts';
import { WINDOW_ROWS, windowAfter, windowOffset } from '../../../src/features/connections/model/connections-window.ts';
import { connectionsCsv, csvCell } from '../../../src/features/connections/model/csv.ts';
import { pendingLevel } from '../../../src/features/connections/model/pending-level.ts';
import { RateSparks, SPARK_POINTS } from '../../../src/features/connections/model/rate-sparks.ts';
import { parseSearch } from '../../../src/lib/url-state.ts';

function row(cid: number, change: Partial<ConnectionRow> = {}): ConnectionRow {
  return {
    cid,
    serverId: 'S',
    serverName: 'edge',
    kind: 'nats',
    name: `client-${cid}`,
    user: null,
    account: '$G',
    ip: '10.0.0.1',
    port: 4000 + cid,
    lang: 'go',
    version: '1.46',
    rttMs: 1,
    subscriptions: 1,
    inMsgs: 0,
    outMsgs: 0,
    inBytes: 0,
    outBytes: 0,
    inMsgsPerS: cid,
    outMsgsPerS: 0,
    inBytesPerS: 0,
    outBytesPerS: 0,
    pendingBytes: 0,
    stalls: 0,
    isSlow: false,
    tlsVersion: null,
    startedAtMs: 0,
    lastActivityAtMs: 0,
    stoppedAtMs: null,
    reason: null,
    ...change,
  };
}

describe('the URL', () => {
  it('is the whole question', () => {
    const search = parseConnectionsSearch(parseSearch('?preset=slow&q=billing&lang=go,nats.js&tls=yes&cid=1902&server=S'));
    expect(queryOf(search, 50, 200)).toEqual({
      preset: 'slow',
      q: 'billing',
      lang: 'go,nats.js',
      tls: 'yes',
      sort: 'pendingBytes',
      order: 'desc',
      offset: 50,
      limit: 200,
    });
    expect(search).toMatchObject({ cid: 1902, serverId: 'S' });
  });

  it('of nothing asks for all, by cid', () => {
    expect(queryOf(parseConnectionsSearch({}), 0, 200)).toEqual({
      preset: 'all',
      sort: 'cid',
      order: 'asc',
      offset: 0,
      limit: 200,
    });
  });

  it('with nonsense asks as if it were not there', () => {
    expect(parseConnectionsSearch(parseSearch('?preset=evil&sort=evil&order=up&cid=x'))).toMatchObject({
      preset: 'all',
      sort: 'cid',
      order: 'asc',
      cid: null,
    });
  });
});

describe('a window of a long list', () => {
  const frame = (rows: ConnectionRow[], order: number[], isFull: boolean): LiveConnections => ({
    asOfMs: 5,
    total: 1000,
    totalUnfiltered: 1000,
    order: order.map((cid) => ({ cid, serverId: 'S' })),
    rows,
    isFull,
    presetCounts: { all: 1000, slow: 0, talkers: 0, idle: 0, new: 0, closed: 0 },
  });

  it('takes changed rows and a new order, and keeps what the frame leaves out', () => {
    const first = windowAfter(undefined, frame([row(1), row(2), row(3)], [1, 2, 3], true), 0);
    const next = windowAfter(first, frame([row(3, { inMsgsPerS: 99 })], [3, 1], false), 0);
    expect(next.rows.map((each) => [each.cid, each.inMsgsPerS])).toEqual([
      [3, 99],
      [1, 1],
    ]);
  });

  it('forgets everything with a full frame', () => {
    const first = windowAfter(undefined, frame([row(1), row(2)], [1, 2], true), 0);
    expect(windowAfter(first, frame([row(9)], [9, 2], true), 0).rows.map((each) => each.cid)).toEqual([9]);
  });

  it('moves only when the rows on screen leave it, and then has room on both sides', () => {
    expect(windowOffset(0, 0, 40)).toBe(0);
    expect(windowOffset(0, 150, 190)).toBe(0);
    const moved = windowOffset(0, 170, 210);
    expect(moved).toBeGreaterThan(0);
    expect(moved % 50).toBe(0);
    expect(170 - moved).toBeGreaterThanOrEqual(50);
    expect(moved + WINDOW_ROWS - 210).toBeGreaterThan(0);
    expect(windowOffset(500, 10, 50)).toBe(0);
  });
});

describe('sparks', () => {
  it('take each moment once and hold a bounded number', () => {
    const sparks = new RateSparks();
    sparks.add([row(7, { inMsgsPerS: 1 })], 1000);
    sparks.add([row(7, { inMsgsPerS: 2 })], 1000);
    sparks.add([row(7, { inMsgsPerS: 3 })], 2000);
    expect(sparks.get(row(7))?.inMsgs.slice(-3)).toEqual([null, 1, 3]);
    for (let second = 3; second < 60; second++) sparks.add([row(7)], second * 1000);
    expect(sparks.get(row(7))?.inMsgs).toHaveLength(SPARK_POINTS);
    sparks.add(
      Array.from({ length: 2500 }, (_, index) => row(index + 100)),
      99_000,
    );
    expect(sparks.get(row(7))).toBeUndefined();
    expect(sparks.get(row(2599))).toBeDefined();
  });
});

describe('the history of a connection', () => {
  const history = (values: (number | null)[], startMs = 0): ConnectionHistory => ({
    stepMs: 1000,
    startMs,
    inMsgsPerS: values,
    outMsgsPerS: values,
    inBytesPerS: values,
    outBytesPerS: values,
    pendingBytes: values,
  });

  it('takes measurements that come a little early or late as consecutive', () => {
    let held = history([5], 10_000);
    for (const [before, at] of [
      [10_000, 10_940],
      [10_940, 12_060],
      [12_060, 12_990],
    ] as const)
      held = historyAfter(held, row(1), at, before);
    expect(held.inMsgsPerS).toEqual([5, 1, 1, 1]);
  });

  it('shows a missed second as a gap and stays bounded', () => {
    expect(historyAfter(history([5]), row(1), 3000, 0).inMsgsPerS).toEqual([5, null, null, 1]);
    const long = historyAfter(history(new Array<number>(900).fill(2)), row(1), 1000, 0);
    expect(long.inMsgsPerS).toHaveLength(900);
    expect(long.startMs).toBe(1000);
    expect(historyAfter(history([5]), row(1), 9_000_000, 0).inMsgsPerS.length).toBeLessThanOrEqual(900);
  });

  it('ignores a measurement it holds already', () => {
    const held = history([5]);
    expect(historyAfter(held, row(1), 0, 0)).toBe(held);
  });

  it('is shown from the first measurement on, but at least a minute', () => {
    const values = [...new Array<null>(800).fill(null), ...new Array<number>(100).fill(3)];
    const trimmed = trimHistory(history(values));
    expect(trimmed.inMsgsPerS).toHaveLength(100);
    expect(trimmed.startMs).toBe(800_000);
    expect(trimHistory(history([...new Array<null>(895).fill(null), 1, 2, 3, 4, 5])).inMsgsPerS).toHaveLength(60);
  });

  it('is drawn through over one measurement that came late, and not over a silence', () => {
    expect(trimHistory(history([1, null, 3, null, null, 6, null])).inMsgsPerS).toEqual([1, 3, 3, null, null, 6, null]);
  });
});

describe('CSV', () => {
  it('has a head and one line a connection', () => {
    const lines = connectionsCsv([row(1, { name: 'a, "b"' }), row(2)]).split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^cid,server,name,/);
    expect(lines[1]).toMatch(/^1,edge,"a, ""b""",/);
  });

  it('defuses what a spreadsheet would run', () => {
    expect(csvCell('=HYPERLINK("x")')).toBe('"\'=HYPERLINK(""x"")"');
    expect(csvCell('@sum')).toBe("'@sum");
    expect(csvCell(-3)).toBe('-3');
    expect(csvCell(null)).toBe('');
  });
});

describe('waiting output', () => {
  it('is a finding only near the limit at which the server cuts off', () => {
    expect(pendingLevel(row(1, { pendingBytes: 103_000 }), null)).toBe('none');
    expect(pendingLevel(row(1, { pendingBytes: 2_400_000 }), null)).toBe('warn');
    expect(pendingLevel(row(1, { pendingBytes: 48_100_000 }), null)).toBe('bad');
    expect(pendingLevel(row(1, { pendingBytes: 600_000 }), 1_000_000)).toBe('bad');
  });
});
