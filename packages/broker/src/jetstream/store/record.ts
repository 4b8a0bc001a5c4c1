// hot path
/**
 * One record of the log: 48 bytes of header, then subject, headers and payload, padded to 8 bytes. `docs/file-format.md` draws it.
 * The memory store lays its messages out in the same way, without the checksum.
 */
import { type ByteArea, type Crc32, checksum } from './byte-area.ts';
import { CorruptBlock, expandBlock } from './s2-block.ts';

export const RECORD_HEADER_BYTES = 48;
/** Marks the start of a record; with length and checksum it lets a reader find the next one after damage. */
export const RECORD_MAGIC = 0x5ac7;
/** No record is longer: payload 64 MiB, headers and subject 64 KiB each, and the header. */
export const MAX_RECORD_BYTES = 67_108_864 + 131_072 + 64;

/** What a record says. */
export const RecordKind = { message: 1, tombstones: 2, mark: 3, seal: 4, skip: 5, lost: 6 } as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

/** Bits of a record's flags. */
export const RecordFlag = { neverExpires: 1, inBatch: 2, endsBatch: 4, encrypted: 8, compressed: 16, erased: 32 } as const;

// Offsets of the header's fields.
const AT_CHECKSUM = 0;
const AT_LENGTH = 4;
const AT_MAGIC = 8;
const AT_KIND = 10;
const AT_FLAGS = 11;
const AT_MARK = 12;
const AT_SEQ = 16;
const AT_TIME_US = 24;
const AT_SUBJECT_BYTES = 32;
const AT_TIME_NS = 34;
const AT_HEADER_BYTES = 36;
const AT_PAYLOAD_BYTES = 40;
const AT_TTL = 44;

const TWO_32 = 4_294_967_296;
/** Longest body that word by word is copied faster than by `Buffer.copy`, which makes a view of its source first (Node 20). */
const WORD_COPY_LIMIT = 160;

/** Behind an encrypted body and its padding: 12 bytes of nonce, 16 of tag. */
export const SEAL_BYTES = 28;

/** Bytes in front of a compressed body: how long it is. */
const PACKED_LENGTH_BYTES = 4;

/** A message that is about to be stored: one reused object per stream. Nothing in it is kept. */
export class Draft {
  subject = '';
  /** Headers and payload, contiguous from `bodyStart`. */
  body: Uint8Array = new Uint8Array(0);
  /** A view of the same memory as `body`, when there is one: short bodies are copied faster with it. */
  view: DataView | null = null;
  bodyStart = 0;
  headerBytes = 0;
  payloadBytes = 0;
  /** Microseconds since the epoch, and the nanoseconds below them. */
  timeUs = 0;
  timeNs = 0;
  /** Seconds to live; 0 is for as long as the stream's limits say. */
  ttlSeconds = 0;
  flags = 0;
  /** Bytes of `body` when it is compressed and has the flag for that; `headerBytes` and `payloadBytes` are those of the content. */
  packedBytes = 0;
  /** Room for nonce and tag, `SEAL_BYTES`, when the record is to be encrypted. Set by the store. */
  sealBytes = 0;
}

/** Bytes of a draft's body as they are stored. */
export function storedBodyBytes(draft: Draft): number {
  return draft.packedBytes > 0 ? PACKED_LENGTH_BYTES + draft.packedBytes : draft.headerBytes + draft.payloadBytes;
}

/** A stored message. One reused object per store: its memory is valid until the next call into that store. */
export class StoredMessage {
  seq = 0;
  subject = '';
  timeUs = 0;
  timeNs = 0;
  ttlSeconds = 0;
  flags = 0;
  bytes: Buffer = Buffer.alloc(0);
  /** Headers start here, the payload after them. */
  bodyStart = 0;
  headerBytes = 0;
  payloadBytes = 0;

  headers(): Buffer {
    return this.bytes.subarray(this.bodyStart, this.bodyStart + this.headerBytes);
  }

  payload(): Buffer {
    const start = this.bodyStart + this.headerBytes;
    return this.bytes.subarray(start, start + this.payloadBytes);
  }
}

/** True for a message whose publisher asked that age does not remove it. */
export function neverExpires(message: StoredMessage): boolean {
  return (message.flags & RecordFlag.neverExpires) !== 0;
}

