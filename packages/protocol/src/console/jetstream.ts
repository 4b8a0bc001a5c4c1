/**
 * What the pages of JetStream share: whether it is on, limits and what is used of them, stored messages, changed settings. Every
 * request takes `account`: the account whose streams are meant, by default the one that clients without credentials are in.
 * Configurations are documents in NATS's own spelling (`max_bytes`, durations in ns), as `nats stream info --json` shows them.
 *
 *   GET /api/jetstream   viewer   AccountQuery → JetStreamState; answers also while JetStream is off
 */
import type { EncodedPayload } from './common.ts';
import type { HeaderPairs } from './workbench.ts';

export interface AccountQuery {
  account?: string;
}

/** Used of a limit; `limit` null: none. `fill` is 0 to 1, null without a limit. */
export interface Usage {
  used: number;
  limit: number | null;
  fill: number | null;
}

/**
 * Why there is no JetStream. `server`: not switched on. `account`: on, but not for this account. `no_access`: the console has no
 * user in this account. `unreachable`: the broker does not answer.
 */
export const jetStreamOffReasons = ['server', 'account', 'no_access', 'unreachable'] as const;
export type JetStreamOffReason = (typeof jetStreamOffReasons)[number];

export type JetStreamState =
  | {
      isEnabled: true;
      account: string;
      memoryBytes: Usage;
      fileBytes: Usage;
      streams: Usage;
      consumers: Usage;
      domain: string | null;
      /** API requests and errors since the server started. */
      apiTotal: number;
      apiErrors: number;
      /** Level of the API that the server speaks; null on servers that do not tell. */
      apiLevel: number | null;
    }
  | {
      isEnabled: false;
      account: string;
      reason: JetStreamOffReason;
      /** What the server said, or what failed. */
      message: string;
      /** How to get it, a sentence; a piece of configuration where that is the way. */
      hint: string;
      example: string | null;
    };

/** A document in NATS's spelling. */
export type NatsDocument = Record<string, unknown>;

export interface DocumentChange {
  /** `max_bytes` or `consumer_limits.max_ack_pending`. */
  path: string;
  before: unknown;
  after: unknown;
  /** False: the server refuses to change this on a thing that exists. */
  isChangeable: boolean;
}

/** Deleting asks for the name, typed. */
export interface ConfirmRequest {
  confirm: string;
}

export interface StoredMessage extends EncodedPayload {
  seq: number;
  subject: string;
  storedAtMs: number;
  headers: HeaderPairs;
  /** Of the payload, before it was cut. */
  sizeBytes: number;
  isTruncated: boolean;
}

/** What an error says beside its sentence. */
export interface ApiErrorDetails {
  /** What JetStream refused with. */
  jetstream?: { code: number; errCode: number; description: string };
  /** A compare-and-set that lost: what is there now; null: nothing. */
  current?: { revision: number; operation: 'put' | 'delete' | 'purge'; value: EncodedPayload; createdAtMs: number } | null;
  /** And what was asked for. */
  wanted?: { expectedRevision: number; value: EncodedPayload | null };
}
