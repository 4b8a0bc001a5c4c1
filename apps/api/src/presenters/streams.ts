/** Streams as `STREAM.INFO` and `STREAM.LIST` tell them → the console's shapes. */
import type {
  Durability,
  JetStreamState,
  StreamDetail,
  StreamKind,
  StreamPeer,
  StreamRow,
  StreamSource,
} from '@sluice/protocol/console';
import {
  booleanAt,
  type JsonRecord,
  numberAt,
  numberOrNull,
  recordAt,
  recordsAt,
  stringAt,
  stringsAt,
  textOrNull,
  timeAt,
} from '../nats/json-fields.ts';
import { streamCommand } from './nats-command.ts';
import { msOfNs, usage } from './usage.ts';

export interface StreamReading {
  readonly nowMs: number;
  /** Messages in and out per second. */
  readonly rates: readonly number[] | null;
  /** What the server promises for files; undefined where it does not tell. */
  readonly fileDurability: Durability | undefined;
}

export function presentStream(info: JsonRecord, reading: StreamReading): StreamRow {
  const config = recordAt(info, 'config');
  const state = recordAt(info, 'state');
  const name = stringAt(config, 'name');
  const messages = usage(numberAt(state, 'messages'), numberAt(config, 'max_msgs'));
  const bytes = usage(numberAt(state, 'bytes'), numberAt(config, 'max_bytes'));
  const firstAtMs = messages.used === 0 ? null : timeAt(state, 'first_ts');
  const ageMs =
    firstAtMs === null ? null : usage(Math.max(0, reading.nowMs - firstAtMs), msOfNs(numberAt(config, 'max_age')) ?? 0);
  // Age is full on purpose once a stream has run for as long as it keeps messages: it is no sign of trouble.
  const fills = [messages.fill, bytes.fill].filter((fill) => fill !== null);
  const lost = recordAt(state, 'lost');
  const lostSeqs = lost['msgs'];
  return {
    name,
    kind: kindOf(name),
    description: textOrNull(config, 'description'),
    subjectPatterns: stringsAt(config, 'subjects'),
    retention: oneOf(stringAt(config, 'retention'), ['limits', 'interest', 'workqueue']),
    storage: oneOf(stringAt(config, 'storage'), ['file', 'memory']),
    compression: oneOf(stringAt(config, 'compression'), ['none', 's2']),
    durability: durabilityOf(config, reading.fileDurability),
    replicas: numberAt(config, 'num_replicas', 1),
    messages,
    bytes,
    ageMs,
    fill: fills.length === 0 ? null : Math.max(...fills),
    subjects: numberAt(state, 'num_subjects'),
    consumers: numberAt(state, 'consumer_count'),
    firstSeq: numberAt(state, 'first_seq'),
    lastSeq: numberAt(state, 'last_seq'),
    deleted: numberAt(state, 'num_deleted'),
    msgsPerS: reading.rates?.[0] ?? null,
    removedPerS: reading.rates?.[1] ?? null,
    createdAtMs: timeAt(info, 'created'),
    firstAtMs,
    lastAtMs: timeAt(state, 'last_ts'),
    mirrorOf: textOrNull(recordAt(config, 'mirror'), 'name'),
    sources: recordsAt(config, 'sources').map((source) => stringAt(source, 'name')),
    isSealed: booleanAt(config, 'sealed'),
    isDirectAllowed: booleanAt(config, 'allow_direct'),
    lost: 'lost' in state ? { messages: Array.isArray(lostSeqs) ? lostSeqs.length : 0, bytes: numberAt(lost, 'bytes') } : null,
    isReadOnly: booleanAt(info, 'read_only'),
  };
}

/** The counters that rates are made of: messages that came, messages that went. */
export function streamCounters(info: JsonRecord): readonly number[] {
  const state = recordAt(info, 'state');
  const came = numberAt(state, 'last_seq');
  return [came, came - numberAt(state, 'messages')];
}

/**
 * Keys that the server refuses to change. What can only be switched on, or only off, is listed while it stands at its end.
 * Source: nats-server server/stream.go checkStreamCfg, configUpdateCheck.
 */
export function fixedStreamKeys(config: JsonRecord): string[] {
  const fixed = ['name', 'storage', 'max_consumers', 'first_seq', 'mirror', 'allow_msg_counter', 'persist_mode'];
  // Between limits and interest is a change like any other; workqueue cannot be left or entered.
  if (stringAt(config, 'retention') === 'workqueue') fixed.push('retention');
  for (const key of ['sealed', 'deny_delete', 'deny_purge', 'allow_msg_ttl', 'allow_msg_schedules']) {
    if (booleanAt(config, key)) fixed.push(key);
  }
  return booleanAt(config, 'sealed') ? Object.keys(config) : fixed;
}

