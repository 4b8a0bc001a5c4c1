/** `$JS.API.STREAM.SNAPSHOT.<stream>`: the answer first, the content to `deliver_subject` afterwards. */
import { isLiteralSubject } from '@sluice/protocol';
import { apiError, encodeStreamConfig, formatTime, snapshotFields } from '@sluice/protocol/jetstream';
import { streamState } from '../infos.ts';
import { SnapshotJob } from '../snapshot/snapshot-job.ts';
import { type ApiVerb, decodeBody, failed, isEmpty, numberOf, textOf } from './request.ts';

const ADVISORY = '$JS.EVENT.ADVISORY.STREAM';
const TYPE = 'io.nats.jetstream.advisory.v1';

export const streamSnapshot: ApiVerb = {
  type: 'stream_snapshot',
  answer(request, js) {
    if (isEmpty(request.body)) return failed(apiError('badRequest'));
    const stream = js.streams.get(request.tokens[2] ?? '');
    if (stream === undefined) return failed(apiError('streamNotFound'));
    const decoded = decodeBody(request, snapshotFields);
    if (!decoded.ok) return decoded.answer;
    const { value } = decoded;
    const deliverSubject = textOf(value, 'deliver_subject');
    if (!isLiteralSubject(deliverSubject)) return failed(apiError('snapshotDeliverSubjectInvalid'));
    const { name } = stream.config;
    const state = streamState(stream, false);
    const client = { ...js.engine.dependencies.describeClient(request.cid, js.account.name) };
    const start = formatTime(js.clock.nowUs());
    const begin = (): void => {
      js.advise(`${ADVISORY}.SNAPSHOT_CREATE.${name}`, `${TYPE}.snapshot_create`, { stream: name, state, client });
      js.flushAdvisories();
      const job = {
        deliverSubject,
        hasConsumers: value['no_consumers'] !== true,
        chunkBytes: numberOf(value, 'chunk_size'),
        windowBytes: numberOf(value, 'window_size'),
      };
      new SnapshotJob(stream, job, (error) => {
        const fields = { stream: name, start, end: formatTime(js.clock.nowUs()), client };
        const told = error === '' ? fields : { ...fields, error };
        js.advise(`${ADVISORY}.SNAPSHOT_COMPLETE.${name}`, `${TYPE}.snapshot_complete`, told);
      });
    };
    return { ok: true, fields: { config: encodeStreamConfig(stream.config), state }, afterwards: begin };
  },
};
