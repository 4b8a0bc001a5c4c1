/** The composition root: build, start, reload, lame duck, stop. Everything below it gets what it needs from here. */

import { closedReasons } from '@sluice/protocol';
import { buildServer } from './build-server.ts';
import { acceptClient } from './client/accept.ts';
import { renderInfo } from './client/info.ts';
import type { LeafNodes } from './cluster/leafnode/leaf-nodes.ts';
import type { RouteMesh } from './cluster/route/route-mesh.ts';
import { makeMonitorTlsContext, makeTlsContext } from './connection/tls-context.ts';
import { listenWebSocket } from './connection/websocket/listen-websocket.ts';
import { applyDefaultDomains } from './default-domains.ts';
import type { Env } from './env/env.ts';
import type { Listener } from './env/net.ts';
import { nodeEnv } from './env/node/node-env.ts';
import { JetStreamSwitch } from './jetstream-switch.ts';
import { MonitorFacts } from './monitor/facts.ts';
import { Monitor } from './monitor/monitor.ts';
import { defaultOptions, type ResolvedOptions } from './options.ts';
import { applyReload } from './reload.ts';
import type { Server } from './server.ts';
import { findSystemAccount, logResolver } from './start-accounts.ts';
import { SystemServices } from './system/system-services.ts';

/** What `Broker.start` may be told; everything else has nats-server's default, but for the host: loopback. */
export type BrokerOptions = Partial<ResolvedOptions>;

/** What whoever starts a broker may hand over beside its options. */
export interface BrokerStartup {
  /**
   * A `ConfigChange`, checked like one that comes in over CONFIG.APPLY and in force before the first client is let in: what was
   * applied in an earlier run. A change that does not fit makes the start fail.
   */
  readonly configOverrides?: unknown;
  /** Reads the configuration file again and takes it into force, for RELOAD; throws with the text of what is wrong. */
  readonly reloadFile?: () => void;
  /** Called when id and name are known and nothing listens yet: what a log begins with. */
  readonly onBuilt?: (broker: Broker) => void;
}

/** How long `stop` waits for the last output of its connections, when one of them has not taken it at once. */
const STOP_GRACE_MS = 50;
/** How long it waits otherwise: clients look for another server at once, and this one should be gone by then. */
const STOP_TURN_MS = 1;
/** Time for the word that the server goes to reach whoever waits for messages. */
const SHUTDOWN_NOTICE_MS = 20;

/**
 * A running NATS server inside this process.
 *
 * ```ts
 * const broker = await Broker.start({ port: 0 });
 * const connection = await connect({ servers: broker.url });
 * // …
 * await broker.stop();
 * ```
 */
export class Broker {
  readonly server: Server;
  private readonly env: Env;
  private readonly system: SystemServices | undefined;
  private readonly monitor: Monitor | undefined;
  private readonly jetstream: JetStreamSwitch;
  private readonly mesh: RouteMesh | undefined;
  private readonly leafs: LeafNodes | undefined;
  private listeners: Listener[] = [];
  private isStopped = false;
  /** What goes on in the background. */
  private readonly endings: (() => void)[] = [];

  private constructor(server: Server, { RouteMesh, LeafNodes }: PeerClasses, startup: BrokerStartup) {
    const { cluster, leaf } = server.options;
    this.server = server;
    if (RouteMesh !== undefined && cluster !== undefined) {
      this.mesh = new RouteMesh(server, cluster, { onClientUrls: () => tellClients(server) });
      server.cluster = this.mesh;
    }
    if (LeafNodes !== undefined && leaf !== undefined) {
      this.leafs = new LeafNodes(server, leaf, { onJoined: ({ name }) => this.jetstream?.onReachable(name) });
      server.leafs = this.leafs;
      server.hooks.onAuthChanged = (account) => this.leafs?.authenticateAgain(account);
    }
    this.env = server.env;
    this.jetstream = new JetStreamSwitch(server);
    const facts = new MonitorFacts(server);
    this.monitor = server.options.monitor === undefined ? undefined : new Monitor(facts, server.options.monitor);
    this.system =
      server.systemAccount === undefined
        ? undefined
        : new SystemServices(facts, server.systemAccount, { reload: (options) => this.replaceOptions(options), ...startup });
  }

