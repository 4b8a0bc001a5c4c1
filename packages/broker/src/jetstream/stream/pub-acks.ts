// hot path
/**
 * Acknowledgements that wait until their message is committed. Each is laid out at once as the frame that goes out, one behind the
 * other in a growing piece of memory, so that sending is routing and nothing is copied twice. They go out in the order in which the
 * messages came.
 */
import { copyBytes, hashBytes, SlackBuffer, writeDecimal } from '@sluice/protocol/wire';
import type { Account } from '../../account/account.ts';
import { Message } from '../../routing/message.ts';

const FIRST_BYTES = 4096;
const KEPT_BYTES = 1_048_576;
const FIRST_ENTRIES = 64;
/** Sent ones are cleared out of the way when there are this many of them. */
const SENT_MAX = 65_536;
/** Room for spaces, line ends and two numbers. */
const OVERHEAD_BYTES = 64;

// What is known of one acknowledgement; the frame begins where the one before it ends.
const ENTRY = 3;
const SUBJECT_END = 0;
const PAYLOAD_START = 1;
const FRAME_END = 2;

export class PubAcks {
  private readonly account: Account;
  /** `{"stream":"S","seq":`, without the number and the last brace. */
  private readonly prefix: SlackBuffer;
  private buffer: SlackBuffer = new SlackBuffer(FIRST_BYTES);
  private message: Message = new Message(this.buffer.bytes, this.buffer.view);
  private usedBytes = 0;
  private sentBytes = 0;
  private entries: Int32Array = new Int32Array(FIRST_ENTRIES * ENTRY);
  private seqs: Float64Array = new Float64Array(FIRST_ENTRIES);
  private count = 0;
  private next = 0;

  constructor(account: Account, prefix: string) {
    this.account = account;
    this.prefix = new SlackBuffer(prefix.length);
    this.prefix.bytes.write(prefix, 0, 'latin1');
  }

  /** Acknowledgements that wait. */
  get waiting(): number {
    return this.count - this.next;
  }

  /** Owes an acknowledgement of `seq` to the reply subject of `message`. `text` replaces the plain one. */
  add(message: Message, seq: number, text: string | null): void {
    const { replyStart } = message;
    const length = message.replyEnd - replyStart;
    const { bytes, view } = this.reserve(length, text);
    copyBytes(bytes, view, this.usedBytes, message.bytes, message.view, replyStart, length);
    this.layOut(length, seq, text);
  }

  /** The same for a reply subject that is text. */
  addTo(reply: string, seq: number, text: string): void {
    this.reserve(reply.length, text).bytes.write(reply, this.usedBytes, 'latin1');
    this.layOut(reply.length, seq, text);
  }

  private reserve(subjectBytes: number, text: string | null): SlackBuffer {
    const needed = this.usedBytes + subjectBytes + (text === null ? this.prefix.capacity : text.length) + OVERHEAD_BYTES;
    if (needed > this.buffer.capacity) {
      const grown = new SlackBuffer(Math.max(this.buffer.capacity * 2, needed));
      this.buffer.bytes.copy(grown.bytes, 0, 0, this.usedBytes);
      this.take(grown);
    }
    return this.buffer;
  }

  private take(buffer: SlackBuffer): void {
    this.buffer = buffer;
    this.message = new Message(buffer.bytes, buffer.view);
  }

  /** Puts everything behind the subject, which is in its place already. */
  private layOut(subjectBytes: number, seq: number, text: string | null): void {
    const { prefix } = this;
    const { bytes, view } = this.buffer;
    const size = text === null ? prefix.capacity + decimalDigits(seq) + 1 : text.length;
    const subjectEnd = this.usedBytes + subjectBytes;
    bytes[subjectEnd] = 32;
    const payloadStart = writeLineEnd(bytes, writeDecimal(bytes, subjectEnd + 1, size));
    let at = payloadStart;
    if (text === null) {
      copyBytes(bytes, view, at, prefix.bytes, prefix.view, 0, prefix.capacity);
      at = writeDecimal(bytes, at + prefix.capacity, seq);
      bytes[at++] = 125;
    } else at += bytes.write(text, at, 'latin1');
    this.usedBytes = writeLineEnd(bytes, at);
    this.note(subjectEnd, payloadStart, seq);
  }

