/** `$JS.API.STREAM.MSG.GET.<stream>`: one stored message, by sequence, time or subject. */
import { apiError, formatTime, type JsonObject, messageGetFields, omitEmpty, parseTime } from '@sluice/protocol/jetstream';
import type { StoredMessage } from '../store/record.ts';
import { FilterSet } from '../store/subject-filter.ts';
import type { Stream } from '../stream/stream.ts';
import { type ApiVerb, decodeBody, failed, isEmpty, numberOf, textOf } from './request.ts';

export const messageGet: ApiVerb = {
  type: 'stream_msg_get',
  answer(request, js) {
    if (isEmpty(request.body)) return failed(apiError('badRequest'));
    const decoded = decodeBody(request, messageGetFields);
    if (!decoded.ok) return decoded.answer;
    const { value } = decoded;
    if (numberOf(value, 'batch') > 0 || numberOf(value, 'max_bytes') > 0 || isContradictory(value))
      return failed(apiError('badRequest'));
    const stream = js.streams.get(request.tokens[3] ?? '');
    if (stream === undefined) return failed(apiError('streamNotFound'));
    const message = find(stream, value);
    if (message === undefined) return failed(apiError('noMessageFound'));
    return { ok: true, isQuiet: true, fields: { message: describe(message, value['no_hdr'] === true) } };
  },
};

/** Sequence, last-by-subject and time exclude each other; next-by-subject goes with a sequence or a time. */
function isContradictory(value: JsonObject): boolean {
  const seq = numberOf(value, 'seq');
  const last = textOf(value, 'last_by_subj');
  const next = textOf(value, 'next_by_subj');
  const time = value['start_time'];
  return (
    (seq > 0 && last !== '') ||
    (seq === 0 && last === '' && next === '' && time === undefined) ||
    (seq > 0 && time !== undefined) ||
    (time !== undefined && last !== '') ||
    (last !== '' && next !== '')
  );
}

function find({ store }: Stream, value: JsonObject): StoredMessage | undefined {
  const time = parseTime(textOf(value, 'start_time'));
  const seq = time === undefined ? numberOf(value, 'seq') : store.seqFromTime(time.us, time.ns);
  const next = textOf(value, 'next_by_subj');
  if (next !== '') return store.loadNext(new FilterSet([next]), Math.max(1, seq));
  if (seq > 0) return store.load(seq);
  return store.loadLast(new FilterSet([textOf(value, 'last_by_subj')]));
}

function describe(message: StoredMessage, isWithoutHeaders: boolean): JsonObject {
  const headers = isWithoutHeaders || message.headerBytes === 0 ? '' : Buffer.from(message.headers()).toString('base64');
  return {
    subject: message.subject,
    seq: message.seq,
    ...omitEmpty({ hdrs: headers, data: Buffer.from(message.payload()).toString('base64') }),
    time: formatTime(message.timeUs, message.timeNs),
  };
}
