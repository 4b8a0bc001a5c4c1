/**
 * The binary batch in which a tap hands over messages: from the broker over NATS, through the console, into the browser, always the
 * same bytes. Big endian, no padding:
 *
 *   0  u8   version, 1             1  u8  flags, 0             2  u16  0
 *   4  f64  batch seq, from 1     12  f64  matched            20  f64  shown           28  f64  sampled out
 *  36  f64  dropped               44  f64  matched bytes      52  u32  message count
 *  56  messages: f64 time in µs since the epoch · f64 cid of the publisher, 0 when unknown · u32 size (headers and payload as
 *      published) · u16 subject bytes · u16 reply bytes · u32 header bytes · u32 payload bytes kept · subject, reply, headers, payload
 *
 * The counters are those after this batch, so matched = shown + sampled out + dropped includes its own messages.
 */

const TAP_BATCH_VERSION = 1;
/** Bytes before the first message. */
export const TAP_BATCH_HEADER_BYTES = 56;
/** Bytes of a message before its subject. */
export const TAP_MESSAGE_HEADER_BYTES = 32;

/** Counters of the tap since it was opened, as of the end of a batch. */
export interface TapBatchHeader {
  /** From 1, without gaps as the broker sends them. */
  batchSeq: number;
  matched: number;
  shown: number;
  sampledOut: number;
  dropped: number;
  matchedBytes: number;
}

/** One message of a batch. Byte fields are views of the batch, not copies. */
export interface TapMessageBytes {
  timeUs: number;
  /** 0 when the publisher is not known. */
  cid: number;
  /** Headers and payload as published, in bytes; more than `headers` and `payload` hold when the tap kept only a part. */
  sizeBytes: number;
  subject: Uint8Array;
  reply: Uint8Array;
  /** The `NATS/1.0` block, empty when there is none. */
  headers: Uint8Array;
  payload: Uint8Array;
}

/** The bytes are no tap batch, or end too early. */
export class TapBatchError extends Error {
  override readonly name = 'TapBatchError';
}

/** Bytes that `message` takes in a batch. */
function tapMessageSizeBytes(message: TapMessageBytes): number {
  return (
    TAP_MESSAGE_HEADER_BYTES + message.subject.length + message.reply.length + message.headers.length + message.payload.length
  );
}

/** Writes a whole batch. */
export function encodeTapBatch(header: TapBatchHeader, messages: readonly TapMessageBytes[]): Uint8Array<ArrayBuffer> {
  let sizeBytes = TAP_BATCH_HEADER_BYTES;
  for (const message of messages) sizeBytes += tapMessageSizeBytes(message);
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  writeTapBatchHeader(view, header, messages.length);
  let at = TAP_BATCH_HEADER_BYTES;
  for (const message of messages) at = writeTapMessage(bytes, view, at, message);
  return bytes;
}

/** Writes the first 56 bytes of a batch at the start of `view`. */
export function writeTapBatchHeader(view: DataView, header: TapBatchHeader, count: number): void {
  view.setUint8(0, TAP_BATCH_VERSION);
  view.setUint8(1, 0);
  view.setUint16(2, 0);
  view.setFloat64(4, header.batchSeq);
  view.setFloat64(12, header.matched);
  view.setFloat64(20, header.shown);
  view.setFloat64(28, header.sampledOut);
  view.setFloat64(36, header.dropped);
  view.setFloat64(44, header.matchedBytes);
  view.setUint32(52, count);
}

/** Writes one message at `at`; returns the offset behind it. `view` must cover the same memory as `bytes`. */
function writeTapMessage(bytes: Uint8Array, view: DataView, at: number, message: TapMessageBytes): number {
  view.setFloat64(at, message.timeUs);
  view.setFloat64(at + 8, message.cid);
  view.setUint32(at + 16, message.sizeBytes);
  view.setUint16(at + 20, message.subject.length);
  view.setUint16(at + 22, message.reply.length);
  view.setUint32(at + 24, message.headers.length);
  view.setUint32(at + 28, message.payload.length);
  let end = at + TAP_MESSAGE_HEADER_BYTES;
  for (const part of [message.subject, message.reply, message.headers, message.payload]) {
    bytes.set(part, end);
    end += part.length;
  }
  return end;
}

