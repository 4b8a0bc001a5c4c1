/** One tap by itself: whatever is left out or lost, the four counters add up. */
import { decodeTapBatch, type TapCounters, type TapSampling } from '@sluice/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Subscription, SubscriptionKind } from '../../src/routing/subscription.ts';
import { Tap } from '../../src/system/tap/tap.ts';
import { TAP_BUFFER_BYTES } from '../../src/system/tap/tap-buffer.ts';
import { TapCondition, type TapConditionOptions } from '../../src/system/tap/tap-condition.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type PublishedParts, publishedMessage } from '../support/publish-frame.ts';

interface TapSetup {
  readonly sampling?: TapSampling;
  readonly condition?: Partial<TapConditionOptions>;
  readonly credits?: number;
  readonly maxPayloadBytes?: number;
  readonly batchMs?: number;
}

function openTap(setup: TapSetup = {}): {
  tap: Tap;
  subscription: Subscription;
  publish: (subject: string, parts?: PublishedParts) => void;
} {
  const { sampling = { mode: 'all' }, condition = {}, credits = 8, maxPayloadBytes = 16_384, batchMs = 50 } = setup;
  const tap = new Tap(
    {
      id: 'T',
      maxPayloadBytes,
      batchMs,
      credits,
      deliverSubject: 'to.reader',
      sampling,
      condition: new TapCondition({ exclude: [], minBytes: 0, contains: '', ...condition }),
      isGuarded: false,
    },
    new ManualClock(),
    { isOwnTraffic: false },
  );
  const subscription = new Subscription({
    subscriber: tap,
    subject: '>',
    queue: '',
    sid: 'T',
    kind: SubscriptionKind.tap,
    cid: 0,
  });
  tap.subscriptions = [subscription];
  return { tap, subscription, publish: (subject, parts) => tap.deliver(subscription, publishedMessage(subject, parts)) };
}

/** Decodes a copy: the tap reuses its memory. */
function nextBatch(tap: Tap): ReturnType<typeof decodeTapBatch> {
  const { bytes, payloadStart, sizeBytes } = tap.nextBatch();
  return decodeTapBatch(Uint8Array.from(bytes.subarray(payloadStart, payloadStart + sizeBytes)));
}

function expectSum(counters: TapCounters): void {
  expect(counters.matched).toBe(counters.shown + counters.sampled_out + counters.dropped);
}

