/** What the rest of the server may know of its cluster: told to clients in INFO, and to monitoring. */
import type { SubjectRules } from '../options.ts';
import type { Subscription } from '../routing/subscription.ts';

/** One connection to another server. */
export interface RouteFacts {
  readonly rid: number;
  readonly remoteId: string;
  readonly remoteName: string;
  readonly didSolicit: boolean;
  /** The configuration names it, on one side or the other. */
  readonly isConfigured: boolean;
  readonly address: string;
  readonly port: number;
  readonly startUs: number;
  readonly lastActivityMs: number;
  readonly rttUs: number;
  readonly inMessages: number;
  readonly inBytes: number;
  readonly outMessages: number;
  readonly outBytes: number;
  readonly pendingBytes: number;
  readonly subscriptionCount: number;
  readonly account: string;
  /** Rules of the other server, as its INFO wrote them. */
  readonly imported: unknown;
  readonly exported: unknown;
  subscriptions(): Subscription[];
}

/** Traffic with other servers since the start. */
export interface RouteTraffic {
  readonly inMessages: number;
  readonly inBytes: number;
  readonly outMessages: number;
  readonly outBytes: number;
}

export interface ClusterFacts {
  readonly name: string;
  readonly host: string;
  /** Port of the route listener; 0 before it listens. */
  readonly port: number;
  /** Milliseconds since the epoch; undefined without TLS. */
  readonly tlsNotAfterMs: number | undefined;
  /** Servers that are connected, this one not counted. */
  readonly remoteCount: number;
  /** `host:port` of servers that clients of this kind may go to, own ones first; empty while no other is known. */
  clientUrlList(isWebSocket: boolean, isLameDuck: boolean): readonly string[];
  routes(): RouteFacts[];
  traffic(): RouteTraffic;
}

/** Rules as servers write them: an empty list is left out. */
export function shownRules({ allow, deny }: SubjectRules): { allow?: string[]; deny?: string[] } {
  return { ...(allow.length === 0 ? {} : { allow: [...allow] }), ...(deny.length === 0 ? {} : { deny: [...deny] }) };
}
