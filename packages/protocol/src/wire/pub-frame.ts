// hot path
/**
 * One PUB or HPUB as offsets into the bytes it was read from. The parser fills one reused object per message; whoever keeps a
 * message copies what it needs.
 *
 * Invariant: the memory from `tailStart` to `payloadStart + sizeBytes + 2` reads exactly `[reply ][header-size ]size CRLF
 * payload CRLF`. A receiver's frame is therefore `MSG subject sid ` and one copy of that tail.
 */
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
}
