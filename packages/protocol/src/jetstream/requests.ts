/** The bodies of the other API requests. Source: nats-server server/jetstream_api.go. */
import { type Fields, flag, int64, listOf, objectOf, text, time, uint64 } from './json.ts';
import { streamConfigFields } from './stream-config.ts';

export const pagedFields: Fields = { offset: int64 };
export const streamListFields: Fields = { offset: int64, subject: text };
export const streamInfoFields: Fields = { offset: int64, deleted_details: flag, subjects_filter: text };
export const purgeFields: Fields = { seq: uint64, filter: text, keep: uint64 };
export const messageDeleteFields: Fields = { seq: uint64, no_erase: flag };
export const messageGetFields: Fields = {
  seq: uint64,
  last_by_subj: text,
  next_by_subj: text,
  batch: int64,
  max_bytes: int64,
  start_time: time,
  multi_last: listOf(text),
  up_to_seq: uint64,
  up_to_time: time,
  no_hdr: flag,
};
export const snapshotFields: Fields = {
  deliver_subject: text,
  no_consumers: flag,
  chunk_size: int64,
  window_size: int64,
  jsck: flag,
};
export const restoreFields: Fields = {
  config: objectOf(streamConfigFields),
  state: objectOf({
    messages: uint64,
    bytes: uint64,
    first_seq: uint64,
    first_ts: time,
    last_seq: uint64,
    last_ts: time,
    num_subjects: int64,
    num_deleted: int64,
    deleted: listOf(uint64, 10_000_000),
    subjects: objectOf({}),
    lost: objectOf({ msgs: listOf(uint64, 10_000_000), bytes: uint64 }),
    consumer_count: int64,
  }),
};
export const pauseFields: Fields = { pause_until: time };
export const resetFields: Fields = { seq: uint64 };
export const unpinFields: Fields = { group: text };
export const peerFields: Fields = { peer: text };
export const nextFields: Fields = {
  expires: int64,
  batch: int64,
  max_bytes: int64,
  no_wait: flag,
  idle_heartbeat: int64,
  group: text,
  min_pending: int64,
  min_ack_pending: int64,
  id: text,
  priority: int64,
};
export const nakFields: Fields = { delay: int64 };
