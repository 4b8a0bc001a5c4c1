/** `$JS.API.STREAM.PURGE.<stream>`: everything, or by subject, below a sequence, or all but the newest. */
import { apiError, purgeFields } from '@sluice/protocol/jetstream';
import { FilterSet } from '../store/subject-filter.ts';
import { type ApiVerb, decodeOptional, failed, numberOf, textOf } from './request.ts';

export const streamPurge: ApiVerb = {
  type: 'stream_purge',
  zeros: { purged: 0 },
  answer(request, js) {
    const decoded = decodeOptional(request, purgeFields);
    if (!decoded.ok) return decoded.answer;
    const belowSeq = numberOf(decoded.value, 'seq');
    const keep = numberOf(decoded.value, 'keep');
    if (belowSeq > 0 && keep > 0) return failed(apiError('badRequest'));
    const stream = js.streams.get(request.tokens[2] ?? '');
    if (stream === undefined) return failed(apiError('streamNotFound'));
    if (stream.config.sealed) return failed(apiError('streamSealed'));
    if (stream.config.deny_purge) return failed(apiError('streamPurgeFailed', { err: 'stream purge not permitted' }));
    const pattern = textOf(decoded.value, 'filter');
    const filter = pattern === '' || pattern === '>' ? null : new FilterSet([pattern]);
    const purged = stream.purge({ filter, belowSeq, keep }, filter === null ? '' : pattern);
    return { ok: true, fields: { success: true, purged } };
  },
};
