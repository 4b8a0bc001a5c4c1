/**
 * The leaf nodes of this server, and the hubs that it is a leaf node of: listens for the ones, connects to the others, gives each
 * connection its place in its account, and tells each what this side wants.
 * Source: nats-server server/leafnode.go.
 */
import { closedReasons, Nuid } from '@sluice/protocol';
import type { Account } from '../../account/account.ts';
import { beginsWithTls, isPinned, secureConnection } from '../../connection/secure-upgrade.ts';
import { DEFAULT_TLS_TIMEOUT_MS, makeTlsContext } from '../../connection/tls-context.ts';
import type { Listener, Transport } from '../../env/net.ts';
import type { TlsContext } from '../../env/tls.ts';
import type { LeafListenOptions, LeafOptions } from '../../options.ts';
import type { Server } from '../../server.ts';
import type { LeafConnectionFacts, LeafFacts, PeerTraffic } from '../facts.ts';
import { authenticateAgain } from './handshake.ts';
import { LeafAuthenticator } from './leaf-auth.ts';
import { LeafConnection } from './leaf-connection.ts';
import { separateJetStream } from './leaf-domains.ts';
import { LeafInterest, LOOP_PREFIX } from './leaf-interest.ts';
import { LeafRemote } from './leaf-remote.ts';
import { LeafUrls } from './leaf-urls.ts';
import { renderLeafInfo, renderLeafNews } from './own-words.ts';

/** Connections that have not said yet who they are; more are closed at once. */
const MAX_UNKNOWN = 1024;
const DEFAULT_AUTH_TIMEOUT_MS = 2000;
/** Time for the words about interest to cross. */
const SETTLE_MS = 100;
/** Whoever has a TLS handshake to do gets a second more than that may take. */
const AFTER_TLS_MS = 1000;

export class LeafNodes implements LeafFacts {
  readonly server: Server;
  options: LeafOptions;
  readonly urls: LeafUrls = new LeafUrls();
  authenticator: LeafAuthenticator;
  port = 0;
  private tlsContext: TlsContext | undefined;
  private readonly nuid: Nuid;
  private readonly news: { readonly onJoined: (account: Account) => void };
  private readonly unknown: Set<LeafConnection> = new Set();
  private readonly leafs: Map<number, LeafConnection> = new Map();
  private readonly loopSubjects: Map<Account, string> = new Map();
  private readonly closedTraffic = { inMessages: 0, inBytes: 0, outMessages: 0, outBytes: 0 };
  private remotes: LeafRemote[] = [];
  private listener: Listener | undefined;
  private isStopped = false;

  /** `onJoined`: another server is there for the account, and both sides know what they want of each other. */
  constructor(server: Server, options: LeafOptions, news: { readonly onJoined: (account: Account) => void }) {
    const { random } = server.env;
    this.server = server;
    this.options = options;
    this.news = news;
    this.nuid = new Nuid((count) => random.bytes(count));
    this.authenticator = new LeafAuthenticator(server, options.listen ?? {});
  }

  // ---- start and stop --------------------------------------------------------------------------------------------------------

  /** Listens, where the options say so. Rejects with the system's error when the address cannot be had. */
  async listen(): Promise<void> {
    const { listen } = this.options;
    const { env } = this.server;
    if (listen === undefined) return;
    if (listen.tls !== undefined) this.tlsContext = await makeTlsContext(listen.tls, env);
    const isUpgradable = (): boolean => this.tlsContext !== undefined;
    this.listener = await env.net.listen({ host: listen.host, port: listen.port, isUpgradable }, (transport) =>
      this.accept(transport),
    );
    this.port = this.listener.port;
    this.urls.settle(listen, this.port, env.net.addresses());
    if (listen.advertise !== undefined) env.log.write('INF', `Advertise address for leafnode is set to ${this.urls.own}`);
  }

  /** Connects to the hubs that the configuration names. */
  solicit(): void {
    this.remotes = (this.options.remotes ?? []).map((remote) => new LeafRemote(this, remote));
    for (const remote of this.remotes) remote.start();
  }

  /** Nobody new is let in. */
  async stopListening(): Promise<void> {
    const { listener } = this;
    this.listener = undefined;
    await listener?.close();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    for (const remote of this.remotes) remote.stop();
    const all = [...this.leafs.values(), ...this.unknown];
    for (const leaf of all) leaf.close(closedReasons.serverShutdown);
    await this.stopListening();
    for (const leaf of all) leaf.transport.destroy();
    await this.authenticator.stop();
  }

  // ---- connections -----------------------------------------------------------------------------------------------------------

