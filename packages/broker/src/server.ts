/**
 * The state that everything in one running server shares: identity, options, accounts, clients, counters and the hooks for
 * observers. It has no behaviour beyond looking things up; the composition root fills it, `broker.ts` starts and stops it.
 */
import type { ServerInfo } from '@sluice/protocol';
import type { Account } from './account/account.ts';
import type { Accounts } from './account/accounts.ts';
import type { Authenticator, AuthRefusal } from './auth/authenticator.ts';
import type { Callouts } from './auth/callout/callouts.ts';
import type { GuessLimiter } from './auth/guess-limiter.ts';
import type { KnownAccounts } from './auth/jwt/known-accounts.ts';
import type { ResolverParts } from './auth/jwt/resolver.ts';
import type { AuthenticatorParts } from './auth/make-authenticator.ts';
import type { ClientConnection } from './client/client-connection.ts';
import type { ClientRegistry } from './client/client-registry.ts';
import type { ClusterFacts, LeafConnectionFacts, LeafFacts } from './cluster/facts.ts';
import type { OutputTurn } from './connection/output-turn.ts';
import type { Env } from './env/env.ts';
import type { TlsContext } from './env/tls.ts';
import type { JetStreamFacts } from './jetstream/facts.ts';
import type { ResolvedOptions } from './options.ts';
import type { Message } from './routing/message.ts';
import type { Router } from './routing/router.ts';
import type { RecentLines } from './util/recent-lines.ts';
import { reportedVersion, sluiceVersion } from './version.ts';

/** What became of a traced message, but for the server's identity. Source: nats-server server/msgtrace.go MsgTraceEvent. */
export interface TraceReport {
  readonly request: { readonly header: Readonly<Record<string, readonly string[]>>; readonly msgsize: number };
  readonly events: readonly object[];
}

/** What observers may want to know; `system/` fills these in, so that clients never import an observer. */
export interface ServerHooks {
  onClientConnected: ((client: ClientConnection) => void) | null;
  onClientClosed: ((client: ClientConnection, reason: string) => void) | null;
  onAuthError: ((client: ClientConnection, refusal: AuthRefusal) => void) | null;
  onSlowConsumer: ((client: ClientConnection) => void) | null;
  /** Accounts came, went or were told something else. */
  onAccountsChanged: (() => void) | null;
  /** Who may come in, or what for, is another question now; `account`: only for that one, when it is named. */
  onAuthChanged: ((account?: string) => void) | null;
  /** A leaf node or a hub is connected (true) or has gone. */
  onLeafChanged: ((leaf: LeafConnectionFacts, isConnected: boolean) => void) | null;
  /** A message of `account` asked to be traced to `destination`. */
  onTraced: ((account: Account, destination: string, report: TraceReport) => void) | null;
}

/** Counters since start. Traffic counts client connections in both directions. */
export interface ServerCounters {
  totalConnections: number;
  inMessages: number;
  inBytes: number;
  outMessages: number;
  outBytes: number;
  slowConsumers: number;
  staleConnections: number;
  /** How many of either were routes. */
  routeSlowConsumers: number;
  routeStaleConnections: number;
  /** And leaf nodes. */
  leafSlowConsumers: number;
  leafStaleConnections: number;
  stalledClients: number;
  authErrors: number;
}

export interface Server {
  readonly env: Env;
  /** Public nkey of the server (`N…`, 56 chars). */
  readonly id: string;
  readonly name: string;
  /** Public curve key of the server (`X…`), for sealed authentication requests. */
  readonly xkey: string;
  hasJetStream: boolean;
  /** What monitoring asks JetStream; undefined while it does not run. */
  jetstream: JetStreamFacts | undefined;
  /** Undefined for a server that stands alone. */
  cluster: ClusterFacts | undefined;
  /** Undefined for a server without leaf nodes that is none itself. */
  leafs: LeafFacts | undefined;
  readonly startUs: number;
  /** When the options in force were loaded, in microseconds. */
  configLoadUs: number;
  options: ResolvedOptions;
  /** Address and port in force once listening. */
  host: string;
  port: number;
  websocketPort: number | undefined;
  isLameDuck: boolean;
  /** TLS of the client listener, ready for handshakes; replaced by a reload. */
  tlsContext: TlsContext | undefined;
  /** The same certificates for the monitoring pages, whose readers need none of their own; undefined while they are served in the clear. */
  monitorTlsContext: TlsContext | undefined;
  websocketTlsContext: TlsContext | undefined;
  /** TLS handshakes begun in the current second, for the rate limit. */
  readonly handshakes: { second: number; count: number };
  readonly turn: OutputTurn;
  readonly router: Router;
  /** The one message that all parsers fill. */
  readonly message: Message;
  readonly accounts: Accounts;
  readonly globalAccount: Account;
  readonly systemAccount: Account | undefined;
  readonly clients: ClientRegistry;
  /** Asks outside services who clients are. */
  readonly callouts: Callouts;
  /** Accounts of operator mode; undefined without it. */
  readonly known: KnownAccounts | undefined;
  authenticator: Authenticator;
  readonly recentLines: RecentLines;
  readonly guesses: GuessLimiter;
  readonly counters: ServerCounters;
  readonly hooks: ServerHooks;
}

/** The beginning of INFO. */
export type Introduction = Required<Pick<ServerInfo, 'server_id' | 'server_name' | 'version' | 'proto' | 'git_commit' | 'go'>>;

/** What authenticators need of a server. */
export function authenticatorParts({
  env,
  callouts,
  known,
  accounts,
}: Pick<Server, 'env' | 'callouts' | 'known' | 'accounts'>): AuthenticatorParts {
  return { ...env, callouts, known, hasAccount: (name) => accounts.get(name) !== undefined };
}

/** What resolvers of accounts need of a server. */
export function resolverParts(server: Pick<Server, 'env' | 'id' | 'systemAccount'>): ResolverParts {
  return { env: server.env, systemAccount: () => server.systemAccount, inboxPrefix: inboxPrefix(server.id) };
}

/** How a server introduces itself, in INFO of every kind and in `/varz`: the keys and their order are nats-server's. */
export function introductionOf({ id, name, env }: Pick<Server, 'id' | 'name' | 'env'>, proto: number): Introduction {
  return { server_id: id, server_name: name, version: reportedVersion, proto, git_commit: sluiceVersion, go: env.runtime };
}

/** How the reply subjects of a server's own requests begin. */
export function inboxPrefix(id: string): string {
  return `$SYS._INBOX.${id.slice(-8)}.`;
}