/** Whole length of a record with `bodyBytes` of subject, headers and payload. */
export function recordLength(bodyBytes: number): number {
  return (RECORD_HEADER_BYTES + bodyBytes + 7) & ~7;
}

/** Writes a message without its checksum; returns the record's length. The area must have room for it. */
export function writeMessage(area: ByteArea, offset: number, seq: number, draft: Draft, durableBytes: number): number {
  const { view, bytes } = area;
  const subject = draft.subject;
  const subjectBytes = subject.length;
  const contentBytes = storedBodyBytes(draft);
  const { sealBytes } = draft;
  const length = (RECORD_HEADER_BYTES + subjectBytes + contentBytes + sealBytes + 7) & ~7;
  const flags = sealBytes === 0 ? draft.flags : draft.flags | RecordFlag.encrypted;
  writeHeader(view, offset, length, RecordKind.message | (flags << 8), durableBytes);
  writeUint64(view, offset + AT_SEQ, seq);
  writeUint64(view, offset + AT_TIME_US, draft.timeUs);
  view.setUint32(offset + AT_SUBJECT_BYTES, subjectBytes | (draft.timeNs << 16), true);
  view.setUint32(offset + AT_HEADER_BYTES, draft.headerBytes, true);
  view.setUint32(offset + AT_PAYLOAD_BYTES, draft.payloadBytes, true);
  view.setUint32(offset + AT_TTL, draft.ttlSeconds, true);
  // The padding is cleared before the body is written: it lies in the last 8 bytes, or in front of nonce and tag.
  if (sealBytes > 0) bytes.fill(0, Math.max(offset + RECORD_HEADER_BYTES, offset + length - sealBytes - 8), offset + length);
  else if (length > RECORD_HEADER_BYTES) {
    view.setInt32(offset + length - 8, 0, true);
    view.setInt32(offset + length - 4, 0, true);
  }
  let position = offset + RECORD_HEADER_BYTES;
  if (subjectBytes <= 48) for (let index = 0; index < subjectBytes; index++) bytes[position + index] = subject.charCodeAt(index);
  else bytes.write(subject, position, 'latin1');
  position += subjectBytes;
  if (draft.packedBytes > 0) {
    bytes.writeUInt32LE(draft.packedBytes, position);
    copyBody(area, position + PACKED_LENGTH_BYTES, draft, draft.packedBytes);
  } else copyBody(area, position, draft, contentBytes);
  return length;
}

/** Writes nothing behind the end: the padding is clear already, and the area may end there. */
function copyBody(area: ByteArea, position: number, draft: Draft, length: number): void {
  const { body, view, bodyStart } = draft;
  const target = area.bytes;
  if (view !== null && length <= WORD_COPY_LIMIT) {
    const words = length & ~3;
    for (let index = 0; index < words; index += 4)
      area.view.setInt32(position + index, view.getInt32(bodyStart + index, true), true);
    for (let index = words; index < length; index++) target[position + index] = body[bodyStart + index] as number;
  } else if (length <= 32)
    for (let index = 0; index < length; index++) target[position + index] = body[bodyStart + index] as number;
  else (body as Buffer).copy(target, position, bodyStart, bodyStart + length);
}

/** Copies a message in clear, with room for `sealBytes` of nonce and tag or without, and without its checksum; returns the new length. */
export function copyMessage(
  source: { readonly area: ByteArea; readonly offset: number },
  target: ByteArea,
  at: number,
  sealBytes: number,
): number {
  const { area, offset } = source;
  const flags = flagsAt(area, offset);
  const end = lengthAt(area, offset) - ((flags & RecordFlag.encrypted) === 0 ? 0 : SEAL_BYTES);
  const length = (end + sealBytes + 7) & ~7;
  area.bytes.copy(target.bytes, at, offset, offset + end);
  target.bytes.fill(0, at + end, at + length);
  target.view.setUint32(at + AT_LENGTH, length, true);
  target.view.setUint8(at + AT_FLAGS, sealBytes === 0 ? flags & ~RecordFlag.encrypted : flags | RecordFlag.encrypted);
  return length;
}

