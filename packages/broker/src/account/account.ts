/**
 * One account: a private subject space with its sublist, its clients and its counters. Whoever subscribes or publishes inside it,
 * a client connection or a part of the server, goes through here.
 */
import { hashBytes, SlackBuffer } from '@sluice/protocol/wire';
import type { OutputTurn } from '../connection/output-turn.ts';
import type { AccountOptions, MappingOptions } from '../options.ts';
import type { Match } from '../routing/match.ts';
import { Message } from '../routing/message.ts';
import type { RouteTrace } from '../routing/route-trace.ts';
import type { Router } from '../routing/router.ts';
import { Sublist } from '../routing/sublist.ts';
import { Subscription, SubscriptionKind } from '../routing/subscription.ts';
import { InternalSubscriber, type MessageHandler } from './internal-subscriber.ts';
import { AccountMappings } from './mapping.ts';
import type { StreamImport } from './stream-import.ts';

/** Watches what is published; null while nobody looks, so that the hot path pays one comparison. */
export interface PublishObserver {
  /**
   * `count` messages of `message.sizeBytes` each were published to one subject. `match` is the cached match, whose `observerSlot`
   * the observer may use, or a scratch match without a subject.
   */
  onPublish(match: Match, message: Message, count: number): void;
}

/** Tells other servers what the account wants of them. */
export interface PeerObserver {
  /** `change` members more or less: 1 and -1 but for queue groups that stand for several. */
  onInterest(account: Account, subscription: Subscription, change: number): void;
  /** Subjects are mapped otherwise now. */
  onMappings?(account: Account): void;
}

/** How a part of the server subscribes. */
export interface InternalSubscribeOptions {
  readonly queue?: string;
  /** A service of Sluice that nats-server has not: left out of its figures. */
  readonly isOwn?: boolean;
  /** Other servers of the cluster are not told: each has its own. */
  readonly isLocal?: boolean;
  /** True for the reply subjects of messages that it must not get: those of the server itself, where another one is meant. */
  readonly refuses?: (reply: string) => boolean;
}

/** What a message published by the server itself carries besides its payload. */
export interface InternalPublishOptions {
  readonly reply?: string;
  /** A complete `NATS/1.0` header block. */
  readonly headers?: Uint8Array;
  /** The client on whose behalf it is published; nobody when absent. */
  readonly cid?: number;
  /** Subject that receivers see, when it is not the one that is published to: stored messages keep theirs. */
  readonly shownSubject?: string;
  /** Follows the message to its receivers. */
  readonly trace?: RouteTrace;
  /** Frames an absent reply as an empty argument, with two blanks before the size, as nats-server frames what it has to say itself. */
  readonly hasEmptyReply?: boolean;
  /** The service import it came through. */
  readonly importedThrough?: object;
}

interface Shadow {
  readonly exporter: Account;
  readonly subscription: Subscription;
}

/** Messages and bytes in one direction. */
export interface TrafficCounter {
  messages: number;
  bytes: number;
}

export interface Traffic {
  readonly received: TrafficCounter;
  readonly sent: TrafficCounter;
}

function noTraffic(): Traffic {
  return { received: { messages: 0, bytes: 0 }, sent: { messages: 0, bytes: 0 } };
}

export class Account {
  readonly name: string;
  readonly sublist: Sublist = new Sublist();
  limits: AccountOptions;
  /** Subject mappings, or null without any, so that the hot path pays one comparison. */
  mappings: AccountMappings | null = null;
  /** Mappings that the server itself adds; one that is configured for the same source comes instead. */
  private readonly ownMappings: Map<string, readonly MappingOptions[]> = new Map();
  /** Connection ids of the clients bound to this account. */
  readonly clientIds: Set<number> = new Set();
  /** Leaf nodes bound to this account, and hubs that this server is a leaf node of for it. */
  leafCount = 0;
  totalConnections = 0;
  slowConsumers = 0;
  readonly received: TrafficCounter = { messages: 0, bytes: 0 };
  readonly sent: TrafficCounter = { messages: 0, bytes: 0 };
  /** What of both went over routes, and across leaf nodes. */
  readonly routed: Traffic = noTraffic();
  readonly leafed: Traffic = noTraffic();
  publishObserver: PublishObserver | null = null;
  /** Told of every subscription that comes or goes; null while nobody delivers on interest. */
  interestObserver: ((subscription: Subscription) => void) | null = null;
  /** Null while no other server is to be told of anything. */
  private peerObservers: readonly PeerObserver[] | null = null;

  readonly turn: OutputTurn;
  private readonly router: Router;
  private nextInternalSid = 1;
  private streamImports: readonly StreamImport[] = [];
  /** Interest in other accounts that subscriptions of this one have through stream imports. */
  private readonly shadows: Map<Subscription, Shadow[]> = new Map();

