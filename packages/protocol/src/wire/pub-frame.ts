// hot path
/**
 * One PUB or HPUB as offsets into the bytes it was read from. The parser fills one reused object per message; whoever keeps a
 * message copies what it needs.
 *
 * Invariant: the memory from `tailStart` to `payloadStart + sizeBytes + 2` reads exactly `[reply ][header-size ]size CRLF
 * payload CRLF`. A receiver's frame is therefore `MSG subject sid ` and one copy of that tail.
 */
import { hashBytes, SlackBuffer } from './bytes.ts';

/** The arguments of a message as text, one char per byte. */
export interface FrameArguments {
  readonly subject: string;
  /** Empty when there is none. */
  readonly reply: string;
  /** As it was sent: `size`, or `header-size size`. */
  readonly sizes: string;
  readonly sizeBytes: number;
  readonly headerBytes: number;
  readonly hasHeaders: boolean;
}

/** See above; one is reused for every message of a server. */
export class PubFrame {
  /** Bytes that hold the whole frame; `view` covers the same memory and reaches at least 8 bytes past it. */
  bytes: Buffer;
  view: DataView;
  subjectStart = 0;
  subjectEnd = 0;
  /** Hash of the subject bytes, as `hashBytes` computes it. */
  subjectHash = 0;
  /** Equal to `replyEnd` when there is no reply. */
  replyStart = 0;
  replyEnd = 0;
  /** What a receiver's frame repeats, from here to the end of the frame. */
  tailStart = 0;
  /** Where headers and payload start; `sizeBytes` of them. */
  payloadStart = 0;
  /** Bytes of headers and payload together, the trailing CRLF not counted. */
  sizeBytes = 0;
  /** Bytes of the header block at the start of the payload; meaningful with `hasHeaders`. */
  headerBytes = 0;
  /** True for HPUB, also when the header block is declared as 0 bytes. */
  hasHeaders = false;

  constructor(bytes: Buffer, view: DataView) {
    this.bytes = bytes;
    this.view = view;
  }

  /** The subject, one char per byte; allocates, so not for the hot path. */
  subject(): string {
    return this.bytes.toString('latin1', this.subjectStart, this.subjectEnd);
  }

  /** The reply subject, one char per byte, or an empty string. */
  reply(): string {
    return this.replyEnd > this.replyStart ? this.bytes.toString('latin1', this.replyStart, this.replyEnd) : '';
  }

  /** True when the publisher named a reply subject. */
  hasReply(): boolean {
    return this.replyEnd > this.replyStart;
  }

  /**
   * Fills the frame with a message whose arguments came in an unusual form, in memory of its own: `lead subject [reply] sizes CRLF` and then
   * `payload`, which ends in CRLF, or is empty while the payload has not arrived.
   */
  layOut(lead: string, args: FrameArguments, payload: Uint8Array): void {
    const { subject, reply } = args;
    const line = `${lead} ${subject} ${reply === '' ? '' : `${reply} `}${args.sizes}\r\n`;
    const copy = new SlackBuffer(line.length + payload.length);
    copy.bytes.write(line, 0, 'latin1');
    copy.bytes.set(payload, line.length);
    this.bytes = copy.bytes;
    this.view = copy.view;
    this.subjectStart = lead.length + 1;
    this.subjectEnd = this.subjectStart + subject.length;
    this.subjectHash = hashBytes(copy.bytes, this.subjectStart, this.subjectEnd);
    this.tailStart = this.subjectEnd + 1;
    this.replyStart = reply === '' ? 0 : this.tailStart;
    this.replyEnd = reply === '' ? 0 : this.tailStart + reply.length;
    this.payloadStart = line.length;
    this.sizeBytes = args.sizeBytes;
    this.headerBytes = args.headerBytes;
    this.hasHeaders = args.hasHeaders;
  }
}
