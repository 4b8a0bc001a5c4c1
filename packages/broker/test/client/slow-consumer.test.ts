/** Slow consumers harm nobody else: bounded memory, closed at once with the reason on record, publishers not stalled. Row 14, G17. */
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';
import type { RawClient } from '../support/raw-client.ts';
import { useBroker } from '../support/use-broker.ts';

const PAYLOAD = 'x'.repeat(256);
const BATCH = `PUB flood 256\r\n${PAYLOAD}\r\n`.repeat(400);
const FRAME_BYTES = `MSG flood 1 256\r\n${PAYLOAD}\r\n`.length;

/** Publishes `count` messages, a batch at a time, as fast as the server takes them. */
async function flood(publisher: RawClient, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 400) await publisher.settle(BATCH);
}

describe('a subscriber that does not read', () => {
  const maxPendingBytes = 4 * 1024 * 1024;
  const fixture = useBroker({ maxPendingBytes });

  it('is closed as soon as it passes max_pending, without -ERR, while everybody else gets everything', async () => {
    const { server } = fixture.broker;
    const [publisher, healthy, stuck] = [await fixture.ready(), await fixture.ready(), await fixture.ready()];
    await healthy.settle('SUB flood 1\r\n');
    await stuck.settle('SUB flood 1\r\n');
    stuck.pause();
    const count = 60_000;
    let highest = 0;
    const before = process.memoryUsage().arrayBuffers;
    let received = 0;
    for (let sent = 0; sent < count; sent += 4000) {
      await flood(publisher, 4000);
      received += (await healthy.settle()).length;
      const known = server.clients.get(stuck.cid);
      if (known !== undefined) expect(known.outbound.pendingBytes).toBeLessThanOrEqual(maxPendingBytes);
      highest = Math.max(highest, process.memoryUsage().arrayBuffers - before);
    }
    expect(received).toBe(count * FRAME_BYTES);
    const record = await fixture.recordOf(stuck);
    expect(record.reason).toBe('Slow Consumer (Pending Bytes)');
    expect(server.counters.slowConsumers).toBe(1);
    expect(server.globalAccount.slowConsumers).toBe(1);
    expect(highest).toBeLessThan(maxPendingBytes + 32 * 1024 * 1024);
    stuck.resume();
    await stuck.closed();
    expect(stuck.take()).not.toContain('-ERR');
    // Nothing of it is left to deliver to.
    expect(server.globalAccount.sublist.matchOnce(Buffer.from('flood')).plain.length).toBe(1);
  });

  it('counts as nobody afterwards: a queue group goes on with the others', async () => {
    const [publisher, stuck, healthy] = [await fixture.ready(), await fixture.ready(), await fixture.ready()];
    await stuck.settle('SUB flood q 1\r\n');
    stuck.pause();
    await flood(publisher, 40_000);
    await fixture.recordOf(stuck);
    await healthy.settle('SUB flood q 1\r\n');
    await flood(publisher, 4000);
    expect((await healthy.settle()).length).toBe(4000 * FRAME_BYTES);
  });

  it('may be many: each is closed for itself', async () => {
    const publisher = await fixture.ready();
    const stuck = await Promise.all(Array.from({ length: 8 }, () => fixture.ready()));
    for (const [index, client] of stuck.entries()) {
      await client.settle(`SUB ${index % 2 === 0 ? 'flood' : '*'} ${index}\r\n`);
      client.pause();
    }
    await flood(publisher, 40_000);
    for (const client of stuck) expect((await fixture.recordOf(client)).reason).toBe('Slow Consumer (Pending Bytes)');
    expect(await publisher.settle('SUB x 1\r\nPUB x 0\r\n\r\n')).toBe('MSG x 1 0\r\n\r\n');
  });

  it('that reads in time is not closed, however much passes through it', async () => {
    const [publisher, reader] = [await fixture.ready(), await fixture.ready()];
    await reader.settle('SUB flood 1\r\n');
    let received = 0;
    for (let round = 0; round < 10; round++) {
      reader.pause();
      await flood(publisher, 4000);
      reader.resume();
      received += (await reader.settle()).length;
    }
    expect(received).toBe(40_000 * FRAME_BYTES);
  });
});

describe('a message larger than what may be pending', () => {
  const fixture = useBroker({ maxPendingBytes: 1_000_000, maxPayloadBytes: 8_000_000 });

  it('reaches a subscriber that reads', async () => {
    const [publisher, reader] = [await fixture.ready(), await fixture.ready()];
    await reader.settle('SUB big 1\r\n');
    const payload = 'y'.repeat(4_000_000);
    await publisher.settle(`PUB big ${payload.length}\r\n${payload}\r\n`);
    await reader.until((text) => text.length >= payload.length);
    expect((await reader.settle()).length).toBe(`MSG big 1 4000000\r\n`.length + payload.length + 2);
  });
});

describe('a write that the peer does not take', () => {
  const clock = new ManualClock();
  const fixture = useBroker({ writeDeadlineMs: 1000 }, clock);

  it('is given up after write_deadline, with the reason on record', async () => {
    const { clients, counters } = fixture.broker.server;
    const [publisher, stuck] = [await fixture.ready(), await fixture.ready()];
    await stuck.settle('SUB flood 1\r\n');
    stuck.pause();
    await flood(publisher, 40_000);
    expect(clients.get(stuck.cid)?.outbound.blockedSinceMs).toBeGreaterThan(0);
    clock.advance(900);
    expect(clients.get(stuck.cid)?.isClosed).toBe(false);
    for (let step = 0; step < 2 && clients.get(stuck.cid)?.isClosed === false; step++) clock.advance(100);
    expect((await fixture.recordOf(stuck)).reason).toBe('Slow Consumer (Write Deadline)');
    expect(counters.slowConsumers).toBe(1);
    expect(await publisher.settle('SUB a 1\r\nPUB a 0\r\n\r\n')).toContain('MSG a 1 0\r\n');
  });
});

describe('a write that the peer takes bit by bit, with write_timeout retry', () => {
  const clock = new ManualClock();
  const options = {
    writeDeadlineMs: 1000,
    writeTimeout: 'retry',
    maxPayloadBytes: 64_000_000,
    maxPendingBytes: 128_000_000,
  } as const;
  const fixture = useBroker(options, clock);

  it('is waited for as long as something goes on, and given up when nothing does', async () => {
    const { clients, counters } = fixture.broker.server;
    const [publisher, slow] = [await fixture.ready(), await fixture.ready()];
    await slow.settle('SUB big 1\r\n');
    slow.pause();
    const payload = 'y'.repeat(48_000_000);
    await publisher.settle(`PUB big ${payload.length}\r\n${payload}\r\n`);
    const client = clients.get(slow.cid);
    const queued = (): number => client?.transport.queuedBytes ?? 0;
    for (let turn = 1; turn <= 2; turn++) {
      const before = queued();
      slow.resume();
      await slow.until(() => queued() < before);
      slow.pause();
      expect(queued()).toBeGreaterThan(0);
      clock.advance(1100);
      expect(client?.isClosed).toBe(false);
      expect(counters.slowConsumers).toBe(turn);
    }
    // What is under way to the peer is still taken by the kernels.
    for (let last = -1; last !== queued(); ) {
      last = queued();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (let step = 0; step < 3 && client?.isClosed === false; step++) clock.advance(1100);
    expect((await fixture.recordOf(slow)).reason).toBe('Slow Consumer (Write Deadline)');
  });
});
