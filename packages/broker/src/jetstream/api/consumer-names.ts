/** `$JS.API.CONSUMER.NAMES.<stream>` and `CONSUMER.LIST.<stream>`, by page. */
import { apiError, pagedFields } from '@sluice/protocol/jetstream';
import { consumerInfo, publicConsumers } from '../infos.ts';
import type { Stream } from '../stream/stream.ts';
import { type ApiVerb, byName, decodeOptional, failed, LIST_LIMIT, NAMES_LIMIT, numberOf, paged, pageOf } from './request.ts';

const sorted = (stream: Stream): ReturnType<typeof publicConsumers> =>
  publicConsumers(stream).sort((a, b) => byName(a.name, b.name));

export const consumerNames: ApiVerb = {
  type: 'consumer_names',
  zeros: { ...paged, consumers: [] },
  answer(request, js) {
    const decoded = decodeOptional(request, pagedFields);
    if (!decoded.ok) return decoded.answer;
    const stream = js.streams.get(request.tokens[2] ?? '');
    if (stream === undefined) return failed(apiError('streamNotFound'));
    const { page, head } = pageOf(sorted(stream), numberOf(decoded.value, 'offset'), NAMES_LIMIT);
    return { ok: true, fields: { ...head, consumers: page.map(({ name }) => name) } };
  },
};

export const consumerList: ApiVerb = {
  type: 'consumer_list',
  zeros: { ...paged, consumers: [] },
  answer(request, js) {
    const decoded = decodeOptional(request, pagedFields);
    if (!decoded.ok) return decoded.answer;
    const stream = js.streams.get(request.tokens[2] ?? '');
    if (stream === undefined) return failed(apiError('streamNotFound'));
    const { page, head } = pageOf(sorted(stream), numberOf(decoded.value, 'offset'), LIST_LIMIT);
    return { ok: true, fields: { ...head, consumers: page.map((consumer) => consumerInfo(consumer, false)) } };
  },
};
