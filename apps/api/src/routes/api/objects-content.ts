/**
 * The bytes of objects, up and down, streamed. A download is always an attachment of unknown type, so that nothing that somebody
 * stored runs in the console's origin; it is cut off, short of its announced length, when the digest turns out to be wrong.
 */
import { Readable } from 'node:stream';
import { OBJECT_UPLOAD_MAX_BYTES, type ObjectRow } from '@sluice/protocol/console';
import { bucketParamsSchema, objectQuerySchema, objectRowSchema, uploadQuerySchema } from '@sluice/protocol/console/schemas';
import type { FastifyReply } from 'fastify';
import type { Console } from '../../console.ts';
import { HttpFailure } from '../../http-failure.ts';
import { ObjectBucket } from '../../nats/jetstream/object-bucket.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';
import { targetText } from './jetstream.ts';

/** What a server takes where it has not said. */
const DEFAULT_MAX_PAYLOAD_BYTES = 1_048_576;
const OCTETS = 'application/octet-stream';

export function objectContentRoutes(services: Console): ApiRoute[] {
  return [download(services), upload(services)];
}

function download({ jetstream, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/objects/:bucket/download',
    role: 'viewer',
    summary: 'The bytes of an object, as an attachment',
    params: bucketParamsSchema,
    query: objectQuerySchema,
    returns: 'the bytes (application/octet-stream)',
    handler: async ({ params, query, request, reply, actor }): Promise<FastifyReply> => {
      const bucket = await ObjectBucket.open(await jetstream.open(query.account), params.bucket);
      const found = await bucket.mustFind(query.name);
      await audit.record(actor, {
        action: 'objects.download',
        target: targetText(`${params.bucket} / ${query.name}`, query.account),
        detail: `downloaded ${found.row.sizeBytes} bytes`,
      });
      reply.headers({
        'content-disposition': attachment(query.name),
        'content-length': found.row.sizeBytes,
        'content-security-policy': "sandbox; default-src 'none'",
      });
      reply.type(OCTETS);
      const contents = untilFailure(bucket.contents(found), (error) => {
        // The status has gone out long ago: that the download ends short is all that can still be said.
        request.log.warn({ err: error }, 'a download was cut off');
        reply.hijack();
        reply.raw.destroy();
      });
      return reply.send(Readable.from(contents, { objectMode: false }));
    },
  });
}

async function* untilFailure(chunks: AsyncIterable<Uint8Array>, onFailure: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    onFailure(error);
  }
}

/** A file name for every browser: ASCII, and the true one beside it. Source: RFC 6266, RFC 8187. */
export function attachment(name: string): string {
  const file = name.split(/[/\\]/).at(-1) ?? '';
  const ascii = file.replace(/[^A-Za-z0-9._ -]/g, '_').replace(/^\.+/, '_') || 'object';
  const encoded = encodeURIComponent(file).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

function upload({ jetstream, audit, nats }: Console): ApiRoute {
  const route = defineRoute({
    method: 'PUT',
    url: '/api/objects/:bucket/upload',
    role: 'operator',
    summary: 'Store an object, streamed, in place of what has its name',
    params: bucketParamsSchema,
    query: uploadQuerySchema,
    returns: 'ObjectRow',
    answer: objectRowSchema,
    handler: async ({ params, query, request, reply, actor }): Promise<ObjectRow> => {
      const content: unknown = request.body;
      if (!(content instanceof Readable)) throw new HttpFailure('bad_request', `the body must be ${OCTETS}`);
      const announced = Number(request.headers['content-length'] ?? 0);
      try {
        if (announced > OBJECT_UPLOAD_MAX_BYTES)
          throw new HttpFailure('too_large', `an object may have at most ${OBJECT_UPLOAD_MAX_BYTES} bytes`);
        const bucket = await ObjectBucket.open(await jetstream.open(query.account), params.bucket);
        const row = await bucket.put({
          name: query.name,
          description: query.description,
          content,
          maxBytes: OBJECT_UPLOAD_MAX_BYTES,
          maxPayloadBytes: nats.maxPayloadBytes ?? DEFAULT_MAX_PAYLOAD_BYTES,
        });
        jetstream.listings(query.account).expire();
        await audit.record(actor, {
          action: 'objects.upload',
          target: targetText(`${params.bucket} / ${query.name}`, query.account),
          detail: `stored ${row.sizeBytes} bytes, ${row.digest ?? 'without a digest'}`,
        });
        return row;
      } catch (error) {
        // What is left of the body is not read: the connection ends with the answer.
        reply.header('connection', 'close');
        throw error;
      }
    },
  });
  return {
    ...route,
    register: (app) => {
      // The parser hands the stream on as it is; it is known to this route alone.
      app.register(async (scope) => {
        scope.addContentTypeParser(OCTETS, (_request, payload, done) => done(null, payload));
        route.register(scope);
      });
    },
  };
}
