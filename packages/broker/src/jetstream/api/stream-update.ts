/** `$JS.API.STREAM.UPDATE.<stream>`. */
import { apiError, streamConfigOf, streamRequestFields } from '@sluice/protocol/jetstream';
import { streamInfo } from '../infos.ts';
import { checkStreamConfig } from '../stream/config-rules.ts';
import { updateStream } from '../stream/create.ts';
import { storedStreamMetadata } from '../stream/required-level.ts';
import { type ApiVerb, decodeBody, failed } from './request.ts';

export const streamUpdate: ApiVerb = {
  type: 'stream_update',
  answer(request, js) {
    const decoded = decodeBody(request, streamRequestFields);
    if (!decoded.ok) return decoded.answer;
    const checked = checkStreamConfig(streamConfigOf(decoded.value), js.configContext(), decoded.value['pedantic'] === true);
    if (!checked.ok) return failed(checked.error);
    const { config } = checked;
    const [, , name = ''] = request.tokens;
    if (name !== config.name) return failed(apiError('streamMismatch'));
    const stream = js.streams.get(name);
    if (stream === undefined) return failed(apiError('streamNotFound'));
    const error = updateStream(js, stream, { ...config, metadata: storedStreamMetadata(config) });
    if (error !== undefined) return failed(error);
    return { ok: true, fields: streamInfo(stream, { hasDeletedDetails: false, hasServerMetadata: true, hasDomain: true }) };
  },
};
