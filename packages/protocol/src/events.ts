/**
 * What a server says on the system account: events (`$SYS.ACCOUNT.*.CONNECT` …), periodic figures, and the envelope of every answer to
 * `$SYS.REQ.*`. Source: nats-server server/events.go.
 */
import type { AccountStat, TrafficStat } from './monitoring-accounts.ts';

/** Who answers or announces; stands in every event and answer. */
export interface EventServer {
  name: string;
  host: string;
  id: string;
  cluster?: string;
  domain?: string;
  ver: string;
  tags?: string[];
  metadata?: Record<string, string>;
  feature_flags?: Record<string, boolean>;
  jetstream: boolean;
  flags: number;
  /** Rises by one with every event and answer. */
  seq: number;
  time: string;
}

/** A client, as events name it. */
export interface EventClient {
  start: string;
  host: string;
  id: number;
  acc: string;
  user?: string;
  name?: string;
  lang?: string;
  ver?: string;
  /** Nanoseconds. */
  rtt?: number;
  stop?: string;
  /** Of clients of operator mode: what they have shown, and who signed it. */
  jwt?: string;
  issuer_key?: string;
  tags?: string[];
  name_tag?: string;
  kind: string;
  /** Of clients; leaf nodes have none. */
  client_type?: string;
}

interface TypedEvent {
  /** Schema of the event, `io.nats.server.advisory.v1.…`. */
  type: string;
  /** Unique, 22 characters. */
  id: string;
  timestamp: string;
  server: EventServer;
}

/** `$SYS.ACCOUNT.<account>.CONNECT`. */
export interface ClientConnectEvent extends TypedEvent {
  type: 'io.nats.server.advisory.v1.client_connect';
  client: EventClient;
}

/** `$SYS.ACCOUNT.<account>.DISCONNECT` and `$SYS.SERVER.<id>.CLIENT.AUTH.ERR`. `sent` is what the client sent. */
export interface ClientDisconnectEvent extends TypedEvent {
  type: 'io.nats.server.advisory.v1.client_disconnect';
  client: EventClient;
  sent: TrafficStat;
  received: TrafficStat;
  reason: string;
}

/** `$SYS.ACCOUNT.<account>.SERVER.CONNS`, and the older `$SYS.SERVER.ACCOUNT.<account>.CONNS`. */
export interface AccountConnectionsEvent extends TypedEvent, AccountStat {
  type: 'io.nats.server.advisory.v1.account_connections';
}

/** A client that did not take its output in time; Sluice's own, within `ServerStats.sluice`. */
export interface SlowConsumerRecord {
  cid: number;
  name?: string;
  user?: string;
  account?: string;
  /** The subscription that had got most messages. */
  subject?: string;
  sid?: string;
  pending_bytes: number;
  /** Microseconds since the epoch. */
  at_us: number;
}

/** A refused CONNECT; Sluice's own, within `ServerStats.sluice`. */
export interface AuthErrorRecord {
  cid: number;
  host: string;
  user?: string;
  name?: string;
  reason: string;
  /** Microseconds since the epoch. */
  at_us: number;
}

/** What Sluice adds to STATSZ: the newest first, 64 of each at most. */
export interface SluiceStats {
  slow_consumers: SlowConsumerRecord[];
  auth_errors: AuthErrorRecord[];
  auth_errors_total: number;
  open_taps: number;
  /** Connections of users that are shown to nobody, such as a console's own. */
  hidden_connections: number;
  /** Subscriptions that clients of ordinary accounts hold; the server's own, the system account's and hidden users' are not among them. */
  client_subscriptions: number;
}

/** Traffic with another server over one connection. */
export interface RouteStat {
  rid: number;
  name?: string;
  sent: TrafficStat;
  received: TrafficStat;
  /** Bytes that wait to be sent. */
  pending: number;
}

export interface ServerStats {
  start: string;
  /** Bytes. */
  mem: number;
  cores: number;
  /** Percent of one core. */
  cpu: number;
  connections: number;
  total_connections: number;
  active_accounts: number;
  subscriptions: number;
  sent: TrafficStat;
  sent_to_clients: TrafficStat;
  received: TrafficStat;
  received_from_clients: TrafficStat;
  slow_consumers: number;
  slow_consumer_stats?: { clients: number; routes: number; gateways: number; leafs: number };
  stale_connections?: number;
  stale_connection_stats?: { clients: number; routes: number; gateways: number; leafs: number };
  stalled_clients?: number;
  routes?: RouteStat[];
  active_servers?: number;
  gomaxprocs?: number;
  /** Only in answers to a request with `"sluice": true`. */
  sluice?: SluiceStats;
}

/** `$SYS.SERVER.<id>.STATSZ`, and the answer to STATSZ. */
export interface ServerStatsMessage {
  server: EventServer;
  statsz: ServerStats;
}

/** Answer to IDZ. */
export interface ServerId {
  name: string;
  host: string;
  id: string;
}

export interface SystemError {
  code: number;
  description: string;
}

/** Answer to `$SYS.REQ.USER.INFO`. */
export interface UserInfo {
  user: string;
  account: string;
  account_name?: string;
  user_name?: string;
  permissions?: {
    publish?: { allow?: string[]; deny?: string[] };
    subscribe?: { allow?: string[]; deny?: string[] };
    responses?: { max: number; ttl: number };
  };
  /** Nanoseconds. */
  expires?: number;
}
