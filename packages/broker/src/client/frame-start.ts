// hot path
/** The start of a frame for one subscription, where no rendered prefix is at hand. */
import type { Message } from '../routing/message.ts';

/** Writes `[H]MSG subject sid `; returns the position after it. */
export function writeFrameStart(target: Buffer, start: number, message: Message, sidBytes: Uint8Array, isHmsg: boolean): number {
  const { bytes, subjectEnd } = message;
  let position = start;
  if (isHmsg) target[position++] = 72;
  target[position] = 77;
  target[position + 1] = 83;
  target[position + 2] = 71;
  target[position + 3] = 32;
  position += 4;
  for (let index = message.subjectStart; index < subjectEnd; index++) target[position++] = bytes[index] as number;
  target[position++] = 32;
  for (let index = 0; index < sidBytes.length; index++) target[position++] = sidBytes[index] as number;
  target[position++] = 32;
  return position;
}
