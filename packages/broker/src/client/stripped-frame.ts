// hot path
/** The frame for a receiver that did not ask for headers: MSG with the block left out. */
import { writeDecimal } from '@sluice/protocol/wire';
import type { Outbound } from '../connection/outbound.ts';
import type { Message } from '../routing/message.ts';
import { writeFrameStart } from './frame-start.ts';

/** `MSG `, blanks, and a size written anew: what the frame may need beside subject, sid, reply and payload. */
const FRAME_OVERHEAD_BYTES = 40;

export function appendStrippedFrame(outbound: Outbound, sidBytes: Uint8Array, message: Message): void {
  const bodyBytes = message.sizeBytes - message.headerBytes;
  const replyBytes = message.replyEnd - message.replyStart;
  const subjectBytes = message.subjectEnd - message.subjectStart;
  const buffer = outbound.reserve(subjectBytes + sidBytes.length + replyBytes + bodyBytes + FRAME_OVERHEAD_BYTES);
  const target = buffer.bytes;
  let position = writeFrameStart(target, outbound.lengthBytes, message, sidBytes, false);
  if (replyBytes > 0) {
    message.bytes.copy(target, position, message.replyStart, message.replyEnd);
    position += replyBytes;
    target[position++] = 32;
  }
  position = writeDecimal(target, position, bodyBytes);
  target[position++] = 13;
  target[position++] = 10;
  const bodyStart = message.payloadStart + message.headerBytes;
  message.bytes.copy(target, position, bodyStart, bodyStart + bodyBytes + 2);
  outbound.lengthBytes = position + bodyBytes + 2;
}
