/** `$JS.API.INFO`: what the account uses and may use. */
import { API_LEVEL, type JsonObject, omitEmpty } from '@sluice/protocol/jetstream';
import { publicConsumers } from '../infos.ts';
import type { JsAccount } from '../js-account.ts';
import type { ApiVerb } from './request.ts';

export const accountInfo: ApiVerb = {
  type: 'account_info',
  answer: (_request, js) => ({ ok: true, fields: accountFields(js) }),
};

/** The account's usage and limits, as INFO and monitoring show them. */
export function accountFields(js: JsAccount): JsonObject {
  const { limits, api, options } = js;
  let consumers = 0;
  for (const stream of js.streams.values()) consumers += publicConsumers(stream).length;
  return {
    memory: js.used('memory'),
    storage: js.used('file'),
    reserved_memory: js.reserved('memory'),
    reserved_storage: js.reserved('file'),
    streams: js.streams.size,
    consumers,
    limits: {
      max_memory: limits.maxMemoryBytes,
      max_storage: limits.maxStoreBytes,
      max_streams: limits.maxStreams,
      max_consumers: limits.maxConsumers,
      max_ack_pending: limits.maxAckPending,
      memory_max_stream_bytes: limits.memoryMaxStreamBytes,
      storage_max_stream_bytes: limits.storeMaxStreamBytes,
      max_bytes_required: limits.isMaxBytesRequired,
    },
    ...omitEmpty({ domain: options.domain }),
    api: { level: API_LEVEL, total: api.total, errors: api.errors },
  };
}
