/** `$JS.API.STREAM.MSG.DELETE.<stream>`: one message, overwritten unless told otherwise. */
import { type ApiError, apiError, messageDeleteFields } from '@sluice/protocol/jetstream';
import type { Stream } from '../stream/stream.ts';
import { type ApiVerb, decodeBody, failed, isEmpty, numberOf } from './request.ts';

/** A file store of nats-server tells what was never there from what is there no longer. */
function missing({ config, store }: Stream, seq: number): ApiError {
  const { firstSeq, lastSeq } = store.state();
  if (config.storage === 'file' && seq > lastSeq) return apiError('streamMsgDeleteFailed', { err: 'stream store EOF' });
  if (config.storage === 'file' && seq < firstSeq) return apiError('streamMsgDeleteFailed', { err: 'no message found' });
  return apiError('sequenceNotFound', { seq });
}

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
    return failed(missing(stream, seq));
  },
};
