// hot path
/** The arguments of PUB and HPUB, `subject [reply] [header-size] size`: read as offsets in their usual form, as text in any other. */
import { parseSize, parseSizeText, splitMessageArguments } from './arguments.ts';
import { CR, HASH_SEED, LF, SPACE } from './bytes.ts';
import type { FrameArguments, PubFrame } from './pub-frame.ts';

/** The line is not whole. */
export const PUB_INCOMPLETE = -1;
/** Not the usual form, or wrong in it. */
const PUB_UNUSUAL = -2;

/**
 * Reads the usual form, with one blank between arguments and CRLF at the end, into `frame`; `argsStart` is the first byte of the subject.
 * Returns where the payload starts, or one of the two above.
 */
export function readPubArguments(
  frame: PubFrame,
  bytes: Buffer,
  view: DataView,
  argsStart: number,
  end: number,
  isHpub: boolean,
): number {
  let position = argsStart;
  let hash = HASH_SEED;
  let char = position < end ? (bytes[position] as number) : 0;
  while (char > SPACE) {
    hash = Math.imul(hash ^ char, 0x01000193);
    position++;
    if (position >= end) return PUB_INCOMPLETE;
    char = bytes[position] as number;
  }
  const subjectEnd = position;
  if (char !== SPACE || subjectEnd === argsStart) return PUB_UNUSUAL;

  const tailStart = ++position;
  // One to three fields follow: [reply], for HPUB the header size, the size.
  let first = tailStart;
  let fieldCount = 1;
  let firstEnd = 0;
  let secondEnd = 0;
  for (; ; fieldCount++) {
    if (position >= end) return PUB_INCOMPLETE;
    char = bytes[position] as number;
    while (char > SPACE) {
      position++;
      if (position >= end) return PUB_INCOMPLETE;
      char = bytes[position] as number;
    }
    if (char === CR && position > first) break;
    if (char !== SPACE || position === first || fieldCount === 3) return PUB_UNUSUAL;
    if (fieldCount === 1) firstEnd = position;
    else secondEnd = position;
    first = ++position;
  }
  if (position + 1 >= end) return PUB_INCOMPLETE;
  const hasReply = fieldCount === (isHpub ? 3 : 2);
  if (bytes[position + 1] !== LF || (!hasReply && fieldCount !== (isHpub ? 2 : 1))) return PUB_UNUSUAL;
  const size = parseSize(bytes, first, position);
  let headerBytes = 0;
  if (isHpub) headerBytes = hasReply ? parseSize(bytes, firstEnd + 1, secondEnd) : parseSize(bytes, tailStart, firstEnd);
  if (size < 0 || headerBytes < 0 || headerBytes > size) return PUB_UNUSUAL;
  frame.bytes = bytes;
  frame.view = view;
  frame.subjectStart = argsStart;
  frame.subjectEnd = subjectEnd;
  frame.subjectHash = hash ^ (hash >>> 15);
  frame.replyStart = hasReply ? tailStart : 0;
  frame.replyEnd = hasReply ? firstEnd : 0;
  frame.tailStart = tailStart;
  frame.payloadStart = position + 2;
  frame.sizeBytes = size;
  frame.headerBytes = headerBytes;
  frame.hasHeaders = isHpub;
  return position + 2;
}

/** Reads arguments in any form: blanks and tabs in runs between them. Undefined when they are wrong. */
export function readUnusualPubArguments(args: string, isHpub: boolean): FrameArguments | undefined {
  const fields = splitMessageArguments(args);
  const sizeFields = isHpub ? 2 : 1;
  if (fields.length < sizeFields + 1 || fields.length > sizeFields + 2) return undefined;
  const sizes = fields.slice(-sizeFields);
  const sizeBytes = parseSizeText(sizes[sizeFields - 1]);
  const headerBytes = isHpub ? parseSizeText(sizes[0]) : 0;
  if (sizeBytes < 0 || headerBytes < 0 || headerBytes > sizeBytes) return undefined;
  const [subject = '', second = ''] = fields;
  const reply = fields.length === sizeFields + 2 ? second : '';
  return { subject, reply, sizes: sizes.join(' '), sizeBytes, headerBytes, hasHeaders: isHpub };
}
