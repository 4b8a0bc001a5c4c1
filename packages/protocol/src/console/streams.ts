/**
 * Streams. Reading uses message get only: nothing is ever consumed, on no retention policy. Changing settings needs an
 * administrator; changing contents (purge, delete a message) an operator.
 *
 *   GET    /api/streams                        viewer     StreamsQuery → StreamsPage
 *   POST   /api/streams                        admin      CreateStreamRequest → StreamDetail (201)
 *   GET    /api/streams/:stream                viewer     → StreamDetail
 *   PUT    /api/streams/:stream                admin      UpdateStreamRequest → StreamUpdateResult
 *   DELETE /api/streams/:stream                admin      ConfirmRequest → 204
 *   POST   /api/streams/:stream/seal           admin      ConfirmRequest → StreamDetail
 *   POST   /api/streams/:stream/purge          operator   PurgeRequest → PurgeResult
 *   GET    /api/streams/:stream/subjects       viewer     StreamSubjectsQuery → StreamSubjectsPage
 *   GET    /api/streams/:stream/messages       viewer     MessagesQuery → MessagesPage
 *   GET    /api/streams/:stream/messages/:seq  viewer     → StoredMessage, whole up to 8 MiB
 *   DELETE /api/streams/:stream/messages/:seq  operator   → 204; the bytes are overwritten or gone
 */
import type { Page, PageQuery } from './common.ts';
import type { AccountQuery, DocumentChange, JetStreamState, NatsDocument, StoredMessage, Usage } from './jetstream.ts';

export const streamSortKeys = [
  'name',
  'messages',
  'bytes',
  'msgsPerS',
  'subjects',
  'consumers',
  'fill',
  'createdAtMs',
  'lastAtMs',
] as const;
export type StreamSortKey = (typeof streamSortKeys)[number];

export const streamKinds = ['stream', 'kv', 'objects', 'mqtt'] as const;
/** By the name: `KV_…`, `OBJ_…`, `$MQTT_…` hold what their own pages show. */
export type StreamKind = (typeof streamKinds)[number];

/** `q` looks at name, subjects and description. `kind` absent: every kind. `matching`: streams that would store this subject. */
export interface StreamsQuery extends PageQuery, AccountQuery {
  kind?: StreamKind;
  matching?: string;
}

/**
 * When a PubAck is sent. `fsync`: after the message is on disk. `interval`: before; the disk follows every `syncIntervalMs`.
 * `async`: the stream asked for it (`persist_mode: async`). `memory`: never on disk. `unknown`: the server does not tell.
 */
export const durabilityModes = ['fsync', 'interval', 'async', 'memory', 'unknown'] as const;
export type DurabilityMode = (typeof durabilityModes)[number];

export interface Durability {
  mode: DurabilityMode;
  syncIntervalMs: number | null;
  /** A sentence: what a PubAck of this stream promises. */
  text: string;
}

export interface StreamRow {
  name: string;
  kind: StreamKind;
  description: string | null;
  /** Patterns it stores; empty for a mirror, and for a stream of sources alone. */
  subjectPatterns: string[];
  retention: 'limits' | 'interest' | 'workqueue';
  storage: 'file' | 'memory';
  compression: 'none' | 's2';
  durability: Durability;
  replicas: number;
  /** Against `max_msgs`. */
  messages: Usage;
  /** Against `max_bytes`. */
  bytes: Usage;
  /** Age of the oldest message against `max_age`. */
  ageMs: Usage | null;
  /** The fullest of them, 0 to 1; null without limits. */
  fill: number | null;
  /** Subjects that have messages. */
  subjects: number;
  consumers: number;
  firstSeq: number;
  lastSeq: number;
  /** Holes between first and last. */
  deleted: number;
  /** New messages; null until two readings. */
  msgsPerS: number | null;
  /** Removed by limits, acks, purges; null until two readings. */
  removedPerS: number | null;
  createdAtMs: number | null;
  firstAtMs: number | null;
  lastAtMs: number | null;
  mirrorOf: string | null;
  sources: string[];
  isSealed: boolean;
  isDirectAllowed: boolean;
  /** Messages that storage lost and reported; null: none. */
  lost: { messages: number; bytes: number } | null;
  /** True while its disk cannot be written any more: it refuses messages until the server is started again. */
  isReadOnly: boolean;
}