export function presentStreamDetail(info: JsonRecord, reading: StreamReading): StreamDetail {
  const config = recordAt(info, 'config');
  const cluster = recordAt(info, 'cluster');
  const { subjects: _subjects, deleted: _deleted, ...state } = recordAt(info, 'state');
  return {
    asOfMs: reading.nowMs,
    row: presentStream(info, reading),
    config: { ...config },
    fixedKeys: fixedStreamKeys(config),
    state,
    leader: textOrNull(cluster, 'leader'),
    cluster: textOrNull(cluster, 'name'),
    peers: recordsAt(cluster, 'replicas').map(presentPeer),
    mirror: 'mirror' in info ? presentSource(recordAt(info, 'mirror')) : null,
    sources: recordsAt(info, 'sources').map(presentSource),
    command: streamCommand(config),
  };
}

function presentPeer(peer: JsonRecord): StreamPeer {
  return {
    name: stringAt(peer, 'name'),
    isCurrent: booleanAt(peer, 'current'),
    isOffline: booleanAt(peer, 'offline'),
    lag: numberOrNull(peer, 'lag'),
    activeMs: sinceOrNull(peer),
  };
}

function presentSource(source: JsonRecord): StreamSource {
  return {
    name: stringAt(source, 'name'),
    lag: numberOrNull(source, 'lag'),
    activeMs: sinceOrNull(source),
    filter: textOrNull(source, 'filter_subject'),
    error: textOrNull(recordAt(source, 'error'), 'description'),
  };
}

/** `active` is ns since the last message, -1 for never. */
function sinceOrNull(record: JsonRecord): number | null {
  const ns = numberOrNull(record, 'active');
  return ns === null || ns < 0 ? null : ns / 1_000_000;
}

function kindOf(name: string): StreamKind {
  if (name.startsWith('KV_')) return 'kv';
  if (name.startsWith('OBJ_')) return 'objects';
  return name.startsWith('$MQTT_') ? 'mqtt' : 'stream';
}

function durabilityOf(config: JsonRecord, file: Durability | undefined): Durability {
  if (stringAt(config, 'storage') === 'memory')
    return { mode: 'memory', syncIntervalMs: null, text: 'Kept in memory alone: gone when the server stops.' };
  if (stringAt(config, 'persist_mode') === 'async')
    return { mode: 'async', syncIntervalMs: null, text: 'An ack may come before the message is written to the file.' };
  return file ?? { mode: 'unknown', syncIntervalMs: null, text: 'The server does not tell when it syncs its files.' };
}

/** What an ack means where files are synced every `syncIntervalMs`; null: before each ack. */
export function fileDurability(syncIntervalMs: number | null): Durability {
  if (syncIntervalMs === null) return { mode: 'fsync', syncIntervalMs: null, text: 'An ack means that the message is on disk.' };
  const seconds = syncIntervalMs / 1000;
  const text = `An ack comes before the disk has the message: a power cut may take up to ${seconds} s of acked messages.`;
  return { mode: 'interval', syncIntervalMs, text };
}

/** What `$JS.API.INFO` says; limits of the server stand in where the account has none. */
export function presentAccountInfo(info: JsonRecord, account: string, server: JsonRecord): JetStreamState {
  const limits = recordAt(info, 'limits');
  const api = recordAt(info, 'api');
  const limitOf = (key: string, serverKey: string): number => {
    const own = numberAt(limits, key);
    return own > 0 ? own : numberAt(server, serverKey);
  };
  return {
    isEnabled: true,
    account,
    memoryBytes: usage(numberAt(info, 'memory'), limitOf('max_memory', 'max_memory')),
    fileBytes: usage(numberAt(info, 'storage'), limitOf('max_storage', 'max_storage')),
    streams: usage(numberAt(info, 'streams'), numberAt(limits, 'max_streams')),
    consumers: usage(numberAt(info, 'consumers'), numberAt(limits, 'max_consumers')),
    domain: textOrNull(info, 'domain'),
    apiTotal: numberAt(api, 'total'),
    apiErrors: numberAt(api, 'errors'),
    apiLevel: numberOrNull(api, 'level'),
  };
}

function oneOf<T extends string>(value: string, known: readonly [T, ...T[]]): T {
  return known.find((candidate) => candidate === value) ?? known[0];
}
