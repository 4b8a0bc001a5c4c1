/**
 * The routes of this server: listens for other servers, connects to those that the configuration or another server names, tells each
 * what this one wants, and keeps clients informed of where else they may go. One full mesh: a message crosses one route at most.
 * Source: nats-server server/route.go.
 */
import { type ClosedReason, closedReasons, Nuid } from '@sluice/protocol';
import { latin1Bytes } from '@sluice/protocol/wire';
import type { Account } from '../../account/account.ts';
import { BcryptChecker } from '../../auth/bcrypt-checker.ts';
import { PasswordChecker } from '../../auth/password.ts';
import { isPinned } from '../../connection/secure-upgrade.ts';
import { makeTlsContext } from '../../connection/tls-context.ts';
import type { Listener, Transport } from '../../env/net.ts';
import type { TlsContext } from '../../env/tls.ts';
import type { ClusterOptions } from '../../options.ts';
import type { Server } from '../../server.ts';
import type { ClusterFacts, PeerTraffic, RouteFacts } from '../facts.ts';
import type { Interest } from '../interest-counts.ts';
import { joinHostPort } from '../peer-url.ts';
import { ClientUrls } from './client-urls.ts';
import { ClusterNaming } from './cluster-name.ts';
import { Dialer } from './dialer.ts';
import { Gossip } from './gossip.ts';
import { refuseAuth } from './handshake.ts';
import { LocalInterest } from './local-interest.ts';
import { renderRouteConnect, renderRouteInfo } from './own-info.ts';
import { RouteConnection, type Solicited } from './route-connection.ts';
import type { RouteInfo } from './route-info.ts';
import { RouteTable } from './route-table.ts';

/** Connections that have not said yet who they are; more are closed at once. */
const MAX_UNKNOWN = 1024;

/** What the mesh tells the rest of the server. */
export interface MeshNews {
  /** Other addresses for clients: each is to hear of it. */
  readonly onClientUrls: () => void;
}

export class RouteMesh implements ClusterFacts {
  readonly server: Server;
  options: ClusterOptions;
  readonly naming: ClusterNaming;
  readonly table: RouteTable;
  readonly dialer: Dialer;
  readonly gossip: Gossip;
  readonly clientUrls: ClientUrls;
  /** Accounts with a connection of their own; the system account is one. */
  readonly pinned: ReadonlySet<string>;
  readonly interest: LocalInterest;
  /** The account of the last message that came over any route. */
  readonly last: { name: Uint8Array; account: Account | undefined } = { name: latin1Bytes(''), account: undefined };
  tlsContext: TlsContext | undefined;
  port = 0;
  private readonly passwords: PasswordChecker;
  private readonly bcrypt: BcryptChecker;
  private readonly unknown: Set<RouteConnection> = new Set();
  private readonly closedTraffic = { inMessages: 0, inBytes: 0, outMessages: 0, outBytes: 0 };
  private listener: Listener | undefined;
  private isStopped = false;

  constructor(server: Server, options: ClusterOptions, news: MeshNews) {
    const { env } = server;
    this.server = server;
    this.options = options;
    const nuid = new Nuid((count) => env.random.bytes(count));
    const given = { name: options.name ?? nuid.next(), isDynamic: options.name === undefined };
    this.naming = new ClusterNaming(given, (name, remoteId) => this.onRenamed(name, remoteId));
    const system = server.systemAccount === undefined ? [] : [server.systemAccount.name];
    this.pinned = new Set(options.poolSize > 0 ? [...options.pinnedAccounts, ...system] : []);
    this.table = new RouteTable(options.poolSize, this.pinned);
    this.dialer = new Dialer(this);
    this.gossip = new Gossip(this);
    this.clientUrls = new ClientUrls(server, news.onClientUrls);
    this.interest = new LocalInterest((account, interest) => this.announce(account, interest));
    this.bcrypt = new BcryptChecker(env.random);
    this.passwords = new PasswordChecker(this.bcrypt, options.password === undefined ? [] : [options.password]);
  }

