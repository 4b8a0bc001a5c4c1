/**
 * The first page: is it well, what needs attention, what flows.
 *
 *   GET /api/overview          viewer   → Overview
 *   GET /api/overview/series   viewer   SeriesQuery → Series
 */
import type { BrokerState, ServerIdentity } from './capabilities.ts';
import type { ConsoleLink, SentencePart } from './common.ts';
import type { Usage } from './jetstream.ts';

export const severities = ['bad', 'warn', 'info'] as const;
export type Severity = (typeof severities)[number];

/** One thing that needs attention, worst first in its list. */
export interface Finding {
  /** Stable while the finding lasts. */
  id: string;
  severity: Severity;
  sentence: SentencePart[];
  sinceMs: number;
  link: ConsoleLink | null;
}

export interface Verdict {
  /** `down`: the broker does not run. `unknown`: nothing measured yet. */
  level: 'healthy' | 'degraded' | 'down' | 'unknown';
  sentence: SentencePart[];
}

export const metricNames = [
  'inMsgsPerS',
  'outMsgsPerS',
  'inBytesPerS',
  'outBytesPerS',
  'connections',
  'subscriptions',
  'slowConsumers',
  'cpuPercent',
  'memoryBytes',
  'storedBytes',
] as const;
export type MetricName = (typeof metricNames)[number];

/** `15m`: 900 points of 1 s. `6h`: 2160 points of 10 s, with the smallest and largest second in each. */
export interface SeriesQuery {
  window?: '15m' | '6h';
}

/** One value per step; null where nothing was measured: draw a gap. Arrays of all metrics have the same length. */
export interface SeriesValues {
  avg: (number | null)[];
  /** Only with `6h`. */
  min?: (number | null)[];
  max?: (number | null)[];
}

export interface Series {
  stepMs: number;
  /** Time of the first value; value `i` covers `[startMs + i * stepMs, + stepMs)`. */
  startMs: number;
  metrics: Record<MetricName, SeriesValues>;
}

/**
 * The newest second. Null: not measured yet. `slowConsumers` counts events since the server started; `storedBytes` is what JetStream
 * keeps, in files and in memory, and null where there is none.
 */
export type MetricsNow = Record<MetricName, number | null>;

export interface TalkerRow {
  cid: number;
  serverId: string;
  name: string | null;
  user: string | null;
  account: string;
  /** In and out together. */
  msgsPerS: number;
  bytesPerS: number;
}

export interface HotSubjectRow {
  subject: string;
  account: string;
  msgsPerS: number;
  bytesPerS: number;
  subscribers: number;
  isEstimate: boolean;
}

export const consoleEventKinds = ['connect', 'disconnect', 'auth_error', 'slow_consumer', 'broker', 'audit', 'peak'] as const;
export type ConsoleEventKind = (typeof consoleEventKinds)[number];

/** Something that happened, newest first in lists. */
export interface ConsoleEvent {
  /** Rises by one; gaps mean that events were shed. */
  seq: number;
  atMs: number;
  kind: ConsoleEventKind;
  severity: Severity;
  sentence: SentencePart[];
  cid: number | null;
  account: string | null;
  link: ConsoleLink | null;
}

export interface ServerSummary extends ServerIdentity {
  /** `host:port` for clients. */
  address: string;
  startedAtMs: number;
  cpuPercent: number;
  memoryBytes: number;
  connections: number;
  maxConnections: number;
  subscriptions: number;
  cores: number;
  /** False when it did not answer the last question. */
  isAnswering: boolean;
}

/** JetStream of all accounts together. Counts are null until somebody has looked. */
export interface JetStreamUse {
  fileBytes: Usage;
  memoryBytes: Usage;
  streams: number | null;
  consumers: number | null;
  messages: number | null;
}

export interface Overview {
  /** When the figures were taken; their age is `serverTimeMs - asOfMs`. Null: never yet. */
  asOfMs: number | null;
  serverTimeMs: number;
  broker: BrokerState;
  verdict: Verdict;
  findings: Finding[];
  now: MetricsNow;
  /** Connections that came and went in the last minute; null without connect events. */
  connectionsNew1m: number | null;
  connectionsGone1m: number | null;
  maxConnections: number | null;
  /** The last 15 minutes. */
  series: Series;
  /** 10 at most each. Null: not measured yet. */
  topTalkers: TalkerRow[] | null;
  /** Null: not measured yet, or the server keeps no subject statistics. */
  hottestSubjects: HotSubjectRow[] | null;
  /** 20 at most. */
  events: ConsoleEvent[];
  servers: ServerSummary[];
  /** Null: the server runs no JetStream, or did not tell yet. */
  jetstream: JetStreamUse | null;
  /** True once any message has passed since the server started: the page stops teaching. */
  hasTraffic: boolean;
}
