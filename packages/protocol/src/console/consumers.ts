/**
 * Consumers of a stream. What is pulled by hand counts as delivered: the console keeps the message's acknowledgement for a short
 * time (`expiresAtMs`), and only for whoever pulled it.
 *
 *   GET    /api/consumers                                    viewer     ConsumersQuery → ConsumersPage, of all streams
 *   GET    /api/streams/:stream/consumers                    viewer     ConsumersQuery → ConsumersPage
 *   POST   /api/streams/:stream/consumers                    admin      CreateConsumerRequest → ConsumerDetail (201)
 *   GET    /api/streams/:stream/consumers/:consumer          viewer     → ConsumerDetail
 *   PUT    /api/streams/:stream/consumers/:consumer          admin      UpdateConsumerRequest → ConsumerUpdateResult
 *   DELETE /api/streams/:stream/consumers/:consumer          admin      ConfirmRequest → 204
 *   POST   /api/streams/:stream/consumers/:consumer/pause    operator   PauseRequest → ConsumerDetail
 *   POST   /api/streams/:stream/consumers/:consumer/resume   operator   → ConsumerDetail
 *   POST   /api/streams/:stream/consumers/:consumer/reset    operator   ResetRequest → ConsumerDetail
 *   POST   /api/streams/:stream/consumers/:consumer/unpin    operator   UnpinRequest → ConsumerDetail
 *   POST   /api/streams/:stream/consumers/:consumer/pull     operator   PullRequest → PullResult
 *   POST   /api/streams/:stream/consumers/:consumer/ack      operator   AckRequest → AckResult
 */
import type { Page, PageQuery } from './common.ts';
import type { AccountQuery, DocumentChange, JetStreamState, NatsDocument, StoredMessage } from './jetstream.ts';

export const consumerSortKeys = [
  'name',
  'stream',
  'lag',
  'ackPending',
  'redelivered',
  'waiting',
  'deliveredPerS',
  'ackedPerS',
  'lastDeliveredAtMs',
  'createdAtMs',
] as const;
export type ConsumerSortKey = (typeof consumerSortKeys)[number];

export const consumerPresets = ['all', 'lagging', 'stalled', 'paused'] as const;
/** `lagging`: messages wait. `stalled`: ack pending has reached its maximum. `paused`: by hand. */
export type ConsumerPreset = (typeof consumerPresets)[number];

/** `q` looks at name, stream, filters and description. */
export interface ConsumersQuery extends PageQuery, AccountQuery {
  preset?: ConsumerPreset;
}

export interface ConsumerRow {
  stream: string;
  name: string;
  description: string | null;
  kind: 'pull' | 'push';
  isDurable: boolean;
  deliverPolicy: string;
  ackPolicy: string;
  replayPolicy: string;
  filters: string[];
  /** Messages that match and were never delivered. */
  lag: number;
  /** Newest stream sequence that was delivered. */
  deliveredSeq: number;
  /** Up to this stream sequence everything is done. */
  ackFloorSeq: number;
  ackPending: number;
  /** Null: no limit. */
  maxAckPending: number | null;
  redelivered: number;
  /** Pull requests that wait. */
  waiting: number;
  maxWaiting: number | null;
  /** Null: no limit. */
  maxDeliver: number | null;
  ackWaitMs: number | null;
  /** Push: whether somebody listens; null for pull. */
  isBound: boolean | null;
  isPaused: boolean;
  pausedUntilMs: number | null;
  /** Null until two readings. */
  deliveredPerS: number | null;
  ackedPerS: number | null;
  /** Time until the lag is gone at the present rates; null: never, or not known. */
  catchUpMs: number | null;
  createdAtMs: number | null;
  lastDeliveredAtMs: number | null;
  lastAckedAtMs: number | null;
}

export interface ConsumersPage extends Page<ConsumerRow> {
  asOfMs: number | null;
  jetstream: JetStreamState;
  presetCounts: Record<ConsumerPreset, number>;
  /** True when there are more than the console reads (10,000). */
  isTruncated: boolean;
}

export interface ConsumerDetail {
  asOfMs: number;
  row: ConsumerRow;
  config: NatsDocument;
  fixedKeys: string[];
  /** All of `CONSUMER.INFO` but the configuration. */
  state: NatsDocument;
  priorityGroups: { group: string; pinnedClientId: string | null; pinnedAtMs: number | null }[];
  command: string;
}

export interface CreateConsumerRequest {
  /** With `name` or `durable_name`; both absent: the server names it. */
  config: NatsDocument;
}

export interface UpdateConsumerRequest {
  config: NatsDocument;
  /** Keys as whoever asks saw them, `null` for none: 409 when one of them has another value now. */
  expected?: NatsDocument;
  isDryRun?: boolean;
}

export interface ConsumerUpdateResult {
  isApplied: boolean;
  changes: DocumentChange[];
  consumer: ConsumerDetail;
}

export interface PauseRequest {
  untilMs: number;
}

/** Where it begins again: this stream sequence, or without it the ack floor. */
export interface ResetRequest {
  seq?: number;
}

export interface UnpinRequest {
  group: string;
}

export interface PullRequest {
  /** Waits this long for a message, 0 to 10,000; default 500. */
  waitMs?: number;
  /** Priority group, for consumers that have one. */
  group?: string;
}

export interface PulledMessage extends StoredMessage {
  /** Name of this delivery for `ack`. */
  handle: string;
  /** Until then `ack` takes the handle. */
  expiresAtMs: number;
  /** How often it was delivered, this time included. */
  deliveries: number;
  /** Messages that still wait. */
  lag: number;
  /** False: the consumer needs no acknowledgement. */
  needsAck: boolean;
}

export interface PullResult {
  /** Null: none came in time. */
  message: PulledMessage | null;
  /** A sentence: what happened. */
  text: string;
}

export const ackActions = ['ack', 'nak', 'term', 'progress'] as const;
/** `nak`: deliver again. `term`: never again. `progress`: more time; the handle stays good. */
export type AckAction = (typeof ackActions)[number];

export interface AckRequest {
  handle: string;
  action: AckAction;
  /** With `nak`: not before so many ms. */
  delayMs?: number;
  /** With `term`: why, for the advisory. */
  reason?: string;
}

export interface AckResult {
  /** True: the server has confirmed it. */
  isConfirmed: boolean;
  text: string;
}