  /**
   * Starts a broker and resolves when it listens.
   *
   * @throws the system's error, with `code` such as `EADDRINUSE`, when an address cannot be had.
   */
  static async start(options: BrokerOptions = {}, env: Env = nodeEnv(), startup: BrokerStartup = {}): Promise<Broker> {
    const server = buildServer({ ...defaultOptions, host: '127.0.0.1', ...options }, env);
    const broker = new Broker(server, await loadPeers(server), startup);
    startup.onBuilt?.(broker);
    try {
      await broker.listen();
    } catch (error) {
      await broker.stop();
      throw error;
    }
    return broker;
  }

  private async listen(): Promise<void> {
    const { server } = this;
    const { options } = server;
    this.system?.start();
    await this.jetstream.start();
    if (this.monitor !== undefined) {
      server.monitorTlsContext = await makeMonitorTlsContext(options, this.env);
      await this.monitor.start();
    }
    logResolver(server);
    this.endings.push(applyDefaultDomains(server));
    this.endings.push(await findSystemAccount(server), () => {
      for (const timer of server.known?.activationTimers.values() ?? []) timer.cancel();
    });
    if (options.websocket !== undefined) {
      if (options.websocket.tls !== undefined) server.websocketTlsContext = await makeTlsContext(options.websocket.tls, this.env);
      const listener = await listenWebSocket(options.websocket, server, (transport, isLeaf) => {
        if (isLeaf && this.leafs !== undefined) this.leafs.accept(transport);
        else acceptClient(server, transport);
      });
      this.listeners.push(listener);
      server.websocketPort = listener.port;
    }
    await this.leafs?.listen();
    if (options.tls !== undefined) server.tlsContext = await makeTlsContext(options.tls, this.env);
    // Asked for each connection: a reload may bring TLS.
    const isUpgradable = () => server.tlsContext !== undefined;
    const listener = await this.env.net.listen({ host: options.host, port: options.port, isUpgradable }, (transport) =>
      acceptClient(server, transport),
    );
    this.listeners.push(listener);
    server.port = listener.port;
    await this.mesh?.start();
    this.mesh?.solicit();
    this.leafs?.solicit();
  }

  /** Port of the route listener, when there is one. */
  get clusterPort(): number | undefined {
    return this.mesh?.port;
  }

  /** Port of the leaf node listener, when there is one. */
  get leafPort(): number | undefined {
    return this.server.options.leaf?.listen === undefined ? undefined : this.leafs?.port;
  }

  /** Port of the NATS listener. */
  get port(): number {
    return this.server.port;
  }

  get host(): string {
    return this.server.host;
  }

  /** Public nkey of the server. */
  get id(): string {
    return this.server.id;
  }

  get name(): string {
    return this.server.name;
  }

  /** Port of the WebSocket listener, when there is one. */
  get websocketPort(): number | undefined {
    return this.server.websocketPort;
  }

  /** Port of the monitoring listener, when there is one. */
  get monitorPort(): number | undefined {
    return this.monitor?.port;
  }

