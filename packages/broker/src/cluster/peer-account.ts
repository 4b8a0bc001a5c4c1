// hot path
/**
 * One account as another server sees it: what it subscribes to there, and how a message of the account is written to it. It is the
 * receiver that routing knows. A route may carry many accounts, the connection of a leaf node carries one.
 */
import { copyBytes, latin1Bytes, writeDecimal } from '@sluice/protocol/wire';
import type { Account, TrafficCounter } from '../account/account.ts';
import type { Outbound } from '../connection/outbound.ts';
import type { Message } from '../routing/message.ts';
import type { Subscriber } from '../routing/subscriber.ts';
import { Subscription, type SubscriptionKind } from '../routing/subscription.ts';

/** `RMSG `, blanks, marks, and sizes written anew. */
const FRAME_OVERHEAD_BYTES = 48;
/** Replies that name the subject a message is to be seen under. */
const ACK_PREFIX = '$JS.ACK.';
/** First letters of the frames: with headers, on routes, to leaf nodes and on their behalf. */
const LETTER_H = 72;
const LETTER_R = 82;
const LETTER_L = 76;

/** The connection that carries the account. */
export interface PeerAccountOwner {
  readonly cid: number;
  readonly isClosed: boolean;
  readonly outbound: Outbound;
  /** The other side takes headers. */
  readonly hasHeaders: boolean;
  /** It is told which cluster of leaf nodes a message came from. */
  readonly takesOrigins: boolean;
  outMessages: number;
  outBytes: number;
  /** Whether interest of the other server in this subject counts. */
  mayExport(subject: string, queue: string): boolean;
}

/** What is the same for all interest of the account on the connection. */
export interface PeerAccountOptions {
  readonly name: string;
  /** Frames and lines name the account. */
  readonly isNamed: boolean;
  readonly kind: SubscriptionKind;
  /** The part of the account's figures that the traffic counts in. */
  readonly traffic: 'routed' | 'leafed';
}

/** An interest of the other server, by the key that the lines that bring and end it share. */
interface RemoteInterest {
  readonly subject: string;
  readonly queue: string;
  readonly origin: string;
  weight: number;
}

export class PeerAccount implements Subscriber {
  readonly name: string;
  protected readonly owner: PeerAccountOwner;
  private readonly options: PeerAccountOptions;
  private readonly letter: number;
  /** `name ` before the subject, or nothing on a connection of this account alone. */
  private readonly lead: Uint8Array;
  private readonly wanted: Map<string, RemoteInterest> = new Map();
  private readonly subscriptions: Map<string, Subscription> = new Map();
  protected account: Account | null = null;

  constructor(owner: PeerAccountOwner, options: PeerAccountOptions) {
    this.owner = owner;
    this.options = options;
    this.name = options.name;
    this.letter = options.traffic === 'routed' ? LETTER_R : LETTER_L;
    this.lead = latin1Bytes(options.isNamed ? `${options.name} ` : '');
  }

  get size(): number {
    return this.wanted.size;
  }

  values(): IterableIterator<Subscription> {
    return this.subscriptions.values();
  }

  /** The account exists on this server: what was asked for takes effect. */
  attach(account: Account): void {
    if (this.account !== null) return;
    this.account = account;
    for (const [key, interest] of this.wanted) this.insert(key, interest);
  }

  /** New interest, or a queue group of another size. */
  add(key: string, interest: RemoteInterest): void {
    const known = this.wanted.get(key);
    if (known !== undefined) return this.reweigh(key, known, interest.weight);
    this.wanted.set(key, interest);
    if (this.account !== null) this.insert(key, interest);
  }

  private reweigh(key: string, known: RemoteInterest, weight: number): void {
    known.weight = weight;
    const subscription = this.subscriptions.get(key);
    if (subscription === undefined) return;
    const change = weight - subscription.weight;
    subscription.weight = weight;
    if (change !== 0) this.account?.tellPeers(subscription, change);
  }

  private insert(key: string, { subject, queue, origin, weight }: RemoteInterest): void {
    const { owner, options } = this;
    if (!owner.mayExport(subject, queue)) return;
    const subscription = new Subscription({
      subscriber: this,
      subject,
      queue,
      sid: key,
      kind: options.kind,
      cid: owner.cid,
      origin,
    });
    subscription.weight = weight;
    this.subscriptions.set(key, subscription);
    this.account?.add(subscription);
  }

  /** The rules have changed: what is wanted counts or does not count by the new ones. */
  refilter(): void {
    for (const [key, interest] of this.wanted) {
      const subscription = this.subscriptions.get(key);
      if (subscription === undefined) {
        if (this.account !== null) this.insert(key, interest);
      } else if (!this.owner.mayExport(interest.subject, interest.queue)) this.drop(key, subscription);
    }
  }

  private drop(key: string, subscription: Subscription): void {
    subscription.isClosed = true;
    this.subscriptions.delete(key);
    this.account?.remove(subscription);
  }

