// hot path
/**
 * What JetStream sends: acknowledgements, answers, statuses and stored messages, laid out once in reused memory and handed to the
 * account's routing. A stored message keeps its own subject while it goes to another one.
 */
import { hashBytes, SlackBuffer, writeDecimal } from '@sluice/protocol/wire';
import type { Account } from '../account/account.ts';
import { Message } from '../routing/message.ts';
import type { StoredMessage } from './store/record.ts';

const FIRST_BYTES = 65_536;
/** Room that a frame needs besides subject, reply, headers and payload. */
const OVERHEAD_BYTES = 64;
const nothing: Buffer = Buffer.alloc(0);

/** A subject that is published to again and again: bytes and hash made once. */
export class Target {
  readonly subject: string;
  readonly bytes: Buffer;
  readonly hash: number;

  constructor(subject: string) {
    this.subject = subject;
    this.bytes = Buffer.from(subject, 'latin1');
    this.hash = hashBytes(this.bytes, 0, this.bytes.length);
  }
}

export class Messenger {
  readonly account: Account;
  private buffer: SlackBuffer = new SlackBuffer(FIRST_BYTES);
  private readonly message: Message;

  constructor(account: Account) {
    this.account = account;
    this.message = new Message(this.buffer.bytes, this.buffer.view);
  }

  /** Publishes to the subject; returns how many took it. */
  send(subject: string, payload: Uint8Array, headers: Uint8Array | null = null, reply = ''): number {
    const bytes = Buffer.from(subject, 'latin1');
    this.layOut(bytes, reply === '' ? nothing : Buffer.from(reply, 'latin1'), {
      head: headers ?? nothing,
      hasHeaders: headers !== null,
      tail: payload,
    });
    return this.account.routeMessage(this.message);
  }

  /** Publishes text of one character a byte. */
  sendText(subject: string, text: string, headers: Uint8Array | null = null): number {
    return this.send(subject, Buffer.from(text, 'latin1'), headers);
  }

  /** A message of headers only. */
  sendStatus(subject: string, headers: Uint8Array, reply = ''): number {
    return this.send(subject, nothing, headers, reply);
  }

  /**
   * A stored message to `target`, with `replyBytes` of `reply` as its reply subject. `headers` and `payload` replace those of the
   * message when given. Returns how many took it.
   */
  deliver(
    target: Target,
    stored: StoredMessage,
    reply: { bytes: Buffer; length: number },
    changed: { headers: Buffer; payload: Buffer } | null,
  ): number {
    const subject = stored.subject;
    const head = changed === null ? stored.headerBytes : changed.headers.length;
    const body = changed === null ? stored.payloadBytes : changed.payload.length;
    const size = head + body;
    const buffer = this.room(subject.length + reply.length + size + OVERHEAD_BYTES);
    const { bytes } = buffer;
    const subjectBytes = subject.length;
    if (subjectBytes <= 48) for (let index = 0; index < subjectBytes; index++) bytes[index] = subject.charCodeAt(index);
    else bytes.write(subject, 0, 'latin1');
    bytes[subjectBytes] = 32;
    const tailStart = subjectBytes + 1;
    let at = tailStart;
    if (reply.length > 0) {
      reply.bytes.copy(bytes, at, 0, reply.length);
      at += reply.length;
      bytes[at++] = 32;
    }
    if (head > 0) {
      at = writeDecimal(bytes, at, head);
      bytes[at++] = 32;
    }
    at = writeDecimal(bytes, at, size);
    bytes[at++] = 13;
    bytes[at++] = 10;
    const payloadStart = at;
    if (changed === null) stored.bytes.copy(bytes, at, stored.bodyStart, stored.bodyStart + size);
    else {
      changed.headers.copy(bytes, at);
      changed.payload.copy(bytes, at + head);
    }
    at += size;
    bytes[at] = 13;
    bytes[at + 1] = 10;
    this.describe({
      subjectBytes,
      tailStart,
      replyBytes: reply.length,
      payloadStart,
      headerBytes: head,
      sizeBytes: size,
      hasHeaders: head > 0,
    });
    return this.account.deliverMessage(target.bytes, target.hash, this.message);
  }

  private layOut(subject: Buffer, reply: Buffer, content: { head: Uint8Array; hasHeaders: boolean; tail: Uint8Array }): void {
    const { head, hasHeaders, tail } = content;
    const size = head.length + tail.length;
    const buffer = this.room(subject.length + reply.length + size + OVERHEAD_BYTES);
    const { bytes } = buffer;
    bytes.set(subject, 0);
    bytes[subject.length] = 32;
    const tailStart = subject.length + 1;
    let at = tailStart;
    if (reply.length > 0) {
      bytes.set(reply, at);
      at += reply.length;
      bytes[at++] = 32;
    }
    if (hasHeaders) {
      at = writeDecimal(bytes, at, head.length);
      bytes[at++] = 32;
    }
    at = writeDecimal(bytes, at, size);
    bytes[at++] = 13;
    bytes[at++] = 10;
    const payloadStart = at;
    bytes.set(head, at);
    bytes.set(tail, at + head.length);
    at += size;
    bytes[at] = 13;
    bytes[at + 1] = 10;
    this.describe({
      subjectBytes: subject.length,
      tailStart,
      replyBytes: reply.length,
      payloadStart,
      headerBytes: head.length,
      sizeBytes: size,
      hasHeaders,
    });
  }

  private room(bytes: number): SlackBuffer {
    if (bytes > this.buffer.capacity || (this.buffer.capacity > 4 * FIRST_BYTES && bytes <= FIRST_BYTES)) {
      this.buffer = new SlackBuffer(Math.max(FIRST_BYTES, bytes));
      this.message.bytes = this.buffer.bytes;
      this.message.view = this.buffer.view;
    }
    return this.buffer;
  }

  private describe(layout: {
    subjectBytes: number;
    tailStart: number;
    replyBytes: number;
    payloadStart: number;
    headerBytes: number;
    sizeBytes: number;
    hasHeaders: boolean;
  }): void {
    const { message } = this;
    message.subjectStart = 0;
    message.subjectEnd = layout.subjectBytes;
    message.subjectHash = hashBytes(message.bytes, 0, layout.subjectBytes);
    message.tailStart = layout.tailStart;
    message.replyStart = layout.replyBytes === 0 ? 0 : layout.tailStart;
    message.replyEnd = layout.replyBytes === 0 ? 0 : layout.tailStart + layout.replyBytes;
    message.payloadStart = layout.payloadStart;
    message.headerBytes = layout.headerBytes;
    message.sizeBytes = layout.sizeBytes;
    message.hasHeaders = layout.hasHeaders;
  }
}
