/** `/api/consumers` and `/api/streams/:stream/consumers`: lists, one consumer, and changes to its settings. */
import type { ConsumerDetail, ConsumersPage, ConsumersQuery, ConsumerUpdateResult } from '@sluice/protocol/console';
import {
  accountQuerySchema,
  confirmSchema,
  consumerDetailSchema,
  consumerParamsSchema,
  consumersPageSchema,
  consumersQuerySchema,
  consumerUpdateResultSchema,
  createConsumerSchema,
  streamParamsSchema,
  updateConsumerSchema,
} from '@sluice/protocol/console/schemas';
import { isValidAssetName } from '@sluice/protocol/jetstream';
import type { Console } from '../../console.ts';
import { badField } from '../../http-failure.ts';
import { selectConsumers } from '../../lists/stream-query.ts';
import { documentChanges, overlay } from '../../nats/jetstream/document-changes.ts';
import { type JsonRecord, numberAt, recordAt, stringAt } from '../../nats/json-fields.ts';
import { presentConsumer, presentConsumerDetail } from '../../presenters/consumers.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';
import { changesText, mustBeAsExpected, mustBeShallow, mustConfirm, targetText } from './jetstream.ts';

export function consumerRoutes(services: Console): ApiRoute[] {
  return [listAll, listOfStream, createConsumer, readConsumer, updateConsumer, deleteConsumer].map((route) => route(services));
}

/** `CONSUMER.INFO` as the console shows it. */
export function consumerDetail({ jetstream, clock }: Console, info: JsonRecord, account: string | undefined): ConsumerDetail {
  const rates = jetstream.listings(account).consumerRates(stringAt(info, 'stream_name'), stringAt(info, 'name'));
  return presentConsumerDetail(info, { nowMs: clock.nowMs(), rates });
}

async function consumersPage({ jetstream }: Console, query: ConsumersQuery, stream: string | undefined): Promise<ConsumersPage> {
  const state = await jetstream.listState(query.account);
  if (!state.isEnabled) return { ...selectConsumers([], query), asOfMs: null, jetstream: state, isTruncated: false };
  const listings = jetstream.listings(query.account);
  const listing = stream === undefined ? await listings.consumers() : await listings.consumersOf(stream);
  const rows = listing.entries.map((info) =>
    presentConsumer(info, {
      nowMs: listing.atMs,
      rates: listings.consumerRates(stringAt(info, 'stream_name'), stringAt(info, 'name')),
    }),
  );
  return { ...selectConsumers(rows, query), asOfMs: listing.atMs, jetstream: state, isTruncated: listing.isTruncated };
}

function listAll(services: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/consumers',
    role: 'viewer',
    summary: 'Consumers of all streams of an account',
    query: consumersQuerySchema,
    returns: 'ConsumersPage',
    answer: consumersPageSchema,
    handler: async ({ query }): Promise<ConsumersPage> => consumersPage(services, query, undefined),
  });
}

function listOfStream(services: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/streams/:stream/consumers',
    role: 'viewer',
    summary: 'Consumers of one stream',
    params: streamParamsSchema,
    query: consumersQuerySchema,
    returns: 'ConsumersPage',
    answer: consumersPageSchema,
    handler: async ({ params, query }): Promise<ConsumersPage> => consumersPage(services, query, params.stream),
  });
}

function createConsumer(services: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/streams/:stream/consumers',
    role: 'admin',
    summary: 'Create a consumer from a configuration as NATS spells it',
    params: streamParamsSchema,
    query: accountQuerySchema,
    body: createConsumerSchema,
    status: 201,
    returns: 'ConsumerDetail',
    answer: consumerDetailSchema,
    handler: async ({ params, query, body, actor }): Promise<ConsumerDetail> => {
      mustBeShallow(body.config);
      const { stream } = params;
      const js = await services.jetstream.open(query.account);
      const info = await js.must(createSubject(stream, body.config), {
        stream_name: stream,
        config: body.config,
        action: 'create',
      });
      services.jetstream.listings(query.account).expire();
      const name = stringAt(info, 'name');
      await services.audit.record(actor, {
        action: 'consumer.create',
        target: targetText(`${stream} / ${name}`, query.account),
        detail: `created the consumer ${name}`,
        after: body.config,
      });
      return consumerDetail(services, info, query.account);
    },
  });
}

