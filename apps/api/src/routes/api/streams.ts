/** `/api/streams`: the list, one stream, and changes to its settings and contents. Every change leaves a trace. */
import type {
  NatsDocument,
  PurgeRequest,
  PurgeResult,
  StreamDetail,
  StreamsPage,
  StreamsQuery,
  StreamUpdateResult,
} from '@sluice/protocol/console';
import {
  accountQuerySchema,
  confirmSchema,
  createStreamSchema,
  purgeResultSchema,
  purgeSchema,
  streamDetailSchema,
  streamParamsSchema,
  streamsPageSchema,
  streamsQuerySchema,
  streamUpdateResultSchema,
  updateStreamSchema,
} from '@sluice/protocol/console/schemas';
import { isValidAssetName } from '@sluice/protocol/jetstream';
import type { Console } from '../../console.ts';
import { badField } from '../../http-failure.ts';
import { selectStreams } from '../../lists/stream-query.ts';
import { documentChanges, overlay } from '../../nats/jetstream/document-changes.ts';
import { countPurge } from '../../nats/jetstream/purge-count.ts';
import { numberAt, recordAt, stringAt } from '../../nats/json-fields.ts';
import { fixedStreamKeys, presentStream, presentStreamDetail } from '../../presenters/streams.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';
import { changesText, mustBeAsExpected, mustBeShallow, mustConfirm, targetText } from './jetstream.ts';

export function streamRoutes(services: Console): ApiRoute[] {
  return [listStreams, createStream, readStream, updateStream, deleteStream, sealStream, purgeStream].map((route) =>
    route(services),
  );
}

/** Detail of a stream as it is now. */
async function detailOf({ jetstream }: Console, stream: string, account: string | undefined): Promise<StreamDetail> {
  const js = await jetstream.open(account);
  const info = await js.must(`STREAM.INFO.${stream}`);
  return presentStreamDetail(info, await jetstream.readingOf(account, stream));
}

function listStreams(services: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/streams',
    role: 'viewer',
    summary: 'Streams of an account, filtered, sorted, by page',
    query: streamsQuerySchema,
    returns: 'StreamsPage',
    answer: streamsPageSchema,
    handler: async ({ query }): Promise<StreamsPage> => streamsPage(services, query),
  });
}

async function streamsPage({ jetstream }: Console, query: StreamsQuery): Promise<StreamsPage> {
  const state = await jetstream.listState(query.account);
  const none = { asOfMs: null, jetstream: state, totals: { streams: 0, messages: 0, bytes: 0 }, isTruncated: false };
  if (!state.isEnabled) return { ...selectStreams([], query), ...none };
  const listings = jetstream.listings(query.account);
  const [listing, durability] = [await listings.streams(), await jetstream.durability(query.account)];
  const rows = listing.entries.map((info) =>
    presentStream(info, {
      nowMs: listing.atMs,
      rates: listings.streamRates(stringAt(recordAt(info, 'config'), 'name')),
      fileDurability: durability,
    }),
  );
  return {
    ...selectStreams(rows, query),
    asOfMs: listing.atMs,
    jetstream: state,
    totals: {
      streams: rows.length,
      messages: rows.reduce((sum, row) => sum + row.messages.used, 0),
      bytes: rows.reduce((sum, row) => sum + row.bytes.used, 0),
    },
    isTruncated: listing.isTruncated,
  };
}

function createStream(services: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/streams',
    role: 'admin',
    summary: 'Create a stream from a configuration as NATS spells it',
    query: accountQuerySchema,
    body: createStreamSchema,
    status: 201,
    returns: 'StreamDetail',
    answer: streamDetailSchema,
    handler: async ({ body, query, actor }): Promise<StreamDetail> => {
      mustBeShallow(body.config);
      const name = nameOf(body.config);
      const js = await services.jetstream.open(query.account);
      await js.must(`STREAM.CREATE.${name}`, body.config);
      services.jetstream.listings(query.account).expire();
      await services.audit.record(actor, {
        action: 'stream.create',
        target: targetText(name, query.account),
        detail: `created the stream ${name}`,
        after: body.config,
      });
      return detailOf(services, name, query.account);
    },
  });
}

/** The name in a configuration, fit to stand in a subject. */
function nameOf(config: NatsDocument): string {
  const name = config['name'];
  if (typeof name !== 'string' || !isValidAssetName(name) || name.length > 255)
    throw badField('/config/name', 'must be a name without blanks, dots, stars, slashes and greater-than signs');
  return name;
}

function readStream(services: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/streams/:stream',
    role: 'viewer',
    summary: 'One stream: settings, state, replicas, sources',
    params: streamParamsSchema,
    query: accountQuerySchema,
    returns: 'StreamDetail',
    answer: streamDetailSchema,
    handler: async ({ params, query }): Promise<StreamDetail> => detailOf(services, params.stream, query.account),
  });
}

