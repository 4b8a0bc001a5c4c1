/** Frames → payload: every rule of RFC 6455 §5, every split, and no memory for lengths that are only claimed. */
import { SlackBuffer } from '@sluice/protocol/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameDecoder, type FrameSink } from '../../src/connection/websocket/frame-decoder.ts';
import { writeFrameHeader } from '../../src/connection/websocket/frames.ts';
import { clientFrame, type FrameForm, serverFrames } from '../support/websocket-frames.ts';

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** Records what comes out, payload joined, so that equal traces mean equal meaning. */
class Recorder implements FrameSink {
  readonly trace: string[] = [];
  payload = '';
  maxBytes = 1000;

  private flush(): void {
    if (this.payload !== '') this.trace.push(`payload ${this.payload}`);
    this.payload = '';
  }

  onPayload(bytes: Buffer, _view: DataView, count: number): void {
    this.payload += bytes.toString('latin1', 0, count);
  }

  onCompressed(message: Uint8Array): void {
    this.flush();
    this.trace.push(`compressed ${Buffer.from(message).toString('latin1')}`);
  }

  onControl(opcode: number, payload: Uint8Array): void {
    this.flush();
    this.trace.push(`control ${opcode} ${Buffer.from(payload).toString('latin1')}`);
  }

  onViolation(status: number, text: string): void {
    this.flush();
    this.trace.push(`violation ${status} ${text}`);
  }

  maxCompressedBytes(): number {
    return this.maxBytes;
  }

  end(): string[] {
    this.flush();
    return this.trace;
  }
}

/** Feeds chunks as the network does: through one buffer that is overwritten. */
function decode(chunks: readonly Buffer[], hasCompression = false, mayBeUnmasked = false): string[] {
  const recorder = new Recorder();
  const decoder = new FrameDecoder(recorder, { hasCompression, mayBeUnmasked });
  const shared = new SlackBuffer(300_000);
  for (const chunk of chunks) {
    chunk.copy(shared.bytes, 0);
    decoder.decode(shared.bytes, shared.view, chunk.length);
    shared.bytes.fill(0xee);
  }
  return recorder.end();
}

function eachByte(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (byte) => Buffer.of(byte));
}

describe('data frames', () => {
  it.each([0, 1, 2, 3, 4, 5, 7, 125, 126, 127, 1000, 65_535, 65_536, 200_000])('carry %i bytes', (length) => {
    const payload = Buffer.alloc(length, 'abcdefg');
    const expected = length === 0 ? [] : [`payload ${payload.toString('latin1')}`];
    expect(decode([clientFrame(BINARY, payload)])).toEqual(expected);
  });

  it('may be text or binary, in pieces, with control frames between the pieces', () => {
    const bytes = Buffer.concat([
      clientFrame(TEXT, 'one', { isFinal: false }),
      clientFrame(PING, 'p'),
      clientFrame(0, 'two', { isFinal: false }),
      clientFrame(0, ''),
      clientFrame(BINARY, 'three'),
    ]);
    expect(decode([bytes])).toEqual(['payload one', 'control 9 p', 'payload twothree']);
  });

  it('may come without a mask where that was agreed on', () => {
    const bytes = Buffer.concat([clientFrame(BINARY, 'bare', { isMasked: false }), clientFrame(BINARY, ' and masked')]);
    expect(decode(eachByte(bytes), false, true)).toEqual(['payload bare and masked']);
  });

  it('may use a longer length field than they need', () => {
    expect(decode([clientFrame(BINARY, 'x', { lengthField: 8 })])).toEqual(['payload x']);
    expect(decode([clientFrame(BINARY, 'x', { lengthField: 2 })])).toEqual(['payload x']);
  });
});

describe('a violation', () => {
  const cases: [string, number, Buffer | string, FrameForm, string][] = [
    ['an unmasked frame', BINARY, 'x', { isMasked: false }, '1002 mask bit missing'],
    [
      'RSV1 without compression',
      BINARY,
      'x',
      { reserved: 4 },
      '1002 compressed frame received without negotiated permessage-deflate',
    ],
    ['RSV2', BINARY, 'x', { reserved: 2 }, '1002 reserved bit set'],
    ['RSV3', BINARY, 'x', { reserved: 1 }, '1002 reserved bit set'],
    ['opcode 3', 3, 'x', {}, '1002 unknown opcode 3'],
    ['opcode 11', 11, 'x', {}, '1002 unknown opcode 11'],
    ['a continuation of nothing', 0, 'x', {}, '1002 invalid continuation frame'],
    ['a long ping', PING, Buffer.alloc(126), {}, '1002 control frame length bigger than maximum allowed of 125 bytes'],
    ['a long close', CLOSE, Buffer.alloc(70_000), {}, '1002 control frame length bigger than maximum allowed of 125 bytes'],
    ['a ping in pieces', PING, 'x', { isFinal: false }, '1002 control frame does not have final bit set'],
  ];
  for (const [name, opcode, payload, form, expected] of cases) {
    it(`is ${name}, whole or byte by byte`, () => {
      const frame = clientFrame(opcode, payload, form);
      expect(decode([frame])).toEqual([`violation ${expected}`]);
      expect(decode(eachByte(frame.subarray(0, 20)))).toEqual([`violation ${expected}`]);
    });
  }

  it('is a new message inside a message', () => {
    const bytes = Buffer.concat([clientFrame(BINARY, 'a', { isFinal: false }), clientFrame(BINARY, 'b')]);
    expect(decode(eachByte(bytes))).toEqual([
      'payload a',
      'violation 1002 new message started before final frame for previous message was received',
    ]);
  });

  it('ends decoding: nothing after it is looked at', () => {
    const bytes = Buffer.concat([clientFrame(3, ''), clientFrame(BINARY, 'late')]);
    expect(decode([bytes, bytes])).toEqual(['violation 1002 unknown opcode 3']);
  });
});