  // ---- start and stop --------------------------------------------------------------------------------------------------------

  /** Listens and begins to connect. Rejects with the system's error when the address cannot be had. */
  async start(): Promise<void> {
    const { server, options } = this;
    const { env, accounts } = server;
    if (options.tls !== undefined) this.tlsContext = await makeTlsContext(options.tls, env);
    const isUpgradable = (): boolean => this.tlsContext !== undefined;
    this.listener = await env.net.listen({ host: options.host, port: options.port, isUpgradable }, (transport) =>
      this.accept(transport),
    );
    this.port = this.listener.port;
    this.clientUrls.settleOwn();
    for (const account of accounts.all()) this.interest.watch(account);
    accounts.creationObservers.add(this.onAccount);
  }

  /** Connects to the servers that the configuration names. Called once the log has said that this one listens. */
  solicit(): void {
    for (const url of this.dialer.configure(this.options.routes)) {
      for (const account of ['', ...this.pinned]) this.dialer.open({ url, isExplicit: true, account, gossipMode: 0 });
    }
  }

  private readonly onAccount = (account: Account): void => {
    this.interest.watch(account);
    for (const route of this.table.all()) route.accounts.get(account.name)?.attach(account);
  };

  async stop(): Promise<void> {
    this.isStopped = true;
    this.dialer.stop();
    this.server.accounts.creationObservers.delete(this.onAccount);
    this.interest.close();
    this.bcrypt.stop();
    const routes = [...this.table.all(), ...this.unknown];
    for (const route of routes) route.close(closedReasons.serverShutdown);
    await this.listener?.close();
    for (const route of routes) route.transport.destroy();
  }

  /** Other servers no longer name this one to their clients. */
  announceLameDuck(): void {
    const text = renderRouteInfo(this, { account: '', poolIndex: 0, gossipMode: 0, isLameDuck: true });
    for (const route of this.table.oneOfEach()) route.send(text);
  }

  // ---- connections -----------------------------------------------------------------------------------------------------------

  private accept(transport: Transport): void {
    if (this.isStopped || this.unknown.size >= MAX_UNKNOWN) return transport.destroy();
    this.begin(transport, undefined);
  }

  openSolicited(transport: Transport, wish: Solicited): void {
    this.begin(transport, wish);
  }

  private begin(transport: Transport, wish: Solicited | undefined): void {
    const { tlsContext } = this;
    if (tlsContext === undefined || transport.secure === undefined) return this.greet(transport, wish);
    const { secure } = transport;
    const handshake = wish === undefined ? secure.startTls(tlsContext, true) : secure.startTlsAsClient(tlsContext, wish.url.host);
    handshake.then(
      (session) => {
        if (this.isStopped || (this.options.tls !== undefined && !isPinned(session, this.options.tls)))
          return transport.destroy();
        this.greet(transport, wish);
      },
      (error: unknown) => {
        const { address, port } = transport.peer;
        const reason = error instanceof Error ? error.message : String(error);
        this.server.env.log.write('ERR', `${address}:${port} - TLS route handshake error: ${reason}`);
        transport.destroy();
        if (wish?.isExplicit === true) this.dialer.reopen(wish);
      },
    );
  }

  /** Whoever was connected to says INFO at once; whoever connects says CONNECT, and INFO once it knows which connection this is. */
  private greet(transport: Transport, wish: Solicited | undefined): void {
    const route = new RouteConnection(this, transport, wish);
    this.unknown.add(route);
    route.start();
    if (wish === undefined) {
      route.send(renderRouteInfo(this, { account: '', poolIndex: 0, gossipMode: 0 }));
      return;
    }
    route.send(renderRouteConnect(this, wish.url));
    if (wish.account !== '' || this.options.poolSize <= 0) this.sendInfo(route, 0);
  }

  private sendInfo(route: RouteConnection, poolIndex: number): void {
    route.send(renderRouteInfo(this, { account: route.account, poolIndex, gossipMode: route.gossipMode }));
  }

