/**
 * Publish and request. Each runs on a short connection of its own as the user who is named, so the server's permissions decide.
 *
 *   POST   /api/publish            operator   PublishRequest → PublishResult, or with `repeat` PublishJob (202)
 *   GET    /api/publish/jobs/:id   operator   → PublishJob
 *   DELETE /api/publish/jobs/:id   operator   → PublishJob, stopped
 *   POST   /api/request            operator   RequestRequest → RequestResult
 */
import type { EncodedPayload } from './common.ts';

/** Whose permissions apply. `anonymous`: no credentials, as a client without any would come. */
export type RunAs =
  | { kind: 'anonymous' }
  | { kind: 'user'; username: string; password: string }
  | { kind: 'token'; token: string };

/** Name and value pairs, in order; a name may occur more than once. At most 64. */
export type HeaderPairs = [name: string, value: string][];

export interface PublishRequest extends EncodedPayload {
  subject: string;
  reply?: string;
  headers?: HeaderPairs;
  runAs?: RunAs;
  /**
   * Publishes `count` times (1 to 1,000,000), at `perSecond` (1 to 100,000). In subject, header values and UTF-8 payload,
   * `{{seq}}` `{{now}}` `{{uuid}}` `{{random}}` are replaced per message.
   */
  repeat?: { count: number; perSecond: number };
}

/** `denied`: the server refused it; `message` holds its words. `unreachable`: no connection as that user. */
export type PublishOutcome = 'published' | 'denied' | 'unreachable';

export interface PublishResult {
  outcome: PublishOutcome;
  /** A sentence: what happened. */
  message: string;
  /** Messages the server took. */
  published: number;
  sizeBytes: number;
  durationMs: number;
  /** The rule that refused, where the configuration is known. */
  rule: string | null;
}

export interface PublishJob {
  id: string;
  state: 'running' | 'done' | 'stopped' | 'failed';
  published: number;
  count: number;
  /** Reached so far. */
  perSecond: number;
  startedAtMs: number;
  finishedAtMs: number | null;
  message: string;
}

export interface RequestRequest extends EncodedPayload {
  subject: string;
  headers?: HeaderPairs;
  runAs?: RunAs;
  /** 10 to 30,000; default 2000. */
  timeoutMs?: number;
  /** Waits for this many replies, or until the timeout; 1 to 1000, default 1. */
  maxReplies?: number;
}

export type RequestOutcome = 'replied' | 'no_responders' | 'timeout' | 'denied' | 'unreachable';

export interface RequestReply extends EncodedPayload {
  subject: string;
  headers: HeaderPairs;
  /** Of the whole payload; `payload` is cut at 1 MiB. */
  sizeBytes: number;
  isTruncated: boolean;
  latencyMs: number;
}

export interface RequestResult {
  outcome: RequestOutcome;
  message: string;
  replies: RequestReply[];
  durationMs: number;
  rule: string | null;
}