/** Reads the counters and the message count. Throws TapBatchError for another version or too few bytes. */
export function readTapBatchHeader(view: DataView): TapBatchHeader & { count: number } {
  if (view.byteLength < TAP_BATCH_HEADER_BYTES) throw new TapBatchError(`a batch has at least 56 bytes, not ${view.byteLength}`);
  const version = view.getUint8(0);
  if (version !== TAP_BATCH_VERSION) throw new TapBatchError(`unknown version ${version} of a tap batch`);
  return {
    batchSeq: view.getFloat64(4),
    matched: view.getFloat64(12),
    shown: view.getFloat64(20),
    sampledOut: view.getFloat64(28),
    dropped: view.getFloat64(36),
    matchedBytes: view.getFloat64(44),
    count: view.getUint32(52),
  };
}

/**
 * Offset of every message, and of the end as the last entry. Reads only lengths, no message, so it is cheap at any rate. Throws
 * TapBatchError when the messages do not fill the batch exactly.
 */
export function tapMessageOffsets(view: DataView, count: number): Uint32Array<ArrayBuffer> {
  if (count > (view.byteLength - TAP_BATCH_HEADER_BYTES) / TAP_MESSAGE_HEADER_BYTES) {
    throw new TapBatchError(`${count} messages cannot be in ${view.byteLength} bytes`);
  }
  const offsets = new Uint32Array(count + 1);
  let at = TAP_BATCH_HEADER_BYTES;
  for (let index = 0; index < count; index++) {
    offsets[index] = at;
    if (at + TAP_MESSAGE_HEADER_BYTES > view.byteLength) throw new TapBatchError(`message ${index} ends behind the batch`);
    at +=
      TAP_MESSAGE_HEADER_BYTES +
      view.getUint16(at + 20) +
      view.getUint16(at + 22) +
      view.getUint32(at + 24) +
      view.getUint32(at + 28);
  }
  offsets[count] = at;
  if (at !== view.byteLength) throw new TapBatchError(`the messages end at ${at}, the batch at ${view.byteLength}`);
  return offsets;
}

/** The message at `at`, an entry of `tapMessageOffsets`. */
export function readTapMessage(view: DataView, at: number): TapMessageBytes {
  const subjectEnd = at + TAP_MESSAGE_HEADER_BYTES + view.getUint16(at + 20);
  const replyEnd = subjectEnd + view.getUint16(at + 22);
  const headersEnd = replyEnd + view.getUint32(at + 24);
  const payloadEnd = headersEnd + view.getUint32(at + 28);
  if (payloadEnd > view.byteLength) throw new TapBatchError(`the message at ${at} ends behind the batch`);
  const slice = (from: number, to: number) => new Uint8Array(view.buffer, view.byteOffset + from, to - from);
  return {
    timeUs: view.getFloat64(at),
    cid: view.getFloat64(at + 8),
    sizeBytes: view.getUint32(at + 16),
    subject: slice(at + TAP_MESSAGE_HEADER_BYTES, subjectEnd),
    reply: slice(subjectEnd, replyEnd),
    headers: slice(replyEnd, headersEnd),
    payload: slice(headersEnd, payloadEnd),
  };
}

/** Reads a whole batch. Throws TapBatchError. */
export function decodeTapBatch(bytes: Uint8Array): { header: TapBatchHeader & { count: number }; messages: TapMessageBytes[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readTapBatchHeader(view);
  const offsets = tapMessageOffsets(view, header.count);
  const messages: TapMessageBytes[] = [];
  for (let index = 0; index < header.count; index++) messages.push(readTapMessage(view, offsets[index] ?? 0));
  return { header, messages };
}
