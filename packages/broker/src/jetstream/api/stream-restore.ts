/** `$JS.API.STREAM.RESTORE.<stream>`: the answer says where the pieces go; the last one is answered with the stream. */
import { apiError, formatTime, type JsonObject, restoreFields, streamConfigOf } from '@sluice/protocol/jetstream';
import { RestoreJob } from '../snapshot/restore-job.ts';
import { checkStreamConfig } from '../stream/config-rules.ts';
import { type ApiVerb, decodeBody, failed, isEmpty } from './request.ts';

const ADVISORY = '$JS.EVENT.ADVISORY.STREAM';
const TYPE = 'io.nats.jetstream.advisory.v1';

export const streamRestore: ApiVerb = {
  type: 'stream_restore',
  zeros: { deliver_subject: '' },
  answer(request, js) {
    if (isEmpty(request.body)) return failed(apiError('badRequest'));
    const decoded = decodeBody(request, restoreFields);
    if (!decoded.ok) return decoded.answer;
    const given = decoded.value['config'];
    const config = streamConfigOf(isObject(given) ? given : {});
    const [, , name = ''] = request.tokens;
    if (config.name === '') config.name = name;
    if (config.name !== name) return failed(apiError('streamMismatch'));
    if (/[\\/]/.test(name)) return failed(apiError('streamNameContainsPathSeparators'));
    const checked = checkStreamConfig(config, js.configContext(), false);
    if (!checked.ok) return failed(checked.error);
    const { limits } = js;
    if (limits.maxStreams > 0 && js.streams.size >= limits.maxStreams) return failed(apiError('maximumStreamsLimit'));
    const reservation = js.reservationProblem(checked.config);
    if (reservation !== undefined) return failed(reservation);
    if (js.streams.has(name)) return failed(apiError('streamNameExistRestoreFailed'));
    const client = { ...js.engine.dependencies.describeClient(request.cid, js.account.name) };
    const start = formatTime(js.clock.nowUs());
    js.advise(`${ADVISORY}.RESTORE_CREATE.${name}`, `${TYPE}.restore_create`, { stream: name, client });
    const job = new RestoreJob(js, checked.config, (bytes) => {
      const fields = { stream: name, start, end: formatTime(js.clock.nowUs()), bytes, client };
      js.advise(`${ADVISORY}.RESTORE_COMPLETE.${name}`, `${TYPE}.restore_complete`, fields);
    });
    js.restores.add(job);
    return { ok: true, fields: { deliver_subject: job.deliverSubject } };
  },
};

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
