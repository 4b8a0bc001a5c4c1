/** A tap between broker and browser: whatever is shed and wherever, matched = shown + sampled out + dropped. */
import { decodeTapBatch, encodeTapBatch, type TapBatchHeader, type TapMessageBytes } from '@sluice/protocol';
import { type LiveData, type LiveTapCounters, TAP_FRAME_PREFIX_BYTES } from '@sluice/protocol/console';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TAP_MAX_BUFFERED_BYTES, type TapBroker, TapTopic } from '../../src/live/tap-topic.ts';
import type { JsonRecord } from '../../src/nats/json-fields.ts';
import type { ServiceAnswer } from '../../src/nats/nats-context.ts';

const message: TapMessageBytes = {
  timeUs: 1,
  cid: 7,
  sizeBytes: 2,
  subject: Buffer.from('orders.eu'),
  reply: new Uint8Array(),
  headers: new Uint8Array(),
  payload: Buffer.from('hi'),
};

/** A broker's tap in a few lines: counts what it hands over, drops without credit. */
class FakeBroker implements TapBroker {
  readonly asked: { action: string; body: Record<string, unknown> }[] = [];
  counters = { matched: 0, shown: 0, sampledOut: 0, dropped: 0, matchedBytes: 0 };
  isUp = true;
  #onBatch: (bytes: Uint8Array) => void = () => undefined;
  #batchSeq = 0;
  #acked = 0;
  #taps = 0;
  #openTap = '';

