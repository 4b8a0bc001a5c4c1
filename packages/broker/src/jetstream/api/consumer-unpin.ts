/** `$JS.API.CONSUMER.UNPIN.<stream>.<consumer>`: takes the pin of a priority group away. */
import { apiError, decodeRequest, unpinFields } from '@sluice/protocol/jetstream';
import { isGroupName } from '../consumer/config-rules.ts';
import { findConsumer } from './consumer-info.ts';
import { type ApiVerb, failed, textOf } from './request.ts';

export const consumerUnpin: ApiVerb = {
  type: 'consumer_unpin',
  answer(request, js) {
    if (request.body.length === 0) return failed(apiError('invalidJSON', { err: 'unexpected end of JSON input' }));
    const decoded = decodeRequest(request.body, unpinFields, false);
    if (!decoded.ok) return failed(apiError('invalidJSON', { err: decoded.error }));
    const group = textOf(decoded.value, 'group');
    if (group === '') return failed(apiError('invalidJSON', { err: 'consumer group not specified' }));
    if (!isGroupName(group)) return failed(apiError('consumerInvalidGroupName'));
    const found = findConsumer(js, request.tokens);
    if (!found.ok) return failed(found.error);
    const { consumer } = found;
    if (!(consumer.config.priority_groups ?? []).includes(group)) return failed(apiError('consumerInvalidPriorityGroup'));
    consumer.pinned.unpin(group);
    consumer.signal();
    return { ok: true, fields: {} };
  },
};
