/** Frames as a WebSocket client writes them, right and wrong, independent of the code under test. */

export interface FrameForm {
  readonly isFinal?: boolean;
  /** The three reserved bits, RSV1 as 4. */
  readonly reserved?: number;
  readonly isMasked?: boolean;
  /** A length to claim instead of the true one. */
  readonly claimedBytes?: bigint;
  /** Bytes of the length field: 1, 2 or 8; the shortest when absent. */
  readonly lengthField?: 1 | 2 | 8;
  readonly mask?: readonly [number, number, number, number];
}

export function clientFrame(opcode: number, payload: Uint8Array | string, form: FrameForm = {}): Buffer {
  const body = Buffer.from(payload);
  const length = form.claimedBytes ?? BigInt(body.length);
  const field = form.lengthField ?? (length < 126n ? 1 : length < 65_536n ? 2 : 8);
  const isMasked = form.isMasked ?? true;
  const head = Buffer.alloc(field === 1 ? 2 : 2 + field);
  head[0] = (form.isFinal === false ? 0 : 0x80) | ((form.reserved ?? 0) << 4) | opcode;
  head[1] = (isMasked ? 0x80 : 0) | (field === 1 ? Number(length) : field === 2 ? 126 : 127);
  if (field === 2) head.writeUInt16BE(Number(length), 2);
  if (field === 8) head.writeBigUInt64BE(length, 2);
  if (!isMasked) return Buffer.concat([head, body]);
  const mask = form.mask ?? [0x11, 0xa2, 0x33, 0xf4];
  return Buffer.concat([head, Buffer.from(mask), body.map((byte, index) => byte ^ (mask[index & 3] ?? 0))]);
}

export interface ServerFrame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly isCompressed: boolean;
  readonly payload: Buffer;
}

/** All whole frames of what a server sent. Servers must not mask. */
export function serverFrames(bytes: Buffer): ServerFrame[] {
  const frames: ServerFrame[] = [];
  let position = 0;
  while (position + 2 <= bytes.length) {
    const first = bytes[position] ?? 0;
    const second = bytes[position + 1] ?? 0;
    if ((second & 0x80) !== 0) throw new Error('a server masked a frame');
    let length = second;
    let start = position + 2;
    if (second === 126) {
      length = bytes.readUInt16BE(start);
      start += 2;
    } else if (second === 127) {
      length = Number(bytes.readBigUInt64BE(start));
      start += 8;
    }
    if (start + length > bytes.length) break;
    frames.push({
      opcode: first & 15,
      isFinal: (first & 0x80) !== 0,
      isCompressed: (first & 0x40) !== 0,
      payload: bytes.subarray(start, start + length),
    });
    position = start + length;
  }
  return frames;
}

/** Status and text of a close frame's payload. */
export function readClose(payload: Buffer): { status: number; text: string } {
  return { status: payload.length < 2 ? 1005 : payload.readUInt16BE(0), text: payload.subarray(2).toString() };
}
