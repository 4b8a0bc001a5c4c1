/** The tap batch: what is written is read back, and damaged bytes are refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTapBatch, encodeTapBatch, TapBatchError, type TapMessageBytes } from '../src/tap-batch.ts';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const message: fc.Arbitrary<TapMessageBytes> = fc.record({
  timeUs: fc.nat({ max: 2 ** 31 }),
  cid: fc.nat(),
  sizeBytes: fc.nat(),
  subject: bytes(40),
  reply: bytes(40),
  headers: bytes(100),
  payload: bytes(300),
});
const count = fc.nat({ max: 2 ** 31 });
const header = fc.record({
  batchSeq: count,
  matched: count,
  shown: count,
  sampledOut: count,
  dropped: count,
  matchedBytes: fc.constant(2 ** 52),
});

describe('the tap batch', () => {
  it('reads back what was written', () => {
    fc.assert(
      fc.property(header, fc.array(message, { maxLength: 20 }), (head, messages) => {
        const decoded = decodeTapBatch(encodeTapBatch(head, messages));
        expect(decoded.header).toEqual({ ...head, count: messages.length });
        expect(decoded.messages.map((entry) => ({ ...entry, payload: [...entry.payload] }))).toEqual(
          messages.map((entry) => ({ ...entry, payload: [...entry.payload] })),
        );
      }),
    );
  });

  it('refuses a batch that is cut or has something behind it', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), fc.nat(), (messages, cut) => {
        const whole = encodeTapBatch({ batchSeq: 1, matched: 1, shown: 1, sampledOut: 0, dropped: 0, matchedBytes: 1 }, messages);
        expect(() => decodeTapBatch(whole.subarray(0, cut % whole.length))).toThrow(TapBatchError);
        const longer = new Uint8Array(whole.length + 1);
        longer.set(whole);
        expect(() => decodeTapBatch(longer)).toThrow(TapBatchError);
      }),
    );
  });

  it('refuses another version and a count that cannot fit', () => {
    const whole = encodeTapBatch({ batchSeq: 1, matched: 0, shown: 0, sampledOut: 0, dropped: 0, matchedBytes: 0 }, []);
    const wrongVersion = whole.slice();
    wrongVersion[0] = 9;
    expect(() => decodeTapBatch(wrongVersion)).toThrow('unknown version 9');
    const wrongCount = whole.slice();
    wrongCount.set([0xff, 0xff, 0xff, 0xff], 52);
    expect(() => decodeTapBatch(wrongCount)).toThrow('cannot be in');
  });
});
