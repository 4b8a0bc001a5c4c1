// hot path
/**
 * Acknowledgements that wait until their message is committed: reply subjects in one growing piece of memory, sequences beside them.
 * They go out in the order in which the messages came.
 */
import type { Messenger } from '../messenger.ts';

const FIRST_BYTES = 4096;
const KEPT_BYTES = 1_048_576;

export class PubAcks {
  private readonly messenger: Messenger;
  /** `{"stream":"S","seq":`, without the number and the last brace. */
  private readonly prefix: Buffer;
  private replies: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  private replyBytes = 0;
  private sentBytes = 0;
  private ends: number[] = [];
  private seqs: number[] = [];
  /** What to send instead of the plain acknowledgement, by position; mostly empty. */
  private texts: (string | null)[] = [];
  private next = 0;

  constructor(messenger: Messenger, prefix: string) {
    this.messenger = messenger;
    this.prefix = Buffer.from(prefix, 'latin1');
  }

  /** Acknowledgements that wait. */
  get waiting(): number {
    return this.seqs.length - this.next;
  }

  /** Owes an acknowledgement of `seq` to the reply subject at `bytes[start..end)`. `text` replaces the plain one. */
  add(bytes: Buffer, start: number, end: number, seq: number, text: string | null): void {
    const length = end - start;
    if (this.replyBytes + length > this.replies.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.replies.length * 2, this.replyBytes + length));
      this.replies.copy(grown, 0, 0, this.replyBytes);
      this.replies = grown;
    }
    bytes.copy(this.replies, this.replyBytes, start, end);
    this.replyBytes += length;
    this.ends.push(this.replyBytes);
    this.seqs.push(seq);
    this.texts.push(text);
  }

  /** Sends what is owed for messages up to `committedSeq`. */
  send(committedSeq: number): void {
    const { seqs, ends, texts, prefix, messenger } = this;
    const count = seqs.length;
    let at = this.next;
    let start = this.sentBytes;
    while (at < count && (seqs[at] as number) <= committedSeq) {
      const end = ends[at] as number;
      const text = texts[at] as string | null;
      if (text === null) messenger.sendPubAck(this.replies, start, end, prefix, seqs[at] as number);
      else messenger.sendText(this.replies.toString('latin1', start, end), text);
      start = end;
      at++;
    }
    this.next = at;
    this.sentBytes = start;
    if (at === count && count > 0) this.reset();
    else if (at > 65_536) this.shift();
  }

  /** Sends `text` to everybody who is owed an acknowledgement from `firstSeq` on, and forgets them. */
  refuse(firstSeq: number, text: string): void {
    let start = this.sentBytes;
    for (let at = this.next; at < this.seqs.length; at++) {
      const end = this.ends[at] as number;
      if ((this.seqs[at] as number) >= firstSeq) this.messenger.sendText(this.replies.toString('latin1', start, end), text);
      start = end;
    }
    this.reset();
  }

  private reset(): void {
    this.ends.length = 0;
    this.seqs.length = 0;
    this.texts.length = 0;
    this.next = 0;
    this.replyBytes = 0;
    this.sentBytes = 0;
    if (this.replies.length > KEPT_BYTES) this.replies = Buffer.allocUnsafe(FIRST_BYTES);
  }

  /** Gives back the space of what was sent. */
  private shift(): void {
    const sent = this.sentBytes;
    this.replies.copy(this.replies, 0, sent, this.replyBytes);
    this.replyBytes -= sent;
    this.ends = this.ends.slice(this.next).map((end) => end - sent);
    this.seqs = this.seqs.slice(this.next);
    this.texts = this.texts.slice(this.next);
    this.next = 0;
    this.sentBytes = 0;
  }
}
