// hot path
/**
 * Frames from a client → protocol bytes. Payload is unmasked and moved together in the buffer it was read into, so that frames cost
 * no memory whatever length they claim: only control frames (at most 125 bytes) and compressed messages (bounded) are collected.
 *
 * The decoder is total: whatever arrives ends in a sink call. After `onViolation` nothing more is decoded.
 * The texts are nats-server's. Source: RFC 6455 §5; nats-server server/websocket.go wsRead.
 */
import { SlackBuffer } from '@sluice/protocol/wire';
import { closeStatus } from './close-status.ts';
import {
  COMPRESSED_BIT,
  FINAL_BIT,
  MASK_BIT,
  MAX_CONTROL_BYTES,
  MAX_HEADER_BYTES,
  OPCODE_BINARY,
  OPCODE_CLOSE,
  OPCODE_CONTINUATION,
  OPCODE_PONG,
  OPCODE_TEXT,
  RESERVED_BITS,
} from './frames.ts';

/** The owner of a decoder. */
export interface FrameSink {
  /** `bytes[0..count)` is payload, in order; a frame may come in several calls and several frames in one. */
  onPayload(bytes: Buffer, view: DataView, count: number): void;
  /** One whole compressed message; the memory is the decoder's and is overwritten later. */
  onCompressed(message: Uint8Array): void;
  /** A ping, pong or close frame; the memory is the decoder's. */
  onControl(opcode: number, payload: Uint8Array): void;
  /** The peer broke the protocol: close with this status. */
  onViolation(status: number, text: string): void;
  /** Compressed bytes that one message may have now. */
  maxCompressedBytes(): number;
}

/** What the handshake agreed on about frames. */
export interface FrameRules {
  readonly hasCompression: boolean;
  /** The peer asked to leave the masking out (`Nats-No-Masking`): it is no browser. */
  readonly mayBeUnmasked: boolean;
}

const FIRST_COLLECTED_BYTES = 4096;
/** A larger collecting buffer is dropped when its message is done. */
const KEPT_COLLECTED_BYTES = 65_536;

export class FrameDecoder {
  private readonly sink: FrameSink;
  private readonly hasCompression: boolean;
  private readonly mayBeUnmasked: boolean;
  private isStopped = false;
  /** What the peer did wrong, until the owner has been told. */
  private violation: { readonly status: number; readonly text: string } | null = null;

  private readonly header = new Uint8Array(MAX_HEADER_BYTES);
  private headerBytes = 0;
  /** 2 until the second byte has told how long the header is. */
  private headerNeeded = 2;

  private isInPayload = false;
  private opcode = 0;
  private remainingBytes = 0;
  private maskKey = 0;
  private isFinalFrame = false;
  /** A data message has begun and its last frame has not. */
  private isMessageOpen = false;
  private isCompressed = false;

  private readonly control = new Uint8Array(MAX_CONTROL_BYTES);
  private controlBytes = 0;
  private collected: SlackBuffer | null = null;
  private collectedBytes = 0;

  constructor(sink: FrameSink, rules: FrameRules) {
    this.sink = sink;
    this.hasCompression = rules.hasCompression;
    this.mayBeUnmasked = rules.mayBeUnmasked;
  }

  /** Ends decoding for good: the rest of the current chunk and all later ones are ignored. */
  stop(): void {
    this.isStopped = true;
    this.collected = null;
  }

  /** Takes one chunk, `bytes[0..count)`; the content is changed. */
  decode(bytes: Buffer, view: DataView, count: number): void {
    let position = 0;
    let written = 0;
    while (position < count && !this.isStopped) {
      if (!this.isInPayload) {
        position = this.takeHeader(bytes, position, count);
        if (!this.isInPayload) continue;
      }
      const step = Math.min(this.remainingBytes, count - position);
      if (this.opcode >= OPCODE_CLOSE) this.takeControl(bytes, position, step);
      else if (this.isCompressed) this.collect(bytes, view, position, step);
      else {
        this.unmask(bytes, view, position, bytes, view, written, step);
        written += step;
      }
      position += step;
      this.remainingBytes -= step;
      if (this.remainingBytes > 0) break;
      // What a control frame or a compressed message leads to comes after the payload before it.
      if (written > 0 && (this.opcode >= OPCODE_CLOSE || this.isCompressed)) {
        this.sink.onPayload(bytes, view, written);
        written = 0;
      }
      if (!this.isStopped) this.finishFrame();
    }
    const { violation } = this;
    if (written > 0 && (!this.isStopped || violation !== null)) this.sink.onPayload(bytes, view, written);
    this.violation = null;
    if (violation !== null) this.sink.onViolation(violation.status, violation.text);
  }

  /** Collects header bytes; when the header is whole, the frame has begun. Returns the position after what it took. */
  private takeHeader(bytes: Buffer, start: number, count: number): number {
    let position = start;
    while (position < count && this.headerBytes < this.headerNeeded) {
      this.header[this.headerBytes++] = bytes[position++] as number;
      if (this.headerBytes === 2 && !this.checkStart()) return count;
    }
    if (this.headerBytes < this.headerNeeded) return position;
    this.beginFrame();
    this.headerBytes = 0;
    this.headerNeeded = 2;
    return position;
  }