export interface StreamsPage extends Page<StreamRow> {
  asOfMs: number | null;
  jetstream: JetStreamState;
  /** Of all streams of the account, whatever the filters. */
  totals: { streams: number; messages: number; bytes: number };
  /** True when the account has more streams than the console reads (10,000). */
  isTruncated: boolean;
}

export interface StreamPeer {
  name: string;
  isCurrent: boolean;
  isOffline: boolean;
  lag: number | null;
  activeMs: number | null;
}

export interface StreamSource {
  name: string;
  lag: number | null;
  /** Since the last message from it; null: never. */
  activeMs: number | null;
  filter: string | null;
  error: string | null;
}

export interface StreamDetail {
  asOfMs: number;
  row: StreamRow;
  /** As the server holds it. */
  config: NatsDocument;
  /** Keys of `config` that cannot be changed any more. */
  fixedKeys: string[];
  /** The state as the server gives it. */
  state: NatsDocument;
  leader: string | null;
  cluster: string | null;
  peers: StreamPeer[];
  mirror: StreamSource | null;
  sources: StreamSource[];
  /** The command that would make this stream: `nats stream add …`. */
  command: string;
}

export interface CreateStreamRequest {
  /** With `name`. What is left out gets the server's default. */
  config: NatsDocument;
}

export interface UpdateStreamRequest {
  /** Laid over the present configuration key by key; `null` takes a key away. */
  config: NatsDocument;
  /** Keys as whoever asks saw them, `null` for none: 409 when one of them has another value now. */
  expected?: NatsDocument;
  /** Only says what would change. */
  isDryRun?: boolean;
}

export interface StreamUpdateResult {
  isApplied: boolean;
  changes: DocumentChange[];
  stream: StreamDetail;
}

/** `seq`: everything before it. `keep`: all but the newest so many; not together with `seq`. */
export interface PurgeRequest {
  filter?: string;
  seq?: number;
  keep?: number;
  isDryRun?: boolean;
}

export interface PurgeResult {
  isApplied: boolean;
  /** Messages removed, or that would be. */
  count: number;
  /** False: an upper bound; the server offers no way to count without reading. Only with `isDryRun`. */
  isExact: boolean;
  /** Messages in the stream before. */
  messages: number;
  message: string;
}

/** `filter`: a pattern. `q`: text that the subject contains. `sort`: subject, messages. */
export interface StreamSubjectsQuery extends PageQuery, AccountQuery {
  filter?: string;
}

export interface StreamSubjectRow {
  subject: string;
  messages: number;
}

export interface StreamSubjectsPage extends Page<StreamSubjectRow> {
  /** True when there are more than the console reads (200,000). */
  isTruncated: boolean;
}

/**
 * From `seq` (included), or from `atMs`, or from one end: the newest with `desc` (the default), the oldest with `asc`. `subject`
 * is a pattern. `maxPayloadBytes`: kept per message, default 16,384, at most 1 MiB.
 */
export interface MessagesQuery extends AccountQuery {
  seq?: number;
  atMs?: number;
  subject?: string;
  order?: 'asc' | 'desc';
  /** 1 to 500, default 100. */
  limit?: number;
  maxPayloadBytes?: number;
}

export interface MessagesPage {
  items: StoredMessage[];
  order: 'asc' | 'desc';
  firstSeq: number;
  lastSeq: number;
  /** Ask again with this `seq` to go on; null at the end. */
  nextSeq: number | null;
  /** True: the answer was cut by its size or by how far one request may search; `nextSeq` goes on. */
  isCut: boolean;
}
