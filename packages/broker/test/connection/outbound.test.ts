/** The output side of a connection, over a transport that takes a write when the test lets it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outbound } from '../../src/connection/outbound.ts';
import { OutputTurn } from '../../src/connection/output-turn.ts';
import type { Transport } from '../../src/env/net.ts';
import { ManualClock } from '../support/manual-clock.ts';

const MAX_PENDING_BYTES = 1_000_000;

/** Ends turns by hand. */
class TurnClock extends ManualClock {
  private tasks: (() => void)[] = [];

  override afterInput(callback: () => void): void {
    this.tasks.push(callback);
  }

  endTurn(): void {
    const { tasks } = this;
    this.tasks = [];
    for (const task of tasks) task();
  }
}

function setUp() {
  const clock = new TurnClock();
  const written: string[] = [];
  const events: string[] = [];
  /** Whether the kernel takes writes at once. */
  const kernel = { takes: true };
  const inFlight: { bytes: Uint8Array; copy: string }[] = [];
  const transport: Transport = {
    peer: { address: '127.0.0.1', port: 1, kind: 'tcp', isTls: false },
    start: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    end: () => undefined,
    destroy: () => undefined,
    write: (bytes) => {
      expect(inFlight, 'no write before the last one was taken').toEqual([]);
      const copy = Buffer.from(bytes).toString('latin1');
      if (kernel.takes) written.push(copy);
      else inFlight.push({ bytes, copy });
      return kernel.takes;
    },
  };
  const owner = { onPendingExceeded: () => void events.push('exceeded'), onBlocked: () => void events.push('blocked') };
  const outbound = new Outbound(transport, new OutputTurn(clock), owner, MAX_PENDING_BYTES);
  /** The kernel takes the write in flight, whose memory must have stayed as it was. */
  const take = (): void => {
    const write = inFlight.pop();
    if (write === undefined) return;
    expect(Buffer.from(write.bytes).toString('latin1') === write.copy).toBe(true);
    written.push(write.copy);
    outbound.onWritten();
  };
  const append = (text: string): void => outbound.append(Buffer.from(text, 'latin1'));
  return { clock, written, events, kernel, outbound, take, append };
}

describe('output', () => {
  it('is one write per turn', () => {
    const { clock, written, append } = setUp();
    append('PING\r\n');
    append('+OK\r\n');
    expect(written).toEqual([]);
    clock.endTurn();
    append('PONG\r\n');
    clock.endTurn();
    expect(written).toEqual(['PING\r\n+OK\r\n', 'PONG\r\n']);
  });

  it('waits behind a write that is not taken, counts as pending, and is pending no more when it was', () => {
    const { clock, written, events, kernel, outbound, take, append } = setUp();
    kernel.takes = false;
    append('a');
    clock.endTurn();
    expect(events).toEqual(['blocked']);
    expect(outbound.blockedSinceMs).toBe(clock.monotonicMs());
    for (const letter of 'bcd') append(letter.repeat(200_000));
    clock.endTurn();
    expect([outbound.pendingBytes, outbound.pendingChunks]).toEqual([600_001, 4]);
    for (let index = 0; index < 4; index++) take();
    expect([outbound.pendingBytes, outbound.pendingChunks, outbound.blockedSinceMs]).toEqual([0, 0, 0]);
    expect(written.map((text) => `${text[0]} ${text.length}`)).toEqual(['a 1', 'b 200000', 'c 200000', 'd 200000']);
    kernel.takes = true;
    append('e');
    clock.endTurn();
    expect(written.at(-1)).toBe('e');
    expect(events).not.toContain('exceeded');
  });

  it('passes the bound with the first byte too many, and not before', () => {
    const { clock, events, kernel, append } = setUp();
    kernel.takes = false;
    append('a');
    clock.endTurn();
    append('b'.repeat(MAX_PENDING_BYTES - 1));
    expect(events).toEqual(['blocked']);
    append('c');
    expect(events).toEqual(['blocked', 'exceeded']);
  });

  it('of a closed connection goes nowhere', () => {
    const { clock, written, events, kernel, outbound, append } = setUp();
    kernel.takes = false;
    append('a');
    clock.endTurn();
    append('b'.repeat(300_000));
    outbound.close();
    append('c'.repeat(MAX_PENDING_BYTES));
    outbound.onWritten();
    clock.endTurn();
    expect([written, events, outbound.pendingBytes]).toEqual([[], ['blocked'], 0]);
  });

  it('leaves in the order in which it came, whatever the sizes and however slowly it is taken', () => {
    const step = fc.oneof(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1900, max: 2200 }),
      fc.integer({ min: 30_000, max: 300_000 }),
      fc.constantFrom('turn' as const, 'take' as const, 'fast' as const, 'slow' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { clock, written, kernel, outbound, take, append } = setUp();
        outbound.maxPendingBytes = Number.POSITIVE_INFINITY;
        const sent: string[] = [];
        for (const [index, what] of steps.entries()) {
          if (what === 'turn') clock.endTurn();
          else if (what === 'take') take();
          else if (what === 'fast' || what === 'slow') kernel.takes = what === 'fast';
          else {
            const text = String.fromCharCode(65 + index).repeat(what);
            sent.push(text);
            append(text);
          }
        }
        kernel.takes = true;
        clock.endTurn();
        while (outbound.blockedSinceMs > 0) take();
        expect(outbound.pendingBytes).toBe(0);
        expect(written.join('') === sent.join('')).toBe(true);
      }),
    );
  });
});
