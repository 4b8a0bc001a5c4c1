/** The part of the options that is about other servers: leaf nodes, hubs and routes. */
import type { Permissions, TlsOptions } from './options.ts';

/** A leaf node that may connect, and the account it is bound to; `$G` when absent. */
export interface LeafUserOptions {
  readonly user: string;
  readonly password: string;
  readonly account?: string;
}

/** Where leaf nodes connect, and who may. Without credentials of its own, those of clients count. */
export interface LeafListenOptions {
  readonly host: string;
  /** 0 asks for any free port. */
  readonly port: number;
  /** `host:port` that leaf nodes are told. */
  readonly advertise?: string;
  /** Others of the cluster are not told of the address. */
  readonly noAdvertise?: boolean;
  /** The one user, by password or by public nkey, and its account. */
  readonly user?: string;
  readonly password?: string;
  readonly nkey?: string;
  readonly account?: string;
  readonly users?: readonly LeafUserOptions[];
  readonly authTimeoutMs?: number;
  readonly tls?: TlsOptions;
  /** Older servers are refused: `2.8.0`. */
  readonly minVersion?: string;
}

/** A hub that this server connects to as a leaf node. */
export interface LeafRemoteOptions {
  /** `nats-leaf://user:password@host:port`, `tls://…`, `ws://…`, `wss://…`; one of them is connected to. */
  readonly urls: readonly string[];
  /** The account here that is shared; `$G` when absent. */
  readonly account?: string;
  /** A file that holds a user's JWT and the seed of its key. */
  readonly credentialsFile?: string;
  /** Seed of the user's key. */
  readonly nkeySeed?: string;
  readonly tls?: TlsOptions;
  /** This server is the hub of that connection, although it opened it. */
  readonly isHub?: boolean;
  /** URLs are tried in their order. */
  readonly keepsOrder?: boolean;
  readonly denyImports?: readonly string[];
  readonly denyExports?: readonly string[];
  /** Nothing is connected to. */
  readonly isDisabled?: boolean;
  /** The hub is not told what leaf nodes of this server want; and this one asks not to be told what others want. */
  readonly isIsolated?: boolean;
  readonly asksIsolation?: boolean;
  readonly firstInfoTimeoutMs?: number;
  readonly dialTimeoutMs?: number;
  /** Only the configured URLs are tried, whatever the hub tells of. */
  readonly ignoresDiscovered?: boolean;
}

/** Leaf nodes: those that connect to this server, and the hubs that it connects to. What is left out has nats-server's default. */
export interface LeafOptions {
  readonly listen?: LeafListenOptions;
  readonly remotes?: readonly LeafRemoteOptions[];
  readonly reconnectMs?: number;
  readonly dialTimeoutMs?: number;
  readonly writeDeadlineMs?: number;
  /** Leaf nodes are not told what others of them want. */
  readonly isolatesInterest?: boolean;
}

/** Routes to other servers of a cluster. What is left out has nats-server's default. */
export interface ClusterOptions {
  /** A made-up name, which yields to that of another server, when absent. */
  readonly name?: string;
  readonly host: string;
  /** 0 asks for any free port. */
  readonly port: number;
  /** URLs of servers to connect to: `nats://user:password@host:port`. */
  readonly routes: readonly string[];
  /** Credentials of servers that connect; anyone may without. */
  readonly user?: string;
  readonly password?: string;
  readonly authTimeoutMs?: number;
  readonly tls?: TlsOptions;
  /** `host:port` that other servers are told. */
  readonly advertise?: string;
  /** Clients are not told of the other servers, nor others of this one's clients' address. */
  readonly noAdvertise: boolean;
  /** How often a server that others told of is tried again. */
  readonly connectRetries: number;
  /** The pause between tries doubles, up to half a minute. */
  readonly connectBackoff: boolean;
  /** `publish` is what is imported: interest told to others; `subscribe` what is exported: interest of others that counts. */
  readonly permissions?: Permissions;
  /** Connections to each server, accounts being spread over them; below 0 one for all, as before nats-server 2.10. */
  readonly poolSize: number;
  /** Accounts with a connection of their own. */
  readonly pinnedAccounts: readonly string[];
  readonly pingIntervalMs?: number;
  readonly pingMax?: number;
  readonly writeDeadlineMs?: number;
  readonly writeTimeout?: 'close' | 'retry';
}
