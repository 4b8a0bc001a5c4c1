// hot path
/** The message being routed: one reused object per broker. Nothing in it outlives the call that hands it over. */
import { hashBytes, PubFrame, SlackBuffer } from '@sluice/protocol/wire';

export class Message extends PubFrame {
  /** Connection id of the publisher; 0 when the server itself publishes. */
  publisherCid = 0;
  /** The service import it came through, or null: it is not exported to stream imports again, nor to this service. */
  importedThrough: object | null = null;

  /** The same message in an object of its own, over the same memory. */
  static copyOf(message: Message): Message {
    const copy = new Message(message.bytes, message.view);
    copy.subjectStart = message.subjectStart;
    copy.subjectEnd = message.subjectEnd;
    copy.subjectHash = message.subjectHash;
    copy.replyStart = message.replyStart;
    copy.replyEnd = message.replyEnd;
    copy.tailStart = message.tailStart;
    copy.payloadStart = message.payloadStart;
    copy.sizeBytes = message.sizeBytes;
    copy.headerBytes = message.headerBytes;
    copy.hasHeaders = message.hasHeaders;
    copy.publisherCid = message.publisherCid;
    copy.importedThrough = message.importedThrough;
    return copy;
  }

  /** Where a message with another subject is laid out anew; grows to the largest one. */
  private scratch: SlackBuffer | null = null;

  /** Gives the message another subject (one char per byte): the frame is copied behind it. */
  replaceSubject(subject: string): void {
    const tailBytes = this.payloadStart - this.tailStart + this.sizeBytes + 2;
    const shift = subject.length + 1 - this.tailStart;
    let { scratch } = this;
    if (scratch === null || scratch.capacity < subject.length + 1 + tailBytes) {
      scratch = new SlackBuffer(subject.length + 1 + tailBytes);
      this.scratch = scratch;
    }
    scratch.bytes.write(`${subject} `, 0, 'latin1');
    this.bytes.copy(scratch.bytes, subject.length + 1, this.tailStart, this.tailStart + tailBytes);
    this.bytes = scratch.bytes;
    this.view = scratch.view;
    this.subjectStart = 0;
    this.subjectEnd = subject.length;
    this.subjectHash = hashBytes(scratch.bytes, 0, subject.length);
    if (this.replyEnd > this.replyStart) {
      this.replyStart += shift;
      this.replyEnd += shift;
    }
    this.tailStart += shift;
    this.payloadStart += shift;
  }
}
