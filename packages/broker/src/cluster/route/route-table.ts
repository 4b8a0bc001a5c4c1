/**
 * Which servers are connected and by what: a pool of connections for each, over which accounts are spread, and one more for each pinned
 * account. Decides which of two connections for one place stays.
 * Source: nats-server server/route.go addRoute, removeRoute, handleDuplicateRoute, computeRoutePoolIdx.
 */
import type { RouteConnection } from './route-connection.ts';
import type { RouteInfo } from './route-info.ts';

/** Servers of one cluster. */
const MAX_REMOTES = 1024;
/** Connections to one server, whatever it asks for. */
const MAX_POOL_SIZE = 128;

export interface Remote {
  readonly id: string;
  pool: (RouteConnection | null)[];
  readonly pinned: Map<string, RouteConnection>;
}

/** What became of a connection: refused with a text, `duplicate`, or added. `isFirst`: of its server, or of its account with it. */
export type Registration = string | { readonly isFirst: boolean; readonly mayOpenNext: boolean };

export class RouteTable {
  private readonly remotes: Map<string, Remote> = new Map();
  private readonly poolSize: number;
  private readonly pinned: ReadonlySet<string>;

  /** `poolSize` below 1: one connection for everything. */
  constructor(poolSize: number, pinned: ReadonlySet<string>) {
    this.poolSize = Math.min(poolSize, MAX_POOL_SIZE);
    this.pinned = pinned;
  }

  /** Servers with a connection that is not for one account alone. */
  get size(): number {
    let count = 0;
    for (const { pool } of this.remotes.values()) if (pool.some((route) => route !== null)) count++;
    return count;
  }

  all(): RouteConnection[] {
    const routes: RouteConnection[] = [];
    for (const { pool, pinned } of this.remotes.values()) {
      for (const route of pool) if (route !== null) routes.push(route);
      routes.push(...pinned.values());
    }
    return routes;
  }

  /** One connection of each server, not one for a single account. */
  oneOfEach(): RouteConnection[] {
    const routes: RouteConnection[] = [];
    for (const { pool } of this.remotes.values()) {
      const route = pool.find((candidate) => candidate !== null);
      if (route !== undefined && route !== null) routes.push(route);
    }
    return routes;
  }

  /** Connections that carry an account: one to each server. */
  carrying(account: string): RouteConnection[] {
    const routes: RouteConnection[] = [];
    for (const { pool, pinned } of this.remotes.values()) {
      const first = pool[0] ?? null;
      let route: RouteConnection | null | undefined;
      if (first?.isUnpooled === true) route = first;
      else route = this.pinned.has(account) ? pinned.get(account) : pool[poolIndexOf(this.poolSize, account)];
      if (route !== null && route !== undefined) routes.push(route);
    }
    return routes;
  }

  /** True when a connection carries the account's messages. */
  isCarriedBy(route: RouteConnection, account: string): boolean {
    if (route.account !== '') return route.account === account;
    if (route.isUnpooled) return true;
    return !this.pinned.has(account) && poolIndexOf(this.poolSize, account) === route.poolIndex;
  }

  has(id: string, account: string): boolean {
    const remote = this.remotes.get(id);
    if (remote === undefined) return false;
    return account === '' ? remote.pool.some((route) => route !== null) : remote.pinned.has(account);
  }

  /** True when another connection to the same server is open. */
  isConnected(id: string): boolean {
    return this.has(id, '');
  }

  /** Gives a connection whose INFO has come its place. */
  add(route: RouteConnection, info: RouteInfo): Registration {
    let remote = this.remotes.get(info.serverId);
    if (remote === undefined) {
      if (this.remotes.size >= MAX_REMOTES) return 'too many servers in the cluster';
      remote = { id: info.serverId, pool: [], pinned: new Map() };
    }
    const isPooled = info.poolSize > 0 && this.poolSize > 0;
    const effective = isPooled ? Math.min(MAX_POOL_SIZE, Math.max(this.poolSize, info.poolSize)) : 1;
    let added: Registration;
    if (route.account !== '') added = this.addPinned(remote, route, isPooled);
    else if (!isPooled) added = addAlone(remote, route);
    else added = addToPool(remote, route, { effective, wanted: info.poolIndex, remoteSize: info.poolSize });
    if (typeof added !== 'string') this.remotes.set(remote.id, remote);
    return added;
  }

