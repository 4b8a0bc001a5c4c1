/** The bodies of the other API requests. Source: nats-server server/jetstream_api.go. */
import { duration, type Fields, flag, int, int64, listOf, named, objectOf, text, time, uint64 } from './json.ts';
import { streamConfigFields } from './stream-config.ts';

export const pagedFields: Fields = named('JSApiConsumersRequest', { offset: int });
export const streamNamesFields: Fields = named('JSApiStreamNamesRequest', { offset: int, subject: text });
export const streamListFields: Fields = named('JSApiStreamListRequest', { offset: int, subject: text });
export const streamInfoFields: Fields = { offset: int, deleted_details: flag, subjects_filter: text };
export const purgeFields: Fields = named('JSApiStreamPurgeRequest', { seq: uint64, filter: text, keep: uint64 });
export const messageDeleteFields: Fields = named('JSApiMsgDeleteRequest', { seq: uint64, no_erase: flag });
export const messageGetFields: Fields = named('JSApiMsgGetRequest', {
  seq: uint64,
  last_by_subj: text,
  next_by_subj: text,
  batch: int,
  max_bytes: int,
  start_time: time,
  multi_last: listOf(text),
  up_to_seq: uint64,
  up_to_time: time,
  no_hdr: flag,
});
export const snapshotFields: Fields = named('JSApiStreamSnapshotRequest', {
  deliver_subject: text,
  no_consumers: flag,
  chunk_size: int,
  window_size: int,
  jsck: flag,
});
const lostFields: Fields = named('LostStreamData', { msgs: listOf(uint64, 10_000_000), bytes: uint64 });
const stateFields: Fields = named('StreamState', {
  messages: uint64,
  bytes: uint64,
  first_seq: uint64,
  first_ts: time,
  last_seq: uint64,
  last_ts: time,
  num_subjects: int,
  num_deleted: int,
  deleted: listOf(uint64, 10_000_000),
  subjects: objectOf({}),
  lost: objectOf(lostFields),
  consumer_count: int,
});
export const restoreFields: Fields = named('JSApiStreamRestoreRequest', {
  config: objectOf(streamConfigFields),
  state: objectOf(stateFields),
});
export const pauseFields: Fields = named('JSApiConsumerPauseRequest', { pause_until: time });
export const resetFields: Fields = named('JSApiConsumerResetRequest', { seq: uint64 });
export const unpinFields: Fields = named('JSApiConsumerUnpinRequest', { group: text });
/** The structure of a pull request has no name. */
export const nextFields: Fields = {
  expires: duration,
  batch: int,
  max_bytes: int,
  no_wait: flag,
  idle_heartbeat: duration,
  group: text,
  min_pending: int64,
  min_ack_pending: int64,
  id: text,
  priority: int,
};
export const nakFields: Fields = { delay: duration };
