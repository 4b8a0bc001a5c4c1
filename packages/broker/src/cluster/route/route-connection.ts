/**
 * One connection to another server of the cluster: its two ends, what it has said of itself, and what it wants of which account. What
 * its lines mean is in `handshake.ts` and `interest-lines.ts`, what its messages lead to in `inbound.ts`; `route-mesh.ts` owns it.
 */
import { type ClosedReason, closedReasons, protocolErrors } from '@sluice/protocol';
import {
  hashBytes,
  ParseError,
  type PubFrame,
  RouteParser,
  type RouteParserHandler,
  type RouteVerb,
} from '@sluice/protocol/wire';
import { ClientPermissions } from '../../auth/permissions.ts';
import { Outbound, type OutboundOwner } from '../../connection/outbound.ts';
import type { Transport, TransportHandler } from '../../env/net.ts';
import type { Message } from '../../routing/message.ts';
import type { Subscription } from '../../routing/subscription.ts';
import type { Server } from '../../server.ts';
import type { RouteFacts } from '../facts.ts';
import { type HeartbeatOwner, PeerHeartbeat } from '../peer-heartbeat.ts';
import { processConnect, processInfo } from './handshake.ts';
import { processRoutedMessage } from './inbound.ts';
import { processInterest } from './interest-lines.ts';
import type { Interest } from './local-interest.ts';
import type { RouteAccount } from './route-account.ts';
import type { RouteInfo } from './route-info.ts';
import type { RouteMesh } from './route-mesh.ts';
import { joinHostPort, type RouteUrl } from './route-url.ts';

/** Lines of servers may be this much longer than those of clients. */
const LINE_FACTOR = 16;
/** Messages of other servers may be larger than this one lets its clients send. */
const MIN_MESSAGE_BOUND_BYTES = 67_108_864;
const DEFAULT_AUTH_TIMEOUT_MS = 2000;

/** Where and why a connection was opened; absent on one that the other side opened. */
export interface Solicited {
  readonly url: RouteUrl;
  /** The configuration names it. */
  readonly isExplicit: boolean;
  /** The one account it is for, or an empty string. */
  readonly account: string;
  readonly gossipMode: number;
}

export class RouteConnection implements TransportHandler, OutboundOwner, HeartbeatOwner, RouteParserHandler, RouteFacts {
  readonly rid: number;
  readonly server: Server;
  readonly mesh: RouteMesh;
  readonly transport: Transport;
  readonly outbound: Outbound;
  readonly heartbeat: PeerHeartbeat;
  readonly startUs: number;
  private readonly parser: RouteParser;

  /** This server opened it. */
  readonly isSolicitedHere: boolean;
  /** Whether this server opened it; a duplicate of one that it opened counts as such. */
  didSolicit: boolean;
  isConfigured: boolean;
  url: RouteUrl | null;
  gossipMode: number;
  /** Tried again when it ends, although the other side opened it: a duplicate of it was closed. */
  mustRetry = false;
  mayReconnect = true;
  /** The one account it is for, or an empty string. */
  account: string;
  /** Place among the connections to its server, or -1. */
  poolIndex = -1;
  /** The other side has one connection for everything. */
  isUnpooled = false;
  isRegistered = false;
  remoteId = '';
  remoteName = '';
  info: RouteInfo | null = null;
  /** What the other side said in CONNECT, to be asked for again when the credentials change. */
  login: { readonly user: string; readonly password: string } = { user: '', password: '' };
  hasHeaders = false;
  /** Called at the next PONG: the other side has accepted this connection, so another may be opened. */
  onNextPong: (() => void) | null = null;

  inMessages = 0;
  inBytes = 0;
  outMessages = 0;
  outBytes = 0;
  lastActivityMs: number;
  subscriptionCount = 0;
  /** By name. */
  readonly accounts: Map<string, RouteAccount> = new Map();
  isClosed = false;
  closedReason: ClosedReason | '' = '';
  private permissions: ClientPermissions | null = null;

