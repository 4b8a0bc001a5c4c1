/** CONNZ entries → connection rows, subscriptions of a connection. */
import type { ConnectionKind, ConnectionRow, ConnectionSubscription } from '@sluice/protocol/console';
import {
  durationMs,
  type JsonRecord,
  numberAt,
  numberOrNull,
  recordsAt,
  stringAt,
  stringsAt,
  textOrNull,
  timeAt,
} from '../nats/json-fields.ts';

/** Rates need two readings of the same connection, this far apart at least and at most. */
const MIN_STEP_MS = 200;
const MAX_STEP_MS = 15_000;

export interface ConnectionReading {
  readonly row: ConnectionRow;
  readonly atMs: number;
}

/** Which connections of a server count as slow. */
export interface Slowness {
  /** From this much waiting output on; infinite where the server tells no limit. */
  readonly fromPendingBytes: number;
  /** Connections that the server itself has noted as slow. */
  readonly notedCids: ReadonlySet<number>;
}

/** Waiting output below 2 % of the limit comes and goes with every busy client and says nothing. */
const SLOW_SHARE_OF_LIMIT = 0.02;

/** The rule for a server that cuts a client off at `maxPendingBytes`. */
export function slownessOf(maxPendingBytes: number | null, notedCids: ReadonlySet<number>): Slowness {
  const hasLimit = maxPendingBytes !== null && maxPendingBytes > 0;
  return { fromPendingBytes: hasLimit ? maxPendingBytes * SLOW_SHARE_OF_LIMIT : Number.POSITIVE_INFINITY, notedCids };
}

/** What the server says about where a row comes from. */
export interface RowSource {
  readonly serverId: string;
  readonly serverName: string;
  readonly atMs: number;
  /** User that clients without credentials become: shown as nobody. */
  readonly anonymousUser: string | null;
  readonly slowness: Slowness;
}

export function presentConnection(entry: JsonRecord, source: RowSource, before: ConnectionReading | undefined): ConnectionRow {
  const user = textOrNull(entry, 'authorized_user');
  const rtt = textOrNull(entry, 'rtt');
  const row: ConnectionRow = {
    cid: numberAt(entry, 'cid'),
    serverId: source.serverId,
    serverName: source.serverName,
    kind: kindOf(entry),
    name: textOrNull(entry, 'name'),
    user: user === source.anonymousUser ? null : user,
    account: stringAt(entry, 'account', '$G'),
    ip: stringAt(entry, 'ip'),
    port: numberAt(entry, 'port'),
    lang: textOrNull(entry, 'lang'),
    version: textOrNull(entry, 'version'),
    rttMs: rtt === null ? null : durationMs(rtt),
    subscriptions: numberAt(entry, 'subscriptions'),
    inMsgs: numberAt(entry, 'in_msgs'),
    outMsgs: numberAt(entry, 'out_msgs'),
    inBytes: numberAt(entry, 'in_bytes'),
    outBytes: numberAt(entry, 'out_bytes'),
    inMsgsPerS: null,
    outMsgsPerS: null,
    inBytesPerS: null,
    outBytesPerS: null,
    pendingBytes: numberAt(entry, 'pending_bytes'),
    stalls: numberAt(entry, 'stalls'),
    isSlow: false,
    tlsVersion: textOrNull(entry, 'tls_version'),
    startedAtMs: timeAt(entry, 'start') ?? source.atMs,
    lastActivityAtMs: timeAt(entry, 'last_activity') ?? timeAt(entry, 'start') ?? source.atMs,
    stoppedAtMs: timeAt(entry, 'stop'),
    reason: textOrNull(entry, 'reason'),
  };
  row.isSlow = row.pendingBytes >= source.slowness.fromPendingBytes || source.slowness.notedCids.has(row.cid);
  return before === undefined || row.stoppedAtMs !== null ? row : withRates(row, source.atMs, before);
}

function withRates(row: ConnectionRow, atMs: number, before: ConnectionReading): ConnectionRow {
  const elapsedMs = atMs - before.atMs;
  if (elapsedMs < MIN_STEP_MS || elapsedMs > MAX_STEP_MS || row.startedAtMs !== before.row.startedAtMs) return row;
  const rate = (now: number, then: number): number => Math.max(0, ((now - then) * 1000) / elapsedMs);
  row.inMsgsPerS = rate(row.inMsgs, before.row.inMsgs);
  row.outMsgsPerS = rate(row.outMsgs, before.row.outMsgs);
  row.inBytesPerS = rate(row.inBytes, before.row.inBytes);
  row.outBytesPerS = rate(row.outBytes, before.row.outBytes);
  return row;
}

/** `kind` is "Client" for all of them; `type` tells how they are attached. */
function kindOf(entry: JsonRecord): ConnectionKind {
  const type = stringAt(entry, 'type', 'nats');
  return type === 'nats' || type === 'websocket' || type === 'mqtt' ? type : 'unknown';
}

/** Subscriptions of a CONNZ entry that was asked for with details, or at least their subjects. */
export function presentConnectionSubscriptions(entry: JsonRecord): ConnectionSubscription[] {
  const details = recordsAt(entry, 'subscriptions_list_detail');
  if (details.length > 0) {
    return details.map((detail) => ({
      subject: stringAt(detail, 'subject'),
      queue: textOrNull(detail, 'qgroup'),
      sid: stringAt(detail, 'sid'),
      messages: numberAt(detail, 'msgs'),
      maxMessages: numberOrNull(detail, 'max'),
    }));
  }
  return stringsAt(entry, 'subscriptions_list').map((subject) => ({
    subject,
    queue: null,
    sid: '',
    messages: 0,
    maxMessages: null,
  }));
}
