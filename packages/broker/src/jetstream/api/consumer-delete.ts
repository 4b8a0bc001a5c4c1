/** `$JS.API.CONSUMER.DELETE.<stream>.<consumer>`. */
import { apiError } from '@sluice/protocol/jetstream';
import { findConsumer } from './consumer-info.ts';
import { type ApiVerb, failed, isEmpty } from './request.ts';

export const consumerDelete: ApiVerb = {
  type: 'consumer_delete',
  answer(request, js) {
    if (!isEmpty(request.body)) return failed(apiError('notEmptyRequest'));
    const found = findConsumer(js, request.tokens);
    if (!found.ok) return failed(found.error);
    js.deleteConsumer(found.consumer.stream, found.consumer.name);
    return { ok: true, fields: { success: true } };
  },
};
