// hot path
/**
 * One client: who it is, what it subscribes to, what it may do, and its two ends. It is the receiver that routing delivers to; the
 * operations it sends are in one file per verb, reached through `dispatch.ts`.
 */
import { type ClosedReason, type ConnectOptions, closedReasons, type ProtocolError } from '@sluice/protocol';
import { copyBytes, Parser, type SlackBuffer } from '@sluice/protocol/wire';
import type { Account } from '../account/account.ts';
import type { Identity } from '../auth/authenticator.ts';
import { ClientPermissions } from '../auth/permissions.ts';
import { Outbound, type OutboundOwner } from '../connection/outbound.ts';
import type { LogLevel } from '../env/log.ts';
import type { Peer, Transport, TransportHandler } from '../env/net.ts';
import type { Match } from '../routing/match.ts';
import type { Message } from '../routing/message.ts';
import type { FramePrefix, Subscriber } from '../routing/subscriber.ts';
import type { Subscription } from '../routing/subscription.ts';
import type { Server } from '../server.ts';
import { autoUnsubscribeText, clientLabel } from './client-label.ts';
import type { ClientTrace } from './client-trace.ts';
import { ClientDispatch } from './dispatch.ts';
import { dropInSlices } from './drop-in-slices.ts';
import { writeFrameStart } from './frame-start.ts';
import { Heartbeat } from './heartbeat.ts';
import { closeAsSlow } from './slow-consumer.ts';
import { appendStrippedFrame } from './stripped-frame.ts';

/** `MSG ` or `HMSG `, blanks, and a size written anew: what a frame may need beside subject, sid, reply and payload. */
const FRAME_OVERHEAD_BYTES = 40;

/** How a connection ends. */
export interface ClientEnd {
  /** Goes out as `-ERR` first. */
  readonly errorText?: string;
  /** Called when that is out. */
  readonly onSaid?: () => void;
  /** Nothing is sent any more. */
  readonly isImmediate?: boolean;
  /** The socket is left to the end of the process, which is about to come. */
  readonly isLeft?: boolean;
}

export class ClientConnection implements Subscriber, TransportHandler, OutboundOwner {
  readonly cid: number;
  readonly server: Server;
  readonly transport: Transport;
  readonly outbound: Outbound;
  readonly parser: Parser;
  readonly heartbeat: Heartbeat;
  readonly startUs: number;
  readonly nonce: string;
  /** By sid. */
  readonly subscriptions: Map<string, Subscription> = new Map();

  /** Null until the client is known. */
  account: Account | null = null;
  identity: Identity | null = null;
  permissions: ClientPermissions | null = null;
  /** What CONNECT said; null before. */
  connectOptions: ConnectOptions | null = null;
  /** How the log names it beside its address: what it said of itself when it was let in first. */
  names: string | null = null;
  /** As CONNECT says; before it, what a CONNECT without fields says. */
  isVerbose = true;
  isPedantic = true;
  isEcho = true;
  hasHeaders = false;
  wantsNoResponders = false;
  maxPayloadBytes: number;
  /** The tightest of the server's, the account's and the user's limit; infinite for none. */
  maxSubscriptions: number = Number.POSITIVE_INFINITY;
  /** The first PONG went out: from now on INFO may be sent at any time. */
  isFirstPongSent = false;

  inMessages = 0;
  inBytes = 0;
  outMessages = 0;
  outBytes = 0;
  lastActivityMs: number;
  /** Round trip in microseconds; 0 until the first PONG. */
  rttUs = 0;
  /** The cached match of the PUB line that the parser remembers, or null. */
  repeatMatch: Match | null = null;
  /** How many messages of the run that is being parsed go by before the next one is handed over. */
  passedRepeats = 0;

  /** The account (until CONNECT the global one) had mappings when this read began: what comes with CONNECT is not mapped by another's. */
  hasMappings = false;

  /** A TLS handshake is going on. */
  isSecuring = false;
  isClosed = false;
  closedReason: ClosedReason | '' = '';
  stopUs = 0;
  /** Shows what goes over the connection; null while nobody wants to see it. */
  trace: ClientTrace | null = null;
  private countedOutMessages = 0;
  private countedOutBytes = 0;

