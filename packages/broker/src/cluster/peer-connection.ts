/**
 * What connections to other servers have in common, routes and leaf nodes alike: the transport with its output, the parser, PINGs,
 * counters, errors and the end. What the lines and messages mean is the business of each kind.
 */
import { type ClosedReason, closedReasons, protocolErrors } from '@sluice/protocol';
import {
  ParseError,
  PeerParser,
  type PeerParserHandler,
  type PeerParserLimits,
  type PeerVerb,
  type PubFrame,
} from '@sluice/protocol/wire';
import { Outbound, type OutboundOwner } from '../connection/outbound.ts';
import { WriteDeadline } from '../connection/write-deadline.ts';
import type { LogLevel } from '../env/log.ts';
import type { Transport, TransportHandler } from '../env/net.ts';
import type { Server } from '../server.ts';
import { type HeartbeatOwner, type HeartbeatRules, PeerHeartbeat } from './peer-heartbeat.ts';
import { joinHostPort } from './peer-url.ts';

/** Lines of servers may be this much longer than those of clients. */
const LINE_FACTOR = 16;
/** Messages of other servers may be larger than this one lets its clients send. */
const MIN_MESSAGE_BOUND_BYTES = 67_108_864;
/** Subscriptions that one connection may bring; beyond them it ends. */
export const MAX_PEER_SUBSCRIPTIONS = 4_194_304;

/** What tells one kind from the other in logs and figures. */
export interface PeerKind {
  /** What stands before the number of a connection in the log. */
  readonly label: 'rid' | 'lid';
  /** How its lines of the log begin: `Router connection closed`. */
  readonly name: 'Router' | 'Leafnode';
  readonly slowCounter: 'routeSlowConsumers' | 'leafSlowConsumers';
  readonly staleCounter: 'routeStaleConnections' | 'leafStaleConnections';
}

/** A line that is neither PING nor PONG. */
export type PeerLine = Exclude<PeerVerb, 'PING' | 'PONG'>;

/** How long the other server may be silent, or not take what it is sent. */
export interface PeerRules extends HeartbeatRules {
  readonly writeDeadlineMs: number;
}

export abstract class PeerConnection implements TransportHandler, OutboundOwner, HeartbeatOwner, PeerParserHandler {
  /** Number among all connections of this server. */
  readonly cid: number;
  readonly server: Server;
  readonly transport: Transport;
  readonly outbound: Outbound;
  readonly heartbeat: PeerHeartbeat;
  private readonly writeDeadline: WriteDeadline;
  readonly startUs: number;
  readonly parser: PeerParser;
  private readonly kind: PeerKind;

  /** Name of the other server, once it has said it. */
  remoteName = '';
  hasHeaders = false;
  inMessages = 0;
  inBytes = 0;
  outMessages = 0;
  outBytes = 0;
  lastActivityMs: number;
  subscriptionCount = 0;
  isClosed = false;
  closedReason: ClosedReason | '' = '';

  constructor(server: Server, transport: Transport, kind: PeerKind, rules: PeerRules) {
    this.server = server;
    this.transport = transport;
    this.kind = kind;
    this.cid = server.clients.nextCid();
    this.startUs = server.env.clock.nowUs();
    this.lastActivityMs = server.env.clock.nowMs();
    this.outbound = new Outbound(transport, server.turn, this, server.options.maxPendingBytes);
    this.parser = new PeerParser(this, server.message, limitsOf(server, kind));
    this.heartbeat = new PeerHeartbeat(server.env, this, rules);
    this.writeDeadline = new WriteDeadline(server.env.clock, this.outbound, {
      deadlineMs: () => rules.writeDeadlineMs,
      onPassed: () => this.endAsSlow('write deadline exceeded', closedReasons.slowConsumerWriteDeadline),
    });
  }

  abstract onMessage(frame: PubFrame, accountStart: number, accountEnd: number, queues: readonly string[] | null): void;
  protected abstract takeLine(verb: PeerLine, args: string): void;
  /** A PONG has come. */
  protected onPong(): void {
    this.heartbeat.notePong();
  }
  /** It has ended, and routing is walking over nothing of it. */
  protected abstract onEnded(): void;

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

  onLine(verb: PeerVerb, args: string): void {
    if (verb === 'PING') return this.send('PONG\r\n');
    if (verb === 'PONG') return this.onPong();
    this.lastActivityMs = this.server.env.clock.nowMs();
    this.takeLine(verb, args);
  }

  /** Waits for an answer before the next line is read. */
  suspend(): void {
    this.transport.pause();
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

  sendPing(): void {
    this.send('PING\r\n');
  }

  onWritten(): void {
    this.outbound.onWritten();
  }

  // ---- the heartbeat's and the transport's news ------------------------------------------------------------------------------

  onStale(): void {
    this.server.counters.staleConnections++;
    this.server.counters[this.kind.staleCounter]++;
    this.refuse(protocolErrors.staleConnection.text, closedReasons.staleConnection);
  }

  onSilent(): void {
    this.refuse(protocolErrors.authenticationTimeout.text, closedReasons.authenticationTimeout);
  }

  onBlocked(): void {
    this.writeDeadline.watch();
  }

  onPendingExceeded(): void {
    this.endAsSlow(`more than ${this.outbound.maxPendingBytes} bytes pending`, closedReasons.slowConsumerPendingBytes);
  }

  private endAsSlow(why: string, reason: ClosedReason): void {
    this.server.counters.slowConsumers++;
    this.server.counters[this.kind.slowCounter]++;
    this.log('INF', `Slow Consumer Detected: ${why}`);
    this.close(reason, { isImmediate: true });
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
    this.writeDeadline.stop();
    if (end.isImmediate !== true) this.outbound.flush();
    this.outbound.close();
    if (end.isImmediate === true) this.transport.destroy();
    else this.transport.end();
    const name = this.remoteName === '' ? '' : ` - Remote: ${this.remoteName}`;
    this.log('INF', `${this.kind.name} connection closed: ${reason}${name}`);
    this.server.env.clock.afterInput(() => this.onEnded());
  }

  log(level: LogLevel, text: string): void {
    const { address, port } = this.transport.peer;
    this.server.env.log.write(level, `${joinHostPort(address, port)} - ${this.kind.label}:${this.cid} - ${text}`);
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
}

function limitsOf({ options }: Server, { label }: PeerKind): PeerParserLimits {
  return {
    maxLineBytes: options.maxControlLineBytes * LINE_FACTOR,
    maxMessageBytes: Math.max(options.maxPayloadBytes, MIN_MESSAGE_BOUND_BYTES),
    isLeaf: label === 'lid',
  };
}