  async ask(action: string, body: object): Promise<ServiceAnswer<JsonRecord>> {
    this.asked.push({ action, body: { ...body } });
    if (!this.isUp) return { ok: false, error: { kind: 'disconnected', message: 'away' } };
    if (action === 'OPEN') return { ok: true, value: { tap_id: this.#open(), lease_ms: 10_000 } };
    const fields = body as { tap_id: string; batch_seq?: number };
    if (fields.tap_id !== this.#openTap) return { ok: false, error: { kind: 'refused', message: 'no such tap' } };
    if (fields.batch_seq !== undefined) this.#acked = Math.max(this.#acked, fields.batch_seq);
    const { sampledOut: sampled_out, matchedBytes: matched_bytes, ...rest } = this.counters;
    return { ok: true, value: { ...rest, sampled_out, matched_bytes } };
  }

  deliverTo(onBatch: (bytes: Uint8Array) => void) {
    this.#onBatch = onBatch;
    return { subject: '_INBOX.x', stop: () => undefined };
  }

  isThere(): boolean {
    return this.isUp;
  }

  /** Messages pass; `sampled` of them are left out by the sampling. */
  pass(count: number, sampled = 0): void {
    if (this.#openTap === '') return;
    this.counters.matched += count;
    this.counters.sampledOut += sampled;
    const wanted = count - sampled;
    if (this.#batchSeq - this.#acked >= 8) {
      this.counters.dropped += wanted;
      return;
    }
    this.counters.shown += wanted;
    this.#batchSeq += 1;
    this.#onBatch(
      encodeTapBatch(
        { batchSeq: this.#batchSeq, ...this.counters },
        Array.from({ length: wanted }, () => message),
      ),
    );
  }

  /** The broker was restarted: everything it counted is gone. */
  restart(): void {
    this.#openTap = '';
  }

  #open(): string {
    this.#taps += 1;
    this.#openTap = `tap-${this.#taps}`;
    this.#batchSeq = 0;
    this.#acked = 0;
    this.counters = { matched: 0, shown: 0, sampledOut: 0, dropped: 0, matchedBytes: 0 };
    return this.#openTap;
  }
}

class FakeBrowser {
  readonly told: LiveData[] = [];
  readonly frames: { seq: number; header: TapBatchHeader & { count: number } }[] = [];
  received = 0;
  buffered = 0;
  ended = '';

  send = (_seq: number, told: LiveData): void => {
    this.told.push(told);
  };
  sendBinary = (frame: Uint8Array): void => {
    const view = new DataView(frame.buffer, frame.byteOffset);
    expect([view.getUint8(0), view.getUint8(1), view.getUint32(4)]).toEqual([1, 1, 42]);
    const { header, messages } = decodeTapBatch(frame.subarray(TAP_FRAME_PREFIX_BYTES));
    this.frames.push({ seq: view.getFloat64(8), header });
    this.received += messages.length;
  };
  bufferedBytes = (): number => this.buffered;
  end = (text: string): void => {
    this.ended = text;
  };

  counters(): LiveTapCounters {
    const last = this.told.findLast((told) => told.topic === 'tap');
    if (last?.topic !== 'tap') throw new Error('no counters yet');
    return last.data.counters;
  }
}

async function openTap() {
  const broker = new FakeBroker();
  const browser = new FakeBrowser();
  const topic = new TapTopic({
    usualAccount: 'SHOP',
    broker,
    output: browser,
    subscriptionId: 42,
    tap: { subjects: ['orders.>'], sampling: { mode: 'rate', perSecond: 9 } },
  });
  expect(await topic.open()).toEqual({ ok: true });
  return { broker, browser, topic };
}

/** Lets answered questions take effect. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const addsUp = ({ matched, shown, sampledOut, dropped }: LiveTapCounters): boolean => matched === shown + sampledOut + dropped;

describe('a tap', () => {
  it('passes batches on as they came, with numbers to acknowledge', async () => {
    const { broker, browser } = await openTap();
    broker.pass(3, 1);
    broker.pass(2);
    expect(browser.frames.map((frame) => [frame.seq, frame.header.batchSeq, frame.header.count, frame.header.matched])).toEqual([
      [1, 1, 2, 3],
      [2, 2, 2, 5],
    ]);
    expect(broker.asked[0]).toMatchObject({
      action: 'OPEN',
      body: { subjects: ['orders.>'], sampling: { mode: 'rate', per_second: 9 }, credits: 8, deliver_subject: '_INBOX.x' },
    });
  });

  it('lets the broker drop and count when the browser does not acknowledge, and keeps its lease', async () => {
    const { broker, browser, topic } = await openTap();
    for (let batch = 0; batch < 20; batch++) broker.pass(10);
    expect(browser.frames).toHaveLength(8);
    topic.tick();
    await settle();
    topic.tick();
    expect(browser.counters()).toMatchObject({ matched: 200, shown: 80, dropped: 120 });
    expect(browser.told.at(-1)).toMatchObject({ data: { state: 'waiting_for_ack' } });
    expect(broker.asked.filter((ask) => ask.action === 'CREDIT').length).toBeGreaterThan(0);
    topic.ack(8);
    await settle();
    broker.pass(10);
    expect(browser.frames).toHaveLength(9);
    expect(browser.frames.at(-1)?.header).toMatchObject({ matched: 210, shown: 90, dropped: 120 });
  });

  it('counts as dropped what it sheds because the socket is full', async () => {
    const { broker, browser, topic } = await openTap();
    broker.pass(10);
    browser.buffered = TAP_MAX_BUFFERED_BYTES + 1;
    broker.pass(7);
    broker.pass(5, 2);
    browser.buffered = 0;
    await settle();
    broker.pass(4);
    expect(browser.received).toBe(14);
    expect(browser.frames.at(-1)?.header).toMatchObject({ matched: 26, shown: 14, sampledOut: 2, dropped: 10 });
    topic.tick();
    await settle();
    topic.tick();
    expect(browser.counters()).toMatchObject({ matched: 26, shown: 14, sampledOut: 2, dropped: 10 });
  });

  it('opens again after the broker was away and goes on counting', async () => {
    const { broker, browser, topic } = await openTap();
    broker.pass(5);
    broker.isUp = false;
    broker.restart();
    topic.tick();
    await settle();
    topic.tick();
    expect(browser.told.at(-1)).toMatchObject({ data: { state: 'broker_lost', counters: { matched: 5, shown: 5 } } });
    broker.isUp = true;
    topic.tick();
    await settle();
    broker.pass(3);
    expect(browser.frames.at(-1)).toMatchObject({ seq: 2, header: { batchSeq: 1, matched: 8, shown: 8 } });
    expect(browser.ended).toBe('');
  });

  it('ends when what comes is no tap batch', async () => {
    const { broker, browser } = await openTap();
    let deliver: (bytes: Uint8Array) => void = () => undefined;
    const deliverTo: TapBroker['deliverTo'] = (onBatch) => {
      deliver = onBatch;
      return { subject: 'x', stop: () => undefined };
    };
    const strange: TapBroker = { ask: (action, body) => broker.ask(action, body), isThere: () => true, deliverTo };
    const topic = new TapTopic({
      broker: strange,
      output: browser,
      subscriptionId: 42,
      tap: { subjects: ['>'] },
      usualAccount: '$G',
    });
    await topic.open();
    deliver(Buffer.from('nonsense'));
    expect(browser.ended).toContain('no tap batch');
  });

  it('closes the tap at the broker with the subscription', async () => {
    const { broker, topic } = await openTap();
    topic.close();
    expect(broker.asked.at(-1)).toEqual({ action: 'CLOSE', body: { tap_id: 'tap-1' } });
  });

  it('never acknowledges numbers it did not send', async () => {
    const { topic } = await openTap();
    expect(topic.ack(1)).toBe(false);
    expect(topic.ack(Number.NaN)).toBe(false);
  });

  it('adds up at every frame, whatever sheds, stalls or restarts when', async () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('pass' as const),
        count: fc.integer({ min: 1, max: 50 }),
        sampled: fc.integer({ min: 0, max: 50 }),
      }),
      fc.record({ kind: fc.constant('ack' as const) }),
      fc.record({ kind: fc.constant('fill' as const), isFull: fc.boolean() }),
      fc.record({ kind: fc.constant('tick' as const) }),
      fc.record({ kind: fc.constant('restart' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { broker, browser, topic } = await openTap();
        for (const action of steps) {
          if (action.kind === 'pass') broker.pass(action.count, Math.min(action.count - 1, action.sampled));
          else if (action.kind === 'ack') topic.ack(browser.frames.at(-1)?.seq ?? 0);
          else if (action.kind === 'fill') browser.buffered = action.isFull ? TAP_MAX_BUFFERED_BYTES + 1 : 0;
          else if (action.kind === 'restart') broker.restart();
          else topic.tick();
          await settle();
        }
        for (const { header } of browser.frames) expect(addsUp(header)).toBe(true);
        const told = browser.told.filter((data) => data.topic === 'tap');
        for (const { data } of told) expect(addsUp(data.counters)).toBe(true);
        const shownLast = browser.frames.at(-1)?.header.shown ?? 0;
        expect(shownLast).toBe(browser.received);
      }),
      { numRuns: 60 },
    );
  });
});