/** Writes a record of another kind, with `content` as its payload, without the checksum; returns its length. */
export function writeControl(
  area: ByteArea,
  offset: number,
  record: { kind: RecordKind; seq: number; timeUs: number; content: Uint8Array; durableBytes: number },
): number {
  const { view } = area;
  const length = recordLength(record.content.length);
  area.bytes.fill(0, offset, offset + length);
  writeHeader(view, offset, length, record.kind, record.durableBytes);
  writeUint64(view, offset + AT_SEQ, record.seq);
  writeUint64(view, offset + AT_TIME_US, record.timeUs);
  view.setUint32(offset + AT_PAYLOAD_BYTES, record.content.length, true);
  area.bytes.set(record.content, offset + RECORD_HEADER_BYTES);
  return length;
}

function writeHeader(view: DataView, offset: number, length: number, kindAndFlags: number, durableBytes: number): void {
  view.setUint32(offset + AT_LENGTH, length, true);
  view.setUint32(offset + AT_MAGIC, RECORD_MAGIC | (kindAndFlags << 16), true);
  view.setUint32(offset + AT_MARK, durableBytes, true);
}

function writeUint64(view: DataView, offset: number, value: number): void {
  const high = Math.floor(value / TWO_32);
  view.setUint32(offset, value - high * TWO_32, true);
  view.setUint32(offset + 4, high, true);
}

/** Says in the record itself that its message was erased. */
export function markErased(area: ByteArea, offset: number): void {
  area.view.setUint8(offset + AT_FLAGS, flagsAt(area, offset) | RecordFlag.erased);
}

/** Fills in the checksum of a record that is otherwise complete. */
export function sealRecord(area: ByteArea, offset: number, length: number, seed: number, crc32: Crc32): void {
  area.view.setInt32(offset + AT_CHECKSUM, checksum(area, offset + 4, length - 4, seed, crc32), true);
}

/** True when a whole, undamaged record lies at `offset`; `availableBytes` bounds how far it may reach. */
export function isWholeRecord(area: ByteArea, offset: number, availableBytes: number, seed: number, crc32: Crc32): boolean {
  if (availableBytes < RECORD_HEADER_BYTES || area.view.getUint16(offset + AT_MAGIC, true) !== RECORD_MAGIC) return false;
  const length = area.view.getUint32(offset + AT_LENGTH, true);
  if (length < RECORD_HEADER_BYTES || length > availableBytes || length > MAX_RECORD_BYTES || (length & 7) !== 0) return false;
  const body = bodyBytesAt(area.view, offset, length);
  if (((RECORD_HEADER_BYTES + body + 7) & ~7) !== length) return false;
  return area.view.getInt32(offset + AT_CHECKSUM, true) === checksum(area, offset + 4, length - 4, seed, crc32);
}

function bodyBytesAt(view: DataView, offset: number, length: number): number {
  const subjectBytes = view.getUint16(offset + AT_SUBJECT_BYTES, true);
  const flags = view.getUint8(offset + AT_FLAGS);
  // What was erased does not say any more how long it was, and what is encrypted not before it is opened.
  if ((flags & (RecordFlag.erased | RecordFlag.encrypted)) !== 0) return length - RECORD_HEADER_BYTES;
  if ((flags & RecordFlag.compressed) === 0) {
    return subjectBytes + view.getUint32(offset + AT_HEADER_BYTES, true) + view.getUint32(offset + AT_PAYLOAD_BYTES, true);
  }
  const at = RECORD_HEADER_BYTES + subjectBytes;
  if (at + PACKED_LENGTH_BYTES > length) return -1;
  return subjectBytes + PACKED_LENGTH_BYTES + view.getUint32(offset + at, true);
}

/** Length as the header claims it; meaningful after `isWholeRecord`. */
export function lengthAt(area: ByteArea, offset: number): number {
  return area.view.getUint32(offset + AT_LENGTH, true);
}

/** Of the record that starts at `offset`: what it is, one of `RecordKind`. */
export function kindAt(area: ByteArea, offset: number): number {
  return area.view.getUint8(offset + AT_KIND);
}

/** Its flags. */
export function flagsAt(area: ByteArea, offset: number): number {
  return area.view.getUint8(offset + AT_FLAGS);
}