  /** True when a server with these credentials may connect. */
  authenticate({ user, password }: RouteConnection['login']): boolean | Promise<boolean> {
    const { options } = this;
    if (options.user === undefined) return true;
    return this.passwords.matches(user === options.user ? options.password : undefined, password);
  }

  /** The first INFO has come. Returns `duplicate`, or another reason to refuse the connection. */
  register(route: RouteConnection, info: RouteInfo): string | undefined {
    if (route.account !== '' && this.server.accounts.get(route.account) === undefined) {
      return `Unable to lookup account ${JSON.stringify(route.account)}: account missing`;
    }
    const wasDelayed = route.didSolicit && route.account === '' && this.options.poolSize > 0;
    const added = this.table.add(route, info);
    if (typeof added === 'string') return added;
    this.unknown.delete(route);
    route.isRegistered = true;
    if (wasDelayed) this.sendInfo(route, Math.max(0, route.poolIndex));
    const ownMode = route.gossipMode;
    if (added.isFirst) {
      this.gossip.tellOthers(route, info, ownMode);
      if (route.account === '' && !this.options.noAdvertise) {
        this.clientUrls.add(route.remoteId, info.connectUrls, info.webSocketUrls);
      }
      if (route.account === '') for (const url of info.leafUrls.slice(0, 1)) this.server.leafs?.addUrl(url);
    }
    this.sendInterest(route);
    if (added.mayOpenNext) this.openNext(route);
    return undefined;
  }

  /** Fills the pool one by one, each after the one before it was accepted. */
  private openNext(route: RouteConnection): void {
    const { url } = route;
    if (url === null) return;
    route.onNextPong = () => {
      this.dialer.open({ url, isExplicit: route.isConfigured, account: '', gossipMode: route.gossipMode });
    };
    route.heartbeat.notePing();
    route.sendPing();
  }

  /** A connection has ended, whether it was registered or not. */
  onClosed(route: RouteConnection): void {
    this.unknown.delete(route);
    const { closedTraffic } = this;
    closedTraffic.inMessages += route.inMessages;
    closedTraffic.inBytes += route.inBytes;
    closedTraffic.outMessages += route.outMessages;
    closedTraffic.outBytes += route.outBytes;
    if (this.table.remove(route)) {
      this.clientUrls.remove(route.remoteId);
      for (const url of route.info?.leafUrls.slice(0, 1) ?? []) this.server.leafs?.removeUrl(url);
    }
    if (this.isStopped || !route.mayReconnect) return;
    const { url, didSolicit, isConfigured, mustRetry } = route;
    if (url === null || (!didSolicit && !mustRetry)) return;
    if (this.options.poolSize < 1 && route.account === '' && this.table.isConnected(route.remoteId)) return;
    const isExplicit = isConfigured && this.dialer.isWanted(url);
    // With another name the same servers go together again.
    const isRenamed = route.closedReason === closedReasons.clusterNameConflict;
    this.dialer.reopen({ url, isExplicit, account: route.account, gossipMode: 0 }, isRenamed);
  }

  private closeAllBut(remoteId: string, reason: ClosedReason): void {
    for (const route of this.table.all()) if (route.remoteId !== remoteId) route.close(reason);
  }

  private onRenamed(name: string, remoteId: string): void {
    this.closeAllBut(remoteId, closedReasons.clusterNameConflict);
    this.server.env.log.write('INF', `Cluster name updated to ${name}`);
  }

  // ---- interest --------------------------------------------------------------------------------------------------------------

  private announce(account: Account, interest: Interest): void {
    for (const route of this.table.carrying(account.name)) route.sendInterest(account.name, interest);
  }

  /** All that this server wants of the accounts that a new connection carries. */
  sendInterest(route: RouteConnection): void {
    for (const account of this.interest.accounts()) {
      if (!this.table.isCarriedBy(route, account.name)) continue;
      for (const interest of this.interest.of(account)) route.sendInterest(account.name, interest);
    }
  }