  private addPinned(remote: Remote, route: RouteConnection, isPooled: boolean): Registration {
    const name = JSON.stringify(route.account);
    if (!isPooled) {
      route.mayReconnect = false;
      return `Not possible to have a dedicated route for account ${name} between those servers`;
    }
    if (!this.pinned.has(route.account)) return `No route for account ${name}`;
    const twin = remote.pinned.get(route.account);
    if (twin !== undefined) return duplicateOf(twin, route, false);
    remote.pinned.set(route.account, route);
    return { isFirst: true, mayOpenNext: false };
  }

  /** Takes a closed connection out; true when it was the last one to its server. */
  remove(route: RouteConnection): boolean {
    const remote = this.remotes.get(route.remoteId);
    if (remote === undefined) return false;
    if (route.account !== '') {
      if (remote.pinned.get(route.account) === route) remote.pinned.delete(route.account);
      this.forgetEmpty(remote);
      return false;
    }
    if (route.poolIndex < 0 || remote.pool[route.poolIndex] !== route) return false;
    remote.pool[route.poolIndex] = null;
    const isLast = remote.pool.every((other) => other === null);
    this.forgetEmpty(remote);
    return isLast;
  }

  private forgetEmpty(remote: Remote): void {
    if (remote.pinned.size === 0 && remote.pool.every((route) => route === null)) this.remotes.delete(remote.id);
  }
}

function addAlone(remote: Remote, route: RouteConnection): Registration {
  const twin = remote.pool[0] ?? null;
  if (twin !== null) return duplicateOf(twin, route, true);
  route.isUnpooled = true;
  route.poolIndex = 0;
  remote.pool = [route];
  return { isFirst: true, mayOpenNext: false };
}

interface Place {
  readonly effective: number;
  /** The index that whoever connected asks for. */
  readonly wanted: number;
  readonly remoteSize: number;
}

function addToPool(remote: Remote, route: RouteConnection, { effective, wanted, remoteSize }: Place): Registration {
  if (route.didSolicit && wanted !== 0) return `Route pool index should not be set but is set to ${wanted}`;
  if (wanted < 0 || wanted >= effective) return `Invalid route pool index: ${wanted} - pool size is ${remoteSize}`;
  const { pool } = remote;
  while (pool.length < effective) pool.push(null);
  let index = wanted;
  if (route.didSolicit) {
    index = pool.indexOf(null);
    for (const other of pool) if (other !== null) becomeSolicited(other, route);
    if (index < 0) return duplicateOf(undefined, route, false);
  } else {
    const twin = pool[index] ?? null;
    if (twin !== null) return duplicateOf(twin, route, true);
    const solicited = pool.find((other) => other?.didSolicit === true);
    if (solicited != null) becomeSolicited(route, solicited);
  }
  const isFirst = pool.every((other) => other === null);
  pool[index] = route;
  route.poolIndex = index;
  return { isFirst, mayOpenNext: route.didSolicit && pool.includes(null) };
}

/** Notes what is known from a connection that is about to be closed as the second one for its place. */
function duplicateOf(twin: RouteConnection | undefined, route: RouteConnection, mayReconnect: boolean): 'duplicate' {
  if (!mayReconnect) route.mayReconnect = false;
  if (twin === undefined) return 'duplicate';
  if (route.didSolicit && !twin.didSolicit) {
    twin.didSolicit = true;
    twin.url = route.url;
  }
  if (route.isConfigured) twin.isConfigured = true;
  twin.mustRetry = true;
  return 'duplicate';
}

/** All connections of a pool are opened again by the side that opened one of them. */
function becomeSolicited(route: RouteConnection, by: RouteConnection): void {
  if (!route.didSolicit || (by.isConfigured && !route.isConfigured)) route.url = by.url;
  route.didSolicit = true;
  if (by.isConfigured) route.isConfigured = true;
}

/** FNV-1a of the name: every server with pools of this size gets the same index. */
function poolIndexOf(poolSize: number, account: string): number {
  if (poolSize <= 1) return 0;
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(account, 'latin1')) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % poolSize;
}