/** How many bytes of the file were durable when it was written. */
export function markAt(area: ByteArea, offset: number): number {
  return area.view.getUint32(offset + AT_MARK, true);
}

/** Its sequence. */
export function seqAt(area: ByteArea, offset: number): number {
  return readUint64(area.view, offset + AT_SEQ);
}

/** Its timestamp in microseconds since the epoch. */
export function timeUsAt(area: ByteArea, offset: number): number {
  return readUint64(area.view, offset + AT_TIME_US);
}

/** Nanoseconds of its timestamp beyond the microsecond. */
export function timeNsAt(area: ByteArea, offset: number): number {
  return area.view.getUint16(offset + AT_TIME_NS, true);
}

/** Its time to live in seconds; 0 is for ever. */
export function ttlAt(area: ByteArea, offset: number): number {
  return area.view.getUint32(offset + AT_TTL, true);
}

/** Bytes of its headers. */
export function headerBytesAt(area: ByteArea, offset: number): number {
  return area.view.getUint32(offset + AT_HEADER_BYTES, true);
}

/** Bytes of its payload, headers not counted. */
export function payloadBytesAt(area: ByteArea, offset: number): number {
  return area.view.getUint32(offset + AT_PAYLOAD_BYTES, true);
}

/** Bytes of its subject. */
export function subjectBytesAt(area: ByteArea, offset: number): number {
  return area.view.getUint16(offset + AT_SUBJECT_BYTES, true);
}

/** The subject of a message, one char per byte. */
export function subjectAt(area: ByteArea, offset: number): string {
  const start = offset + RECORD_HEADER_BYTES;
  return area.bytes.toString('latin1', start, start + subjectBytesAt(area, offset));
}

/** Content of a control record. */
export function contentAt(area: ByteArea, offset: number): Buffer {
  const start = offset + RECORD_HEADER_BYTES;
  return area.bytes.subarray(start, start + payloadBytesAt(area, offset));
}

/**
 * Fills `message` from the whole record at `offset`; the subject comes from the caller, who has it as a string already. False when the
 * content does not lie in the record as the header says: its checksum is right then, but no version of this code wrote it.
 */
export function readMessage(area: ByteArea, offset: number, subject: string, message: StoredMessage): boolean {
  const { view } = area;
  message.seq = readUint64(view, offset + AT_SEQ);
  message.subject = subject;
  message.timeUs = readUint64(view, offset + AT_TIME_US);
  message.timeNs = view.getUint16(offset + AT_TIME_NS, true);
  message.ttlSeconds = view.getUint32(offset + AT_TTL, true);
  message.flags = view.getUint8(offset + AT_FLAGS);
  message.bytes = area.bytes;
  message.bodyStart = offset + RECORD_HEADER_BYTES + subjectBytesAt(area, offset);
  message.headerBytes = view.getUint32(offset + AT_HEADER_BYTES, true);
  message.payloadBytes = view.getUint32(offset + AT_PAYLOAD_BYTES, true);
  if ((message.flags & (RecordFlag.compressed | RecordFlag.encrypted)) === 0) return true;
  const end = offset + lengthAt(area, offset) - ((message.flags & RecordFlag.encrypted) === 0 ? 0 : SEAL_BYTES);
  if ((message.flags & RecordFlag.compressed) !== 0) return unpack(message, end);
  return message.bodyStart + message.headerBytes + message.payloadBytes <= end;
}

/** Puts the content in place of its compressed form, which ends before `end`. */
function unpack(message: StoredMessage, end: number): boolean {
  const { bytes, bodyStart, headerBytes, payloadBytes } = message;
  const size = headerBytes + payloadBytes;
  const start = bodyStart + PACKED_LENGTH_BYTES;
  if (start > end || size > MAX_RECORD_BYTES) return false;
  const packedBytes = bytes.readUInt32LE(bodyStart);
  if (start + packedBytes > end) return false;
  try {
    message.bytes = expandBlock(bytes.subarray(start, start + packedBytes), size);
  } catch (error) {
    if (error instanceof CorruptBlock) return false;
    throw error;
  }
  message.bodyStart = 0;
  return message.bytes.length === size;
}

function readUint64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * TWO_32 + view.getUint32(offset, true);
}
