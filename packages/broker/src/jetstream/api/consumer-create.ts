/**
 * `$JS.API.CONSUMER.CREATE.<stream>`, `.CREATE.<stream>.<name>[.<filter>]` and `.DURABLE.CREATE.<stream>.<name>`.
 * Source: nats-server server/jetstream_api.go jsConsumerCreateRequest.
 */
import {
  type ApiError,
  apiError,
  type ConsumerAction,
  type ConsumerConfig,
  consumerActions,
  consumerConfigOf,
  consumerRequestFields,
  type JsonObject,
  jsHeaders,
} from '@sluice/protocol/jetstream';
import { addConsumer } from '../consumer/add.ts';
import { headerText, headerValue, withHeader } from '../header-text.ts';
import { consumerInfo } from '../infos.ts';
import { storedConsumerMetadata } from '../stream/required-level.ts';
import type { Stream } from '../stream/stream.ts';
import { type ApiRequest, type ApiVerb, decodeBody, failed, textOf } from './request.ts';

/** What the subject says. */
interface Named {
  readonly stream: string;
  readonly name: string;
  readonly filter: string;
  readonly kind: 'ephemeral' | 'durable' | 'named';
}

export const consumerCreate: ApiVerb = {
  type: 'consumer_create',
  before: (request) => {
    const decoded = decodeBody(request, consumerRequestFields);
    return decoded.ok ? undefined : decoded.error;
  },
  answer(request, js) {
    const decoded = decodeBody(request, consumerRequestFields);
    if (!decoded.ok) return decoded.answer;
    const { value } = decoded;
    const config = consumerConfigOf(isObject(value['config']) ? value['config'] : {});
    const named = namedBy(request.tokens, config);
    const error = namingProblem(named, config, textOf(value, 'stream_name'));
    if (error !== undefined) return failed(error);
    if (named.kind !== 'ephemeral') config.name = named.name;
    if (config.num_replicas > 1) return failed(apiError('streamReplicasNotSupported'));
    const stream = js.streams.get(named.stream);
    if (stream === undefined) return failed(apiError('streamNotFound'));
    prepareSourcing(stream, config, js.newId());
    const wanted = identityWanted(request);
    const isSourcing = config.direct === true || config.sourcing === true;
    if (isSourcing && wanted !== '' && wanted !== stream.identity) {
      return failed(apiError('consumerStreamIdentityMismatch', { msg: stream.identity }));
    }
    keepPause(stream, config);
    config.metadata = storedConsumerMetadata(config);
    const result = addConsumer(stream, { config, action: actionOf(value), isPedantic: value['pedantic'] === true }, js.limits);
    if (!result.ok) return failed(result.error);
    const { consumer } = result;
    if (!isSourcing) {
      const recovered = consumer.recovered;
      consumer.recovered = undefined;
      return { ok: true, fields: consumerInfo(consumer, true, recovered) };
    }
    const fields = consumerInfo(consumer, true);
    return { ok: true, fields, headers: Buffer.from(withHeader('', jsHeaders.streamIdentity, stream.identity), 'latin1') };
  },
};

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function actionOf(value: JsonObject): ConsumerAction {
  const given = textOf(value, 'action');
  return consumerActions.find((action) => action === given) ?? '';
}

function namedBy(tokens: readonly string[], config: ConsumerConfig): Named {
  if (tokens[1] === 'DURABLE') return { stream: tokens[3] ?? '', name: tokens[4] ?? '', filter: '', kind: 'durable' };
  const [, , stream = '', name, ...filter] = tokens;
  if (name === undefined) return { stream, name: config.name ?? '', filter: '', kind: 'ephemeral' };
  return { stream, name, filter: filter.join('.'), kind: 'named' };
}

function namingProblem(named: Named, config: ConsumerConfig, streamName: string): ApiError | undefined {
  const durable = config.durable_name ?? '';
  if (named.stream !== streamName) return apiError('streamMismatch');
  if (/[\\/]/.test(named.name)) return apiError('consumerNameContainsPathSeparators');
  if (named.kind === 'durable') {
    if (durable === '') return apiError('consumerDurableNameNotSet');
    if (durable !== named.name) return apiError('consumerDurableNameNotMatchSubject');
  }
  if (named.kind === 'named' && durable !== '' && durable !== named.name) return apiError('consumerDurableNameNotMatchSubject');
  if (named.kind === 'ephemeral' && durable !== '') return apiError('consumerEphemeralWithDurableName');
  if (named.filter === '') return undefined;
  if ((config.filter_subjects ?? []).length > 0) return apiError('consumerMultipleFiltersNotAllowed');
  return config.filter_subject === named.filter ? undefined : apiError('consumerCreateFilterSubjectMismatch');
}

/** A consumer of another stream's source becomes durable where messages are kept for interest, and gets a name of its own elsewhere. */
function prepareSourcing(stream: Stream, config: ConsumerConfig, id: string): void {
  if (config.direct !== true || config.sourcing !== true || (config.name ?? '') === '') return;
  if (stream.config.retention === 'limits') {
    config.name = `${config.name}-${id.slice(0, 8)}`;
    return;
  }
  config.direct = false;
  config.durable_name = config.name ?? '';
  config.ack_policy = 'flow_control';
  config.ack_wait = 0;
  config.max_deliver = 0;
  config.inactive_threshold = 0;
}

function identityWanted(request: ApiRequest): string {
  return request.headers.length === 0 ? '' : (headerValue(headerText(request.headers), jsHeaders.streamIdentity) ?? '');
}

/** A consumer that is there keeps its pause; that of a source also where it begins. */
function keepPause(stream: Stream, config: ConsumerConfig): void {
  const known = stream.consumers.get(config.name ?? '');
  if (known === undefined) return;
  if (known.config.pause_until === undefined) delete config.pause_until;
  else config.pause_until = known.config.pause_until;
  if (config.sourcing !== true || (config.durable_name ?? '') === '') return;
  config.deliver_policy = known.config.deliver_policy;
  if (known.config.opt_start_seq === undefined) delete config.opt_start_seq;
  else config.opt_start_seq = known.config.opt_start_seq;
  if (known.config.opt_start_time === undefined) delete config.opt_start_time;
  else config.opt_start_time = known.config.opt_start_time;
}
