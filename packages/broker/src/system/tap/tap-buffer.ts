// hot path
/**
 * The messages that a tap has taken since its last batch, written as they will be sent: one buffer with room in front for the batch's
 * header and for the line of a PUB, so that a batch is routed from where it lies, without another copy of it. The buffer is kept; one
 * message that is larger than it gets one of its own.
 */
import { TAP_BATCH_HEADER_BYTES, TAP_MESSAGE_HEADER_BYTES, type TapBatchHeader, writeTapBatchHeader } from '@sluice/protocol';
import { copyBytes, hashBytes, SlackBuffer } from '@sluice/protocol/wire';
import { Message } from '../../routing/message.ts';

/** Room for messages; a batch is not larger, but for a single message that does not fit. */
export const TAP_BUFFER_BYTES = 2_097_152;
const FIRST_BUFFER_BYTES = 65_536;
/** Room in front of the batch for `subject size CRLF`. */
const LINE_BYTES = 2048;
const START = LINE_BYTES + TAP_BATCH_HEADER_BYTES;
const SPACE = 32;
const CR = 13;
const LF = 10;
/** Subject and reply have 16 bits for their length. */
const MAX_SUBJECT_BYTES = 65_535;

export class TapBuffer {
  /** Messages in the buffer. */
  count = 0;
  /** Headers and payload of those messages as published, in bytes. */
  publishedBytes = 0;
  private memory: SlackBuffer | null = null;
  private lengthBytes = START;

  /** Appends a copy with at most `maxPayloadBytes` of its payload; false when there is no room for it. */
  append(message: Message, timeUs: number, maxPayloadBytes: number): boolean {
    const subjectBytes = message.subjectEnd - message.subjectStart;
    const replyBytes = message.replyEnd - message.replyStart;
    const headerBytes = message.hasHeaders ? message.headerBytes : 0;
    const bodyBytes = message.sizeBytes - headerBytes;
    const keptBytes = bodyBytes < maxPayloadBytes ? bodyBytes : maxPayloadBytes;
    if (subjectBytes > MAX_SUBJECT_BYTES || replyBytes > MAX_SUBJECT_BYTES) return false;
    const needed = TAP_MESSAGE_HEADER_BYTES + subjectBytes + replyBytes + headerBytes + keptBytes;
    const target = this.reserve(needed);
    if (target === null) return false;
    const { view } = target;
    const at = this.lengthBytes;
    view.setFloat64(at, timeUs);
    view.setFloat64(at + 8, message.publisherCid);
    view.setUint32(at + 16, message.sizeBytes);
    view.setUint16(at + 20, subjectBytes);
    view.setUint16(at + 22, replyBytes);
    view.setUint32(at + 24, headerBytes);
    view.setUint32(at + 28, keptBytes);
    let end = at + TAP_MESSAGE_HEADER_BYTES;
    end = copyPart(target, end, message, message.subjectStart, subjectBytes);
    end = copyPart(target, end, message, message.replyStart, replyBytes);
    end = copyPart(target, end, message, message.payloadStart, headerBytes + keptBytes);
    this.lengthBytes = end;
    this.count++;
    this.publishedBytes += message.sizeBytes;
    return true;
  }

  /** The buffer with room for `needed` more, or null when the batch is full. */
  private reserve(needed: number): SlackBuffer | null {
    const memory = this.memory;
    const end = this.lengthBytes + needed;
    if (memory !== null && end <= memory.capacity) return memory;
    if (this.count > 0 && end > TAP_BUFFER_BYTES) return null;
    let capacity = memory === null ? FIRST_BUFFER_BYTES : memory.capacity;
    while (capacity < end) capacity *= 2;
    const grown = new SlackBuffer(this.count === 0 && end > TAP_BUFFER_BYTES ? end : Math.min(capacity, TAP_BUFFER_BYTES));
    if (memory !== null) memory.bytes.copy(grown.bytes, 0, 0, this.lengthBytes);
    this.memory = grown;
    return grown;
  }

  /**
   * The batch as a message to `subject` (one char per byte, at most 1,024), valid until the next `append`; the buffer is empty
   * afterwards.
   */
  take(header: TapBatchHeader, subject: Uint8Array): Message {
    const memory = this.memory ?? new SlackBuffer(START);
    const { bytes } = memory;
    writeTapBatchHeader(new DataView(bytes.buffer, bytes.byteOffset + LINE_BYTES, TAP_BATCH_HEADER_BYTES), header, this.count);
    const message = new Message(bytes, memory.view);
    message.payloadStart = LINE_BYTES;
    message.sizeBytes = this.lengthBytes - LINE_BYTES;
    const size = `${message.sizeBytes}\r\n`;
    message.tailStart = LINE_BYTES - size.length;
    bytes.write(size, message.tailStart, 'latin1');
    message.subjectEnd = message.tailStart - 1;
    bytes[message.subjectEnd] = SPACE;
    message.subjectStart = message.subjectEnd - subject.length;
    bytes.set(subject, message.subjectStart);
    message.subjectHash = hashBytes(bytes, message.subjectStart, message.subjectEnd);
    bytes[this.lengthBytes] = CR;
    bytes[this.lengthBytes + 1] = LF;
    this.clear();
    return message;
  }

  /** Forgets the messages; memory beyond the usual size is given back. */
  clear(): void {
    if (this.memory !== null && this.memory.capacity > TAP_BUFFER_BYTES) this.memory = null;
    this.lengthBytes = START;
    this.count = 0;
    this.publishedBytes = 0;
  }
}

function copyPart(target: SlackBuffer, at: number, message: Message, start: number, length: number): number {
  if (length > 0) copyBytes(target.bytes, target.view, at, message.bytes, message.view, start, length);
  return at + length;
}
