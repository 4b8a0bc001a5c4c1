/** `$JS.API.INFO`: what the account uses and may use. */
import { API_LEVEL, type JsonObject, omitEmpty } from '@sluice/protocol/jetstream';
import type { JetStreamAccountLimits } from '../../options.ts';
import { publicConsumers } from '../infos.ts';
import type { JsAccount } from '../js-account.ts';
import type { ApiVerb } from './request.ts';

export const accountInfo: ApiVerb = {
  type: 'account_info',
  answer: (_request, js) => ({ ok: true, fields: accountFields(js) }),
};

function usageFields(js: JsAccount): JsonObject {
  let consumers = 0;
  for (const stream of js.streams.values()) consumers += publicConsumers(stream).length;
  return {
    memory: js.used('memory'),
    storage: js.used('file'),
    reserved_memory: js.reserved('memory'),
    reserved_storage: js.reserved('file'),
    streams: js.streams.size,
    consumers,
  };
}

/** What an account with tiers shows as its own limits. */
const noLimits: JetStreamAccountLimits = {
  maxMemoryBytes: 0,
  maxStoreBytes: 0,
  maxStreams: 0,
  maxConsumers: 0,
  maxAckPending: 0,
  memoryMaxStreamBytes: 0,
  storeMaxStreamBytes: 0,
  isMaxBytesRequired: false,
  clusterTraffic: 'system',
};

function limitFields(limits: JetStreamAccountLimits): JsonObject {
  return {
    max_memory: limits.maxMemoryBytes,
    max_storage: limits.maxStoreBytes,
    max_streams: limits.maxStreams,
    max_consumers: limits.maxConsumers,
    max_ack_pending: limits.maxAckPending,
    memory_max_stream_bytes: limits.memoryMaxStreamBytes,
    storage_max_stream_bytes: limits.storeMaxStreamBytes,
    max_bytes_required: limits.isMaxBytesRequired,
  };
}

/** The account's usage and limits, as INFO and monitoring show them. */
export function accountFields(js: JsAccount): JsonObject {
  const { limits, api, options } = js;
  const usage = usageFields(js);
  const isTiered = limits.tier !== undefined;
  return {
    ...usage,
    limits: limitFields(isTiered ? noLimits : limits),
    ...omitEmpty({ domain: options.domain }),
    api: { level: API_LEVEL, total: api.total, errors: api.errors },
    ...(isTiered ? { tiers: limits.tier === 'R1' ? { R1: { ...usage, limits: limitFields(limits) } } : {} } : {}),
  };
}