  /** Where clients connect: `nats://127.0.0.1:4222`. */
  get url(): string {
    const host = this.host === '0.0.0.0' || this.host === '::' ? '127.0.0.1' : this.host;
    return `nats://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  /**
   * Takes new options into force; throws, with nothing changed, when one of them cannot change in a running server.
   * Clients whose user is gone or whose limits are passed are disconnected. `onAccepted` is called when nothing can refuse them any more.
   */
  reload(options: BrokerOptions, onAccepted: () => void = () => undefined): void {
    this.replaceOptions({ ...this.server.options, ...options }, onAccepted);
  }

  /** As `reload`, with all options: one that is not there is not set any more. */
  replaceOptions(next: ResolvedOptions, onAccepted: () => void = () => undefined): void {
    this.jetstream.check(next);
    const problem = this.leafs === undefined ? noNewLeafs(next) : this.leafs.reloadProblem(next.leaf);
    if (problem !== undefined) throw new Error(problem);
    applyReload(this.server, next, onAccepted);
    const { cluster, leaf = {} } = this.server.options;
    if (cluster !== undefined) this.mesh?.reload(cluster);
    this.leafs?.reload(leaf);
    this.jetstream.reload();
  }

  /** Resolves when JetStream is on or off as the last reload asked for; undefined when nothing is under way. */
  get jetStreamSettling(): Promise<void> | undefined {
    return this.jetstream.settling;
  }

  /**
   * Stops accepting, tells clients to move on, and closes them over `lameDuckDurationMs`. Resolves when the last one is gone.
   * `onClosing` is called when the first one is closed.
   */
  async lameDuck(onClosing: () => void = () => undefined): Promise<void> {
    const { server } = this;
    if (server.isLameDuck) return;
    server.isLameDuck = true;
    await Promise.all([...this.listeners.map((listener) => listener.close()), this.leafs?.stopListening()]);
    this.listeners = [];
    const clients = [...server.clients.values()];
    tellClients(server);
    this.system?.announceLameDuck();
    this.mesh?.announceLameDuck();
    if (clients.length > 0) {
      await this.pause(server.options.lameDuckGracePeriodMs);
      onClosing();
      const stepMs = Math.max(1, (server.options.lameDuckDurationMs - server.options.lameDuckGracePeriodMs) / clients.length);
      const remaining = clients.filter((client) => !client.isClosed);
      for (const [index, client] of remaining.entries()) {
        client.close(closedReasons.serverShutdown);
        if (index < remaining.length - 1) await this.pause(stepMs);
      }
    }
    await this.stop();
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.env.clock.setTimer(ms, resolve));
  }

  /**
   * Closes all connections and listeners; resolves when the ports are free again. Calling it twice is harmless. With `endsProcess`, for
   * whoever ends the process next, plain TCP connections stay open until then: a client that sees its connection end looks
   * for another server at once, and what watches the process should not hear of its end later than that.
   */
  async stop({ endsProcess = false }: { readonly endsProcess?: boolean } = {}): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    this.system?.stop();
    for (const end of this.endings) end();
    const closing = this.listeners.map((listener) => listener.close());
    this.listeners = [];
    if (this.jetstream.announceShutdown() > 0) await this.pause(SHUTDOWN_NOTICE_MS);
    const clients = [...this.server.clients.values()];
    const { turn } = this.server;
    if (turn.openRun !== null) turn.endRun();
    for (const client of clients) client.outbound.flush();
    const isBlocked = clients.some(({ outbound }) => outbound.blockedSinceMs > 0);
    const isLeft = ({ peer }: (typeof clients)[number]) => endsProcess && peer.kind === 'tcp' && !peer.isTls;
    for (const client of clients) client.close(closedReasons.serverShutdown, { isLeft: isLeft(client) });
    if (clients.length > 0) await this.pause(isBlocked ? STOP_GRACE_MS : STOP_TURN_MS);
    for (const client of clients) if (!isLeft(client)) client.transport.destroy();
    await Promise.all([...closing, this.monitor?.stop(), this.jetstream.stop(), this.mesh?.stop(), this.leafs?.stop()]);
    await this.server.authenticator.stop?.();
  }
}

/** What connects this server with others. */
interface PeerClasses {
  readonly RouteMesh?: typeof RouteMesh;
  readonly LeafNodes?: typeof LeafNodes;
}

/** Routes and leaf nodes, where the options ask for them; loaded only then. */
async function loadPeers({ options }: Server): Promise<PeerClasses> {
  return {
    ...(options.cluster === undefined ? {} : await import('./cluster/route/route-mesh.ts')),
    ...(options.leaf === undefined ? {} : await import('./cluster/leafnode/leaf-nodes.ts')),
  };
}

/** A server that was started without leaf nodes has loaded nothing of them. */
function noNewLeafs({ leaf }: ResolvedOptions): string | undefined {
  return leaf === undefined ? undefined : 'config reload not supported for LeafNode';
}

/** INFO to every client that takes it. */
function tellClients(server: Server): void {
  for (const client of server.clients.values()) {
    if (client.takesInfo && !client.isClosed) client.send(renderInfo(client, { isConnectInfo: false }));
  }
}
