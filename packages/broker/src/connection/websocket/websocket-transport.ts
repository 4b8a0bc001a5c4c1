// hot path
/**
 * A WebSocket as a byte transport: frames are put on and taken off here, and the connection above is the same as over TCP. Output is
 * one binary message per write; browsers get frames of at most 4096 bytes, which they take better.
 */
import { SlackBuffer } from '@sluice/protocol/wire';
import type { Peer, Transport, TransportHandler } from '../../env/net.ts';
import { closeAnswer, closePayload, closePayloadFor, closeStatus } from './close-status.ts';
import { COMPRESS_FROM_BYTES, COMPRESS_UP_TO_BYTES, deflateMessage, inflateMessage, maxInflatedBytes } from './compression.ts';
import { FrameDecoder, type FrameSink } from './frame-decoder.ts';
import {
  COMPRESSED_BIT,
  controlFrame,
  FINAL_BIT,
  MAX_WRITTEN_HEADER_BYTES,
  OPCODE_BINARY,
  OPCODE_CLOSE,
  OPCODE_PING,
  OPCODE_PONG,
  writeFrameHeader,
} from './frames.ts';
import type { Agreement } from './handshake.ts';

/** Source: nats-server server/websocket.go wsFrameSizeForBrowsers. */
const BROWSER_FRAME_BYTES = 4096;
/** A larger frame buffer is not kept for the next write. */
const KEPT_FRAME_BYTES = 524_288;

/** The buffer that all WebSockets of one listener put their frames together in, one write at a time. */
export class FrameBuffer {
  private kept: SlackBuffer | null = null;

  take(bytes: number): SlackBuffer {
    const { kept } = this;
    this.kept = null;
    return kept !== null && kept.capacity >= bytes ? kept : new SlackBuffer(Math.max(bytes, 4096));
  }

  give(buffer: SlackBuffer): void {
    if (buffer.capacity <= KEPT_FRAME_BYTES && (this.kept === null || this.kept.capacity < buffer.capacity)) this.kept = buffer;
  }
}

export interface WebSocketTransportParts {
  /** What the frames travel over. Its handler passes everything on to this transport. */
  readonly inner: Transport;
  readonly agreement: Agreement;
  readonly frames: FrameBuffer;
  /** Asked anew for each message, because a reload may change it. */
  readonly maxPayloadBytes: () => number;
  /** False when the answer to the handshake has not been taken by the kernel yet. */
  readonly isWritable: boolean;
}

export class WebSocketTransport implements Transport, TransportHandler, FrameSink {
  readonly peer: Peer;
  private readonly inner: Transport;
  private readonly agreement: Agreement;
  private readonly frames: FrameBuffer;
  private readonly maxPayloadBytes: () => number;
  private readonly decoder: FrameDecoder;
  private handler: TransportHandler | null = null;
  private isBlocked: boolean;
  private isEnding = false;
  private isClosedToldOwner = false;
  /** What the peer's own close frame or violation is answered with. */
  private owedClose: Uint8Array | null = null;
  /** Frames of the owner that wait for a write of ours (a pong, the handshake) to be taken. */
  private waitingOutput: Uint8Array | null = null;
  /** A pong that waits for the write in flight; a newer ping replaces it. */
  private waitingPong: Uint8Array | null = null;
  /** Output of the owner is in flight: it is told when that is done. */
  private owesWritten = false;

  constructor(parts: WebSocketTransportParts) {
    const { inner, agreement } = parts;
    this.inner = inner;
    this.agreement = agreement;
    this.frames = parts.frames;
    this.maxPayloadBytes = parts.maxPayloadBytes;
    this.isBlocked = !parts.isWritable;
    this.decoder = new FrameDecoder(this, agreement);
    this.peer = {
      address: inner.peer.address,
      ...(agreement.forwardedFor === undefined ? {} : { forwardedFor: agreement.forwardedFor }),
      ...(Object.keys(agreement.cookies).length === 0 ? {} : { cookies: agreement.cookies }),
      port: inner.peer.port,
      kind: 'websocket',
      isTls: inner.peer.isTls,
      ...(inner.peer.tls === undefined ? {} : { tls: inner.peer.tls }),
    };
  }

  // ---- from the network ----------------------------------------------------------------------------------------------------

  onBytes(bytes: Buffer, view: DataView, count: number): void {
    this.decoder.decode(bytes, view, count);
  }

  onWritten(): void {
    this.isBlocked = false;
    const output = this.waitingOutput;
    this.waitingOutput = null;
    if (output !== null && !this.isEnding && !this.inner.write(output)) {
      this.isBlocked = true;
      return;
    }
    const pong = this.waitingPong;
    this.waitingPong = null;
    if (pong !== null && !this.isEnding) this.sendControl(OPCODE_PONG, pong);
    if (this.isBlocked || !this.owesWritten) return;
    this.owesWritten = false;
    this.handler?.onWritten();
  }

  onClose(error: Error | undefined): void {
    this.isEnding = true;
    this.decoder.stop();
    this.tellClosed(error);
  }