describe('a claimed length', () => {
  it.each([2n ** 63n, 2n ** 64n - 1n, 2n ** 53n, 0x8000_0000_0000_0001n])('of %i is refused', (claimedBytes) => {
    expect(decode([clientFrame(BINARY, 'x', { claimedBytes })])).toEqual(['violation 1002 invalid 64-bit payload length']);
  });

  it.each([2n ** 53n - 1n, 2n ** 32n, 2n ** 31n, 2n ** 31n - 1n])('of %i takes no memory before it is there', (claimedBytes) => {
    const before = process.memoryUsage().arrayBuffers;
    expect(decode([clientFrame(BINARY, 'only this', { claimedBytes })])).toEqual(['payload only this']);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2_000_000);
  });

  it('beyond the cap of compressed messages is refused at its header, also added up over fragments', () => {
    const one = clientFrame(BINARY, 'x', { reserved: 4, claimedBytes: 1001n });
    expect(decode([one], true)).toEqual(['violation 1009 message too big']);
    const first = clientFrame(BINARY, Buffer.alloc(600), { reserved: 4, isFinal: false });
    const second = clientFrame(0, 'x', { claimedBytes: 401n });
    expect(decode([first, second], true)).toEqual(['violation 1009 message too big']);
  });
});

describe('compressed messages', () => {
  it('come out whole, after the payload before them and before the payload after them', () => {
    const bytes = Buffer.concat([
      clientFrame(BINARY, 'plain'),
      clientFrame(BINARY, 'ab', { reserved: 4, isFinal: false }),
      clientFrame(PONG, ''),
      clientFrame(0, 'cd'),
      clientFrame(BINARY, '', { reserved: 4 }),
      clientFrame(BINARY, 'after'),
    ]);
    const expected = ['payload plain', 'control 10 ', 'compressed abcd', 'compressed ', 'payload after'];
    expect(decode([bytes], true)).toEqual(expected);
    expect(decode(eachByte(bytes), true)).toEqual(expected);
  });

  it('mark only their first frame', () => {
    const bytes = Buffer.concat([
      clientFrame(BINARY, 'a', { reserved: 4, isFinal: false }),
      clientFrame(0, 'b', { reserved: 4 }),
    ]);
    expect(decode([bytes], true)).toEqual(['violation 1002 invalid continuation frame']);
  });
});

describe('splits', () => {
  const stream = Buffer.concat([
    clientFrame(BINARY, 'CONNECT {}\r\nPING\r\n'),
    clientFrame(PING, 'are you there'),
    clientFrame(TEXT, 'SUB a 1\r\n', { isFinal: false, mask: [0, 255, 1, 128] }),
    clientFrame(0, Buffer.alloc(300, 'x')),
    clientFrame(BINARY, 'zip', { reserved: 4 }),
    clientFrame(CLOSE, Buffer.from('\x03\xe8bye', 'latin1')),
  ]);
  const whole = decode([stream], true);

  it('mean the same at every byte boundary', () => {
    expect(whole.length).toBe(5);
    for (let cut = 1; cut < stream.length; cut++) {
      expect(decode([stream.subarray(0, cut), stream.subarray(cut)], true), `cut at ${cut}`).toEqual(whole);
    }
    expect(decode(eachByte(stream), true)).toEqual(whole);
  });

  it('mean the same in any chunking of any frames', () => {
    const frame = fc.record({
      opcode: fc.constantFrom(0, 1, 2, 3, 8, 9, 10),
      payload: fc.uint8Array({ maxLength: 300 }),
      isFinal: fc.boolean(),
      reserved: fc.constantFrom(0, 0, 0, 4, 1),
      mask: fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)),
    });
    const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), cuts, (frames, sizes) => {
        const bytes = Buffer.concat(frames.map(({ opcode, payload, ...form }) => clientFrame(opcode, payload, form)));
        const chunks: Buffer[] = [];
        for (let start = 0, index = 0; start < bytes.length; index++) {
          const size = sizes[index % sizes.length] ?? 1;
          chunks.push(bytes.subarray(start, start + size));
          start += size;
        }
        expect(decode(chunks, true)).toEqual(decode([bytes], true));
      }),
      { numRuns: 500 },
    );
  });
});

describe('written headers', () => {
  it.each([0, 1, 125, 126, 65_535, 65_536, 5_000_000_000])('tell a length of %i in the shortest form', (length) => {
    const target = Buffer.alloc(16);
    const end = writeFrameHeader(target, 0, 0x82, length);
    expect(end).toBe(length < 126 ? 2 : length < 65_536 ? 4 : 10);
    const read = end === 2 ? target[1] : end === 4 ? target.readUInt16BE(2) : Number(target.readBigUInt64BE(2));
    expect(read).toBe(length);
    if (length < 1000) {
      const frame = Buffer.concat([target.subarray(0, end), Buffer.alloc(length)]);
      expect(serverFrames(frame)[0]).toMatchObject({ opcode: 2, isFinal: true, isCompressed: false });
    }
  });
});
