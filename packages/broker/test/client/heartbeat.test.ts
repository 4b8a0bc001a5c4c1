/** PINGs from the server, the round trip, and who is taken for dead. Checklist row 13. */
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';
import { connectLine, type RawClient } from '../support/raw-client.ts';
import { useBroker } from '../support/use-broker.ts';

const INTERVAL_MS = 10_000;

describe('a client that is silent', () => {
  const clock = new ManualClock();
  const fixture = useBroker({ pingIntervalMs: INTERVAL_MS, pingMax: 2, writeDeadlineMs: 1000 }, clock);
  const isOpen = (client: RawClient): boolean => fixture.broker.server.clients.get(client.cid)?.isClosed === false;

  /** Moves time on in small steps and lets input and output happen between them. */
  async function pass(ms: number, each: () => void = () => undefined): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      clock.advance(500);
      each();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('is pinged early once, then once per interval, and ends as Stale Connection when it never answers', async () => {
    const client = await fixture.ready();
    await pass(2500);
    await client.until((text) => text.includes('PING\r\n'));
    await pass(INTERVAL_MS / 2);
    expect(client.received).toBe('PING\r\n');
    await pass(3 * INTERVAL_MS);
    await client.closed();
    expect(client.take()).toBe("PING\r\nPING\r\n-ERR 'Stale Connection'\r\n");
    expect((await fixture.recordOf(client)).reason).toBe('Stale Connection');
    expect(fixture.broker.server.counters.staleConnections).toBe(1);
  });

  it('is pinged early after each CONNECT, and after an interval as long as it has said none', async () => {
    const client = await fixture.open();
    client.take();
    await client.settle('PUB x 0\r\n\r\n');
    await pass(INTERVAL_MS - 1000);
    expect(client.received).toBe('');
    await pass(1000);
    await client.until((text) => text.includes('PING\r\n'));
    client.take();
    for (let round = 0; round < 2; round++) {
      await client.settle(`PONG\r\n${connectLine()}`);
      await pass(2500);
      await client.until((text) => text.includes('PING\r\n'));
      expect(client.take()).toBe('PING\r\n');
    }
  });

  it('stays when it answers, and its round trip is known', async () => {
    const client = await fixture.ready();
    for (let round = 0; round < 5; round++) {
      await pass(round === 0 ? 2500 : INTERVAL_MS + 1000);
      await client.until((text) => text.includes('PING\r\n'));
      client.take();
      await client.settle('PONG\r\n');
    }
    expect(isOpen(client)).toBe(true);
    expect(fixture.broker.server.clients.get(client.cid)?.rttUs).toBeGreaterThan(0);
  });

  it('is not pinged a second time while it sends', async () => {
    const client = await fixture.ready();
    await pass(2500);
    await client.until((text) => text.includes('PING\r\n'));
    client.take();
    await client.settle('PONG\r\n');
    for (let round = 0; round < 12; round++) {
      await pass(INTERVAL_MS / 4);
      expect(await client.settle('PUB x 0\r\n\r\n')).toBe('');
    }
  });
});

describe('credentials that expire', () => {
  const clock = new ManualClock();
  const fixture = useBroker({ pingIntervalMs: 0x7fffffff, pingMax: 10, writeDeadlineMs: 0, systemAccount: undefined }, clock);
  const DAY_MS = 86_400_000;

  it('end the connection at their time, be it in a second or in a month', async () => {
    for (const days of [0, 30]) {
      const client = await fixture.ready();
      const known = fixture.broker.server.clients.get(client.cid);
      known?.heartbeat.expireAt({ timeMs: clock.nowMs() + days * DAY_MS + 1000, of: 'user' });
      clock.advance(days * DAY_MS + 999);
      expect(known?.isClosed).toBe(false);
      clock.advance(1);
      await client.closed();
      expect(client.take()).toContain("-ERR 'User Authentication Expired'\r\n");
      expect((await fixture.recordOf(client)).reason).toBe('Authentication Expired');
    }
  });
});