  /** A transport from the listener, or from the WebSocket port under the path of leaf nodes. */
  accept(transport: Transport): void {
    if (this.isStopped || this.unknown.size >= MAX_UNKNOWN) return transport.destroy();
    const { listen } = this.options;
    const context = this.tlsContext;
    if (listen?.tls === undefined || context === undefined || transport.secure === undefined) {
      this.greet(transport);
      return;
    }
    this.acceptSecurely(transport, listen, context).catch((error: unknown) => {
      const { address, port } = transport.peer;
      const reason = error instanceof Error ? error.message : String(error);
      this.server.env.log.write('ERR', `${address}:${port} - TLS leafnode handshake error: ${reason}`);
      transport.destroy();
    });
  }

  /** INFO in the clear and then TLS, or TLS first. */
  private async acceptSecurely(transport: Transport, { tls }: LeafListenOptions, context: TlsContext): Promise<void> {
    const { secure } = transport;
    if (tls === undefined || secure === undefined) return;
    if (await beginsWithTls(secure, tls)) {
      const session = await secure.startTls(context, true);
      if (!isPinned(session, tls)) throw new Error('the certificate is not pinned');
      this.greet(transport);
      return;
    }
    const leaf = this.greet(transport);
    leaf.outbound.flush();
    await secureConnection(transport, context, tls, { mayStayPlain: false, isFirst: false });
  }

  private greet(transport: Transport): LeafConnection {
    const leaf = new LeafConnection(this, transport, null);
    this.unknown.add(leaf);
    leaf.log('INF', 'Leafnode connection created ');
    leaf.send(renderLeafInfo(leaf));
    leaf.start(this.authTimeoutMs);
    return leaf;
  }

  private get authTimeoutMs(): number {
    const { authTimeoutMs, tls } = this.options.listen ?? {};
    const fallbackMs = tls === undefined ? DEFAULT_AUTH_TIMEOUT_MS : (tls.timeoutMs ?? DEFAULT_TLS_TIMEOUT_MS) + AFTER_TLS_MS;
    return authTimeoutMs ?? fallbackMs;
  }

  /** A hub has been reached. */
  openSolicited(transport: Transport, remote: LeafRemote): LeafConnection {
    const leaf = new LeafConnection(this, transport, remote);
    leaf.account = this.server.accounts.ensure(remote.accountName);
    this.unknown.add(leaf);
    leaf.log('INF', `Leafnode connection created for account: ${remote.accountName} `);
    return leaf;
  }

  /** The other side is known and may stay. One of the same server for the same account makes room. */
  register(leaf: LeafConnection): void {
    const { account } = leaf;
    if (account === null) return;
    const old = leaf.remote === null ? this.twinOf(leaf) : undefined;
    this.unknown.delete(leaf);
    this.leafs.set(leaf.cid, leaf);
    leaf.isRegistered = true;
    account.leafCount++;
    if (old !== undefined) {
      old.refuse(closedReasons.duplicateRemoteLeafNode, closedReasons.duplicateRemoteLeafNode);
      leaf.log('WRN', 'Replacing connection from same server');
    }
    leaf.heartbeat.noteKnown();
    leaf.loopSubject = this.loopSubjectOf(account);
    separateJetStream(leaf);
    leaf.attach();
    this.server.hooks.onLeafChanged?.(leaf, true);
  }

  private twinOf(leaf: LeafConnection): LeafConnection | undefined {
    if (leaf.remoteName === '' || leaf.remoteAccount === '') return undefined;
    const isTwin = (other: LeafConnection): boolean =>
      other.remote === null &&
      other.remoteName === leaf.remoteName &&
      other.remoteCluster === leaf.remoteCluster &&
      other.account === leaf.account &&
      other.remoteAccount === leaf.remoteAccount;
    return [...this.leafs.values()].find(isTwin);
  }

  private loopSubjectOf(account: Account): string {
    let subject = this.loopSubjects.get(account);
    if (subject === undefined) {
      subject = `${LOOP_PREFIX}${this.nuid.next()}`;
      this.loopSubjects.set(account, subject);
    }
    return subject;
  }

  /** Tells the other side all that this one wants, and from now on what changes. */
  beginInterest(leaf: LeafConnection): void {
    if (leaf.account === null || leaf.isClosed) return;
    leaf.interest = new LeafInterest(leaf, leaf.account);
    leaf.interest.begin(leaf.loopSubject);
    // What the other side wants of this one comes with its next words.
    const { account } = leaf;
    this.server.env.clock.setTimer(SETTLE_MS, () => this.news.onJoined(account));
  }

