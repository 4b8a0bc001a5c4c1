/**
 * The one WebSocket of a browser: `GET /api/live`, with the session cookie and an `Origin` of this host.
 *
 * Text frames are JSON (the unions below). The browser names its subscriptions with numbers of its own. Each subscription has
 * credits: the server sends at most `credits` frames that are not yet acknowledged; meanwhile it merges what it can (rates,
 * rows) or drops and counts (events, tap). `ack` names the newest `seq` that was handled and frees everything up to it.
 *
 * Tap messages come as binary frames: a 16-byte prefix, then one TapBatch exactly as in `tap-batch.ts`.
 *
 *   0  u8   frame kind, 1 = tap batch
 *   1  u8   version, 1
 *   2  u16  0
 *   4  u32  subscription id, big endian
 *   8  f64  seq to acknowledge, big endian
 *  16  …    TapBatch
 *
 * In every batch and every `tap` counter message: matched = shown + sampledOut + dropped. What the console's server had to shed
 * is already inside `dropped`; the browser adds what it drops itself.
 */
import type { BrokerState } from './capabilities.ts';
import type { ApiErrorCode } from './common.ts';
import type { ConnectionRow, ConnectionsPage, ConnectionsQuery } from './connections.ts';
import type { KvWatchOptions, LiveKv } from './key-value.ts';
import type { ConsoleEvent, MetricsNow } from './overview.ts';

export const LIVE_PATH = '/api/live';
/** Text frames from the browser may have this many bytes. */
export const LIVE_MAX_FRAME_BYTES = 65_536;
export const LIVE_MAX_SUBSCRIPTIONS = 32;
export const LIVE_MAX_TAPS = 4;
/** The server sends something at least this often; after three times this without a frame the feed counts as stopped. */
export const LIVE_HEARTBEAT_MS = 3000;
export const TAP_FRAME_KIND = 1;
export const TAP_FRAME_VERSION = 1;
export const TAP_FRAME_PREFIX_BYTES = 16;

export interface TapOptions {
  account?: string;
  /** Patterns, 1 to 32. */
  subjects: string[];
  /** Patterns to leave out, at most 32. */
  exclude?: string[];
  sampling?: { mode: 'all' } | { mode: 'rate'; perSecond: number } | { mode: 'every'; n: number };
  filter?: { minBytes?: number; contains?: string };
  /** Payload bytes kept per message; default 16,384, at most 16,777,216. */
  maxPayloadBytes?: number;
  /** 20 to 1000, default 50. */
  batchMs?: number;
}

/** Always: matched = shown + sampledOut + dropped. */
export interface LiveTapCounters {
  matched: number;
  shown: number;
  sampledOut: number;
  dropped: number;
  matchedBytes: number;
}

export type LiveTopic =
  | { topic: 'rates' }
  | { topic: 'events'; afterSeq?: number }
  | { topic: 'connections'; query: ConnectionsQuery }
  | { topic: 'connection'; cid: number; serverId?: string }
  | { topic: 'kv'; kv: KvWatchOptions }
  | { topic: 'tap'; tap: TapOptions };

export type LiveTopicName = LiveTopic['topic'];

/** Browser → server. `update` changes query or tap of a running subscription; a tap keeps its counters. */
export type LiveClientMessage =
  | ({ type: 'subscribe'; id: number } & LiveTopic)
  | ({ type: 'update'; id: number } & LiveTopic)
  | { type: 'unsubscribe'; id: number }
  | { type: 'ack'; id: number; seq: number }
  | { type: 'ping'; sentAtMs: number };

/** `rates`: one a second. */
export interface LiveRates {
  asOfMs: number;
  /** Null values: the second was not measured. */
  now: MetricsNow;
  connectionsNew1m: number | null;
  connectionsGone1m: number | null;
}

/** `events`: oldest first; `missed` counts events that were shed since the last frame. */
export interface LiveEvents {
  events: ConsoleEvent[];
  missed: number;
}

/**
 * `connections`: the first frame and every one whose order changed holds `rows` whole; others hold only rows that changed.
 * `order` is always the cids of the window, in order.
 */
export interface LiveConnections {
  asOfMs: number;
  total: number;
  totalUnfiltered: number;
  presetCounts: ConnectionsPage['presetCounts'];
  order: { cid: number; serverId: string }[];
  rows: ConnectionRow[];
  isFull: boolean;
}

/** `connection`: one a second for a drawer; `connection` is null once it is gone. */
export interface LiveConnection {
  asOfMs: number;
  connection: ConnectionRow | null;
}

/** `tap`: about one a second beside the binary batches, so that the counter line never stands still. */
export interface LiveTap {
  counters: LiveTapCounters;
  state: 'running' | 'waiting_for_ack' | 'broker_lost';
}

export type LiveData =
  | { topic: 'rates'; data: LiveRates }
  | { topic: 'events'; data: LiveEvents }
  | { topic: 'connections'; data: LiveConnections }
  | { topic: 'connection'; data: LiveConnection }
  | { topic: 'kv'; data: LiveKv }
  | { topic: 'tap'; data: LiveTap };

/** Server → browser. `data` with topic `tap` needs no ack (seq 0); binary batches do. */
export type LiveServerMessage =
  | { type: 'welcome'; serverTimeMs: number; heartbeatMs: number; broker: BrokerState }
  | { type: 'subscribed'; id: number; credits: number }
  | { type: 'refused'; id: number; code: ApiErrorCode; message: string }
  | ({ type: 'data'; id: number; seq: number } & LiveData)
  | { type: 'ended'; id: number; message: string }
  | { type: 'broker'; broker: BrokerState }
  | { type: 'heartbeat'; serverTimeMs: number }
  | { type: 'pong'; sentAtMs: number; serverTimeMs: number };

/** Close codes of the socket beside the standard ones. After these the browser must not reconnect by itself. */
export const liveCloseCodes = { sessionEnded: 4401, forbidden: 4403, protocolError: 4400 } as const;