  constructor(mesh: RouteMesh, transport: Transport, solicited: Solicited | undefined) {
    const { server, options } = mesh;
    this.mesh = mesh;
    this.server = server;
    this.transport = transport;
    this.rid = server.clients.nextCid();
    this.isSolicitedHere = solicited !== undefined;
    this.didSolicit = this.isSolicitedHere;
    this.isConfigured = solicited?.isExplicit === true;
    this.url = solicited?.url ?? null;
    this.gossipMode = solicited?.gossipMode ?? 0;
    this.account = solicited?.account ?? '';
    this.startUs = server.env.clock.nowUs();
    this.lastActivityMs = server.env.clock.nowMs();
    this.outbound = new Outbound(transport, server.turn, this, server.options.maxPendingBytes);
    this.parser = new RouteParser(this, server.message, {
      maxLineBytes: server.options.maxControlLineBytes * LINE_FACTOR,
      maxMessageBytes: Math.max(server.options.maxPayloadBytes, MIN_MESSAGE_BOUND_BYTES),
    });
    this.parser.expectsConnect = !this.didSolicit;
    this.parser.hasAccounts = this.account === '';
    this.heartbeat = new PeerHeartbeat(server.env, this, {
      intervalMs: options.pingIntervalMs ?? server.options.pingIntervalMs,
      pingMax: options.pingMax ?? server.options.pingMax,
      writeDeadlineMs: options.writeDeadlineMs ?? server.options.writeDeadlineMs,
    });
    this.setPermissions();
  }

  /** Reads; the other side has so long to say who it is. */
  start(): void {
    this.transport.start(this);
    this.heartbeat.start(this.mesh.options.authTimeoutMs ?? DEFAULT_AUTH_TIMEOUT_MS);
    this.log('INF', 'Route connection created');
  }

  // ---- rules ---------------------------------------------------------------------------------------------------------------

  /** Takes the rules of the configuration into force for what comes from now on. */
  setPermissions(): void {
    const { permissions } = this.mesh.options;
    this.permissions = permissions === undefined ? null : new ClientPermissions(permissions, this.server.env.clock);
  }

