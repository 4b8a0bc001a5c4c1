/**
 * `/connz` and CONNZ: connections, open and closed, filtered, sorted and paged. Only references are sorted; the objects of the answer
 * are made for the page alone, so that 100,000 connections cost a sort of numbers. Source: nats-server server/monitor.go Connz.
 */
import { type Connz, type ConnzSort, connzSorts, subjectsOverlap, usToTimestamp } from '@sluice/protocol';
import { ClientConnection } from '../client/client-connection.ts';
import type { ClosedClient } from '../client/client-registry.ts';
import type { Server } from '../server.ts';
import { closedInfo, openInfo, rawUser } from './conn-info.ts';
import { compareConnections } from './connz-sort.ts';
import { answer, type Result, refusal } from './result.ts';

/** Connections listed when no limit is given. */
const DEFAULT_LIMIT = 1024;

/** Which connections; numbers as they stand in JSON requests. */
export const ConnState = { open: 0, closed: 1, all: 2 } as const;
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

export const defaultConnzOptions: ConnzOptions = {
  sort: '',
  withAuth: false,
  withSubscriptions: false,
  withSubscriptionDetail: false,
  offset: 0,
  limit: 0,
  cid: 0,
  state: ConnState.open,
  user: '',
  account: '',
  filterSubject: '',
  mqttClient: '',
};

/** A connection of either state. */
export type AnyConnection = ClientConnection | ClosedClient;

/** Refuses an unknown sort, and one that only closed connections have. */
export function buildConnz(server: Server, options: ConnzOptions): Result<Connz> {
  const sort = checkSort(options);
  if (!sort.ok) return sort;
  const now = usToTimestamp(server.env.clock.nowUs());
  const limit = options.cid > 0 ? 1 : options.limit > 0 ? options.limit : DEFAULT_LIMIT;
  const offset = Math.max(0, options.offset);
  if (options.account !== '' && server.accounts.get(options.account) === undefined) {
    return answer({ server_id: '', now, num_connections: 0, total: 0, offset, limit, connections: null });
  }
  const pool = candidates(server, options);
  const chosen = pool.filter((connection) => isWanted(connection, options));
  chosen.sort((a, b) => compareConnections(a, b, sort.value));
  const page = chosen.slice(offset, offset + limit);
  const nowUs = server.env.clock.nowUs();
  const connections = page.map((connection) =>
    connection instanceof ClientConnection ? openInfo(connection, options, nowUs) : closedInfo(connection, options),
  );
  return answer({
    server_id: server.id,
    now,
    num_connections: connections.length,
    total: pool.length,
    offset,
    limit,
    connections,
  });
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
  if (options.state !== ConnState.closed) {
    for (const client of server.clients.values()) {
      if (account === '' || client.account?.name === account) list.push(client);
    }
  }
  if (options.state !== ConnState.open) {
    for (const closed of server.clients.closed()) if (account === '' || closed.account === account) list.push(closed);
  }
  return list;
}

function isWanted(connection: AnyConnection, options: ConnzOptions): boolean {
  if (options.cid > 0) return connection.cid === options.cid;
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