  /** The first two bytes are there: everything but the length can be judged. */
  private checkStart(): boolean {
    const first = this.header[0] as number;
    const second = this.header[1] as number;
    const opcode = first & 0x0f;
    const isFinal = (first & FINAL_BIT) !== 0;
    const isCompressed = (first & COMPRESSED_BIT) !== 0;
    const length = second & 0x7f;
    if ((second & MASK_BIT) === 0 && !this.mayBeUnmasked) return this.violate('mask bit missing');
    if ((first & RESERVED_BITS) !== 0) return this.violate('reserved bit set');
    if (isCompressed && !this.hasCompression) {
      return this.violate('compressed frame received without negotiated permessage-deflate');
    }
    if (opcode >= OPCODE_CLOSE && opcode <= OPCODE_PONG) {
      if (length > MAX_CONTROL_BYTES) return this.violate('control frame length bigger than maximum allowed of 125 bytes');
      if (!isFinal) return this.violate('control frame does not have final bit set');
      if (isCompressed) return this.violate('reserved bit set');
    } else if (opcode === OPCODE_TEXT || opcode === OPCODE_BINARY) {
      if (this.isMessageOpen) return this.violate('new message started before final frame for previous message was received');
    } else if (opcode === OPCODE_CONTINUATION) {
      if (!this.isMessageOpen || isCompressed) return this.violate('invalid continuation frame');
    } else return this.violate(`unknown opcode ${opcode}`);
    this.headerNeeded = 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + ((second & MASK_BIT) === 0 ? 0 : 4);
    return true;
  }

  private beginFrame(): void {
    const { header } = this;
    const first = header[0] as number;
    const opcode = first & 0x0f;
    const isFinal = (first & FINAL_BIT) !== 0;
    const length = this.readLength();
    if (length < 0) {
      this.violate('invalid 64-bit payload length');
      return;
    }
    this.maskKey = this.readMaskKey();
    this.opcode = opcode;
    this.remainingBytes = length;
    this.controlBytes = 0;
    this.isInPayload = true;
    if (opcode >= OPCODE_CLOSE) return;
    if (opcode !== OPCODE_CONTINUATION) this.isCompressed = (first & COMPRESSED_BIT) !== 0;
    this.isFinalFrame = isFinal;
    this.isMessageOpen = !isFinal;
    if (this.isCompressed && this.collectedBytes + length > this.sink.maxCompressedBytes()) {
      this.violate('message too big', closeStatus.tooBig);
    }
  }

  /** The key as a little-endian word; 0, which changes nothing, for a frame without one. */
  private readMaskKey(): number {
    const { header } = this;
    if (((header[1] as number) & MASK_BIT) === 0) return 0;
    const start = this.headerNeeded - 4;
    const low = (header[start] as number) | ((header[start + 1] as number) << 8);
    return low | ((header[start + 2] as number) << 16) | ((header[start + 3] as number) << 24);
  }

  /** -1 for a length with the highest bit set or beyond 2^53. */
  private readLength(): number {
    const { header } = this;
    const short = (header[1] as number) & 0x7f;
    if (short < 126) return short;
    if (short === 126) return ((header[2] as number) << 8) | (header[3] as number);
    let length = 0;
    for (let index = 2; index < 10; index++) length = length * 256 + (header[index] as number);
    return length <= Number.MAX_SAFE_INTEGER ? length : -1;
  }

  private takeControl(bytes: Buffer, start: number, length: number): void {
    for (let index = 0; index < length; index++) {
      this.control[this.controlBytes++] = (bytes[start + index] as number) ^ (this.maskKey & 0xff);
      this.maskKey = rotate(this.maskKey, 1);
    }
  }

  private collect(bytes: Buffer, view: DataView, start: number, length: number): void {
    const wanted = this.collectedBytes + length;
    let collected = this.collected;
    if (collected === null || collected.capacity < wanted) {
      const grown = new SlackBuffer(Math.max(FIRST_COLLECTED_BYTES, wanted, this.collectedBytes * 2));
      if (collected !== null) collected.bytes.copy(grown.bytes, 0, 0, this.collectedBytes);
      this.collected = collected = grown;
    }
    this.unmask(bytes, view, start, collected.bytes, collected.view, this.collectedBytes, length);
    this.collectedBytes = wanted;
  }

  /** Moves `length` payload bytes, unmasked. Within one buffer the target may not lie behind the source. */
  private unmask(
    source: Buffer,
    sourceView: DataView,
    sourceStart: number,
    target: Buffer,
    targetView: DataView,
    targetStart: number,
    length: number,
  ): void {
    const key = this.maskKey;
    const wordsEnd = length & ~3;
    for (let index = 0; index < wordsEnd; index += 4) {
      targetView.setInt32(targetStart + index, sourceView.getInt32(sourceStart + index, true) ^ key, true);
    }
    for (let index = wordsEnd; index < length; index++) {
      target[targetStart + index] = (source[sourceStart + index] as number) ^ ((key >>> ((index & 3) << 3)) & 0xff);
    }
    this.maskKey = rotate(key, length & 3);
  }

  private finishFrame(): void {
    this.isInPayload = false;
    if (this.opcode >= OPCODE_CLOSE) {
      this.sink.onControl(this.opcode, this.control.subarray(0, this.controlBytes));
      return;
    }
    if (!this.isCompressed || !this.isFinalFrame) return;
    const { collected, collectedBytes } = this;
    this.isCompressed = false;
    this.collectedBytes = 0;
    if (collected !== null && collected.capacity > KEPT_COLLECTED_BYTES) this.collected = null;
    this.sink.onCompressed(collected === null ? this.control.subarray(0, 0) : collected.bytes.subarray(0, collectedBytes));
  }

  /** Ends decoding; the owner is told after the payload before it. Always false, for `return`. */
  private violate(text: string, status: number = closeStatus.protocolError): false {
    this.stop();
    this.violation = { status, text };
    return false;
  }
}

/** The key as it applies after `count` (0 to 3) more bytes. */
function rotate(key: number, count: number): number {
  return count === 0 ? key : (key >>> (count << 3)) | (key << (32 - (count << 3)));
}
