/** What key-value buckets and object stores show alike: both are streams. */
import type { KvBucketRow, ObjectBucketRow } from '@sluice/protocol/console';
import { type JsonRecord, numberAt, recordAt, stringAt, textOrNull, timeAt } from '../nats/json-fields.ts';
import { msOfNs, usage } from './usage.ts';

/** The fields of both kinds of row, from a stream's info; `prefix` is what its name begins with. */
export function presentBucketStream(
  info: JsonRecord,
  prefix: 'KV_' | 'OBJ_',
): Pick<KvBucketRow, keyof KvBucketRow & keyof ObjectBucketRow> {
  const config = recordAt(info, 'config');
  const state = recordAt(info, 'state');
  const name = stringAt(config, 'name');
  return {
    name: name.startsWith(prefix) ? name.slice(prefix.length) : name,
    description: textOrNull(config, 'description'),
    bytes: usage(numberAt(state, 'bytes'), numberAt(config, 'max_bytes')),
    ttlMs: msOfNs(numberAt(config, 'max_age')),
    storage: stringAt(config, 'storage') === 'memory' ? 'memory' : 'file',
    compression: stringAt(config, 'compression') === 's2' ? 's2' : 'none',
    replicas: numberAt(config, 'num_replicas', 1),
    createdAtMs: timeAt(info, 'created'),
    lastChangeAtMs: timeAt(state, 'last_ts'),
  };
}