function updateStream(services: Console): ApiRoute {
  const { jetstream, audit } = services;
  return defineRoute({
    method: 'PUT',
    url: '/api/streams/:stream',
    role: 'admin',
    summary: 'Change settings of a stream, or say what would change',
    params: streamParamsSchema,
    query: accountQuerySchema,
    body: updateStreamSchema,
    returns: 'StreamUpdateResult',
    answer: streamUpdateResultSchema,
    handler: async ({ params, query, body, actor }): Promise<StreamUpdateResult> => {
      mustBeShallow(body.config);
      const { stream } = params;
      const js = await jetstream.open(query.account);
      const present = recordAt(await js.must(`STREAM.INFO.${stream}`), 'config');
      mustBeAsExpected(present, body.expected);
      const wanted = overlay(present, body.config);
      const fixed = fixedStreamKeys(present);
      if (body.isDryRun === true) {
        const changes = documentChanges(present, wanted, fixed);
        return { isApplied: false, changes, stream: await detailOf(services, stream, query.account) };
      }
      const answer = await js.must(`STREAM.UPDATE.${stream}`, wanted);
      const changes = documentChanges(present, { ...recordAt(answer, 'config') }, fixed);
      jetstream.listings(query.account).expire();
      await audit.record(actor, {
        action: 'stream.update',
        target: targetText(stream, query.account),
        ...changesText(changes),
      });
      return { isApplied: true, changes, stream: await detailOf(services, stream, query.account) };
    },
  });
}

function deleteStream({ jetstream, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'DELETE',
    url: '/api/streams/:stream',
    role: 'admin',
    summary: 'Delete a stream with everything in it; the body repeats its name',
    params: streamParamsSchema,
    query: accountQuerySchema,
    body: confirmSchema,
    status: 204,
    returns: 'nothing',
    handler: async ({ params, query, body, actor }): Promise<undefined> => {
      const { stream } = params;
      mustConfirm(body.confirm, stream);
      const js = await jetstream.open(query.account);
      const state = recordAt(await js.must(`STREAM.INFO.${stream}`), 'state');
      await js.must(`STREAM.DELETE.${stream}`);
      jetstream.listings(query.account).expire();
      await audit.record(actor, {
        action: 'stream.delete',
        target: targetText(stream, query.account),
        detail: `deleted the stream ${stream} with ${numberAt(state, 'messages')} messages`,
        before: { messages: numberAt(state, 'messages'), bytes: numberAt(state, 'bytes') },
      });
    },
  });
}

function sealStream(services: Console): ApiRoute {
  const { jetstream, audit } = services;
  return defineRoute({
    method: 'POST',
    url: '/api/streams/:stream/seal',
    role: 'admin',
    summary: 'Seal a stream for good: nothing comes in, nothing goes; the body repeats its name',
    params: streamParamsSchema,
    query: accountQuerySchema,
    body: confirmSchema,
    returns: 'StreamDetail',
    answer: streamDetailSchema,
    handler: async ({ params, query, body, actor }): Promise<StreamDetail> => {
      const { stream } = params;
      mustConfirm(body.confirm, stream);
      const js = await jetstream.open(query.account);
      const present = recordAt(await js.must(`STREAM.INFO.${stream}`), 'config');
      await js.must(`STREAM.UPDATE.${stream}`, { ...present, sealed: true });
      jetstream.listings(query.account).expire();
      const detail = `sealed the stream ${stream}`;
      await audit.record(actor, { action: 'stream.seal', target: targetText(stream, query.account), detail });
      return detailOf(services, stream, query.account);
    },
  });
}

function purgeStream({ jetstream, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/streams/:stream/purge',
    role: 'operator',
    summary: 'Remove messages by subject, up to a sequence, or all but the newest; counts first with isDryRun',
    params: streamParamsSchema,
    query: accountQuerySchema,
    body: purgeSchema,
    returns: 'PurgeResult',
    answer: purgeResultSchema,
    handler: async ({ params, query, body, actor }): Promise<PurgeResult> => {
      const { stream } = params;
      if (body.seq !== undefined && body.keep !== undefined) throw badField('/keep', 'cannot go with seq');
      const js = await jetstream.open(query.account);
      const { isDryRun, ...wanted } = body;
      if (isDryRun === true) {
        const counted = await countPurge(js, stream, wanted);
        const about = counted.isExact ? String(counted.count) : `at most ${counted.count}`;
        return { isApplied: false, ...counted, message: `Would remove ${about} of ${counted.messages} messages.` };
      }
      const before = numberAt(recordAt(await js.must(`STREAM.INFO.${stream}`), 'state'), 'messages');
      const count = numberAt(await js.must(`STREAM.PURGE.${stream}`, wanted, 60_000), 'purged');
      jetstream.listings(query.account).expire();
      await audit.record(actor, {
        action: 'stream.purge',
        target: targetText(stream, query.account),
        detail: `removed ${count} messages${purgeText(wanted)}`,
        after: wanted,
      });
      return { isApplied: true, count, isExact: true, messages: before, message: `Removed ${count} of ${before} messages.` };
    },
  });
}

function purgeText({ filter, seq, keep }: PurgeRequest): string {
  const parts = [
    filter === undefined ? '' : ` on ${filter}`,
    seq === undefined ? '' : ` before sequence ${seq}`,
    keep === undefined ? '' : ` but the newest ${keep}`,
  ];
  return parts.join('').slice(0, 300);
}
