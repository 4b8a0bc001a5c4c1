/** `$JS.API.CONSUMER.PAUSE.<stream>.<consumer>`: until a time, or no longer. */
import { formatTime, parseTime, pauseFields, ZERO_TIME } from '@sluice/protocol/jetstream';
import { updateConsumer } from '../consumer/add.ts';
import { storedConsumerMetadata } from '../stream/required-level.ts';
import { findConsumer } from './consumer-info.ts';
import { type ApiVerb, decodeOptional, failed, textOf } from './request.ts';

const NS_PER_MS = 1_000_000;

export const consumerPause: ApiVerb = {
  type: 'consumer_pause',
  zeros: { paused: false, pause_until: ZERO_TIME },
  before: (request) => {
    const decoded = decodeOptional(request, pauseFields);
    return decoded.ok ? undefined : decoded.error;
  },
  answer(request, js) {
    const decoded = decodeOptional(request, pauseFields);
    if (!decoded.ok) return decoded.answer;
    const found = findConsumer(js, request.tokens);
    if (!found.ok) return failed(found.error);
    const { consumer } = found;
    const time = parseTime(textOf(decoded.value, 'pause_until'));
    const until = time === undefined ? ZERO_TIME : formatTime(time.us, time.ns);
    const config = { ...consumer.config };
    if (until === ZERO_TIME) delete config.pause_until;
    else config.pause_until = until;
    config.metadata = storedConsumerMetadata(config);
    const result = updateConsumer(consumer, config);
    if (!result.ok) return failed(result.error);
    const left = consumer.pause.leftMs();
    const fields = { paused: left > 0, pause_until: until };
    return { ok: true, fields: left > 0 ? { ...fields, pause_remaining: Math.round(left * NS_PER_MS) } : fields };
  },
};
