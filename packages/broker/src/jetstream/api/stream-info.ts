/** `$JS.API.STREAM.INFO.<stream>`: with deleted sequences and subjects on request, and how durable the stream is. */
import { apiError, type Fields, flag, type JsonObject, named, omitEmpty, streamInfoFields } from '@sluice/protocol/jetstream';
import { streamInfo } from '../infos.ts';
import { FilterSet } from '../store/subject-filter.ts';
import type { Stream } from '../stream/stream.ts';
import { type ApiVerb, byName, decodeOptional, failed, numberOf, paged, pageOf, textOf } from './request.ts';

/** Subjects that one answer lists. */
const SUBJECTS_LIMIT = 100_000;
/** `durability` asks for Sluice's own field of that name, which other clients need not know. */
const fields: Fields = named('JSApiStreamInfoRequest', { ...streamInfoFields, durability: flag });

export const streamInfoVerb: ApiVerb = {
  type: 'stream_info',
  zeros: paged,
  answer(request, js) {
    const decoded = decodeOptional(request, fields);
    if (!decoded.ok) return decoded.answer;
    const stream = js.streams.get(request.tokens[2] ?? '');
    if (stream === undefined) return failed(apiError('streamNotFound'));
    const { value } = decoded;
    const hasDeletedDetails = value['deleted_details'] === true;
    const info = streamInfo(stream, { hasDeletedDetails, hasServerMetadata: true, hasDomain: true });
    const filter = textOf(value, 'subjects_filter');
    const found = filter === '' ? undefined : subjectsOf(stream, filter, numberOf(value, 'offset'));
    const state =
      found === undefined ? info['state'] : { ...(info['state'] as JsonObject), ...omitEmpty({ subjects: found.subjects }) };
    return {
      ok: true,
      fields: {
        ...(found?.head ?? paged),
        ...info,
        cluster: { leader: js.engine.serverName },
        ...(state === undefined ? {} : { state }),
        ...(value['durability'] === true ? { durability: stream.store.durability } : {}),
        // Sluice's own, and only while it is true: nothing can be stored any more.
        ...(stream.store.hasFailed ? { read_only: true } : {}),
      },
    };
  },
};

function subjectsOf(stream: Stream, filter: string, offset: number): { head: JsonObject; subjects: JsonObject } | undefined {
  const totals = [...stream.store.subjectTotals(new FilterSet([filter]))].sort(([a], [b]) => byName(a, b));
  if (totals.length === 0) return undefined;
  const { page } = pageOf(totals, offset, SUBJECTS_LIMIT);
  const subjects: Record<string, number> = Object.create(null);
  for (const [subject, count] of page) subjects[subject] = count;
  return { head: { total: totals.length, offset: Math.max(0, offset), limit: SUBJECTS_LIMIT }, subjects };
}
