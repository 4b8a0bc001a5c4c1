/** `$JS.API.CONSUMER.NAMES.<stream>` and `CONSUMER.LIST.<stream>`, by page. */
import { apiError, type Json, pagedFields } from '@sluice/protocol/jetstream';
import type { Consumer } from '../consumer/consumer.ts';
import { consumerInfo, publicConsumers } from '../infos.ts';
import type { Stream } from '../stream/stream.ts';
import { type ApiVerb, byName, decodeOptional, failed, LIST_LIMIT, NAMES_LIMIT, numberOf, paged, pageOf } from './request.ts';

const sorted = (stream: Stream): ReturnType<typeof publicConsumers> =>
  publicConsumers(stream).sort((a, b) => byName(a.name, b.name));

interface Listing {
  readonly type: string;
  /** Consumers of one page. */
  readonly limit: number;
  readonly show: (consumer: Consumer) => Json;
}

const listing = ({ type, limit, show }: Listing): ApiVerb => ({
  type,
  zeros: { ...paged, consumers: [] },
  answer(request, js) {
    const decoded = decodeOptional(request, pagedFields);
    if (!decoded.ok) return decoded.answer;
    const stream = js.streams.get(request.tokens[2] ?? '');
    if (stream === undefined) return failed(apiError('streamNotFound'));
    const { page, head } = pageOf(sorted(stream), numberOf(decoded.value, 'offset'), limit);
    return { ok: true, fields: { ...head, consumers: page.map(show) } };
  },
});

export const consumerNames: ApiVerb = listing({ type: 'consumer_names', limit: NAMES_LIMIT, show: ({ name }) => name });

export const consumerList: ApiVerb = listing({
  type: 'consumer_list',
  limit: LIST_LIMIT,
  show: (consumer) => consumerInfo(consumer, false),
});