  // ---- reload ----------------------------------------------------------------------------------------------------------------

  /** Takes new routes, credentials and rules into force; name, address and pools stay. */
  reload(next: ClusterOptions): void {
    const before = this.options;
    this.options = { ...next, poolSize: before.poolSize, pinnedAccounts: before.pinnedAccounts };
    this.reloadTls();
    this.clientUrls.settleOwn();
    const isSame = (...keys: (keyof ClusterOptions)[]) =>
      keys.every((key) => JSON.stringify(before[key]) === JSON.stringify(next[key]));
    if (!isSame('user', 'password')) for (const route of this.table.all()) this.authenticateAgain(route);
    if (!isSame('permissions')) for (const route of this.table.all()) this.applyRules(route);
    this.solicit();
    for (const route of this.table.all()) {
      const { url, isConfigured, didSolicit } = route;
      if (url === null || !isConfigured || !didSolicit || this.dialer.isWanted(url)) continue;
      route.mayReconnect = false;
      route.close(closedReasons.routeRemoved);
      this.server.env.log.write('INF', `Removed route ${joinHostPort(url.host, url.port)}`);
    }
  }

  /** Certificates are read again; when that fails, the old ones stay. */
  private reloadTls(): void {
    const { tls } = this.options;
    const { env } = this.server;
    if (tls === undefined) {
      this.tlsContext = undefined;
      return;
    }
    makeTlsContext(tls, env).then(
      (context) => {
        this.tlsContext = context;
      },
      (error: unknown) =>
        env.log.write('ERR', `Reloading TLS of routes: ${error instanceof Error ? error.message : String(error)}`),
    );
  }

  /** Other credentials: a server that connected with the old ones goes. */
  private authenticateAgain(route: RouteConnection): void {
    if (route.isSolicitedHere) return;
    const settle = (isRight: boolean): void => {
      if (isRight || route.isClosed) return;
      route.mayReconnect = false;
      refuseAuth(route);
    };
    const answer = this.authenticate(route.login);
    if (typeof answer === 'boolean') settle(answer);
    else answer.then(settle, () => settle(false));
  }

  /** Other rules: the difference is told, and what the other side wanted is looked at again. */
  private applyRules(route: RouteConnection): void {
    const wanted = this.interest
      .accounts()
      .filter(({ name }) => this.table.isCarriedBy(route, name))
      .flatMap((account) => [...this.interest.of(account)].map((interest) => ({ account: account.name, interest })));
    const told = new Set(wanted.filter(({ interest }) => route.mayImport(interest.subject)));
    route.setPermissions();
    for (const one of wanted) {
      const mayTell = route.mayImport(one.interest.subject);
      if (mayTell !== told.has(one)) route.writeInterest(one.account, mayTell ? one.interest : { ...one.interest, count: 0 });
    }
    for (const account of route.accounts.values()) account.refilter();
    route.send(renderRouteInfo(this, { account: route.account, poolIndex: 0, gossipMode: 0 }));
  }

  // ---- figures ---------------------------------------------------------------------------------------------------------------

  get name(): string {
    return this.naming.name;
  }

  get host(): string {
    return this.options.host;
  }

  get tlsNotAfterMs(): number | undefined {
    return this.tlsContext?.notAfterMs;
  }

  get remoteCount(): number {
    return this.table.size;
  }

  clientUrlList(isWebSocket: boolean, isLameDuck: boolean): readonly string[] {
    return this.clientUrls.list(isWebSocket, isLameDuck);
  }

  routes(): RouteFacts[] {
    return this.table.all();
  }

  traffic(): PeerTraffic {
    const sum = { ...this.closedTraffic };
    for (const route of this.table.all()) {
      sum.inMessages += route.inMessages;
      sum.inBytes += route.inBytes;
      sum.outMessages += route.outMessages;
      sum.outBytes += route.outBytes;
    }
    return sum;
  }
}
