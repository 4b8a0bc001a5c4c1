// hot path
/**
 * The message being routed: offsets into the read buffer, one reused object per broker. Nothing in it outlives the call
 * that hands it over; whoever keeps a message copies what it needs.
 */
export class Message {
  /** Bytes that hold the subject, the reply and the payload; `view` covers the same memory. */
  bytes: Buffer;
  view: DataView;
  subjectStart = 0;
  subjectEnd = 0;
  /** Hash of the subject bytes, as `hashSubject` computes it. */
  subjectHash = 0;
  /** Equal to `replyEnd` when there is no reply. */
  replyStart = 0;
  replyEnd = 0;
  /** Where headers and payload start; `payloadBytes` of them. */
  payloadStart = 0;
  /** Bytes of headers and payload together, the trailing CRLF not counted. */
  sizeBytes = 0;
  /** Bytes of the header block at the start of the payload; 0 without headers. */
  headerBytes = 0;
  /** Connection id of the publisher; 0 when the server itself publishes. */
  publisherCid = 0;

  constructor(bytes: Buffer, view: DataView) {
    this.bytes = bytes;
    this.view = view;
  }

  /** The subject as text; allocates, so not for the hot path. */
  subject(): string {
    return this.bytes.latin1Slice(this.subjectStart, this.subjectEnd);
  }

  /** The reply subject as text, or an empty string. */
  reply(): string {
    return this.replyEnd > this.replyStart ? this.bytes.latin1Slice(this.replyStart, this.replyEnd) : '';
  }
}
