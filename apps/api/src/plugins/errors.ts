/**
 * The border where failures become answers: expected ones with their own words, everything else as "internal error" with the
 * request's id and the details in the log only.
 */
import type { ApiError } from '@sluice/protocol/console';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HttpFailure } from '../http-failure.ts';

export function useErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => sendFailure(toFailure(error, request), request, reply));
}

/** Answers with `failure`. */
export function sendFailure(failure: HttpFailure, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const body: ApiError = {
    error: {
      code: failure.code,
      message: failure.message,
      ...(failure.fields === undefined ? {} : { fields: [...failure.fields] }),
      ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(failure.retryAfterMs) }),
      ...(failure.details === undefined ? {} : { details: failure.details }),
      requestId: request.id,
    },
  };
  if (failure.retryAfterMs !== undefined) reply.header('retry-after', String(Math.ceil(failure.retryAfterMs / 1000)));
  return reply.code(failure.status).type('application/json; charset=utf-8').send(JSON.stringify(body));
}

function toFailure(error: unknown, request: FastifyRequest): HttpFailure {
  if (error instanceof HttpFailure) return error;
  const known = isFastifyError(error) ? fromFastify(error) : undefined;
  if (known !== undefined) return known;
  request.log.error({ err: error }, 'request failed');
  return new HttpFailure('internal', 'internal error; the server log has the details under this request id');
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
}

/** Fastify's own refusals of a body or a URL; their texts hold nothing secret. */
function fromFastify(error: FastifyError): HttpFailure | undefined {
  switch (error.statusCode) {
    case 413:
      return new HttpFailure('too_large', 'the body is larger than this resource takes');
    case 415:
      return new HttpFailure('bad_request', 'the body must be JSON with content-type application/json');
    case 404:
      return new HttpFailure('not_found', 'no such resource');
    default:
      if (error.statusCode === undefined || error.statusCode < 400 || error.statusCode >= 500) return undefined;
      return new HttpFailure('bad_request', error.message);
  }
}
