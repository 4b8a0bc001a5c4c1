/**
 * One connection to another server of the cluster: its two ends, what it has said of itself, and what it wants of which account. What
 * its lines mean is in `handshake.ts` and `interest-lines.ts`, what its messages lead to in `inbound.ts`; `route-mesh.ts` owns it.
 */
import { closedReasons } from '@sluice/protocol';
import { hashBytes, type PubFrame } from '@sluice/protocol/wire';
import { ClientPermissions } from '../../auth/permissions.ts';
import type { Transport } from '../../env/net.ts';
import type { Message } from '../../routing/message.ts';
import { PeerArrival } from '../../routing/peer-arrival.ts';
import { type Subscription, SubscriptionKind } from '../../routing/subscription.ts';
import type { RouteFacts } from '../facts.ts';
import type { Interest } from '../interest-counts.ts';
import type { PeerAccount, PeerAccountOwner } from '../peer-account.ts';
import { PeerConnection, type PeerKind, type PeerLine } from '../peer-connection.ts';
import type { PeerUrl } from '../peer-url.ts';
import { processConnect, processInfo } from './handshake.ts';
import { processRoutedMessage } from './inbound.ts';
import { processInterest } from './interest-lines.ts';
import type { RouteInfo } from './route-info.ts';
import type { RouteMesh } from './route-mesh.ts';

const DEFAULT_AUTH_TIMEOUT_MS = 2000;
const KIND: PeerKind = {
  label: 'rid',
  name: 'Router',
  slowCounter: 'routeSlowConsumers',
  staleCounter: 'routeStaleConnections',
};

/** Where and why a connection was opened; absent on one that the other side opened. */
export interface Solicited {
  readonly url: PeerUrl;
  /** The configuration names it. */
  readonly isExplicit: boolean;
  /** The one account it is for, or an empty string. */
  readonly account: string;
  readonly gossipMode: number;
}

export class RouteConnection extends PeerConnection implements RouteFacts, PeerAccountOwner {
  readonly mesh: RouteMesh;

  /** This server opened it. */
  readonly isSolicitedHere: boolean;
  /** Whether this server opened it; a duplicate of one that it opened counts as such. */
  didSolicit: boolean;
  isConfigured: boolean;
  url: PeerUrl | null;
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
  info: RouteInfo | null = null;
  /** What the other side said in CONNECT, to be asked for again when the credentials change. */
  login: { readonly user: string; readonly password: string } = { user: '', password: '' };
  /** It tells apart what comes from leaf nodes of another server, and their cluster. */
  takesOrigins = false;
  /** Called at the next PONG: the other side has accepted this connection, so another may be opened. */
  onNextPong: (() => void) | null = null;
  /** By name. */
  readonly accounts: Map<string, PeerAccount> = new Map();
  /** Of the message under way. */
  readonly arrival: PeerArrival = new PeerArrival(SubscriptionKind.route, null);
  private permissions: ClientPermissions | null = null;

  constructor(mesh: RouteMesh, transport: Transport, solicited: Solicited | undefined) {
    const { server, options } = mesh;
    super(server, transport, KIND, {
      intervalMs: options.pingIntervalMs ?? server.options.pingIntervalMs,
      pingMax: options.pingMax ?? server.options.pingMax,
      writeDeadlineMs: options.writeDeadlineMs ?? server.options.writeDeadlineMs,
    });
    this.mesh = mesh;
    this.isSolicitedHere = solicited !== undefined;
    this.didSolicit = this.isSolicitedHere;
    this.isConfigured = solicited?.isExplicit === true;
    this.url = solicited?.url ?? null;
    this.gossipMode = solicited?.gossipMode ?? 0;
    this.account = solicited?.account ?? '';
    this.parser.expectsConnect = !this.didSolicit;
    this.parser.hasAccounts = this.account === '';
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
    if (this.permissions === null) return true;
    // What goes over a route is not filtered there.
    const { isAllowed, limitedTo } = this.permissions.checkSubscribe(subject, queue);
    return isAllowed && limitedTo === null;
  }

  // ---- input ---------------------------------------------------------------------------------------------------------------

  onMessage(frame: PubFrame, accountStart: number, accountEnd: number, queues: readonly string[] | null): void {
    if (!this.isRegistered) return this.violate('message before INFO');
    processRoutedMessage(this, frame as Message, { accountStart, accountEnd, queues });
  }

  protected takeLine(verb: PeerLine, args: string): void {
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

  protected override onPong(): void {
    super.onPong();
    const next = this.onNextPong;
    this.onNextPong = null;
    next?.();
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

  // ---- output --------------------------------------------------------------------------------------------------------------

  /** Tells the other server of one interest, if the rules let it; with a count of 0, that it is over. */
  sendInterest(account: string, interest: Interest): void {
    if (this.mayImport(interest.subject)) this.writeInterest(account, interest);
  }

  writeInterest(account: string, { subject, queue, origin, count }: Interest): void {
    const name = this.account === '' ? `${account} ` : '';
    const group = queue === '' ? '' : ` ${queue}`;
    const from = origin === '' || !this.takesOrigins ? 'RS' : 'LS';
    const cluster = from === 'LS' ? `${origin} ` : '';
    if (count === 0) this.send(`${from}- ${cluster}${name}${subject}${group}\r\n`);
    else this.send(`${from}+ ${cluster}${name}${subject}${group}${queue === '' ? '' : ` ${count}`}\r\n`);
  }

  // ---- end -----------------------------------------------------------------------------------------------------------------

  protected onEnded(): void {
    for (const account of this.accounts.values()) account.removeAll();
    this.accounts.clear();
    this.mesh.onClosed(this);
  }

  // ---- figures -------------------------------------------------------------------------------------------------------------

  get rid(): number {
    return this.cid;
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
