/** `$JS.API.STREAM.NAMES` and `STREAM.LIST`: by page, all or those that take a subject. */
import { subjectsOverlap } from '@sluice/protocol';
import { streamListFields, streamNamesFields } from '@sluice/protocol/jetstream';
import { streamInfo } from '../infos.ts';
import type { JsAccount } from '../js-account.ts';
import type { Stream } from '../stream/stream.ts';
import { type ApiVerb, byName, decodeOptional, LIST_LIMIT, NAMES_LIMIT, numberOf, paged, pageOf, textOf } from './request.ts';

function streamsOf(js: JsAccount, subject: string): Stream[] {
  const all = [...js.streams.values()].sort((a, b) => byName(a.config.name, b.config.name));
  if (subject === '') return all;
  return all.filter(({ config }) => (config.subjects ?? []).some((own) => subjectsOverlap(own, subject)));
}

export const streamNames: ApiVerb = {
  type: 'stream_names',
  zeros: { ...paged, streams: null },
  answer(request, js) {
    const decoded = decodeOptional(request, streamNamesFields);
    if (!decoded.ok) return decoded.answer;
    const streams = streamsOf(js, textOf(decoded.value, 'subject'));
    const { page, head } = pageOf(streams, numberOf(decoded.value, 'offset'), NAMES_LIMIT);
    return { ok: true, fields: { ...head, streams: page.length === 0 ? null : page.map(({ config }) => config.name) } };
  },
};

export const streamList: ApiVerb = {
  type: 'stream_list',
  zeros: { ...paged, streams: [] },
  answer(request, js) {
    const decoded = decodeOptional(request, streamListFields);
    if (!decoded.ok) return decoded.answer;
    const streams = streamsOf(js, textOf(decoded.value, 'subject'));
    const { page, head } = pageOf(streams, numberOf(decoded.value, 'offset'), LIST_LIMIT);
    const options = { hasDeletedDetails: false, hasServerMetadata: false, hasDomain: true };
    return { ok: true, fields: { ...head, streams: page.map((stream) => streamInfo(stream, options)) } };
  },
};