  /** Whether the other server is told of interest in this subject. */
  mayImport(subject: string): boolean {
    if (this.permissions === null) return true;
    const bytes = Buffer.from(subject, 'latin1');
    return this.permissions.mayPublish(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
  }

  /** Whether interest of the other server in this subject counts. */
  mayExport(subject: string, queue: string): boolean {
    return this.permissions === null || this.permissions.checkSubscribe(subject, queue).isAllowed;
  }

  // ---- input ---------------------------------------------------------------------------------------------------------------

  onBytes(bytes: Buffer, view: DataView, count: number): void {
    this.server.message.publisherCid = 0;
    const before = this.inMessages;
    try {
      this.parser.parse(bytes, view, count);
    } catch (error) {
      this.fail(error);
    }
    if (this.inMessages > before) this.lastActivityMs = this.server.env.clock.nowMs();
  }

  /** A mistake of ours, met on behalf of this connection: it ends this one and no other. */
  private fail(error: unknown): void {
    this.server.router.abandon();
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.log('ERR', `internal error, connection closed: ${text}`);
    this.close(closedReasons.internalClient, { isImmediate: true });
  }

  onMessage(frame: PubFrame, accountStart: number, accountEnd: number, queues: readonly string[] | null): void {
    if (!this.isRegistered) return this.violate('message before INFO');
    processRoutedMessage(this, frame as Message, { accountStart, accountEnd, queues });
  }

  onLine(verb: RouteVerb, args: string): void {
    if (verb === 'PING') return this.send('PONG\r\n');
    if (verb === 'PONG') return this.onPong();
    this.lastActivityMs = this.server.env.clock.nowMs();
    switch (verb) {
      case 'CONNECT':
        return processConnect(this, args);
      case 'INFO':
        return processInfo(this, args);
      case '-ERR':
        this.log('ERR', `Router Error ${args}`);
        return this.close(closedReasons.parseError);
      case '+OK':
      case 'A+':
      case 'A-':
        return;
      default:
        if (!this.isRegistered) return this.violate('interest before INFO');
        return processInterest(this, verb, args);
    }
  }

  private onPong(): void {
    this.heartbeat.notePong();
    const next = this.onNextPong;
    this.onNextPong = null;
    next?.();
  }

  /** Waits for an answer before the next line is read. */
  suspend(): void {
    this.parser.suspend();
  }

  resume(): void {
    if (this.isClosed) return;
    this.transport.resume();
    try {
      this.parser.resume();
    } catch (error) {
      this.fail(error);
    }
  }

  /** CONNECT was good: anything may be said now. */
  expectAnything(): void {
    this.parser.expectsConnect = false;
  }

  /** INFO said that it is for one account. */
  bindAccount(account: string): void {
    this.account = account;
    this.parser.hasAccounts = account === '';
  }

  onUnauthenticated(): void {
    this.refuse(protocolErrors.authorizationViolation.text, closedReasons.authenticationFailure);
  }

  onParseError(error: ParseError, line: string): void {
    if (error === ParseError.badArguments) return this.violate(`parse error: ${JSON.stringify(line)}`);
    const { text, closedReason } =
      error === ParseError.controlLineTooLong ? protocolErrors.maxControlLine : protocolErrors.unknownOperation;
    this.refuse(text, closedReason);
  }

  /** It has said what no server says. */
  violate(why: string): void {
    this.log('ERR', why);
    this.close(closedReasons.protocolViolation);
  }

  // ---- output --------------------------------------------------------------------------------------------------------------

  /** Sends ready-made protocol text, one char per byte. */
  send(text: string): void {
    if (!this.isClosed) this.outbound.append(Buffer.from(text, 'latin1'));
  }

  /** Tells the other server of one interest, if the rules let it; with a count of 0, that it is over. */
  sendInterest(account: string, interest: Interest): void {
    if (this.mayImport(interest.subject)) this.writeInterest(account, interest);
  }

  writeInterest(account: string, { subject, queue, count }: Interest): void {
    const name = this.account === '' ? `${account} ` : '';
    const group = queue === '' ? '' : ` ${queue}`;
    if (count === 0) this.send(`RS- ${name}${subject}${group}\r\n`);
    else this.send(`RS+ ${name}${subject}${group}${queue === '' ? '' : ` ${count}`}\r\n`);
  }

  sendPing(): void {
    this.send('PING\r\n');
  }

  onWritten(): void {
    this.outbound.onWritten();
  }

  // ---- the heartbeat's and the transport's news ------------------------------------------------------------------------------

  get blockedSinceMs(): number {
    return this.outbound.blockedSinceMs;
  }

  onStale(): void {
    this.server.counters.staleConnections++;
    this.server.counters.routeStaleConnections++;
    this.refuse(protocolErrors.staleConnection.text, closedReasons.staleConnection);
  }

  onSilent(): void {
    this.refuse(protocolErrors.authenticationTimeout.text, closedReasons.authenticationTimeout);
  }

  onBlocked(): void {
    this.heartbeat.watchWrite();
  }

  onWriteDeadline(): void {
    this.server.counters.slowConsumers++;
    this.server.counters.routeSlowConsumers++;
    this.log('INF', 'Slow Consumer Detected: write deadline exceeded');
    this.close(closedReasons.slowConsumerWriteDeadline, { isImmediate: true });
  }

  onPendingExceeded(): void {
    this.server.counters.slowConsumers++;
    this.server.counters.routeSlowConsumers++;
    this.log('INF', `Slow Consumer Detected: more than ${this.outbound.maxPendingBytes} bytes pending`);
    this.close(closedReasons.slowConsumerPendingBytes, { isImmediate: true });
  }

  onClose(error: Error | undefined): void {
    if (!this.isClosed) this.close(error === undefined ? closedReasons.clientClosed : closedReasons.readError);
  }

  // ---- end -----------------------------------------------------------------------------------------------------------------

  /** Says why and ends. */
  refuse(text: string, reason: ClosedReason): void {
    this.log('ERR', text);
    this.send(`-ERR '${text}'\r\n`);
    this.close(reason);
  }

  /** What the other server wanted leaves the accounts after this turn's input, because routing may be walking over it right now. */
  close(reason: ClosedReason, end: { readonly isImmediate?: boolean } = {}): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.closedReason = reason;
    this.parser.stop();
    this.heartbeat.stop();
    if (end.isImmediate !== true) this.outbound.flush();
    this.outbound.close();
    if (end.isImmediate === true) this.transport.destroy();
    else this.transport.end();
    const name = this.remoteName === '' ? '' : ` - Remote: ${this.remoteName}`;
    this.log('INF', `Router connection closed: ${reason}${name}`);
    this.server.env.clock.afterInput(() => {
      for (const account of this.accounts.values()) account.removeAll();
      this.accounts.clear();
      this.mesh.onClosed(this);
    });
  }

  log(level: 'INF' | 'ERR' | 'DBG' | 'WRN', text: string): void {
    const { address, port } = this.transport.peer;
    this.server.env.log.write(level, `${joinHostPort(address, port)} - rid:${this.rid} - ${text}`);
  }

  // ---- figures -------------------------------------------------------------------------------------------------------------

  get address(): string {
    return this.transport.peer.address;
  }

  get port(): number {
    return this.transport.peer.port;
  }

  get rttUs(): number {
    return this.heartbeat.rttUs;
  }

  get pendingBytes(): number {
    return this.outbound.pendingBytes;
  }

  get imported(): unknown {
    return this.info?.imported;
  }

  get exported(): unknown {
    return this.info?.exported;
  }

  subscriptions(): Subscription[] {
    return [...this.accounts.values()].flatMap((account) => [...account.values()]);
  }
}
