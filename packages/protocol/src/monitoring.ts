/**
 * What monitoring answers, over HTTP (`/varz`, `/connz`, …) and over NATS (`$SYS.REQ.SERVER.*`): the same objects in both places.
 * Times are RFC 3339 text, durations nanoseconds unless they are text. Source: nats-server server/monitor.go; the parts of features
 * that one server without cluster and JetStream has not are the empty objects it answers too.
 */

/** Counts per kind of connection. */
export interface PeerCounts {
  clients: number;
  routes: number;
  gateways: number;
  leafs: number;
}

export interface DiskIoWaitStats {
  waiters: number;
  waits: number;
  wait_time: number;
  max_wait_time: number;
}

export interface WebSocketVarz {
  host?: string;
  port?: number;
  advertise?: string;
  no_auth_user?: string;
  jwt_cookie?: string;
  /** Nanoseconds. */
  handshake_timeout?: number;
  /** Seconds. */
  auth_timeout?: number;
  no_tls?: boolean;
  tls_map?: boolean;
  same_origin?: boolean;
  allowed_origins?: string[];
  compression?: boolean;
  tls_cert_not_after?: string;
}

/** What is told of writing to other servers: of routes, and of the other kinds as of routes. */
export interface PeerWriteVarz {
  /** Nanoseconds. */
  write_deadline?: number;
  write_timeout?: string;
}

/** A hub that the server connects to as a leaf node. */
export interface RemoteLeafVarz {
  local_account: string;
  /** Seconds. */
  tls_timeout?: number;
  urls: string[];
  deny?: { exports?: string[]; imports?: string[] };
}

export interface LeafVarz extends PeerWriteVarz {
  host?: string;
  port?: number;
  /** Seconds. */
  auth_timeout?: number;
  /** Seconds. */
  tls_timeout?: number;
  tls_required?: boolean;
  tls_verify?: boolean;
  remotes?: RemoteLeafVarz[];
  tls_cert_not_after?: string;
}

/** Proxies that may vouch for clients; empty when the configuration names none. */
export interface ProxiesVarz {
  trusted?: { key: string }[];
}

export interface ClusterVarz extends PeerWriteVarz {
  name?: string;
  addr?: string;
  cluster_port?: number;
  /** Seconds. */
  auth_timeout?: number;
  urls?: string[];
  /** Seconds. */
  tls_timeout?: number;
  tls_required?: boolean;
  tls_verify?: boolean;
  pool_size?: number;
  tls_cert_not_after?: string;
}

export interface Varz {
  server_id: string;
  server_name: string;
  version: string;
  proto: number;
  git_commit?: string;
  go: string;
  host: string;
  port: number;
  auth_required?: boolean;
  tls_required?: boolean;
  tls_verify?: boolean;
  connect_urls?: string[];
  ws_connect_urls?: string[];
  max_connections: number;
  max_subscriptions?: number;
  /** Nanoseconds. */
  ping_interval: number;
  ping_max: number;
  http_host: string;
  http_port: number;
  http_base_path: string;
  https_port: number;
  /** Seconds. */
  auth_timeout: number;
  max_control_line: number;
  max_payload: number;
  max_pending: number;
  /** Empty for a server that stands alone. */
  cluster: ClusterVarz;
  gateway: PeerWriteVarz;
  leaf: LeafVarz;
  mqtt: Record<string, never>;
  websocket: WebSocketVarz;
  /** Empty without JetStream. */
  jetstream: object;
  /** Seconds. */
  tls_timeout: number;
  /** Nanoseconds. */
  write_deadline: number;
  write_timeout?: string;
  start: string;
  now: string;
  uptime: string;
  /** Bytes of memory in use by the process. */
  mem: number;
  cores: number;
  gomaxprocs: number;
  /** Percent of one core over the last second or so. */
  cpu: number;
  connections: number;
  total_connections: number;
  routes: number;
  remotes: number;
  leafnodes: number;
  in_msgs: number;
  in_bytes: number;
  in_client_msgs: number;
  in_client_bytes: number;
  out_msgs: number;
  out_bytes: number;
  out_client_msgs: number;
  out_client_bytes: number;
  slow_consumers: number;
  stale_connections: number;
  stalled_clients: number;
  subscriptions: number;
  /** Requests per path of the monitoring port. */
  http_req_stats: Record<string, number>;
  config_load_time: string;
  config_digest: string;
  tags?: string[];
  metadata?: Record<string, string>;
  feature_flags?: Record<string, boolean>;
  system_account?: string;
  slow_consumer_stats: PeerCounts;
  stale_connection_stats: PeerCounts;
  disk_io_wait_stats: DiskIoWaitStats;
  proxies?: ProxiesVarz;
  /** When the first certificate of the client listener expires. */
  tls_cert_not_after?: string;
}

/** One subscription; account fields only where the list spans accounts. */
export interface SubDetail {
  account?: string;
  account_tag?: string;
  subject: string;
  qgroup?: string;
  sid: string;
  msgs: number;
  max?: number;
  cid: number;
}

