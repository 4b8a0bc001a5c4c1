/**
 * Connections that this server opens: to the servers that the configuration names, for as long as it takes, and to those that others
 * told of, a few times. Source: nats-server server/route.go connectToRoute, reConnectToRoute.
 */
import type { Timer } from '../../env/env.ts';
import type { Transport } from '../../env/net.ts';
import { dialErrorText, isReported } from '../dial-error.ts';
import { isSameUrl, joinHostPort, type PeerUrl, parsePeerUrl } from '../peer-url.ts';
import type { Solicited } from './route-connection.ts';
import type { RouteMesh } from './route-mesh.ts';

const RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;
const DIAL_TIMEOUT_MS = 1000;
/** Spread of the pause before a connection that ended is opened again: two servers must not keep closing each other's. */
const JITTER_MS = 100;
/** Tries under way; what others tell of beyond them is not followed. */
const MAX_PENDING = 1024;

export class Dialer {
  private readonly mesh: RouteMesh;
  private configured: PeerUrl[] = [];
  /** Places that turned out to be this server. */
  private readonly selves: Set<string> = new Set();
  private readonly timers: Set<Timer> = new Set();
  private pending = 0;
  private isStopped = false;

  constructor(mesh: RouteMesh) {
    this.mesh = mesh;
  }

  /** The routes of the configuration in force; returns those that were not there before. */
  configure(texts: readonly string[]): PeerUrl[] {
    const { log } = this.mesh.server.env;
    const before = this.configured;
    this.configured = texts.flatMap((text) => {
      const url = parsePeerUrl(text);
      if (url === undefined) log.write('ERR', `Error parsing route URL ${JSON.stringify(text)}: host and port are needed`);
      return url === undefined ? [] : [url];
    });
    return this.configured.filter((url) => !before.some((old) => isSameUrl(old, url)));
  }

  isConfigured(host: string, port: number): boolean {
    return this.configured.some((url) => url.host === host.toLowerCase() && url.port === port);
  }

  /** True while the configuration names exactly this URL. */
  isWanted(url: PeerUrl): boolean {
    return this.configured.some((candidate) => isSameUrl(candidate, url));
  }

  noteSelf(url: PeerUrl): void {
    this.selves.add(joinHostPort(url.host, url.port));
  }

  /** Opens a connection; failures are tried again as the rules have it. */
  open(wish: Solicited): void {
    if (this.pending >= MAX_PENDING || this.isStopped) return;
    this.pending++;
    this.attempt(wish, 1, RETRY_MS, true);
  }

  /** Opens a connection again that has ended. `isAtOnce`: nothing is wrong with the other side. */
  reopen(wish: Solicited, isAtOnce = false): void {
    if (this.pending >= MAX_PENDING || this.isStopped) return;
    this.pending++;
    const jitter = JITTER_MS * (this.mesh.server.env.random.uint32() / 2 ** 32);
    this.later(jitter + (wish.isExplicit && !isAtOnce ? RETRY_MS : 0), () => this.attempt(wish, 1, RETRY_MS, false));
  }

  private attempt(wish: Solicited, attempt: number, delayMs: number, isFirst: boolean): void {
    const { url } = wish;
    const place = joinHostPort(url.host, url.port);
    const { env } = this.mesh.server;
    if (this.isStopped || this.selves.has(place) || (wish.isExplicit && !this.isWanted(url))) return this.end();
    env.log.write('DBG', `Trying to connect to route on ${place} (${place})`);
    const isUpgradable = this.mesh.tlsContext !== undefined;
    env.net.connect({ host: url.host, port: url.port, timeoutMs: DIAL_TIMEOUT_MS, isUpgradable }).then(
      (transport) => this.use(transport, wish),
      (error: unknown) => this.retry(wish, { attempt, delayMs, isFirst, error }),
    );
  }

  private use(transport: Transport, wish: Solicited): void {
    this.end();
    if (this.isStopped || (wish.isExplicit && !this.isWanted(wish.url))) return transport.destroy();
    this.mesh.openSolicited(transport, wish);
  }

  private retry(wish: Solicited, failed: { attempt: number; delayMs: number; isFirst: boolean; error: unknown }): void {
    const { attempt, delayMs, isFirst, error } = failed;
    const { options, server } = this.mesh;
    const reason = dialErrorText(error, joinHostPort(wish.url.host, wish.url.port));
    const level = isReported(server.options, isFirst, attempt) ? 'ERR' : 'DBG';
    server.env.log.write(level, `Error trying to connect to route (attempt ${attempt}): ${reason}`);
    if (!wish.isExplicit && attempt > options.connectRetries) return this.end();
    const nextMs = options.connectBackoff ? Math.min(delayMs * 2, MAX_RETRY_MS) : delayMs;
    this.later(delayMs, () => this.attempt(wish, attempt + 1, nextMs, isFirst));
  }

  private later(ms: number, act: () => void): void {
    const timer = this.mesh.server.env.clock.setTimer(ms, () => {
      this.timers.delete(timer);
      act();
    });
    this.timers.add(timer);
  }

  private end(): void {
    this.pending--;
  }

  stop(): void {
    this.isStopped = true;
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
  }
}
