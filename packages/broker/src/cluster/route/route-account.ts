// hot path
/**
 * One account as another server sees it: what it subscribes to there, and how a message of the account is written to it. It is the
 * receiver that routing knows; the connection may carry many accounts.
 */
import { copyBytes, latin1Bytes, writeDecimal } from '@sluice/protocol/wire';
import type { Account, TrafficCounter } from '../../account/account.ts';
import type { Message } from '../../routing/message.ts';
import type { Subscriber } from '../../routing/subscriber.ts';
import { Subscription, SubscriptionKind } from '../../routing/subscription.ts';
import type { RouteConnection } from './route-connection.ts';

/** `RMSG `, blanks, marks, and a size written anew. */
const FRAME_OVERHEAD_BYTES = 48;
/** Replies that name the subject a message is to be seen under. */
const ACK_PREFIX = '$JS.ACK.';

/** An interest of the other server, by the key that its RS+ and RS- share. */
interface RemoteInterest {
  readonly subject: string;
  readonly queue: string;
  weight: number;
}

export class RouteAccount implements Subscriber {
  readonly name: string;
  private readonly route: RouteConnection;
  /** `name ` before the subject, or nothing on a connection of this account alone. */
  private readonly lead: Uint8Array;
  private readonly wanted: Map<string, RemoteInterest> = new Map();
  private readonly subscriptions: Map<string, Subscription> = new Map();
  private account: Account | null = null;

  constructor(route: RouteConnection, name: string, isNamed: boolean) {
    this.route = route;
    this.name = name;
    this.lead = latin1Bytes(isNamed ? `${name} ` : '');
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

  /** RS+: new interest, or a queue group of another size. */
  add(key: string, subject: string, queue: string, weight: number): void {
    const known = this.wanted.get(key);
    if (known !== undefined) {
      known.weight = weight;
      const subscription = this.subscriptions.get(key);
      if (subscription !== undefined) subscription.weight = weight;
      return;
    }
    const interest = { subject, queue, weight };
    this.wanted.set(key, interest);
    if (this.account !== null) this.insert(key, interest);
  }

  private insert(key: string, { subject, queue, weight }: RemoteInterest): void {
    if (!this.route.mayExport(subject, queue)) return;
    const subscription = new Subscription({
      subscriber: this,
      subject,
      queue,
      sid: key,
      kind: SubscriptionKind.route,
      cid: this.route.rid,
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
      } else if (!this.route.mayExport(interest.subject, interest.queue)) this.drop(key, subscription);
    }
  }

  private drop(key: string, subscription: Subscription): void {
    subscription.isClosed = true;
    this.subscriptions.delete(key);
    this.account?.remove(subscription);
  }

  /** RS-; true when it was known. */
  remove(key: string): boolean {
    const subscription = this.subscriptions.get(key);
    if (subscription !== undefined) this.drop(key, subscription);
    return this.wanted.delete(key);
  }

  removeAll(): void {
    for (const key of [...this.wanted.keys()]) this.remove(key);
  }

  deliverRemote(message: Message, queues: readonly string[], target: Uint8Array | null): boolean {
    const { route } = this;
    if (route.isClosed) return false;
    const isUsual = queues.length === 0 && target === null;
    if (isUsual && (!message.hasHeaders || (message.headerBytes > 0 && route.hasHeaders))) this.writeFrame(message);
    else this.writeNamed(message, queues, target);
    route.outMessages++;
    route.outBytes += message.sizeBytes;
    if (this.account !== null) count(this.account.sent, this.account.routed.sent, message.sizeBytes);
    return true;
  }

  /** `RMSG account subject ` or HMSG, and the tail of the publisher's frame. */
  private writeFrame(message: Message): void {
    const { outbound } = this.route;
    const { bytes, subjectStart, subjectEnd, tailStart } = message;
    const { lead } = this;
    const tailBytes = message.payloadStart - tailStart + message.sizeBytes + 2;
    const buffer = outbound.reserve(lead.length + subjectEnd - subjectStart + tailBytes + FRAME_OVERHEAD_BYTES);
    const target = buffer.bytes;
    let position = outbound.lengthBytes;
    target[position] = message.hasHeaders ? 72 : 82;
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

  /** The form with queue groups, with a subject that is not the message's own, or without the headers that the other does not take. */
  private writeNamed(message: Message, queues: readonly string[], target: Uint8Array | null): void {
    const { outbound, hasHeaders } = this.route;
    const subject = target === null ? message.subject() : Buffer.from(target).toString('latin1');
    const shown = target === null || !message.hasReply() ? '' : shownSubject(message);
    const reply = `${message.reply()}${shown}`;
    let args = reply;
    if (queues.length > 0) args = `${reply === '' ? '|' : `+ ${reply}`} ${queues.join(' ')}`;
    const isHmsg = message.hasHeaders && message.headerBytes > 0 && hasHeaders;
    const skipped = message.hasHeaders && !isHmsg ? message.headerBytes : 0;
    const sizeBytes = message.sizeBytes - skipped;
    const start = `${isHmsg ? 'HMSG' : 'RMSG'} ${Buffer.from(this.lead).toString('latin1')}${subject} ${args === '' ? '' : `${args} `}`;
    const buffer = outbound.reserve(start.length + sizeBytes + FRAME_OVERHEAD_BYTES);
    const { bytes } = buffer;
    let position = outbound.lengthBytes;
    position += bytes.write(start, position, 'latin1');
    if (isHmsg) {
      position = writeDecimal(bytes, position, message.headerBytes);
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
    throw new Error('assertion failed: a message was handed to a route as to a client');
  }

  deliverToAll(): void {
    throw new Error('assertion failed: a match with a route is not uniform');
  }

  takeRun(): void {
    throw new Error('assertion failed: a fan-out run was handed to a route');
  }
}

/** One message more in both counters. */
export function count(all: TrafficCounter, routed: TrafficCounter, sizeBytes: number): void {
  all.messages++;
  all.bytes += sizeBytes;
  routed.messages++;
  routed.bytes += sizeBytes;
}

/** A stored message keeps its subject when it is delivered somewhere else: the other server finds it behind the reply. */
function shownSubject(message: Message): string {
  return message.reply().startsWith(ACK_PREFIX) ? `@${message.subject()}` : '';
}
