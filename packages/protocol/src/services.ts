/**
 * Sluice's own request services on the system account, beside nats-server's `$SYS.REQ.SERVER.*`. A console probes for them with
 * `$SYS.REQ.SERVER.PING.SLUICE`; a plain nats-server answers that with no responders and the console goes without.
 *
 * Every request is JSON; every answer is `{ server: ServerInfo, data }` or `{ server, error: { code, description } }`, as for
 * nats-server's own services. `<id>` is the server id.
 *
 *   $SYS.REQ.SERVER.<id>.SLUICE        → SluiceInfo                 what this server can do
 *   $SYS.REQ.SERVER.<id>.TAP.OPEN      TapOpenRequest → TapOpened   then binary batches on `deliver_subject`
 *   $SYS.REQ.SERVER.<id>.TAP.CREDIT    TapCreditRequest → TapCounters    acknowledges batches; keeps the lease of 10 s
 *   $SYS.REQ.SERVER.<id>.TAP.UPDATE    TapUpdateRequest → TapCounters    other subjects or sampling, counters go on
 *   $SYS.REQ.SERVER.<id>.TAP.CLOSE     { tap_id } → TapCounters
 *   $SYS.REQ.SERVER.<id>.SUBJECTZ      SubjectzRequest → Subjectz    published subjects with rates; keeps statistics on for 60 s
 *   $SYS.REQ.SERVER.<id>.INTEREST      InterestRequest → Interest    who would receive this subject
 *   $SYS.REQ.SERVER.<id>.CONFIG        {} → RunningConfig
 *   $SYS.REQ.SERVER.<id>.CONFIG.CHECK  ConfigChange → ConfigReport   validates and says what would happen, changes nothing
 *   $SYS.REQ.SERVER.<id>.CONFIG.APPLY  ConfigChange → ConfigReport
 */

/** Names of the services a server may offer. */
export const sluiceCapabilities = ['tap', 'subjectz', 'interest', 'config'] as const;
export type SluiceCapability = (typeof sluiceCapabilities)[number];

export interface SluiceInfo {
  /** Version of Sluice, not of the nats-server it stands in for. */
  version: string;
  capabilities: SluiceCapability[];
}

/**
 * How a tap thins out what it matched. `all`: everything the credit allows. `rate`: at most `per_second` messages, spread over
 * each batch interval. `every`: each `n`-th message. What a mode leaves out counts as sampled out, never as dropped.
 */
export type TapSampling = { mode: 'all' } | { mode: 'rate'; per_second: number } | { mode: 'every'; n: number };

export interface TapOpenRequest {
  /** Account whose traffic is seen; `$G` when absent. */
  account?: string;
  /** Subject patterns, 1 to 32. */
  subjects: string[];
  /** Patterns to leave out, at most 32; what they match is not counted as matched. */
  exclude?: string[];
  sampling?: TapSampling;
  /** Bytes of payload kept per message (headers not counted); default 16384, at most 67108864. */
  max_payload?: number;
  /** Batches are published here, on the system account. Usually an inbox. */
  deliver_subject: string;
  /** Time between batches; 20 to 1000, default 50. */
  batch_ms?: number;
  /** Batches that may be unacknowledged; 1 to 64, default 8. */
  credits?: number;
  /** Only messages with at least this many bytes, or only with this text in payload or headers (UTF-8, plain substring, case kept). */
  filter?: { min_bytes?: number; contains?: string };
}

export interface TapOpened {
  tap_id: string;
  lease_ms: number;
}

/** Always: matched = shown + sampled_out + dropped. Filtered-out messages do not count as matched. */
export interface TapCounters {
  tap_id: string;
  /** Messages that matched subjects and filter since the tap was opened. */
  matched: number;
  /** Handed over in batches. */
  shown: number;
  /** Left out by the sampling mode. */
  sampled_out: number;
  /** Lost because the reader was too slow (no credit left, or the buffer was full). */
  dropped: number;
  /** Bytes of all matched messages, headers included. */
  matched_bytes: number;
}

export interface TapCreditRequest {
  tap_id: string;
  /** Sequence of the newest batch that was handled; batches are numbered from 1. */
  batch_seq: number;
}

export interface TapUpdateRequest {
  tap_id: string;
  subjects?: string[];
  exclude?: string[];
  sampling?: TapSampling;
  filter?: { min_bytes?: number; contains?: string };
}

export interface SubjectzRequest {
  account?: string;
  /** Only subjects below this literal prefix of tokens (`orders.eu`), or that match this pattern with wildcards. */
  pattern?: string;
  /** With `children`, groups by the token that follows the pattern's literal prefix, for a tree. */
  group?: 'none' | 'children';
  sort?: 'rate' | 'bytes_rate' | 'messages' | 'bytes' | 'last_seen' | 'subject';
  offset?: number;
  /** 1 to 1000, default 100. */
  limit?: number;
  /** Hides `$…` and `_INBOX.>` subjects unless true. */
  include_system?: boolean;
}

export interface SubjectStatistics {
  /** A subject, or with `group: children` the prefix up to and including the child token. */
  subject: string;
  /** Subjects below and including this one (1 for a leaf without children). */
  subjects: number;
  /** With `group: children`: true when subjects exist below this token, also when there is only one. */
  has_children?: boolean;
  messages: number;
  bytes: number;
  messages_per_s: number;
  bytes_per_s: number;
  /** Publishing connections seen in the last minutes; `publishers_more` when there were too many to list. */
  publishers: number[];
  publishers_more: boolean;
  /** Microseconds since the epoch; absent when the subject was only subscribed, never published while statistics were on. */
  last_seen_us?: number;
  /** Subscriptions whose pattern matches this subject (or overlaps the prefix). */
  subscribers: number;
  /** True when counts are an upper estimate, because more subjects were published than are tracked one by one. */
  is_estimate: boolean;
}

export interface Subjectz {
  account: string;
  /** Statistics have been collected since then (microseconds); they start when the first reader asks. */
  since_us: number;
  total: number;
  offset: number;
  limit: number;
  subjects: SubjectStatistics[];
  tracked: number;
  tracked_max: number;
  /** Messages and subjects that were not tracked one by one. */
  untracked_messages: number;
}

export interface InterestRequest {
  account?: string;
  subject: string;
}

export interface InterestEntry {
  subject: string;
  queue?: string;
  sid: string;
  cid: number;
  name?: string;
  user?: string;
  messages: number;
}

/** Who would receive a message published to `subject` now: every plain subscription, and one member of each queue group. */
export interface Interest {
  subject: string;
  plain: InterestEntry[];
  queues: { queue: string; members: InterestEntry[] }[];
  /** Lists are cut at 1000 entries; this is the true count. */
  total: number;
}