  constructor(limits: AccountOptions, turn: OutputTurn, router: Router) {
    this.name = limits.name;
    this.limits = limits;
    this.turn = turn;
    this.router = router;
    this.configure(limits);
  }

  /** Takes new limits and mappings into force; throws when a mapping is invalid. */
  configure(limits: AccountOptions): void {
    const mappings = this.mappingsWith(limits);
    this.mappings = mappings.length === 0 ? null : new AccountMappings(mappings);
    this.limits = limits;
    for (const observer of this.peerObservers ?? []) observer.onMappings?.(this);
  }

  /** Mappings in force: those of the configuration, and the server's own. */
  allMappings(): readonly MappingOptions[] {
    return this.mappingsWith(this.limits);
  }

  private mappingsWith({ mappings = [] }: AccountOptions): readonly MappingOptions[] {
    const own = [...this.ownMappings.values()].flat();
    return [...mappings, ...own.filter((one) => !mappings.some(({ source }) => source === one.source))];
  }

  /** Puts the server's own mappings of one origin in the place of those before. */
  setOwnMappings(origin: string, mappings: readonly MappingOptions[]): void {
    this.ownMappings.set(origin, mappings);
    this.configure(this.limits);
  }

  /** Adds interest. An open fan-out run is ended first: its receivers were those of before. */
  add(subscription: Subscription): void {
    if (this.turn.openRun !== null) this.turn.endRun();
    this.sublist.insert(subscription);
    this.interestObserver?.(subscription);
    if (this.peerObservers !== null) this.tellPeers(subscription, subscription.queue === '' ? 1 : subscription.weight);
    if (this.streamImports.length > 0 && mayHaveShadows(subscription)) {
      this.addShadows(subscription);
    }
  }

  /** Interest has changed by so many members. */
  tellPeers(subscription: Subscription, change: number): void {
    for (const observer of this.peerObservers ?? []) observer.onInterest(this, subscription, change);
  }

  observePeers(observer: PeerObserver): void {
    this.peerObservers = [...(this.peerObservers ?? []), observer];
  }

  unobservePeers(observer: PeerObserver): void {
    const others = (this.peerObservers ?? []).filter((other) => other !== observer);
    this.peerObservers = others.length === 0 ? null : others;
  }

  private addShadows(subscription: Subscription): void {
    const shadows: Shadow[] = [];
    for (const streamImport of this.streamImports) {
      const shadow = streamImport.shadowOf(subscription);
      if (shadow === undefined) continue;
      streamImport.exporter.add(shadow);
      shadows.push({ exporter: streamImport.exporter, subscription: shadow });
    }
    if (shadows.length > 0) this.shadows.set(subscription, shadows);
  }

  private removeShadows(subscription: Subscription): void {
    for (const shadow of this.shadows.get(subscription) ?? []) {
      shadow.subscription.isClosed = true;
      shadow.exporter.remove(shadow.subscription);
    }
    this.shadows.delete(subscription);
  }

  /** Takes new stream imports into force: each subscription gets the shadows that they ask for, and loses the old ones. */
  setStreamImports(imports: readonly StreamImport[]): void {
    for (const subscription of [...this.shadows.keys()]) this.removeShadows(subscription);
    this.streamImports = imports;
    if (imports.length === 0) return;
    const subscriptions: Subscription[] = [];
    const collect = (subscription: Subscription): void => void subscriptions.push(subscription);
    this.sublist.forEach(collect);
    this.sublist.forEachOfPeers(collect);
    for (const subscription of subscriptions) {
      if (mayHaveShadows(subscription)) this.addShadows(subscription);
    }
  }

  /** Removes interest; harmless when it is gone already. */
  remove(subscription: Subscription): void {
    if (this.turn.openRun !== null) this.turn.endRun();
    const wasThere = this.sublist.remove(subscription);
    this.interestObserver?.(subscription);
    if (wasThere && this.peerObservers !== null) {
      this.tellPeers(subscription, subscription.queue === '' ? -1 : -subscription.weight);
    }
    if (this.shadows.size > 0) this.removeShadows(subscription);
  }

  /** A subscription's rules have changed: cached matches must not go on without them. */
  touch(subscription: Subscription): void {
    if (this.turn.openRun !== null) this.turn.endRun();
    this.sublist.touch(subscription);
  }

  /**
   * Subscribes a part of the server. The handler runs after the input of the turn, with a copy of the message, and may publish.
   * The returned function ends the subscription. `isOwn` marks a service that nats-server has not.
   */
  subscribe(subject: string, handler: MessageHandler, options: InternalSubscribeOptions = {}): () => void {
    const { queue = '', isOwn = false, isLocal = false, refuses } = options;
    const subscriber = new InternalSubscriber(this.turn, handler, refuses);
    const kind = isOwn ? SubscriptionKind.own : SubscriptionKind.internal;
    const sid = String(this.nextInternalSid++);
    const subscription = new Subscription({ subscriber, subject, queue, sid, kind, cid: 0, isLocal });
    this.add(subscription);
    return () => {
      subscription.isClosed = true;
      this.remove(subscription);
    };
  }

