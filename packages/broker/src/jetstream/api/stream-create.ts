/** `$JS.API.STREAM.CREATE.<stream>`. A stream that is there with the same configuration is answered as if it were made. */
import { apiError, streamConfigOf, streamRequestFields } from '@sluice/protocol/jetstream';
import { streamInfo } from '../infos.ts';
import { invalidConfig } from '../stream/config-context.ts';
import { createStream } from '../stream/create.ts';
import { storedStreamMetadata } from '../stream/required-level.ts';
import { type ApiVerb, decodeBody, failed } from './request.ts';

export const streamCreate: ApiVerb = {
  type: 'stream_create',
  answer(request, js) {
    const decoded = decodeBody(request, streamRequestFields);
    if (!decoded.ok) return decoded.answer;
    const config = streamConfigOf(decoded.value);
    config.metadata = storedStreamMetadata(config);
    const [, , name = ''] = request.tokens;
    if (name !== config.name) return failed(apiError('streamMismatch'));
    if (/[\\/]/.test(name)) return failed(apiError('streamNameContainsPathSeparators'));
    if (config.sealed) return failed(invalidConfig('stream configuration for create can not be sealed'));
    if (config.mirror_direct && config.mirror === undefined)
      return failed(invalidConfig('stream has no mirror but does have mirror direct'));
    const result = createStream(js, config, decoded.value['pedantic'] === true);
    if (!result.ok) return failed(result.error);
    const options = { hasDeletedDetails: false, hasServerMetadata: true, hasDomain: false };
    return { ok: true, fields: { ...streamInfo(result.stream, options), did_create: true } };
  },
};
