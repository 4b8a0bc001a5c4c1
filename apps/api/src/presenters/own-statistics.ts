/** Sluice's own part of STATSZ: who was slow and on what, who was refused and why, and how many subscriptions clients hold. */
import { type JsonRecord, numberAt, numberOrNull, recordAt, recordsAt, stringAt, textOrNull } from '../nats/json-fields.ts';

/** A client that did not take its output in time, as the broker noted it. */
export interface NotedSlowConsumer {
  readonly cid: number;
  readonly name: string | null;
  readonly user: string | null;
  readonly account: string;
  /** The subscription that had got most messages: the likely cause. */
  readonly subject: string | null;
  readonly pendingBytes: number;
  readonly atMs: number;
}

/** A login that was refused, as the broker noted it. */
export interface NotedAuthError {
  readonly cid: number;
  readonly user: string | null;
  readonly name: string | null;
  readonly host: string;
  readonly reason: string;
  readonly atMs: number;
}

export interface OwnStatistics {
  /** Newest first, 64 at most. */
  readonly slowConsumers: readonly NotedSlowConsumer[];
  /** Newest first, 64 at most. */
  readonly authErrors: readonly NotedAuthError[];
  /** Null: a broker that does not tell. */
  readonly clientSubscriptions: number | null;
  /** Connections that no list shows, beside the console's first one. */
  readonly hiddenConnections: number;
}

/** `sluice` of a STATSZ; undefined where there is none. */
export function presentOwnStatistics(statsz: JsonRecord): OwnStatistics | undefined {
  if (!('sluice' in statsz)) return undefined;
  const own = recordAt(statsz, 'sluice');
  return {
    slowConsumers: recordsAt(own, 'slow_consumers').map((record) => ({
      cid: numberAt(record, 'cid'),
      name: textOrNull(record, 'name'),
      user: textOrNull(record, 'user'),
      account: stringAt(record, 'account', '$G'),
      subject: textOrNull(record, 'subject'),
      pendingBytes: numberAt(record, 'pending_bytes'),
      atMs: numberAt(record, 'at_us') / 1000,
    })),
    authErrors: recordsAt(own, 'auth_errors').map((record) => ({
      cid: numberAt(record, 'cid'),
      user: textOrNull(record, 'user'),
      name: textOrNull(record, 'name'),
      host: stringAt(record, 'host'),
      reason: stringAt(record, 'reason'),
      atMs: numberAt(record, 'at_us') / 1000,
    })),
    clientSubscriptions: numberOrNull(own, 'client_subscriptions'),
    hiddenConnections: numberAt(own, 'hidden_connections'),
  };
}
