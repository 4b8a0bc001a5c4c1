/** Reading all connections: in pages, without the console itself, at most about once a second, and gently when there are many. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ConnectionIndex } from '../../src/nats/connection-index.ts';
import { type JsonRecord, numberAt } from '../../src/nats/json-fields.ts';
import { slownessOf } from '../../src/presenters/connection.ts';
import { FakeRequests } from '../support/fake-requests.ts';
import { ManualClock } from '../support/manual-clock.ts';

let clock: ManualClock;
let nats: FakeRequests;
let index: ConnectionIndex;
let entries: JsonRecord[];
let subscriptions: number;

const entry = (cid: number, more: JsonRecord = {}): JsonRecord => ({
  cid,
  name: `c${cid}`,
  account: '$G',
  ip: '10.0.0.1',
  port: 4000,
  start: '2026-11-24T17:00:00Z',
  last_activity: '2026-11-24T17:00:00Z',
  rtt: '412µs',
  subscriptions: 2,
  in_msgs: 0,
  ...more,
});

beforeEach(() => {
  clock = new ManualClock();
  nats = new FakeRequests();
  entries = [];
  nats.answers['CONNZ'] = (body) => {
    if (body['state'] === 1) return { total: 7, connections: [] };
    const offset = numberAt(body, 'offset');
    return { total: entries.length, connections: entries.slice(offset, offset + numberAt(body, 'limit')) };
  };
  index = new ConnectionIndex({
    clock,
    nats,
    anonymousUser: () => 'anonymous',
    serverNameOf: () => 'edge',
    slownessOf: () => slownessOf(64_000_000, new Set([4])),
    systemAccount: () => '$SYS',
    onSubscriptions: (count) => {
      subscriptions = count;
    },
  });
});

const read = async () => {
  const snapshot = await index.snapshot();
  if (!snapshot.ok) throw new Error(snapshot.error.message);
  return snapshot.value;
};

describe('the index of connections', () => {
  it('leaves out the console and shows anonymous clients as nobody', async () => {
    entries = [
      entry(1, { name: 'sluice-console', account: '$SYS' }),
      entry(2, { authorized_user: 'anonymous' }),
      entry(3, { authorized_user: 'kim' }),
    ];
    const { open, presetCounts } = await read();
    expect(open.map((row) => [row.cid, row.user, row.rttMs])).toEqual([
      [2, null, 0.412],
      [3, 'kim', 0.412],
    ]);
    expect(presetCounts).toMatchObject({ all: 2, closed: 7 });
    expect(subscriptions).toBe(4);
  });

  it('reads once for everybody who asks within a second, and not at all when nobody does', async () => {
    entries = [entry(2)];
    await Promise.all([read(), read(), read()]);
    clock.advance(900);
    await read();
    const count = (): number => nats.asked.filter((question) => question.body['state'] === 0).length;
    expect(count()).toBe(1);
    clock.advance(60_000);
    expect(count()).toBe(1);
    await read();
    expect(count()).toBe(2);
  });

  it('derives rates from two readings, and none over a long pause or from a new connection of the same number', async () => {
    entries = [entry(2, { in_msgs: 100 }), entry(3, { in_msgs: 5 })];
    expect((await read()).open[0]?.inMsgsPerS).toBeNull();
    clock.advance(2000);
    entries = [entry(2, { in_msgs: 300 }), entry(3, { in_msgs: 9, start: '2026-11-24T18:00:00Z' })];
    expect((await read()).open.map((row) => row.inMsgsPerS)).toEqual([100, null]);
    clock.advance(60_000);
    expect((await read()).open[0]?.inMsgsPerS).toBeNull();
  });

  it('calls a connection slow from 2 % of the limit on or when the server noted it, not for a byte that waits', async () => {
    entries = [
      entry(2, { pending_bytes: 1_279_999, stalls: 3 }),
      entry(3, { pending_bytes: 1_280_000 }),
      entry(4, { pending_bytes: 0 }),
      entry(5, { pending_bytes: 0 }),
    ];
    const { open, presetCounts } = await read();
    expect(open.filter((row) => row.isSlow).map((row) => row.cid)).toEqual([3, 4]);
    expect(presetCounts.slow).toBe(2);
  });

  it('reads 100,000 connections in pages, each row once though pages shift', async () => {
    entries = Array.from({ length: 100_000 }, (_, number) => entry(number + 2));
    const answer = nats.answers['CONNZ'];
    nats.answers['CONNZ'] = (body, id) => {
      // Somebody disconnects while the pages are read.
      if (body['offset'] === 4096) entries = entries.slice(1);
      return answer?.(body, id);
    };
    const { open } = await read();
    expect(new Set(open.map((row) => row.cid)).size).toBe(open.length);
    expect(open.length).toBeGreaterThanOrEqual(99_998);
  });

  it('gives the last reading to whoever asks while a new one takes long, and the new one afterwards', async () => {
    entries = [entry(2)];
    await read();
    clock.advance(2000);
    let finish: () => void = () => undefined;
    const ask = nats.ask.bind(nats);
    nats.ask = async (service, body, serverId) => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return ask(service, body, serverId);
    };
    entries = [entry(2), entry(3)];
    const asked = read();
    clock.advance(300);
    expect((await asked).open).toHaveLength(1);
    nats.ask = ask;
    finish();
    await new Promise((resolve) => setImmediate(resolve));
    expect((await read()).open).toHaveLength(2);
    entries = [];
    clock.advance(60_000);
    expect((await read()).open).toHaveLength(0);
  });

  it('says why when the broker does not answer', async () => {
    nats.isConnected = false;
    expect(await index.snapshot()).toMatchObject({ ok: false, error: { kind: 'timeout' } });
    nats.isConnected = true;
    expect(await index.snapshot()).toMatchObject({ ok: true });
  });
});
