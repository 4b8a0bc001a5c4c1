/** `$JS.API.CONSUMER.RESET.<stream>.<consumer>`: delivers again from behind the ack floor, or from a sequence. */
import { apiError, decodeOne, jsHeaders, parseTime, resetFields } from '@sluice/protocol/jetstream';
import type { Consumer } from '../consumer/consumer.ts';
import { headerText, headerValue, withHeader } from '../header-text.ts';
import { consumerInfo } from '../infos.ts';
import { findConsumer } from './consumer-info.ts';
import { type ApiVerb, numberOf } from './request.ts';

export const consumerReset: ApiVerb = {
  type: 'consumer_reset',
  zeros: { reset_seq: 0 },
  answer(request, js) {
    const found = findConsumer(js, request.tokens);
    if (!found.ok || request.reply === '') return 'later';
    const decoded = decodeOne(Buffer.from(request.body).toString('latin1') || '{}', resetFields);
    if (!decoded.ok) return { ok: false, isQuiet: true, error: apiError('invalidJSON', { err: decoded.error }) };
    const { consumer } = found;
    const seq = numberOf(decoded.value, 'seq');
    const problem = seq === 0 ? undefined : resetProblem(consumer, seq);
    if (problem !== undefined) return { ok: false, isQuiet: true, error: apiError('consumerInvalidReset', { err: problem }) };
    const resetSeq = consumer.reset(seq);
    const fields = { ...consumerInfo(consumer, true), reset_seq: resetSeq };
    if (headerValue(headerText(request.headers), jsHeaders.streamIdentity) === undefined)
      return { ok: true, isQuiet: true, fields };
    const headers = Buffer.from(withHeader('', jsHeaders.streamIdentity, consumer.stream.identity), 'latin1');
    return { ok: true, isQuiet: true, fields, headers };
  },
};

/** Why delivery may not begin anew at the sequence. */
function resetProblem({ config, stream }: Consumer, seq: number): string | undefined {
  if (config.deliver_policy === 'all') return undefined;
  if (config.deliver_policy === 'by_start_sequence') return seq < (config.opt_start_seq ?? 0) ? 'below start seq' : undefined;
  if (config.deliver_policy !== 'by_start_time') return 'not allowed';
  const time = parseTime(config.opt_start_time ?? '');
  const first = time === undefined ? 0 : stream.store.seqFromTime(time.us, time.ns);
  return seq < first ? 'below start time' : undefined;
}