  constructor(server: Server, transport: Transport, cid: number, nonce: string) {
    const { options, env } = server;
    this.cid = cid;
    this.server = server;
    this.transport = transport;
    this.nonce = nonce;
    this.startUs = env.clock.nowUs();
    this.lastActivityMs = env.clock.nowMs();
    this.maxPayloadBytes = options.maxPayloadBytes;
    this.outbound = new Outbound(transport, server.turn, this, options.maxPendingBytes);
    this.parser = new Parser(new ClientDispatch(this), server.message, options.maxControlLineBytes);
    this.heartbeat = new Heartbeat(this, env);
  }

  /** Who is at the other end; it changes with a TLS handshake. */
  get peer(): Peer {
    return this.transport.peer;
  }

  // ---- transport -----------------------------------------------------------------------------------------------------------

  onBytes(bytes: Buffer, view: DataView, count: number): void {
    const account = this.account === null ? this.server.globalAccount : this.account;
    this.hasMappings = account.mappings !== null;
    const { counters } = this.server;
    const messages = this.inMessages;
    const payload = this.inBytes;
    this.server.message.publisherCid = this.cid;
    try {
      this.parser.parse(bytes, view, count);
    } catch (error) {
      this.fail(error);
    }
    this.countInput(this.inMessages - messages, this.inBytes - payload, counters);
    this.heartbeat.noteInput();
  }

  /** A mistake of ours, met on behalf of this client: it ends this connection and nobody else's. */
  private fail(error: unknown): void {
    const { router, env } = this.server;
    router.abandon();
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    env.log.write('ERR', `cid:${this.cid} - internal error, connection closed: ${text}`);
    this.close(closedReasons.internalClient, { isImmediate: true });
  }

  /** Goes on with input that waited for an answer (authentication). */
  resumeInput(): void {
    const messages = this.inMessages;
    const payload = this.inBytes;
    this.server.message.publisherCid = this.cid;
    try {
      this.parser.resume();
    } catch (error) {
      this.fail(error);
    }
    this.countInput(this.inMessages - messages, this.inBytes - payload, this.server.counters);
    if (!this.isClosed) this.transport.resume();
  }

  private countInput(messages: number, bytes: number, counters: Server['counters']): void {
    if (messages === 0) return;
    this.lastActivityMs = this.server.env.clock.nowMs();
    counters.inMessages += messages;
    counters.inBytes += bytes;
    const account = this.account;
    if (account === null) return;
    account.received.messages += messages;
    account.received.bytes += bytes;
  }

  onWritten(): void {
    this.outbound.onWritten();
  }

  isTrusted(): boolean {
    return !this.parser.expectsConnect;
  }

  /** True when INFO may be sent at any time: the client speaks protocol 1 and has had its first PONG. */
  get takesInfo(): boolean {
    return this.isFirstPongSent && this.connectOptions?.protocol === 1;
  }

  onClose(error: Error | undefined): void {
    if (this.isClosed) return;
    if (this.isSecuring) this.logError('TLS handshake error: EOF');
    if (this.isSecuring) this.close(closedReasons.tlsHandshakeError);
    else this.close(error === undefined ? closedReasons.clientClosed : closedReasons.readError);
  }

  onPendingExceeded(): void {
    closeAsSlow(this, closedReasons.slowConsumerPendingBytes, `MaxPending of ${this.outbound.maxPendingBytes} Exceeded`);
  }

  onBlocked(): void {
    this.heartbeat.watchWrite();
  }

  // ---- output --------------------------------------------------------------------------------------------------------------

  /** Sends ready-made protocol text, one char per byte. */
  send(text: string): void {
    if (!this.isClosed) this.outbound.append(Buffer.from(text, 'latin1'));
  }

  /** Sends `-ERR` and goes on. */
  warn(text: string): void {
    this.send(`-ERR '${text}'\r\n`);
  }

  /** Writes what this client did wrong to the log. */
  logError(text: string): void {
    this.log('ERR', text);
  }

  log(level: LogLevel, text: string): void {
    if (this.trace !== null) this.trace.beforeLine();
    this.writeLine(level, text);
  }