export interface ConnInfo {
  cid: number;
  kind: string;
  /** Of clients; leaf nodes have none. */
  type?: string;
  ip: string;
  port: number;
  start: string;
  last_activity: string;
  stop?: string;
  reason?: string;
  rtt?: string;
  uptime: string;
  idle: string;
  pending_bytes: number;
  in_msgs: number;
  out_msgs: number;
  in_bytes: number;
  out_bytes: number;
  subscriptions: number;
  name?: string;
  lang?: string;
  version?: string;
  tls_version?: string;
  tls_cipher_suite?: string;
  /** The certificate of the peer and its chain, in hex digests. */
  tls_peer_certs?: { subject?: string; spki_sha256?: string; cert_sha256?: string }[];
  tls_first?: boolean;
  authorized_user?: string;
  account?: string;
  /** The user's JWT and the key that signed it (operator mode), and its tags. */
  jwt?: string;
  issuer_key?: string;
  tags?: string[];
  /** The trusted proxy that the connection came through. */
  proxy?: { key: string };
  subscriptions_list?: string[];
  subscriptions_list_detail?: SubDetail[];
  name_tag?: string;
}

export interface Connz {
  /** Empty, with `connections` null, for an account that does not exist. */
  server_id: string;
  now: string;
  num_connections: number;
  total: number;
  offset: number;
  limit: number;
  connections: ConnInfo[] | null;
}

export const connzSorts = [
  'cid',
  'start',
  'subs',
  'pending',
  'msgs_to',
  'msgs_from',
  'bytes_to',
  'bytes_from',
  'last',
  'idle',
  'uptime',
  'stop',
  'reason',
  'rtt',
] as const;
export type ConnzSort = (typeof connzSorts)[number];

export interface SublistStats {
  num_subscriptions: number;
  num_cache: number;
  num_inserts: number;
  num_removes: number;
  num_matches: number;
  /** 0 to 1. */
  cache_hit_rate: number;
  max_fanout: number;
  avg_fanout: number;
}

export interface Subsz extends SublistStats {
  server_id: string;
  now: string;
  total: number;
  offset: number;
  limit: number;
  subscriptions_list?: SubDetail[];
}

export interface HealthStatus {
  status: 'ok' | 'unavailable' | 'error';
  /** HTTP status; over NATS only. */
  status_code?: number;
  error?: string;
  /** With `details`. */
  errors?: HealthProblem[];
}

/** One thing that is wrong, and what it is about. */
export interface HealthProblem {
  type: 'BAD_REQUEST' | 'ACCOUNT' | 'STREAM' | 'CONSUMER';
  account?: string;
  stream?: string;
  consumer?: string;
  error: string;
}

export interface Routez {
  server_id: string;
  server_name: string;
  now: string;
  /** What this server tells others of its interest, and takes of theirs. */
  import?: { allow?: string[]; deny?: string[] };
  export?: { allow?: string[]; deny?: string[] };
  num_routes: number;
  routes: RouteInfo[];
}

/** One connection to another server. */
export interface RouteInfo {
  rid: number;
  remote_id: string;
  remote_name: string;
  did_solicit: boolean;
  is_configured: boolean;
  ip: string;
  port: number;
  start: string;
  last_activity: string;
  rtt?: string;
  uptime: string;
  idle: string;
  /** Rules of the other server, as it wrote them. */
  import?: unknown;
  export?: unknown;
  pending_size: number;
  in_msgs: number;
  out_msgs: number;
  in_bytes: number;
  out_bytes: number;
  subscriptions: number;
  subscriptions_list?: string[];
  subscriptions_list_detail?: SubDetail[];
  /** The one account it is for. */
  account?: string;
  compression?: string;
}

export interface Gatewayz {
  server_id: string;
  now: string;
  outbound_gateways: Record<string, never>;
  inbound_gateways: Record<string, never>;
}

export interface LeafInfo {
  id: number;
  name: string;
  /** The server that answers is the leaf node. */
  is_spoke: boolean;
  is_isolated?: boolean;
  account: string;
  ip: string;
  port: number;
  rtt?: string;
  in_msgs: number;
  out_msgs: number;
  in_bytes: number;
  out_bytes: number;
  subscriptions: number;
  subscriptions_list?: string[];
  compression: string;
}

export interface Leafz {
  server_id: string;
  now: string;
  leafnodes: number;
  leafs: LeafInfo[];
}

/** `/jsz` of a server without JetStream. */
export interface DisabledJsz {
  memory: number;
  storage: number;
  reserved_memory: number;
  reserved_storage: number;
  accounts: number;
  ha_assets: number;
  api: { level: number; total: number; errors: number };
  server_id: string;
  now: string;
  disabled: true;
  config: { max_memory: number; max_storage: number };
  streams: number;
  consumers: number;
  messages: number;
  bytes: number;
  total: number;
}

export interface IpQueueStatus {
  pending: number;
  in_progress?: number;
}

/** By name of the queue. */
export type IpQueuesz = Record<string, IpQueueStatus>;
