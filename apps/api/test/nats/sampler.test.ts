/** What is measured every second: rates without the console's own traffic, gaps where there was no answer. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Sampler } from '../../src/nats/sampler.ts';
import { FakeRequests } from '../support/fake-requests.ts';
import { ManualClock } from '../support/manual-clock.ts';

let clock: ManualClock;
let nats: FakeRequests;
let sampler: Sampler;
let sluiceVersion: string | null;
let counted: { in_msgs: number; out_msgs: number; in_bytes: number; out_bytes: number };

beforeEach(() => {
  clock = new ManualClock();
  sluiceVersion = null;
  nats = new FakeRequests();
  counted = { in_msgs: 0, out_msgs: 0, in_bytes: 0, out_bytes: 0 };
  nats.answers['VARZ'] = (_body, server_id) => ({
    server_id,
    server_name: 'edge',
    now: new Date(clock.nowMs()).toISOString(),
    connections: 3,
    subscriptions: 70,
    max_connections: 100,
    ...counted,
  });
  sampler = new Sampler({ clock, nats, sluiceVersionOf: () => sluiceVersion, systemAccount: () => '$SYS' });
  sampler.start();
});

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function second(): Promise<void> {
  clock.advance(1000);
  await settle();
}

describe('the sampler', () => {
  it('knows rates from the second sample on, and not before', async () => {
    await second();
    expect(sampler.now).toMatchObject({ inMsgsPerS: null, connections: 2, slowConsumers: 0 });
    counted = { in_msgs: 500, out_msgs: 1000, in_bytes: 5000, out_bytes: 10_000 };
    await second();
    expect(sampler.now).toMatchObject({ inMsgsPerS: 500, outMsgsPerS: 1000, inBytesPerS: 5000, outBytesPerS: 10_000 });
    expect(sampler.hasTraffic).toBe(true);
  });

  it('takes the traffic of the console itself out, so that an idle broker reads as idle', async () => {
    for (let sample = 1; sample <= 3; sample++) {
      counted = { in_msgs: sample * 10, out_msgs: sample * 20, in_bytes: sample * 30, out_bytes: sample * 4000 };
      nats.own = { inMsgs: sample * 10, outMsgs: sample * 20, inBytes: sample * 30, outBytes: sample * 4000 };
      await second();
    }
    expect(sampler.now).toMatchObject({ inMsgsPerS: 0, outMsgsPerS: 0, inBytesPerS: 0, outBytesPerS: 0 });
    expect(sampler.hasTraffic).toBe(false);
  });

  it('has no gap where a few bytes of its own are counted a moment late', async () => {
    const rates: (number | null)[] = [];
    for (const [total, own] of [
      [0, 0],
      [5000, 4000],
      [9000, 8001],
      [12_000, 11_000],
    ] as const) {
      counted.out_bytes = total;
      nats.own = { inMsgs: 0, outMsgs: 0, inBytes: 0, outBytes: own };
      await second();
      rates.push(sampler.now.outBytesPerS);
    }
    expect(rates).toEqual([null, 1000, 0, 0]);
  });

  it('leaves a gap while nobody answers and starts over with a server that counts from zero', async () => {
    counted.in_msgs = 1000;
    await second();
    counted.in_msgs = 2000;
    await second();
    nats.isConnected = false;
    await second();
    expect(sampler.now.inMsgsPerS).toBeNull();
    expect(sampler.servers()).toMatchObject([{ name: 'edge', isAnswering: false }]);
    nats.isConnected = true;
    nats.serverId = 'T';
    nats.serverIds = ['T'];
    counted.in_msgs = 10;
    await second();
    expect(sampler.now.inMsgsPerS).toBeNull();
    counted.in_msgs = 30;
    await second();
    expect(sampler.now.inMsgsPerS).toBe(20);
    await second();
    const { avg } = sampler.series('15m').metrics.inMsgsPerS;
    // The second that has just begun is not shown yet.
    expect(avg.slice(-6)).toEqual([null, null, 1000, null, null, 20]);
    expect(sampler.series('6h').metrics.inMsgsPerS.avg).toHaveLength(2160);
    expect(avg).toHaveLength(900);
  });

  it('sums over servers, and says which one is silent', async () => {
    nats.serverIds = ['S', 'T'];
    await second();
    counted = { ...counted, in_msgs: 100 };
    await second();
    expect(sampler.now).toMatchObject({ inMsgsPerS: 200, connections: 5 });
    const answer = nats.answers['VARZ'];
    nats.answers['VARZ'] = (body, id) => (id === 'T' ? undefined : answer?.(body, id));
    await second();
    expect(sampler.servers().map((server) => [server.id, server.isAnswering])).toEqual([
      ['S', true],
      ['T', false],
    ]);
  });

  it('takes the count of client subscriptions and the slow consumers from a Sluice broker', async () => {
    sluiceVersion = '0.1.0';
    nats.answers['STATSZ'] = (body) => ({
      statsz:
        body['sluice'] === true
          ? { sluice: { client_subscriptions: 4, hidden_connections: 1, slow_consumers: [{ cid: 8, subject: 'a.>' }] } }
          : {},
    });
    await second();
    expect(sampler.now).toMatchObject({ subscriptions: 4, connections: 1 });
    expect(sampler.servers()).toMatchObject([{ subscriptions: 4 }]);
    expect(sampler.ownStatistics('S')?.slowConsumers).toMatchObject([{ cid: 8, subject: 'a.>', account: '$G' }]);
    expect(sampler.ownStatistics('T')).toBeUndefined();
  });

  it('does not know how many subscriptions clients hold when nothing tells them from the server’s own', async () => {
    await second();
    expect(sampler.now.subscriptions).toBeNull();
  });

  it('counts subscriptions of clients of a nats-server, once the list of connections has told how many those are', async () => {
    nats.answers['$SYS.REQ.ACCOUNT.PING.STATZ'] = () => ({
      account_statz: [
        { acc: '$G', num_subscriptions: 9 },
        { acc: '$SYS', num_subscriptions: 61 },
      ],
    });
    await second();
    expect(sampler.now.subscriptions).toBe(9);
    sampler.noteClientSubscriptions(5);
    expect(sampler.now.subscriptions).toBe(5);
    nats.answers['$SYS.REQ.ACCOUNT.PING.STATZ'] = () => ({ account_statz: [{ acc: '$G', num_subscriptions: 12 }] });
    await second();
    expect(sampler.now.subscriptions).toBe(8);
  });
});
