/** Lists of connections: right on a few rows, quick on 100,000. */
import type { ConnectionRow, ConnectionsQuery } from '@sluice/protocol/console';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countFacets, countPresets, selectConnections } from '../../src/lists/connection-query.ts';
import { sortRange } from '../../src/lists/select-range.ts';

const NOW_MS = 1_750_000_000_000;

function row(cid: number, more: Partial<ConnectionRow> = {}): ConnectionRow {
  return {
    cid,
    serverId: 'S',
    serverName: 'server',
    kind: 'nats',
    name: `client-${cid}`,
    user: null,
    account: '$G',
    ip: '10.0.0.1',
    port: 40_000,
    lang: 'go',
    version: '1.46.0',
    rttMs: 1,
    subscriptions: 1,
    inMsgs: 0,
    outMsgs: 0,
    inBytes: 0,
    outBytes: 0,
    inMsgsPerS: 0,
    outMsgsPerS: 0,
    inBytesPerS: 0,
    outBytesPerS: 0,
    pendingBytes: 0,
    stalls: 0,
    isSlow: false,
    tlsVersion: null,
    startedAtMs: NOW_MS - 600_000,
    lastActivityAtMs: NOW_MS,
    stoppedAtMs: null,
    reason: null,
    ...more,
  };
}

const select = (rows: ConnectionRow[], query: ConnectionsQuery) => selectConnections(rows, query, NOW_MS);
const cids = (rows: ConnectionRow[], query: ConnectionsQuery): number[] => select(rows, query).items.map((item) => item.cid);

describe('sorting a part of a list', () => {
  it('puts any part where a full sort would', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 400 }),
        fc.nat(400),
        fc.nat(100),
        (values, from, length) => {
          const compare = (a: number, b: number): number => (values[a] ?? 0) - (values[b] ?? 0) || a - b;
          const order = Uint32Array.from(values.keys());
          const wanted = [...order].sort(compare).slice(from, from + length);
          sortRange(order, compare, from, Math.min(values.length, from + length));
          expect([...order.subarray(from, from + length)]).toEqual(wanted);
        },
      ),
    );
  });
});

describe('a page of connections', () => {
  it('is filtered by preset, list and text together', () => {
    const rows = [
      row(1, { account: 'SHOP', isSlow: true }),
      row(2, { account: 'IOT', lang: 'c' }),
      row(3, { account: 'SHOP', name: 'billing', lastActivityAtMs: NOW_MS - 3_600_000 }),
      row(4, { account: 'OPS', startedAtMs: NOW_MS - 1000, inMsgsPerS: 5 }),
      row(5, { stoppedAtMs: NOW_MS, reason: 'Stale Connection' }),
    ];
    expect(cids(rows, {})).toEqual([1, 2, 3, 4]);
    expect(cids(rows, { account: 'SHOP,IOT' })).toEqual([1, 2, 3]);
    expect(cids(rows, { preset: 'slow' })).toEqual([1]);
    expect(cids(rows, { preset: 'idle' })).toEqual([3]);
    expect(cids(rows, { preset: 'new' })).toEqual([4]);
    expect(cids(rows, { preset: 'talkers' })).toEqual([4]);
    expect(cids(rows, { preset: 'closed', reason: 'Stale Connection' })).toEqual([5]);
    expect(cids(rows, { q: 'BILL', account: 'SHOP' })).toEqual([3]);
    expect(cids(rows, { q: '10.0.0.1:40000' })).toEqual([1, 2, 3, 4]);
    expect(cids(rows, { lang: 'c', tls: 'yes' })).toEqual([]);
  });

  it('is sorted by any key, unknown values last in both directions, cids breaking ties', () => {
    const rows = [row(3, { rttMs: 5 }), row(1, { rttMs: null }), row(2, { rttMs: 9 }), row(4, { rttMs: 5, name: null })];
    expect(cids(rows, { sort: 'rttMs', order: 'asc' })).toEqual([3, 4, 2, 1]);
    expect(cids(rows, { sort: 'rttMs', order: 'desc' })).toEqual([2, 3, 4, 1]);
    expect(cids(rows, { sort: 'name' })).toEqual([1, 2, 3, 4]);
    expect(cids(rows, { sort: 'name', order: 'desc' })).toEqual([3, 2, 1, 4]);
    expect(select(rows, { offset: 1, limit: 2 })).toMatchObject({
      total: 4,
      offset: 1,
      limit: 2,
      items: [{ cid: 2 }, { cid: 3 }],
    });
  });

  it('counts facets with every filter but the own one', () => {
    const rows = [
      row(1, { account: 'A', lang: 'go' }),
      row(2, { account: 'A', lang: 'c' }),
      row(3, { account: 'B', lang: 'go' }),
    ];
    const facets = countFacets(rows, { account: 'A' }, NOW_MS);
    expect(facets.account).toEqual([
      { value: 'A', count: 2 },
      { value: 'B', count: 1 },
    ]);
    expect(facets.lang).toEqual([
      { value: 'c', count: 1 },
      { value: 'go', count: 1 },
    ]);
  });
});

describe('with 100,000 connections', () => {
  const accounts = ['SHOP', 'IOT', 'OPS', 'BI'];
  const rows = Array.from({ length: 100_000 }, (_, index) =>
    row(index + 1, {
      account: accounts[index % 4] ?? 'SHOP',
      name: `client-${(index * 7919) % 100_000}`,
      inMsgsPerS: (index * 104_729) % 50_000,
      pendingBytes: index % 100 === 0 ? index : 0,
      isSlow: index % 100 === 0,
    }),
  );

  /** The best of five: other work on the machine must not decide. */
  const best = (run: () => unknown): number => {
    let bestMs = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 5; round++) {
      const startedMs = performance.now();
      run();
      bestMs = Math.min(bestMs, performance.now() - startedMs);
    }
    return bestMs;
  };

  it.each<[string, ConnectionsQuery]>([
    ['the first page by rate', { sort: 'inMsgsPerS', order: 'desc', limit: 100 }],
    ['the last page by rate', { sort: 'inMsgsPerS', order: 'desc', offset: 99_500, limit: 500 }],
    ['a page in the middle by name', { sort: 'name', offset: 50_000, limit: 500 }],
    ['a filtered and searched page', { account: 'SHOP,IOT', q: 'client-77', sort: 'name' }],
    ['the slow ones by pending bytes', { preset: 'slow', sort: 'pendingBytes' }],
  ])('gives %s within 50 ms', (_name, query) => {
    expect(best(() => select(rows, query))).toBeLessThan(50);
  });

  it('counts presets and facets within 100 ms', () => {
    expect(best(() => countPresets(rows, 0, NOW_MS))).toBeLessThan(100);
    expect(best(() => countFacets(rows, { account: 'SHOP', q: 'client' }, NOW_MS))).toBeLessThan(100);
  });

  it('sorts the middle as a full sort would', () => {
    const page = select(rows, { sort: 'name', offset: 50_000, limit: 50 }).items.map((item) => item.name);
    const all = rows.map((item) => item.name ?? '').sort();
    expect(page).toEqual(all.slice(50_000, 50_050));
  });
});