  /** Publishes on behalf of the server; returns how many receivers took it. Must not be called from inside a `deliver`. */
  publish(subject: string, payload: Uint8Array, options: InternalPublishOptions = {}): number {
    const { shownSubject = subject } = options;
    const message = renderMessage(shownSubject, payload, options);
    if (shownSubject !== subject) {
      const target = Buffer.from(subject, 'latin1');
      return this.deliverMessage(target, hashBytes(target, 0, target.length), message);
    }
    const match = this.sublist.match(message.bytes, message.subjectStart, message.subjectEnd, message.subjectHash);
    if (!match.hasInterest && match.taps.length === 0) return 0;
    if (options.trace !== undefined) return this.router.routeTraced(match, message, options.trace);
    return this.router.route(match, message);
  }

  /** Hands a message that the caller has laid out to whoever subscribes to its subject; returns how many took it. */
  routeMessage(message: Message): number {
    const match = this.sublist.match(message.bytes, message.subjectStart, message.subjectEnd, message.subjectHash);
    if (!match.hasInterest && match.taps.length === 0) return 0;
    return this.router.route(match, message);
  }

  /** Hands a message to whoever subscribes to `target`, under the message's own subject; returns how many took it. */
  deliverMessage(target: Uint8Array, targetHash: number, message: Message): number {
    const match = this.sublist.match(target, 0, target.length, targetHash);
    if (!match.hasInterest && match.taps.length === 0) return 0;
    return this.router.routeAs(match, message, target);
  }

  /** Who receives what is published to `subject`. Valid until the next call or change. */
  matchOf(subject: string): Match {
    const { bytes } = subjectArea;
    const length = bytes.write(subject, 0, 'latin1');
    return this.sublist.match(bytes, 0, length, hashBytes(bytes, 0, length));
  }

  /** True when somebody subscribes to the subject. */
  hasInterest(subject: string): boolean {
    return this.matchOf(subject).hasInterest;
  }
}

/** Taps see the account's own traffic, imports are not transitive, and subscriptions of the cluster have their shadows there. */
function mayHaveShadows({ kind, isShadow }: Subscription): boolean {
  return kind !== SubscriptionKind.tap && kind !== SubscriptionKind.route && !isShadow;
}

/** Where the subject of a question about interest is laid out. */
const subjectArea: SlackBuffer = new SlackBuffer(65_536);

/** Lays a message of the server out as a client's PUB would have arrived, so that routing needs to know one form only. */
export function renderMessage(subject: string, payload: Uint8Array, options: InternalPublishOptions): Message {
  const headers = options.headers;
  const headerBytes = headers?.length ?? 0;
  const sizeBytes = headerBytes + payload.length;
  const reply = options.reply !== undefined && options.reply !== '' ? `${options.reply} ` : '';
  const blank = reply === '' && options.hasEmptyReply === true ? ' ' : '';
  const sizes = headers === undefined ? `${sizeBytes}` : `${headerBytes} ${sizeBytes}`;
  const subjectBytes = Buffer.from(subject, 'latin1');
  const line = Buffer.from(`${blank}${reply}${sizes}\r\n`, 'latin1');
  const buffer = new SlackBuffer(subjectBytes.length + 1 + line.length + sizeBytes + 2);
  const { bytes } = buffer;
  bytes.set(subjectBytes, 0);
  bytes[subjectBytes.length] = 32;
  const tailStart = subjectBytes.length + 1;
  bytes.set(line, tailStart);
  const payloadStart = tailStart + line.length;
  if (headers !== undefined) bytes.set(headers, payloadStart);
  bytes.set(payload, payloadStart + headerBytes);
  bytes[payloadStart + sizeBytes] = 13;
  bytes[payloadStart + sizeBytes + 1] = 10;

  const message = new Message(bytes, buffer.view);
  message.subjectEnd = subjectBytes.length;
  message.subjectHash = hashBytes(bytes, 0, subjectBytes.length);
  message.tailStart = tailStart;
  message.replyStart = reply === '' ? 0 : tailStart;
  message.replyEnd = reply === '' ? 0 : tailStart + reply.length - 1;
  message.payloadStart = payloadStart;
  message.sizeBytes = sizeBytes;
  message.headerBytes = headerBytes;
  message.hasHeaders = headers !== undefined;
  message.publisherCid = options.cid ?? 0;
  message.importedThrough = options.importedThrough ?? null;
  return message;
}
