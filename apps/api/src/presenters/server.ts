/** VARZ and STATSZ of a server → the console's summary and totals. */
import type { ServerSummary } from '@sluice/protocol/console';
import { type JsonRecord, numberAt, numberOrNull, recordAt, stringAt, timeAt } from '../nats/json-fields.ts';

/** Totals of one server at one moment, as it counted them since its start. */
export interface ServerTotals {
  readonly serverId: string;
  readonly atMs: number;
  readonly inMsgs: number;
  readonly outMsgs: number;
  readonly inBytes: number;
  readonly outBytes: number;
  readonly connections: number;
  readonly maxConnections: number | null;
  readonly subscriptions: number;
  readonly slowConsumers: number;
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly maxPayloadBytes: number | null;
  readonly maxPendingBytes: number | null;
  /** Null: it runs no JetStream. */
  readonly jetstream: StoredTotals | null;
}

/** What JetStream keeps of what it may; bytes, a limit of 0 is none. */
export interface StoredTotals {
  readonly fileBytes: number;
  readonly maxFileBytes: number;
  readonly memoryBytes: number;
  readonly maxMemoryBytes: number;
}

/** `nowMs` stands in where the server does not tell its own time. */
export function presentTotals(varz: JsonRecord, nowMs: number): ServerTotals {
  return {
    serverId: stringAt(varz, 'server_id'),
    atMs: timeAt(varz, 'now') ?? nowMs,
    inMsgs: numberAt(varz, 'in_msgs'),
    outMsgs: numberAt(varz, 'out_msgs'),
    inBytes: numberAt(varz, 'in_bytes'),
    outBytes: numberAt(varz, 'out_bytes'),
    connections: numberAt(varz, 'connections'),
    maxConnections: numberOrNull(varz, 'max_connections'),
    subscriptions: numberAt(varz, 'subscriptions'),
    slowConsumers: numberAt(varz, 'slow_consumers'),
    cpuPercent: numberAt(varz, 'cpu'),
    memoryBytes: numberAt(varz, 'mem'),
    maxPayloadBytes: numberOrNull(varz, 'max_payload'),
    maxPendingBytes: numberOrNull(varz, 'max_pending'),
    jetstream: storedTotals(recordAt(varz, 'jetstream')),
  };
}

function storedTotals(jetstream: JsonRecord): StoredTotals | null {
  if (!('stats' in jetstream)) return null;
  const stats = recordAt(jetstream, 'stats');
  const config = recordAt(jetstream, 'config');
  return {
    fileBytes: numberAt(stats, 'storage'),
    maxFileBytes: numberAt(config, 'max_storage'),
    memoryBytes: numberAt(stats, 'memory'),
    maxMemoryBytes: numberAt(config, 'max_memory'),
  };
}

/** A cell of the server strip. */
export function presentServer(
  varz: JsonRecord,
  totals: ServerTotals,
  sluiceVersion: string | null,
  isAnswering: boolean,
): ServerSummary {
  return {
    id: totals.serverId,
    name: stringAt(varz, 'server_name', totals.serverId),
    version: stringAt(varz, 'version'),
    sluiceVersion,
    address: `${stringAt(varz, 'host')}:${numberAt(varz, 'port')}`,
    startedAtMs: timeAt(varz, 'start') ?? 0,
    cpuPercent: totals.cpuPercent,
    memoryBytes: totals.memoryBytes,
    connections: totals.connections,
    maxConnections: totals.maxConnections ?? 0,
    subscriptions: totals.subscriptions,
    cores: numberAt(varz, 'cores'),
    isAnswering,
  };
}
