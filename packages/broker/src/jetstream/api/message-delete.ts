/** `$JS.API.STREAM.MSG.DELETE.<stream>`: one message, overwritten unless told otherwise. */
import { apiError, messageDeleteFields } from '@sluice/protocol/jetstream';
import { type ApiVerb, decodeBody, failed, isEmpty, numberOf } from './request.ts';

export const messageDelete: ApiVerb = {
  type: 'stream_msg_delete',
  answer(request, js) {
    if (isEmpty(request.body)) return failed(apiError('badRequest'));
    const decoded = decodeBody(request, messageDeleteFields);
    if (!decoded.ok) return decoded.answer;
    const stream = js.streams.get(request.tokens[3] ?? '');
    if (stream === undefined) return failed(apiError('streamNotFound'));
    if (stream.config.sealed) return failed(apiError('streamSealed'));
    if (stream.config.deny_delete) return failed(apiError('streamMsgDeleteFailed', { err: 'message delete not permitted' }));
    const seq = numberOf(decoded.value, 'seq');
    if (stream.removeMessage(seq, decoded.value['no_erase'] !== true)) return { ok: true, fields: { success: true } };
    return failed(apiError('sequenceNotFound', { seq }));
  },
};
