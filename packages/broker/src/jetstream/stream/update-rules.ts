/** What may change in a stream that exists. Source: nats-server server/stream.go configUpdateCheckLocked. */

import { isDeepStrictEqual } from 'node:util';
import { type ApiError, apiError, encodeSource, type StreamConfig } from '@sluice/protocol/jetstream';
import { invalidConfig } from './config-context.ts';
import { type ConfigResult, checkDiscardNewPerSubject } from './config-rules.ts';

/** Checks the step from `old` to `next`, which has passed the rules by itself; fills in what sealing implies. */
export function checkStreamUpdate(old: StreamConfig, next: StreamConfig): ConfigResult {
  const error = updateProblem(old, next);
  if (error !== undefined) return { ok: false, error };
  if (!next.sealed) return { ok: true, config: next };
  const config: StreamConfig = {
    ...next,
    max_age: 0,
    discard: 'new',
    deny_delete: true,
    deny_purge: true,
    allow_rollup_hdrs: false,
  };
  return { ok: true, config };
}

function updateProblem(old: StreamConfig, next: StreamConfig): ApiError | undefined {
  if (next.name !== old.name) return invalidConfig('stream configuration name must match original');
  if (next.num_replicas > 1) return apiError('streamReplicasNotSupported');
  if (next.storage !== old.storage) return invalidConfig('stream configuration update can not change storage type');
  if (next.retention !== old.retention && (old.retention === 'workqueue' || next.retention === 'workqueue')) {
    return invalidConfig('stream configuration update can not change retention policy to/from workqueue');
  }
  if (!next.sealed && old.sealed) return invalidConfig('stream configuration update can not unseal a sealed stream');
  if (!next.deny_delete && old.deny_delete)
    return invalidConfig('stream configuration update can not cancel deny message deletes');
  if (!next.deny_purge && old.deny_purge) return invalidConfig('stream configuration update can not cancel deny purge');
  if (next.mirror !== undefined && !isSameMirror(old, next)) return apiError('streamMirrorNotUpdatable');
  const perSubject = checkDiscardNewPerSubject(next);
  if (perSubject !== undefined) return perSubject;
  if (old.allow_msg_ttl && !next.allow_msg_ttl) return invalidConfig('message TTL status can not be disabled');
  if ((next.allow_msg_counter ?? false) !== (old.allow_msg_counter ?? false)) {
    return invalidConfig('stream configuration update can not change message counter setting');
  }
  if (old.allow_msg_schedules === true && next.allow_msg_schedules !== true)
    return invalidConfig('message schedules can not be disabled');
  if ((old.persist_mode ?? 'default') !== (next.persist_mode ?? 'default')) {
    return invalidConfig('stream configuration update can not change persist mode');
  }
  return undefined;
}

function isSameMirror(old: StreamConfig, next: StreamConfig): boolean {
  if (old.mirror === undefined || next.mirror === undefined) return false;
  return isDeepStrictEqual(encodeSource(old.mirror), encodeSource(next.mirror));
}
