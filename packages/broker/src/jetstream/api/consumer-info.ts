/** `$JS.API.CONSUMER.INFO.<stream>.<consumer>`. */
import { type ApiError, apiError } from '@sluice/protocol/jetstream';
import type { Consumer } from '../consumer/consumer.ts';
import { consumerInfo } from '../infos.ts';
import type { JsAccount } from '../js-account.ts';
import { type ApiVerb, failed, isEmpty } from './request.ts';

export const consumerInfoVerb: ApiVerb = {
  type: 'consumer_info',
  before: ({ body }) => (isEmpty(body) ? undefined : apiError('notEmptyRequest')),
  answer(request, js) {
    const found = findConsumer(js, request.tokens);
    return found.ok ? { ok: true, fields: consumerInfo(found.consumer, true) } : failed(found.error);
  },
};

/** The consumer that `<verb>.<stream>.<consumer>` names. */
export function findConsumer(
  js: JsAccount,
  tokens: readonly string[],
): { readonly ok: true; readonly consumer: Consumer } | { readonly ok: false; readonly error: ApiError } {
  const [, , streamName = '', name = ''] = tokens;
  const stream = js.streams.get(streamName);
  if (stream === undefined) return { ok: false, error: apiError('streamNotFound') };
  const consumer = stream.consumers.get(name);
  return consumer === undefined ? { ok: false, error: apiError('consumerNotFound') } : { ok: true, consumer };
}