  /** A line of the log, whatever else there is to show. */
  writeLine(level: LogLevel, text: string): void {
    this.server.env.log.write(level, `${clientLabel(this, this.peer)} - ${text}`);
  }

  sendOk(): void {
    this.send('+OK\r\n');
  }

  /** Sends the `-ERR` of a fatal protocol error and closes; `onSaid` is called in between. */
  refuse(error: ProtocolError, onSaid?: () => void): void {
    this.close(error.closedReason, { errorText: error.text, ...(onSaid === undefined ? {} : { onSaid }) });
  }

  // ---- delivery ------------------------------------------------------------------------------------------------------------

  deliver(subscription: Subscription, message: Message, prefix: FramePrefix | null): boolean {
    if (this.isClosed || (subscription.hasRules && !this.mayDeliver(subscription, message))) return false;
    if (message.hasHeaders) this.writeHeaderFrame(subscription, message);
    else if (prefix !== null) this.writePrefixedFrame(message, prefix);
    else this.writeFrame(subscription, message, false);
    subscription.deliveredCount++;
    this.outMessages++;
    this.outBytes += message.sizeBytes;
    if (subscription.hasRules) this.afterDelivery(subscription, message);
    return true;
  }

  deliverToAll(match: Match, message: Message): void {
    if (this.server.turn.addToRun(match, message)) return;
    const { plain } = match;
    const prefixes = match.prefixes as FramePrefix[];
    for (let index = 0; index < plain.length; index++) {
      const subscription = plain[index] as Subscription;
      subscription.subscriber.deliver(subscription, message, prefixes[index] as FramePrefix);
    }
  }

  takeRun(frames: SlackBuffer, lengthBytes: number, count: number, payloadBytes: number): void {
    if (this.isClosed) return;
    const { outbound } = this;
    const buffer = outbound.reserveInRun(lengthBytes);
    frames.bytes.copy(buffer.bytes, outbound.lengthBytes, 0, lengthBytes);
    outbound.lengthBytes += lengthBytes;
    this.outMessages += count;
    this.outBytes += payloadBytes;
  }

  private writePrefixedFrame(message: Message, prefix: FramePrefix): void {
    const { outbound } = this;
    const tailBytes = message.payloadStart - message.tailStart + message.sizeBytes + 2;
    const buffer = outbound.reserve(prefix.lengthBytes + tailBytes);
    const { words } = prefix;
    const { view } = buffer;
    let position = outbound.lengthBytes;
    for (let index = 0; index < words.length; index++) view.setInt32(position + (index << 2), words[index] as number, true);
    position += prefix.lengthBytes;
    copyBytes(buffer.bytes, view, position, message.bytes, message.view, message.tailStart, tailBytes);
    outbound.lengthBytes = position + tailBytes;
  }

  /** `[H]MSG subject sid ` and the tail of the publisher's frame. */
  private writeFrame(subscription: Subscription, message: Message, isHmsg: boolean): void {
    const { outbound } = this;
    const { subjectStart, subjectEnd, tailStart } = message;
    const { sidBytes } = subscription;
    const tailBytes = message.payloadStart - tailStart + message.sizeBytes + 2;
    const buffer = outbound.reserve(subjectEnd - subjectStart + sidBytes.length + tailBytes + FRAME_OVERHEAD_BYTES);
    const target = buffer.bytes;
    let position = writeFrameStart(target, outbound.lengthBytes, message, sidBytes, isHmsg);
    copyBytes(target, buffer.view, position, message.bytes, message.view, tailStart, tailBytes);
    position += tailBytes;
    outbound.lengthBytes = position;
  }

  private writeHeaderFrame(subscription: Subscription, message: Message): void {
    // A block of 0 bytes is no block: what HPUB declares so goes out as MSG.
    if (this.hasHeaders && message.headerBytes > 0) this.writeFrame(subscription, message, true);
    else appendStrippedFrame(this.outbound, subscription.sidBytes, message);
  }

