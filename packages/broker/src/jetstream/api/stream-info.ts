/** `$JS.API.STREAM.INFO.<stream>`: with deleted sequences and subjects on request, and how durable the stream is. */
import { apiError, type Fields, flag, goMap, type JsonObject, named, streamInfoFields } from '@sluice/protocol/jetstream';
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
    const filter = textOf(value, 'subjects_filter');
    const found = filter === '' ? undefined : subjectsOf(stream, filter, numberOf(value, 'offset'));
    const shown = { hasDeletedDetails, hasServerMetadata: true, hasDomain: true, hasLeader: true };
    return {
      ok: true,
      fields: {
        ...(found?.head ?? paged),
        ...streamInfo(stream, found === undefined ? shown : { ...shown, subjects: found.subjects }),
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
  return { head: { total: totals.length, offset: Math.max(0, offset), limit: SUBJECTS_LIMIT }, subjects: goMap(page) };
}
