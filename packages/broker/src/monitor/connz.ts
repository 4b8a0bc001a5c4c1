/**
 * `/connz` and CONNZ: connections, open and closed, filtered, sorted and paged. Only references are sorted; the objects of the answer
 * are made for the page alone, so that 100,000 connections cost a sort of numbers. Source: nats-server server/monitor.go Connz.
 */
import { type Connz, type ConnzSort, connzSorts, subjectsOverlap, usToTimestamp } from '@sluice/protocol';
import { ClientConnection } from '../client/client-connection.ts';
import type { ClosedClient } from '../client/client-registry.ts';
import type { Server } from '../server.ts';
import { closedInfo, leafConnInfo, openInfo, rawUser } from './conn-info.ts';
import { compareConnections } from './connz-sort.ts';
import { ListedLeaf, listedLeafs } from './listed-leaf.ts';
import { answer, type Result, refusal } from './result.ts';
import { topOf } from './top-of.ts';

/** Connections listed when no limit is given. */
const DEFAULT_LIMIT = 1024;

/** Which connections; numbers as they stand in JSON requests. Any other number there asks for none. */
export const ConnState = { open: 0, closed: 1, all: 2, none: -1 } as const;
export type ConnState = (typeof ConnState)[keyof typeof ConnState];

export interface ConnzOptions {
  /** One of `connzSorts`, not yet checked; empty is `cid`. */
  readonly sort: string;
  /** Adds user and account of each connection. */
  readonly withAuth: boolean;
  readonly withSubscriptions: boolean;
  readonly withSubscriptionDetail: boolean;
  readonly offset: number;
  /** 0 and less is the default of 1024. */
  readonly limit: number;
  /** 0 is all. */
  readonly cid: number;
  readonly state: ConnState;
  readonly user: string;
  readonly account: string;
  readonly filterSubject: string;
  /** An MQTT client id; no client here has one. */
  readonly mqttClient: string;
}

/** A connection of either state, or one across a leaf node. */
export type AnyConnection = ClientConnection | ClosedClient | ListedLeaf;

/** Refuses an unknown sort, and one that only closed connections have. */
export function buildConnz(server: Server, options: ConnzOptions): Result<Connz> {
  const sort = checkSort(options);
  if (!sort.ok) return sort;
  if (options.filterSubject !== '' && options.filterSubject !== '>' && options.account === '') {
    return refusal('filter by subject only valid with account filtering');
  }
  const now = usToTimestamp(server.env.clock.nowUs());
  const limit = options.cid > 0 ? 1 : options.limit > 0 ? options.limit : DEFAULT_LIMIT;
  const offset = Math.max(0, options.offset);
  if (options.account !== '' && server.accounts.get(options.account) === undefined) {
    return answer({ server_id: '', now, num_connections: 0, total: 0, offset, limit, connections: null });
  }
  const { total, page } = isPlainWalk(server, options, sort.value)
    ? walkOpen(server, options.account, offset, limit)
    : pickPage(server, options, sort.value, { offset, limit });
  const nowUs = server.env.clock.nowUs();
  const connections = page.map((connection) => {
    if (connection instanceof ClientConnection) return openInfo(connection, options, nowUs);
    return connection instanceof ListedLeaf ? leafConnInfo(connection, options, nowUs) : closedInfo(connection, options);
  });
  return answer({
    server_id: server.id,
    now,
    num_connections: connections.length,
    total,
    offset,
    limit,
    connections,
  });
}

/** A page of connections and how many there are of the state and the account. */
interface Picked {
  readonly total: number;
  readonly page: AnyConnection[];
}

/** The registry is in the order of connection ids: such a page needs neither a list of all nor a sort. */
function isPlainWalk({ leafs }: Server, options: ConnzOptions, sort: ConnzSort): boolean {
  if ((leafs?.connections() ?? []).length > 0) return false;
  const hasFilter = options.cid > 0 || options.user !== '' || options.filterSubject !== '' || options.mqttClient !== '';
  return sort === 'cid' && options.state === ConnState.open && !hasFilter;
}

function walkOpen(server: Server, account: string, offset: number, limit: number): Picked {
  const page: AnyConnection[] = [];
  let total = 0;
  for (const client of server.clients.values()) {
    if (account !== '' && client.account?.name !== account) continue;
    if (total >= offset && page.length < limit) page.push(client);
    total++;
  }
  return { total, page };
}

function pickPage(
  server: Server,
  options: ConnzOptions,
  sort: ConnzSort,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Picked {
  if (options.cid > 0) return pickOne(server, options);
  const pool = candidates(server, options);
  const chosen = pool.filter((connection) => isWanted(connection, options));
  const top = topOf(chosen, offset + limit, (a, b) => compareConnections(a, b, sort));
  return { total: pool.length, page: top.slice(offset) };
}

function hasOpen(state: ConnState): boolean {
  return state === ConnState.open || state === ConnState.all;
}

function hasClosed(state: ConnState): boolean {
  return state === ConnState.closed || state === ConnState.all;
}

/** One connection by id: an open one is looked up. */
function pickOne(server: Server, options: ConnzOptions): Picked {
  const { account, cid, state } = options;
  const leafs = hasOpen(state) ? listedLeafs(server, '') : [];
  const open = hasOpen(state) ? (server.clients.get(cid) ?? leafs.find((leaf) => leaf.cid === cid)) : undefined;
  const closed = hasClosed(state) ? server.clients.closed() : [];
  const found = open ?? closed.find((connection) => connection.cid === cid);
  const isOwn = found !== undefined && (account === '' || accountOf(found) === account);
  const page = isOwn && options.offset === 0 ? [found] : [];
  if (account !== '') return { total: candidates(server, options).length, page };
  return { total: closed.length + (hasOpen(state) ? server.clients.size : 0) + leafs.length, page };
}

function accountOf(connection: AnyConnection): string {
  return connection instanceof ClientConnection ? (connection.account?.name ?? '') : connection.account;
}

function checkSort(options: ConnzOptions): Result<ConnzSort> {
  if (options.sort === '') return answer('cid');
  const sort = connzSorts.find((candidate) => candidate === options.sort);
  if (sort === undefined) return refusal(`invalid sorting option: ${options.sort}`);
  if ((sort === 'stop' || sort === 'reason') && options.state !== ConnState.closed) {
    return refusal(`sort by ${sort} only valid on closed connections`);
  }
  return answer(sort);
}

/** What `total` counts: everything of the state and the account. */
function candidates(server: Server, options: ConnzOptions): AnyConnection[] {
  const list: AnyConnection[] = [];
  const { account } = options;
  if (hasOpen(options.state)) {
    for (const client of server.clients.values()) {
      if (account === '' || client.account?.name === account) list.push(client);
    }
    list.push(...listedLeafs(server, account));
  }
  if (hasClosed(options.state)) {
    for (const closed of server.clients.closed()) if (account === '' || closed.account === account) list.push(closed);
  }
  return list;
}

function isWanted(connection: AnyConnection, options: ConnzOptions): boolean {
  if (options.mqttClient !== '') return false;
  if (options.user !== '' && rawUser(connection) !== options.user) return false;
  return options.filterSubject === '' || hasSubscriptionTo(connection, options.filterSubject);
}

function hasSubscriptionTo(connection: AnyConnection, subject: string): boolean {
  for (const subscription of connection.subscriptions.values()) {
    if (subjectsOverlap(subscription.subject, subject)) return true;
  }
  return false;
}