  /** Interest has ended; true when it was known. */
  remove(key: string): boolean {
    const subscription = this.subscriptions.get(key);
    if (subscription !== undefined) this.drop(key, subscription);
    return this.wanted.delete(key);
  }

  removeAll(): void {
    for (const key of [...this.wanted.keys()]) this.remove(key);
  }

  deliverRemote(message: Message, queues: readonly string[], target: Uint8Array | null, origin: string): boolean {
    const { owner } = this;
    if (owner.isClosed) return false;
    const isUsual = queues.length === 0 && target === null && (origin === '' || !owner.takesOrigins);
    if (isUsual && (!message.hasHeaders || (message.headerBytes > 0 && owner.hasHeaders))) this.writeFrame(message);
    else this.writeNamed(message, queues, target, origin);
    owner.outMessages++;
    owner.outBytes += message.sizeBytes;
    const { account } = this;
    if (account !== null) count(account.sent, account[this.options.traffic].sent, message.sizeBytes);
    return true;
  }

  /** `RMSG account subject ` or another verb, and the tail of the publisher's frame. */
  private writeFrame(message: Message): void {
    const { outbound } = this.owner;
    const { bytes, subjectStart, subjectEnd, tailStart } = message;
    const { lead } = this;
    const tailBytes = message.payloadStart - tailStart + message.sizeBytes + 2;
    const buffer = outbound.reserve(lead.length + subjectEnd - subjectStart + tailBytes + FRAME_OVERHEAD_BYTES);
    const target = buffer.bytes;
    let position = outbound.lengthBytes;
    target[position] = message.hasHeaders ? LETTER_H : this.letter;
    target[position + 1] = 77;
    target[position + 2] = 83;
    target[position + 3] = 71;
    target[position + 4] = 32;
    position += 5;
    for (let index = 0; index < lead.length; index++) target[position++] = lead[index] as number;
    for (let index = subjectStart; index < subjectEnd; index++) target[position++] = bytes[index] as number;
    target[position++] = 32;
    copyBytes(target, buffer.view, position, bytes, message.view, tailStart, tailBytes);
    outbound.lengthBytes = position + tailBytes;
  }

  /**
   * The form with queue groups, with a subject that is not the message's own, with the cluster that it came from, or without the headers
   * that the other does not take.
   */
  private writeNamed(message: Message, queues: readonly string[], target: Uint8Array | null, origin: string): void {
    const { outbound, hasHeaders, takesOrigins } = this.owner;
    const subject = target === null ? message.subject() : Buffer.from(target).toString('latin1');
    const shown = target === null || !message.hasReply() ? '' : shownSubject(message);
    const reply = `${message.reply()}${shown}`;
    let args = reply === '' ? '' : `${reply} `;
    if (queues.length > 0) args = `${reply === '' ? '|' : `+ ${reply}`} ${queues.join(' ')} `;
    const isHmsg = message.hasHeaders && message.headerBytes > 0 && hasHeaders;
    const skipped = message.hasHeaders && !isHmsg ? message.headerBytes : 0;
    const sizeBytes = message.sizeBytes - skipped;
    const isFromLeaf = origin !== '' && takesOrigins;
    const start = isFromLeaf ? `LMSG ${origin} ` : `${String.fromCharCode(isHmsg ? LETTER_H : this.letter)}MSG `;
    const line = `${start}${Buffer.from(this.lead).toString('latin1')}${subject} ${args}`;
    const buffer = outbound.reserve(line.length + sizeBytes + FRAME_OVERHEAD_BYTES);
    const { bytes } = buffer;
    let position = outbound.lengthBytes;
    position += bytes.write(line, position, 'latin1');
    if (isHmsg || isFromLeaf) {
      position = writeDecimal(bytes, position, isHmsg ? message.headerBytes : 0);
      bytes[position++] = 32;
    }
    position = writeDecimal(bytes, position, sizeBytes);
    bytes[position++] = 13;
    bytes[position++] = 10;
    const from = message.payloadStart + skipped;
    message.bytes.copy(bytes, position, from, from + sizeBytes);
    position += sizeBytes;
    bytes[position++] = 13;
    bytes[position++] = 10;
    outbound.lengthBytes = position;
  }

  deliver(): boolean {
    throw new Error('assertion failed: a message was handed to another server as to a client');
  }

  deliverToAll(): void {
    throw new Error('assertion failed: a match with another server is not uniform');
  }

  takeRun(): void {
    throw new Error('assertion failed: a fan-out run was handed to another server');
  }
}

/** One message more in both counters. */
export function count(all: TrafficCounter, part: TrafficCounter, sizeBytes: number): void {
  all.messages++;
  all.bytes += sizeBytes;
  part.messages++;
  part.bytes += sizeBytes;
}

/** A stored message keeps its subject when it is delivered somewhere else: the other server finds it behind the reply. */
function shownSubject(message: Message): string {
  return message.reply().startsWith(ACK_PREFIX) ? `@${message.subject()}` : '';
}