describe('a tap', () => {
  it('hands over subject, reply, headers, payload, size, publisher and time of each message', () => {
    const { tap, publish } = openTap();
    publish('orders.new', { reply: '_INBOX.1', headers: 'NATS/1.0\r\na: b\r\n\r\n', payload: 'hello', cid: 42 });
    const { header, messages } = nextBatch(tap);
    const [message] = messages;
    expect(header).toMatchObject({ batchSeq: 1, matched: 1, shown: 1, sampledOut: 0, dropped: 0, matchedBytes: 23, count: 1 });
    expect(Buffer.from(message?.subject ?? []).toString()).toBe('orders.new');
    expect(Buffer.from(message?.reply ?? []).toString()).toBe('_INBOX.1');
    expect(Buffer.from(message?.headers ?? []).toString()).toBe('NATS/1.0\r\na: b\r\n\r\n');
    expect(Buffer.from(message?.payload ?? []).toString()).toBe('hello');
    expect(message).toMatchObject({ cid: 42, sizeBytes: 23, timeUs: new ManualClock().nowUs() });
  });

  it('keeps at most so many bytes of a payload and says how large it was', () => {
    const { tap, publish } = openTap({ maxPayloadBytes: 4 });
    publish('s', { headers: 'NATS/1.0\r\n\r\n', payload: '0123456789' });
    const [message] = nextBatch(tap).messages;
    expect(Buffer.from(message?.payload ?? []).toString()).toBe('0123');
    expect(message?.sizeBytes).toBe(22);
  });

  it('takes each n-th message, counting on across batches', () => {
    const { tap, publish } = openTap({ sampling: { mode: 'every', n: 10 } });
    for (let index = 1; index <= 25; index++) publish('s', { payload: `${index}` });
    const first = nextBatch(tap);
    for (let index = 26; index <= 40; index++) publish('s', { payload: `${index}` });
    const second = nextBatch(tap);
    const texts = [...first.messages, ...second.messages].map((message) => Buffer.from(message.payload).toString());
    expect(texts).toEqual(['10', '20', '30', '40']);
    expect(tap.counters()).toMatchObject({ matched: 40, shown: 4, sampled_out: 36, dropped: 0 });
  });

  it('takes at most so many a second, spread over the interval', () => {
    const { tap, publish } = openTap({ sampling: { mode: 'rate', per_second: 200 } });
    const perInterval: string[][] = [];
    for (let interval = 0; interval < 4; interval++) {
      for (let index = 0; index < 1000; index++) publish('s', { payload: `${index}` });
      perInterval.push(nextBatch(tap).messages.map((message) => Buffer.from(message.payload).toString()));
    }
    expect(perInterval.map((texts) => texts.length)).toEqual([10, 10, 10, 10]);
    expect(perInterval.at(-1)).toEqual(['0', '100', '200', '300', '400', '500', '600', '700', '800', '900']);
    expect(tap.counters()).toMatchObject({ matched: 4000, shown: 40, sampled_out: 3960, dropped: 0 });
  });

  it('drops what finds no room and says so, and needs no payload meanwhile', () => {
    const { tap, subscription, publish } = openTap({ maxPayloadBytes: 1_000_000 });
    const payload = 'x'.repeat(100_000);
    const fitting = Math.floor(TAP_BUFFER_BYTES / (100_000 + 33));
    for (let index = 0; index < fitting; index++) publish('s', { payload });
    expect(subscription.wantsPayload).toBe(true);
    for (let index = 0; index < 10; index++) publish('s', { payload });
    expect(subscription.wantsPayload).toBe(false);
    const { header } = nextBatch(tap);
    expect(header).toMatchObject({ matched: fitting + 10, shown: fitting, dropped: 10 });
    expect(subscription.wantsPayload).toBe(true);
  });

  it('shows one message that is larger than the buffer', () => {
    const { tap, publish } = openTap({ maxPayloadBytes: 67_108_864 });
    publish('s', { payload: 'y'.repeat(TAP_BUFFER_BYTES + 10) });
    const { messages } = nextBatch(tap);
    expect(messages.map((message) => message.payload.length)).toEqual([TAP_BUFFER_BYTES + 10]);
  });

  it('stops copying at 120,000 messages a second and counts the rest as dropped', () => {
    const { tap, publish } = openTap();
    for (let index = 0; index < 12_000; index++) publish('s');
    const { header } = nextBatch(tap);
    expect(header).toMatchObject({ matched: 12_000, shown: 6000, sampledOut: 0, dropped: 6000 });
  });

  it('does not count what the filter leaves out', () => {
    const { tap, publish } = openTap({ condition: { exclude: ['noise.*', 'x.>'], minBytes: 3, contains: 'né' } });
    publish('noise.1', { payload: Buffer.from('néé').toString('latin1') });
    publish('x.y.z', { payload: Buffer.from('néé').toString('latin1') });
    publish('a', { payload: 'nothing of it' });
    publish('a', { payload: 'n' });
    publish('a', { payload: Buffer.from('un né').toString('latin1') });
    publish('noise.1.2', { headers: Buffer.from('NATS/1.0\r\nk: né\r\n\r\n').toString('latin1') });
    expect(nextBatch(tap).header).toMatchObject({ matched: 2, shown: 2 });
  });

  it('needs the payload of every message while a text is searched for', () => {
    const { tap, subscription, publish } = openTap({ sampling: { mode: 'rate', per_second: 1 }, condition: { contains: 'x' } });
    for (let index = 0; index < 100; index++) publish('s', { payload: 'x' });
    tap.nextBatch();
    expect(subscription.wantsPayload).toBe(true);
  });

  it('lays a batch out as a message to its reader', () => {
    const { tap, publish } = openTap();
    publish('s', { payload: 'x' });
    const message = tap.nextBatch();
    expect(message.subject()).toBe('to.reader');
    const tail = message.bytes.toString('latin1', message.tailStart, message.payloadStart);
    expect(tail).toBe(`${message.sizeBytes}\r\n`);
    const end = message.payloadStart + message.sizeBytes;
    expect(message.bytes.toString('latin1', end, end + 2)).toBe('\r\n');
  });

  it('has credit for as many batches as were promised, and again after an acknowledgement', () => {
    const { tap, publish } = openTap({ credits: 2 });
    publish('s');
    tap.nextBatch();
    publish('s');
    tap.nextBatch();
    expect(tap.hasCredit).toBe(false);
    tap.acknowledge(0);
    expect(tap.hasCredit).toBe(false);
    tap.acknowledge(1);
    expect(tap.hasCredit).toBe(true);
    publish('s');
    tap.nextBatch();
    expect(tap.hasCredit).toBe(false);
    tap.acknowledge(99);
    publish('s');
    tap.nextBatch();
    expect(tap.hasCredit).toBe(true);
  });

  it('sends no more than 16 MiB ahead of the reader, whatever the credits', () => {
    const { tap, publish } = openTap({ credits: 64, maxPayloadBytes: 2_000_000 });
    const payload = 'p'.repeat(2_000_000);
    let batches = 0;
    for (; tap.hasCredit; batches++) {
      publish('s', { payload });
      tap.nextBatch();
    }
    expect(batches).toBe(9);
  });

  it('has no news when nothing has come since the last batch', () => {
    const { tap, publish } = openTap();
    expect(tap.hasNews).toBe(false);
    publish('s');
    tap.skipBatch();
    expect(tap.hasNews).toBe(true);
    tap.nextBatch();
    tap.skipBatch();
    expect(tap.hasNews).toBe(false);
  });

  it('counts on when the sampling changes', () => {
    const { tap, publish } = openTap();
    for (let index = 0; index < 5; index++) publish('s');
    tap.update({ mode: 'every', n: 5 }, undefined);
    for (let index = 0; index < 10; index++) publish('s');
    const { header } = nextBatch(tap);
    expect(header).toMatchObject({ matched: 15, shown: 7, sampledOut: 8, dropped: 0 });
  });

  it('counts what waits as dropped when it is closed', () => {
    const { tap, publish } = openTap();
    for (let index = 0; index < 3; index++) publish('s');
    tap.dropBuffer();
    expect(tap.counters()).toMatchObject({ matched: 3, shown: 0, dropped: 3 });
  });

  it('adds up whatever happens in whatever order', () => {
    const sampling = fc.oneof(
      fc.constant<TapSampling>({ mode: 'all' }),
      fc.record({ mode: fc.constant('rate' as const), per_second: fc.integer({ min: 1, max: 100_000 }) }),
      fc.record({ mode: fc.constant('every' as const), n: fc.integer({ min: 1, max: 50 }) }),
    );
    const step = fc.oneof(
      fc.record({
        do: fc.constant('publish' as const),
        count: fc.integer({ min: 1, max: 400 }),
        bytes: fc.integer({ min: 0, max: 30_000 }),
      }),
      fc.record({ do: fc.constant('batch' as const) }),
      fc.record({ do: fc.constant('skip' as const) }),
      fc.record({ do: fc.constant('update' as const), sampling }),
      fc.record({ do: fc.constant('drop' as const) }),
    );
    fc.assert(
      fc.property(sampling, fc.array(step, { maxLength: 40 }), (first, steps) => {
        const { tap, publish } = openTap({ sampling: first, maxPayloadBytes: 100_000 });
        let published = 0;
        let shown = 0;
        for (const one of steps) {
          if (one.do === 'publish') {
            const payload = 'z'.repeat(one.bytes);
            for (let index = 0; index < one.count; index++) publish('s', { payload });
            published += one.count;
          } else if (one.do === 'batch') {
            const { header, messages } = nextBatch(tap);
            shown += messages.length;
            expect(header.matched).toBe(published);
            expect(header.shown).toBe(shown);
            expect(header.matched).toBe(header.shown + header.sampledOut + header.dropped);
            expect(Math.min(header.sampledOut, header.dropped)).toBeGreaterThanOrEqual(0);
          } else if (one.do === 'skip') tap.skipBatch();
          else if (one.do === 'update') tap.update(one.sampling, undefined);
          else tap.dropBuffer();
          expectSum(tap.counters());
        }
      }),
      { numRuns: 60 },
    );
  });
});
