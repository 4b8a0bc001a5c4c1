/**
 * Client connections, open and closed.
 *
 *   GET  /api/connections             viewer     ConnectionsQuery → ConnectionsPage
 *   GET  /api/connections/facets      viewer     ConnectionsQuery → ConnectionFacets (paging ignored)
 *   GET  /api/connections/:cid        viewer     ?serverId= → ConnectionDetail; 404 when neither open nor among the closed
 *   POST /api/connections/:cid/kick   operator   KickRequest → KickResult
 *   POST /api/connections/kick        operator   BulkKickRequest → BulkKickResult
 */
import type { Page, PageQuery } from './common.ts';

export const connectionPresets = ['all', 'slow', 'talkers', 'idle', 'new', 'closed'] as const;
/**
 * `slow`: 2 % of `max_pending` waits, or the server noted it. `talkers`: moved messages in the last second. `idle`: nothing for 1 h.
 * `new`: connected in the last 5 min. `closed`: gone, with the reason.
 */
export type ConnectionPreset = (typeof connectionPresets)[number];

export const connectionKinds = ['nats', 'websocket', 'mqtt', 'unknown'] as const;
export type ConnectionKind = (typeof connectionKinds)[number];

export const connectionSortKeys = [
  'cid',
  'name',
  'user',
  'account',
  'address',
  'client',
  'rttMs',
  'subscriptions',
  'inMsgsPerS',
  'outMsgsPerS',
  'inBytesPerS',
  'outBytesPerS',
  'inMsgs',
  'outMsgs',
  'inBytes',
  'outBytes',
  'pendingBytes',
  'startedAtMs',
  'lastActivityAtMs',
  'stoppedAtMs',
  'reason',
] as const;
export type ConnectionSortKey = (typeof connectionSortKeys)[number];

export interface ConnectionRow {
  cid: number;
  serverId: string;
  serverName: string;
  kind: ConnectionKind;
  name: string | null;
  user: string | null;
  account: string;
  ip: string;
  port: number;
  /** Client library, for example `nats.js`. */
  lang: string | null;
  version: string | null;
  rttMs: number | null;
  subscriptions: number;
  inMsgs: number;
  outMsgs: number;
  inBytes: number;
  outBytes: number;
  /** Rates over the last second or so, from the client's side as nats-server counts: in = it published. Null: one sample only. */
  inMsgsPerS: number | null;
  outMsgsPerS: number | null;
  inBytesPerS: number | null;
  outBytesPerS: number | null;
  pendingBytes: number;
  stalls: number;
  isSlow: boolean;
  tlsVersion: string | null;
  startedAtMs: number;
  lastActivityAtMs: number;
  /** Set for closed connections. */
  stoppedAtMs: number | null;
  /** Closed reason as nats-server words it, for example `Slow Consumer (Pending Bytes)`. */
  reason: string | null;
}

/** `q` looks at name, user, account, address, cid, client and reason. Lists match any of their values, commas between. */
export interface ConnectionsQuery extends PageQuery {
  preset?: ConnectionPreset;
  account?: string;
  user?: string;
  /** Library names, `go,nats.js`. */
  lang?: string;
  kind?: string;
  serverId?: string;
  tls?: 'yes' | 'no';
  /** Closed reasons. */
  reason?: string;
}

export interface ConnectionsPage extends Page<ConnectionRow> {
  /** When the rows were read from the server. */
  asOfMs: number;
  /** Connections before filters. */
  totalUnfiltered: number;
  presetCounts: Record<ConnectionPreset, number>;
}

export interface FacetValue {
  value: string;
  count: number;
}

/** Counts per value, largest first, 50 at most each; each facet counts with every filter but its own. */
export interface ConnectionFacets {
  account: FacetValue[];
  user: FacetValue[];
  lang: FacetValue[];
  kind: FacetValue[];
  serverId: FacetValue[];
  tls: FacetValue[];
  reason: FacetValue[];
}

export interface ConnectionSubscription {
  subject: string;
  queue: string | null;
  sid: string;
  messages: number;
  /** Auto-unsubscribe after this many; null without. */
  maxMessages: number | null;
}

export interface SubjectRuleSet {
  allow: string[];
  deny: string[];
}

export interface EffectivePermissions {
  /** Where the rules come from: the user's own, the account's default, or none (everything allowed). */
  source: 'user' | 'default' | 'none';
  publish: SubjectRuleSet;
  subscribe: SubjectRuleSet;
  /** `allow_responses`; null when off. `maxCount` -1 is unlimited. */
  responses: { maxCount: number; expiresMs: number } | null;
}

/** One value a second while somebody looks at the connection, at most 15 min, oldest first. */
export interface ConnectionHistory {
  stepMs: number;
  startMs: number;
  inMsgsPerS: (number | null)[];
  outMsgsPerS: (number | null)[];
  inBytesPerS: (number | null)[];
  outBytesPerS: (number | null)[];
  pendingBytes: (number | null)[];
}

export interface ConnectionDetail {
  asOfMs: number;
  connection: ConnectionRow;
  /** Cut at 1000; `subscriptionsTotal` is the true count. */
  subscriptions: ConnectionSubscription[];
  subscriptionsTotal: number;
  /** Null when the server does not tell. */
  permissions: EffectivePermissions | null;
  history: ConnectionHistory;
  maxPendingBytes: number | null;
}

export interface KickRequest {
  serverId?: string;
  /** Why, for the audit log; at most 200 characters. */
  reason?: string;
}

export interface KickResult {
  cid: number;
  serverId: string;
  name: string | null;
}

export interface BulkKickRequest {
  /** 1 to 1000. */
  connections: { cid: number; serverId?: string }[];
  reason?: string;
}

export interface BulkKickResult {
  kicked: KickResult[];
  failed: { cid: number; message: string }[];
}