  /** The owner learns of the end when the peer says so, not only when the socket is gone. */
  private tellClosed(error: Error | undefined): void {
    if (this.isClosedToldOwner) return;
    this.isClosedToldOwner = true;
    this.handler?.onClose(error);
  }

  // ---- from the decoder ----------------------------------------------------------------------------------------------------

  onPayload(bytes: Buffer, view: DataView, count: number): void {
    this.handler?.onBytes(bytes, view, count);
  }

  maxCompressedBytes(): number {
    return maxInflatedBytes(this.maxPayloadBytes(), this.handler?.isTrusted?.() ?? true);
  }

  onCompressed(message: Uint8Array): void {
    const result = inflateMessage(message, this.maxCompressedBytes());
    if (!result.ok) {
      if (result.isTooBig) this.onViolation(closeStatus.tooBig, 'message too big');
      else this.onViolation(closeStatus.invalidPayload, 'invalid compressed data');
      return;
    }
    const { length } = result.bytes;
    if (length === 0) return;
    const buffer = new SlackBuffer(length);
    result.bytes.copy(buffer.bytes, 0, 0, length);
    this.handler?.onBytes(buffer.bytes, buffer.view, length);
  }

  onControl(opcode: number, payload: Uint8Array): void {
    if (opcode === OPCODE_PING) this.answerPing(payload);
    else if (opcode === OPCODE_CLOSE) {
      this.endByPeer(Uint8Array.from(closeAnswer(payload)), undefined);
    }
  }

  onViolation(status: number, text: string): void {
    this.endByPeer(closePayload(status, text), new Error(text));
  }

  /** The owner goes first: what it has to say still goes out, and the close frame is the last one. */
  private endByPeer(payload: Uint8Array, error: Error | undefined): void {
    this.decoder.stop();
    this.owedClose ??= payload;
    this.tellClosed(error);
    this.endWith(this.owedClose);
  }

  private answerPing(payload: Uint8Array): void {
    if (this.isEnding) return;
    if (this.isBlocked) this.waitingPong = Uint8Array.from(payload);
    else this.sendControl(OPCODE_PONG, payload);
  }

  // ---- from the owner ------------------------------------------------------------------------------------------------------

  start(handler: TransportHandler): void {
    this.handler = handler;
  }

  write(bytes: Uint8Array): boolean {
    if (this.isEnding) return true;
    const { agreement } = this;
    const isCompressed = agreement.hasCompression && bytes.length >= COMPRESS_FROM_BYTES && bytes.length <= COMPRESS_UP_TO_BYTES;
    const payload = isCompressed ? deflateMessage(bytes) : bytes;
    const isSplit = agreement.isBrowser && (!isCompressed || agreement.takesCompressedFragments);
    const maxFrameBytes = isSplit ? BROWSER_FRAME_BYTES : payload.length;
    const frameCount = maxFrameBytes === 0 ? 1 : Math.ceil(payload.length / maxFrameBytes);
    const buffer = this.frames.take(payload.length + frameCount * MAX_WRITTEN_HEADER_BYTES);
    const length = writeMessage(buffer.bytes, payload, maxFrameBytes, isCompressed);
    const output = buffer.bytes.subarray(0, length);
    if (!this.isBlocked && this.inner.write(output)) {
      this.frames.give(buffer);
      return true;
    }
    // A buffer whose write is in flight or still to come stays with that write.
    if (this.isBlocked) this.waitingOutput = output;
    this.isBlocked = true;
    this.owesWritten = true;
    return false;
  }

  private sendControl(opcode: number, payload: Uint8Array): void {
    if (!this.inner.write(controlFrame(opcode, payload))) this.isBlocked = true;
  }

  pause(): void {
    this.inner.pause();
  }

  resume(): void {
    this.inner.resume();
  }

  end(statusText?: string): void {
    this.endWith(this.owedClose ?? closePayloadFor(statusText ?? ''));
  }

  /** A peer that has not taken what was sent before will not take a close frame either: then the end comes without one. */
  private endWith(payload: Uint8Array): void {
    if (this.isEnding) return;
    this.isEnding = true;
    this.decoder.stop();
    if (!this.isBlocked) this.sendControl(OPCODE_CLOSE, payload);
    this.inner.end();
  }

  destroy(): void {
    this.isEnding = true;
    this.decoder.stop();
    this.inner.destroy();
  }
}

/**
 * Writes `payload` as binary frames: uncompressed ones are messages of their own, a compressed message goes on in continuation
 * frames. Returns the length.
 */
function writeMessage(target: Buffer, payload: Uint8Array, maxFrameBytes: number, isCompressed: boolean): number {
  let position = 0;
  let sent = 0;
  do {
    const step = Math.min(maxFrameBytes, payload.length - sent);
    const isLast = sent + step === payload.length;
    let first = !isCompressed || isLast ? FINAL_BIT : 0;
    if (!isCompressed || sent === 0) first |= OPCODE_BINARY;
    if (isCompressed && sent === 0) first |= COMPRESSED_BIT;
    position = writeFrameHeader(target, position, first, step);
    target.set(payload.subarray(sent, sent + step), position);
    position += step;
    sent += step;
  } while (sent < payload.length);
  return position;
}