  private note(subjectEnd: number, payloadStart: number, seq: number): void {
    if (this.count >= this.seqs.length) {
      const seqs = new Float64Array(this.count * 2);
      seqs.set(this.seqs);
      this.seqs = seqs;
      const entries = new Int32Array(seqs.length * ENTRY);
      entries.set(this.entries);
      this.entries = entries;
    }
    const at = this.count * ENTRY;
    this.entries[at + SUBJECT_END] = subjectEnd;
    this.entries[at + PAYLOAD_START] = payloadStart;
    this.entries[at + FRAME_END] = this.usedBytes;
    this.seqs[this.count++] = seq;
  }

  /** Sends what is owed for messages up to `committedSeq`. */
  send(committedSeq: number): void {
    // Whoever receives one may publish, and be owed one himself: everything is read anew each time.
    while (this.next < this.count && (this.seqs[this.next] as number) <= committedSeq) {
      const start = this.sentBytes;
      const at = this.next++ * ENTRY;
      this.sentBytes = this.entries[at + FRAME_END] as number;
      this.route(start, this.entries[at + SUBJECT_END] as number, this.entries[at + PAYLOAD_START] as number);
    }
    if (this.next === this.count) this.reset();
    else if (this.next > SENT_MAX) this.shift();
  }

  private route(start: number, subjectEnd: number, payloadStart: number): void {
    const { message, buffer } = this;
    // A subject that was mapped left the frame somewhere else.
    message.bytes = buffer.bytes;
    message.view = buffer.view;
    message.subjectStart = start;
    message.subjectEnd = subjectEnd;
    message.subjectHash = hashBytes(buffer.bytes, start, subjectEnd);
    message.tailStart = subjectEnd + 1;
    message.payloadStart = payloadStart;
    message.sizeBytes = this.sentBytes - 2 - payloadStart;
    this.account.routeMessage(message);
  }

  /** Sends `text` to everybody who is owed an acknowledgement from `firstSeq` on, and forgets them. */
  refuse(firstSeq: number, text: string): void {
    const replies: string[] = [];
    for (let start = this.sentBytes; this.next < this.count; this.next++) {
      const at = this.next * ENTRY;
      const subjectEnd = this.entries[at + SUBJECT_END] as number;
      if ((this.seqs[this.next] as number) >= firstSeq) replies.push(this.buffer.bytes.toString('latin1', start, subjectEnd));
      start = this.entries[at + FRAME_END] as number;
    }
    this.reset();
    for (const reply of replies) this.addTo(reply, 0, text);
    this.send(0);
  }

  private reset(): void {
    this.count = 0;
    this.next = 0;
    this.usedBytes = 0;
    this.sentBytes = 0;
    if (this.buffer.capacity <= KEPT_BYTES) return;
    this.take(new SlackBuffer(FIRST_BYTES));
    this.entries = new Int32Array(FIRST_ENTRIES * ENTRY);
    this.seqs = new Float64Array(FIRST_ENTRIES);
  }

  /** Gives back the space of what was sent. */
  private shift(): void {
    const { next, entries } = this;
    const sent = this.sentBytes;
    this.buffer.bytes.copyWithin(0, sent, this.usedBytes);
    this.seqs.copyWithin(0, next, this.count);
    for (let at = next * ENTRY; at < this.count * ENTRY; at++) entries[at - next * ENTRY] = (entries[at] as number) - sent;
    this.usedBytes -= sent;
    this.count -= next;
    this.next = 0;
    this.sentBytes = 0;
  }
}

function writeLineEnd(bytes: Buffer, at: number): number {
  bytes[at] = 13;
  bytes[at + 1] = 10;
  return at + 2;
}

/** Digits of an integer from 0. */
function decimalDigits(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  return digits;
}
