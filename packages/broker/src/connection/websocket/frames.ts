// hot path
/** RFC 6455 frames as bytes: opcodes, limits, and writing headers. Reading them is `frame-decoder.ts`. */

export const OPCODE_CONTINUATION = 0;
export const OPCODE_TEXT = 1;
export const OPCODE_BINARY = 2;
export const OPCODE_CLOSE = 8;
export const OPCODE_PING = 9;
export const OPCODE_PONG = 10;

/** First byte of a header: this is the last frame of its message. */
export const FINAL_BIT = 0x80;
/** First byte of a header: the message is compressed (RFC 7692 §6); on its first frame only. */
export const COMPRESSED_BIT = 0x40;
/** The two bits that no extension of ours uses. */
export const RESERVED_BITS = 0x30;
/** Second byte of a header: a masking key follows the length. */
export const MASK_BIT = 0x80;

/** Largest payload of a control frame, in bytes. Source: RFC 6455 §5.5. */
export const MAX_CONTROL_BYTES = 125;
/** Two bytes, eight of a 64-bit length, four of the masking key. */
export const MAX_HEADER_BYTES = 14;
/** Largest header that a server writes: servers do not mask. */
export const MAX_WRITTEN_HEADER_BYTES = 10;

const TWO_BYTE_LENGTH = 126;
const EIGHT_BYTE_LENGTH = 127;

/** Writes an unmasked header at `position`; `first` is the first byte (opcode and bits). Returns the position after it. */
export function writeFrameHeader(target: Uint8Array, position: number, first: number, lengthBytes: number): number {
  target[position] = first;
  if (lengthBytes < TWO_BYTE_LENGTH) {
    target[position + 1] = lengthBytes;
    return position + 2;
  }
  if (lengthBytes < 65_536) {
    target[position + 1] = TWO_BYTE_LENGTH;
    target[position + 2] = lengthBytes >>> 8;
    target[position + 3] = lengthBytes & 0xff;
    return position + 4;
  }
  target[position + 1] = EIGHT_BYTE_LENGTH;
  const high = Math.floor(lengthBytes / 2 ** 32);
  const low = lengthBytes % 2 ** 32;
  for (let index = 0; index < 4; index++) {
    target[position + 2 + index] = (high >>> (24 - 8 * index)) & 0xff;
    target[position + 6 + index] = (low >>> (24 - 8 * index)) & 0xff;
  }
  return position + 10;
}

/** A whole control frame; `payload` must not be longer than `MAX_CONTROL_BYTES`. */
export function controlFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(2 + payload.length);
  frame[0] = FINAL_BIT | opcode;
  frame[1] = payload.length;
  frame.set(payload, 2);
  return frame;
}