  /** The rules that are rare: auto-unsubscribe, echo off, permissions that the subscription only partly keeps to. */
  private mayDeliver(subscription: Subscription, message: Message): boolean {
    if (subscription.isClosed) return false;
    if (subscription.maxCount > 0 && subscription.deliveredCount >= subscription.maxCount) return false;
    if (!this.isEcho && message.publisherCid === this.cid) return false;
    const { denied, limitedTo } = subscription;
    if (limitedTo !== null && !ClientPermissions.covers(limitedTo, message)) return false;
    return denied === null || !ClientPermissions.covers(denied, message);
  }

  private afterDelivery(subscription: Subscription, message: Message): void {
    const { bytes, replyStart, replyEnd } = message;
    if (this.permissions !== null && replyEnd > replyStart) this.permissions.noteReply(bytes, replyStart, replyEnd);
    if (subscription.maxCount === 0 || subscription.deliveredCount < subscription.maxCount) return;
    if (this.server.env.log.isDebug) this.writeLine('DBG', autoUnsubscribeText(subscription));
    this.dropSubscription(subscription);
  }

  // ---- subscriptions -------------------------------------------------------------------------------------------------------

  /** Ends one subscription; harmless when it has ended already. */
  dropSubscription(subscription: Subscription): void {
    if (subscription.isClosed) return;
    this.finishRun();
    this.subscriptions.delete(subscription.sid);
    this.endSubscription(subscription);
  }

  private endSubscription(subscription: Subscription): void {
    if (this.server.env.log.isTrace) this.log('TRC', `<-> [DELSUB ${subscription.sid}]`);
    subscription.isClosed = true;
    this.account?.remove(subscription);
  }

  dropAllSubscriptions(): void {
    this.finishRun();
    for (const subscription of this.subscriptions.values()) this.endSubscription(subscription);
    this.subscriptions.clear();
  }

  settleOutput(): void {
    this.finishRun();
    this.outbound.flush();
  }

  /** Hands out what was collected for several receivers: it was published before what comes now. */
  private finishRun(): void {
    if (this.server.turn.openRun !== null) this.server.turn.endRun();
  }

  // ---- end -----------------------------------------------------------------------------------------------------------------

  /**
   * Ends the connection: `errorText` goes out as `-ERR` before it. Output that is ready is still sent unless `isImmediate`.
   * Subscriptions leave the sublist after this turn's input, because routing may be walking over them right now.
   */
  close(reason: ClosedReason, end: ClientEnd = {}): void {
    if (this.isClosed) return;
    if (end.isImmediate !== true) this.finishRun();
    if (end.errorText !== undefined) this.warn(end.errorText);
    // Either may have found that the peer is a slow consumer and ended this already.
    if (this.isClosed) return;
    this.isClosed = true;
    this.closedReason = reason;
    this.stopUs = this.server.env.clock.nowUs();
    this.parser.stop();
    this.heartbeat.stop();
    if (end.isImmediate !== true) this.outbound.flush();
    end.onSaid?.();
    this.outbound.close();
    if (end.isImmediate === true) this.transport.destroy();
    else if (end.isLeft !== true) this.transport.end(end.errorText ?? reason, reason === closedReasons.maxPayloadExceeded);
    if (this.server.env.log.isDebug) this.writeLine('DBG', `Client connection closed: ${reason}`);
    this.server.env.clock.afterInput(() => {
      this.noteOutput();
      this.server.clients.remove(this);
      this.finishRun();
      dropInSlices(this.subscriptions, (subscription) => this.endSubscription(subscription), this.server.env.clock);
      this.server.hooks.onClientClosed?.(this, reason);
      this.account?.clientIds.delete(this.cid);
    });
  }

  /** Adds what was sent since the last call to the totals; called whenever totals are read, and at the end. */
  noteOutput(): void {
    const messages = this.outMessages - this.countedOutMessages;
    const bytes = this.outBytes - this.countedOutBytes;
    if (messages === 0 && bytes === 0) return;
    this.countedOutMessages = this.outMessages;
    this.countedOutBytes = this.outBytes;
    this.server.counters.outMessages += messages;
    this.server.counters.outBytes += bytes;
    if (this.account === null) return;
    this.account.sent.messages += messages;
    this.account.sent.bytes += bytes;
  }
}