/** Where a request to make or change a consumer goes: with its name, and with its filter where it has exactly one. */
function createSubject(stream: string, config: JsonRecord): string {
  const name = stringAt(config, 'name', stringAt(config, 'durable_name'));
  if (name === '') return `CONSUMER.CREATE.${stream}`;
  if (!isValidAssetName(name) || name.length > 255)
    throw badField('/config/name', 'must be a name without blanks, dots, stars, slashes and greater-than signs');
  const filter = stringAt(config, 'filter_subject');
  return filter === '' || /\s/.test(filter) ? `CONSUMER.CREATE.${stream}.${name}` : `CONSUMER.CREATE.${stream}.${name}.${filter}`;
}

function readConsumer(services: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/streams/:stream/consumers/:consumer',
    role: 'viewer',
    summary: 'One consumer: settings and state',
    params: consumerParamsSchema,
    query: accountQuerySchema,
    returns: 'ConsumerDetail',
    answer: consumerDetailSchema,
    handler: async ({ params, query }): Promise<ConsumerDetail> => {
      const js = await services.jetstream.open(query.account);
      const info = await js.must(`CONSUMER.INFO.${params.stream}.${params.consumer}`);
      return consumerDetail(services, info, query.account);
    },
  });
}

function updateConsumer(services: Console): ApiRoute {
  return defineRoute({
    method: 'PUT',
    url: '/api/streams/:stream/consumers/:consumer',
    role: 'admin',
    summary: 'Change settings of a consumer, or say what would change',
    params: consumerParamsSchema,
    query: accountQuerySchema,
    body: updateConsumerSchema,
    returns: 'ConsumerUpdateResult',
    answer: consumerUpdateResultSchema,
    handler: async ({ params, query, body, actor }): Promise<ConsumerUpdateResult> => {
      mustBeShallow(body.config);
      const { stream, consumer } = params;
      const js = await services.jetstream.open(query.account);
      const present = await js.must(`CONSUMER.INFO.${stream}.${consumer}`);
      const before = recordAt(present, 'config');
      mustBeAsExpected(before, body.expected);
      const wanted = overlay({ ...before, name: consumer }, body.config);
      const detail = consumerDetail(services, present, query.account);
      if (body.isDryRun === true) {
        const changes = documentChanges(before, wanted, detail.fixedKeys);
        return { isApplied: false, changes, consumer: detail };
      }
      if (wanted['name'] !== consumer) throw badField('/config/name', 'cannot be changed');
      const info = await js.must(createSubject(stream, wanted), { stream_name: stream, config: wanted, action: 'update' });
      const changes = documentChanges(before, { ...recordAt(info, 'config') }, detail.fixedKeys);
      services.jetstream.listings(query.account).expire();
      await services.audit.record(actor, {
        action: 'consumer.update',
        target: targetText(`${stream} / ${consumer}`, query.account),
        ...changesText(changes),
      });
      return { isApplied: true, changes, consumer: consumerDetail(services, info, query.account) };
    },
  });
}

function deleteConsumer({ jetstream, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'DELETE',
    url: '/api/streams/:stream/consumers/:consumer',
    role: 'admin',
    summary: 'Delete a consumer and what it knows; the body repeats its name',
    params: consumerParamsSchema,
    query: accountQuerySchema,
    body: confirmSchema,
    status: 204,
    returns: 'nothing',
    handler: async ({ params, query, body, actor }): Promise<undefined> => {
      const { stream, consumer } = params;
      mustConfirm(body.confirm, consumer);
      const js = await jetstream.open(query.account);
      const info = await js.must(`CONSUMER.INFO.${stream}.${consumer}`);
      await js.must(`CONSUMER.DELETE.${stream}.${consumer}`);
      jetstream.listings(query.account).expire();
      await audit.record(actor, {
        action: 'consumer.delete',
        target: targetText(`${stream} / ${consumer}`, query.account),
        detail: `deleted the consumer ${consumer}`,
        before: { ackFloorSeq: numberAt(recordAt(info, 'ack_floor'), 'stream_seq'), lag: numberAt(info, 'num_pending') },
      });
    },
  });
}
