/** What the rest of the server may know of its cluster: told to clients in INFO, and to monitoring. */
import type { Account } from '../account/account.ts';
import type { SubjectRules } from '../options.ts';
import type { Subscription } from '../routing/subscription.ts';

/** What is known of any connection to another server. */
export interface PeerFacts {
  readonly remoteName: string;
  readonly address: string;
  readonly port: number;
  readonly rttUs: number;
  readonly inMessages: number;
  readonly inBytes: number;
  readonly outMessages: number;
  readonly outBytes: number;
  readonly subscriptionCount: number;
  subscriptions(): Subscription[];
}

/** One connection to another server of the cluster. */
export interface RouteFacts extends PeerFacts {
  readonly rid: number;
  readonly remoteId: string;
  /** The account it carries; empty for several. */
  readonly account: string;
  readonly didSolicit: boolean;
  /** The configuration names it, on one side or the other. */
  readonly isConfigured: boolean;
  readonly startUs: number;
  readonly lastActivityMs: number;
  readonly pendingBytes: number;
  /** Rules of the other server, as its INFO wrote them. */
  readonly imported: unknown;
  readonly exported: unknown;
}

/** Traffic with other servers of one kind since the start. */
export interface PeerTraffic {
  readonly inMessages: number;
  readonly inBytes: number;
  readonly outMessages: number;
  readonly outBytes: number;
}

/** One connection across a leaf node: with a leaf node of this server, or with the hub that this server is a leaf node of. */
export interface LeafConnectionFacts extends PeerFacts {
  readonly cid: number;
  readonly accountName: string;
  /** Null before it is bound to one. */
  readonly account: Account | null;
  /** User that it came as; empty for nobody, and where this server connected. */
  readonly userName: string;
  readonly startUs: number;
  readonly lastActivityMs: number;
  readonly pendingBytes: number;
  readonly closedReason: string;
  /** This server is the leaf node. */
  readonly isSpoke: boolean;
  /** It is not told what other leaf nodes want. */
  readonly isIsolated: boolean;
}

/** What the rest of the server may know of its leaf nodes. */
export interface LeafFacts {
  /** Port of the listener; 0 without one, and before it listens. */
  readonly port: number;
  /** Milliseconds since the epoch; undefined without TLS. */
  readonly tlsNotAfterMs: number | undefined;
  /** `host:port` for leaf nodes of others in the cluster to know; undefined where nobody is let in or told. */
  readonly ownUrl: string | undefined;
  connections(): LeafConnectionFacts[];
  /** Ends the connection of that number; false when there is none. */
  kick(cid: number): boolean;
  traffic(): PeerTraffic;
  /** Another server of the cluster lets leaf nodes in there, or no longer does. */
  addUrl(url: string): void;
  removeUrl(url: string): void;
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
  traffic(): PeerTraffic;
}

/** Rules as servers write them: an empty list is left out. */
export function shownRules({ allow, deny }: SubjectRules): { allow?: string[]; deny?: string[] } {
  return { ...(allow.length === 0 ? {} : { allow: [...allow] }), ...(deny.length === 0 ? {} : { deny: [...deny] }) };
}
