/**
 * What snapshots of nats-server before 2.15 hold: the files of its store. Message blocks are records one after the other, consumers have
 * a state of variable-length numbers. Source: nats-server server/filestore.go msgFromBufEx, decodeConsumerState.
 */
import type { ConsumerSnapshot } from '../consumer/state.ts';

const HAS_HEADERS = 0x80000000;
const ERASED = 1n << 63n;
const TOMBSTONE = 1n << 62n;
const RECORD_HEADER_BYTES = 22;
const HASH_BYTES = 8;
const STATE_MAGIC = 22;
const US_PER_SECOND = 1_000_000;
const MAX_ROWS = 1_000_000;

export interface LegacyMessage {
  readonly subject: string;
  readonly seq: number;
  readonly timeNs: bigint;
  readonly headers: Buffer;
  readonly payload: Buffer;
}

/** What breaks the rules of the format. */
export class InvalidBlock extends Error {}

/** Reads a message block: its messages, and the sequences that it says are removed. */
export function readBlock(block: Buffer, onMessage: (message: LegacyMessage) => void, onRemoved: (seq: number) => void): void {
  for (let at = 0; at < block.length; ) {
    if (block.length - at < RECORD_HEADER_BYTES) throw new InvalidBlock('record ends early');
    const word = block.readUInt32LE(at);
    const hasHeaders = (word & HAS_HEADERS) !== 0;
    const length = word & ~HAS_HEADERS;
    if (length < RECORD_HEADER_BYTES + HASH_BYTES || at + length > block.length) throw new InvalidBlock('bad record length');
    const marked = block.readBigUInt64LE(at + 4);
    const seq = Number(marked & ~(ERASED | TOMBSTONE));
    if ((marked & TOMBSTONE) !== 0n || (marked & ERASED) !== 0n) onRemoved(seq);
    else onMessage(readRecord(block.subarray(at, at + length), seq, hasHeaders));
    at += length;
  }
}

function readRecord(record: Buffer, seq: number, hasHeaders: boolean): LegacyMessage {
  const subjectBytes = record.readUInt16LE(20);
  let at = RECORD_HEADER_BYTES + subjectBytes;
  const end = record.length - HASH_BYTES;
  let headerBytes = 0;
  if (hasHeaders) {
    if (at + 4 > end) throw new InvalidBlock('bad record');
    headerBytes = record.readUInt32LE(at);
    at += 4;
  }
  if (at + headerBytes > end) throw new InvalidBlock('bad record');
  return {
    subject: record.toString('latin1', RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + subjectBytes),
    seq,
    timeNs: record.readBigInt64LE(12),
    headers: record.subarray(at, at + headerBytes),
    payload: record.subarray(at + headerBytes, end),
  };
}

/** Reads a consumer's state. */
export function readConsumerState(bytes: Buffer): ConsumerSnapshot {
  if (bytes[0] !== STATE_MAGIC || (bytes[1] !== 1 && bytes[1] !== 2)) throw new InvalidBlock('bad consumer state');
  const reader = new NumberReader(bytes, 2);
  const isFirst = bytes[1] === 1;
  const ackCount = reader.unsigned();
  const ackSeq = reader.unsigned();
  let deliveredCount = reader.unsigned();
  let deliveredSeq = reader.unsigned();
  if (isFirst) {
    if (ackCount > 1) deliveredCount += ackCount - 1;
    if (ackSeq > 1) deliveredSeq += ackSeq - 1;
  }
  const pending: (readonly [number, number, number])[] = [];
  const pendingCount = bounded(reader.unsigned());
  const baseSeconds = pendingCount > 0 ? reader.signed() : 0;
  for (let index = 0; index < pendingCount; index++) {
    const seq = reader.unsigned() + ackSeq;
    const delivery = isFirst ? 0 : reader.unsigned() + ackCount;
    const seconds = baseSeconds - reader.signed();
    pending.push([seq, delivery, seconds * US_PER_SECOND]);
  }
  const redelivered: (readonly [number, number])[] = [];
  const redeliveredCount = bounded(reader.unsigned());
  for (let index = 0; index < redeliveredCount; index++) redelivered.push([reader.unsigned() + ackSeq, reader.unsigned()]);
  return { nextSeq: deliveredSeq + 1, deliveredSeq, deliveredCount, ackSeq, ackCount, pending, redelivered };
}

function bounded(count: number): number {
  if (count > MAX_ROWS) throw new InvalidBlock('consumer state is too large');
  return count;
}

class NumberReader {
  private readonly bytes: Buffer;
  private at: number;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  unsigned(): number {
    let value = 0;
    for (let index = 0; index < 10; index++) {
      const byte = this.bytes[this.at];
      if (byte === undefined) throw new InvalidBlock('consumer state ends early');
      this.at++;
      value += (byte & 127) * 2 ** (7 * index);
      if (byte < 128) return value;
    }
    throw new InvalidBlock('bad consumer state');
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
