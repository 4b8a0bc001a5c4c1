/** Key-value buckets and their entries: stream info and stored messages → the console's shapes. */
import type { KvBucketDetail, KvBucketRow, KvEntry, KvOperation } from '@sluice/protocol/console';
import { jsHeaders } from '@sluice/protocol/jetstream';
import type { RawMessage } from '../nats/jetstream/message-reader.ts';
import { durationMs, type JsonRecord, numberAt, recordAt, textOrNull } from '../nats/json-fields.ts';
import { presentBucketStream } from './bucket.ts';
import { bucketCommand } from './nats-command.ts';
import { presentPayload } from './stored-message.ts';
import { limitOrNull, msOfNs } from './usage.ts';

/** Header that makes a message a deletion. Source: ADR-8. */
export const KV_OPERATION = 'KV-Operation';

export function presentBucket(info: JsonRecord): KvBucketRow {
  const config = recordAt(info, 'config');
  const state = recordAt(info, 'state');
  return {
    ...presentBucketStream(info, 'KV_'),
    keys: numberAt(state, 'num_subjects'),
    values: numberAt(state, 'messages'),
    history: Math.max(1, numberAt(config, 'max_msgs_per_subject')),
    markerTtlMs: msOfNs(numberAt(config, 'subject_delete_marker_ttl')),
    maxValueBytes: limitOrNull(numberAt(config, 'max_msg_size')),
    revision: numberAt(state, 'last_seq'),
    mirrorOf: textOrNull(recordAt(config, 'mirror'), 'name'),
  };
}

export function presentBucketDetail(info: JsonRecord): KvBucketDetail {
  const config = recordAt(info, 'config');
  const row = presentBucket(info);
  return { row, config: { ...config }, command: bucketCommand(row.name, config) };
}

export function presentEntry(
  message: RawMessage,
  { prefix, maxAgeNs, maxValueBytes }: { prefix: string; maxAgeNs: number; maxValueBytes: number },
): KvEntry {
  const { encoding, payload, sizeBytes, isTruncated } = presentPayload(message.payload, maxValueBytes);
  return {
    key: message.subject.slice(prefix.length),
    revision: message.seq,
    operation: operationOf(message),
    createdAtMs: message.atMs,
    value: { encoding, payload },
    sizeBytes,
    isTruncated,
    expiresAtMs: expiryOf(message, maxAgeNs),
  };
}

function headerOf(message: RawMessage, name: string): string | undefined {
  return message.headers.find(([candidate]) => candidate === name)?.[1];
}

/** Markers that the server leaves for what expired or was removed count as the deletion they stand for. */
function operationOf(message: RawMessage): KvOperation {
  switch (headerOf(message, KV_OPERATION) ?? headerOf(message, jsHeaders.markerReason)) {
    case 'DEL':
    case 'Remove':
      return 'delete';
    case 'PURGE':
    case 'MaxAge':
    case 'Purge':
      return 'purge';
    default:
      return 'put';
  }
}

function expiryOf(message: RawMessage, maxAgeNs: number): number | null {
  const own = headerOf(message, jsHeaders.ttl);
  const ownMs = own === undefined || own === 'never' ? null : /^\d+$/.test(own) ? Number(own) * 1000 : durationMs(own);
  const ends = [ownMs, maxAgeNs > 0 && own !== 'never' ? maxAgeNs / 1_000_000 : null].filter((ms) => ms !== null);
  return ends.length === 0 ? null : Math.floor(message.atMs + Math.min(...ends));
}
