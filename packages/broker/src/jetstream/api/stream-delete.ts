/** `$JS.API.STREAM.DELETE.<stream>`. */
import { apiError } from '@sluice/protocol/jetstream';
import { type ApiVerb, failed, isEmpty } from './request.ts';

export const streamDelete: ApiVerb = {
  type: 'stream_delete',
  answer(request, js) {
    if (!isEmpty(request.body)) return failed(apiError('notEmptyRequest'));
    const stream = js.streams.get(request.tokens[2] ?? '');
    if (stream === undefined) return failed(apiError('streamNotFound'));
    js.deleteStream(stream);
    return { ok: true, fields: { success: true } };
  },
};