  /** True when leaf nodes of that cluster are connected for the account. */
  hasLeafsOf(account: Account, cluster: string): boolean {
    return [...this.leafs.values()].some(
      (leaf) => !leaf.isSpoke && leaf.remote === null && leaf.account === account && leaf.remoteCluster === cluster,
    );
  }

  onClosed(leaf: LeafConnection): void {
    this.unknown.delete(leaf);
    const { closedTraffic } = this;
    closedTraffic.inMessages += leaf.inMessages;
    closedTraffic.inBytes += leaf.inBytes;
    closedTraffic.outMessages += leaf.outMessages;
    closedTraffic.outBytes += leaf.outBytes;
    if (this.leafs.delete(leaf.cid) && leaf.account !== null) {
      leaf.account.leafCount--;
      this.server.hooks.onLeafChanged?.(leaf, false);
    }
    if (!this.isStopped) leaf.remote?.onClosed(leaf);
  }

  // ---- what others say and are told --------------------------------------------------------------------------------------------

  /** The cluster that this server's leaf node connections are of: its own, or, where it has only hubs, its name stands for one. */
  get clusterName(): string {
    const { cluster, name } = this.server;
    if (cluster !== undefined) return cluster.name;
    return (this.options.remotes ?? []).length > 0 ? name : '';
  }

  /** JetStream's, or empty. */
  get domain(): string {
    return this.server.options.jetstream?.domain ?? '';
  }

  get ownUrl(): string | undefined {
    return this.options.listen === undefined || this.options.listen.noAdvertise === true || this.urls.own === ''
      ? undefined
      : this.urls.own;
  }

  addUrl(url: string): void {
    if (this.urls.add(url)) this.tellUrls();
  }

  removeUrl(url: string): void {
    if (this.urls.remove(url)) this.tellUrls();
  }

  private tellUrls(): void {
    for (const leaf of this.leafs.values()) leaf.send(renderLeafNews(leaf));
  }

  // ---- reload ----------------------------------------------------------------------------------------------------------------

  /** What cannot change in a running server, or undefined. */
  reloadProblem(next: LeafOptions | undefined): string | undefined {
    const fixed = ({ listen, reconnectMs, dialTimeoutMs }: LeafOptions): string => {
      const { tls: _reloaded, ...rest } = listen ?? {};
      return JSON.stringify([rest, reconnectMs, dialTimeoutMs]);
    };
    return fixed(this.options) === fixed(next ?? {}) ? undefined : 'config reload not supported for LeafNode';
  }

  /** Takes other hubs and other certificates into force. */
  reload(next: LeafOptions): void {
    this.options = next;
    this.reloadTls(next);
    const wanted = new Set((next.remotes ?? []).map((remote) => JSON.stringify(remote)));
    const isKept = (remote: LeafRemote): boolean => wanted.has(JSON.stringify(remote.options));
    for (const remote of this.remotes) if (!isKept(remote)) remote.end();
    const kept = this.remotes.filter(isKept);
    const known = new Set(kept.map((remote) => JSON.stringify(remote.options)));
    const added = (next.remotes ?? []).filter((remote) => !known.has(JSON.stringify(remote)));
    const started = added.map((remote) => new LeafRemote(this, remote));
    this.remotes = [...kept, ...started];
    for (const remote of started) remote.start();
  }

  /** Certificates are read again; when that fails, the old ones stay. */
  private reloadTls({ listen }: LeafOptions): void {
    const { env } = this.server;
    if (listen?.tls === undefined) return;
    makeTlsContext(listen.tls, env).then(
      (context) => {
        this.tlsContext = context;
      },
      (error: unknown) =>
        env.log.write('ERR', `Reloading TLS of leaf nodes: ${error instanceof Error ? error.message : String(error)}`),
    );
  }

  /** Users, accounts or claims have changed. */
  authenticateAgain(account?: string): void {
    for (const leaf of [...this.leafs.values()]) {
      if (account === undefined || leaf.accountName === account) authenticateAgain(leaf);
    }
  }

  // ---- figures ---------------------------------------------------------------------------------------------------------------

  get tlsNotAfterMs(): number | undefined {
    return this.tlsContext?.notAfterMs;
  }

  connections(): LeafConnectionFacts[] {
    return [...this.leafs.values()];
  }

  kick(cid: number): boolean {
    const leaf = this.leafs.get(cid);
    leaf?.close(closedReasons.kicked);
    return leaf !== undefined;
  }

  traffic(): PeerTraffic {
    const sum = { ...this.closedTraffic };
    for (const leaf of this.leafs.values()) {
      sum.inMessages += leaf.inMessages;
      sum.inBytes += leaf.inBytes;
      sum.outMessages += leaf.outMessages;
      sum.outBytes += leaf.outBytes;
    }
    return sum;
  }
}
