/**
 * How a route is written: method, URL, the role it needs, a sentence for OpenAPI, schemas, and a handler that gets typed input
 * and returns the body. `tests` walk the same table, so that no route escapes the role matrix.
 */
import { apiErrorSchema } from '@sluice/protocol/console/schemas';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TUnsafe } from 'typebox';
import type { Actor } from '../audit-trail.ts';
import type { Session } from '../auth/sessions.ts';
import { HttpFailure } from '../http-failure.ts';
import type { RouteRole } from '../plugins/access-guard.ts';

export interface RouteInput<Body, Query, Params> {
  readonly body: Body;
  readonly query: Query;
  readonly params: Params;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Whoever is logged in; throws on a public route. */
  readonly session: Session;
  readonly actor: Actor;
}

export interface RouteDefinition<Body, Query, Params, Answer> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly role: RouteRole;
  readonly summary: string;
  readonly body?: TUnsafe<Body>;
  readonly query?: TUnsafe<Query>;
  readonly params?: TUnsafe<Params>;
  /** Status of a good answer, 200 unless given; 204 sends no body. */
  readonly status?: 200 | 201 | 202 | 204;
  /** What the answer is: the name of its type in the protocol package. */
  readonly returns: string;
  /** Schema of the answer, for OpenAPI and for the tests that hold answers to it. */
  readonly answer?: TUnsafe<Answer>;
  readonly bodyLimitBytes?: number;
  readonly isPassive?: boolean;
  readonly handler: (input: RouteInput<Body, Query, Params>) => Promise<Answer>;
}

/** A route whose types have been checked and forgotten. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly role: RouteRole;
  readonly answer: TUnsafe<unknown> | undefined;
  register(app: FastifyInstance): void;
}

/** Checks a definition's types and makes it a row of the route table. */
export function defineRoute<Body = undefined, Query = undefined, Params = undefined, Answer = unknown>(
  route: RouteDefinition<Body, Query, Params, Answer>,
): ApiRoute {
  const { method, url, role, answer } = route;
  return { method, url, role, answer, register: (app) => register(app, route) };
}

function register<Body, Query, Params, Answer>(app: FastifyInstance, route: RouteDefinition<Body, Query, Params, Answer>): void {
  const status = route.status ?? 200;
  app.route({
    method: route.method,
    url: route.url,
    config: { role: route.role, ...(route.isPassive === true ? { isPassive: true } : {}) },
    ...(route.bodyLimitBytes === undefined ? {} : { bodyLimit: route.bodyLimitBytes }),
    schema: {
      summary: route.summary,
      tags: [route.url.split('/')[2] ?? 'api'],
      description: `Needs the role: ${route.role}.`,
      ...(route.body === undefined ? {} : { body: route.body }),
      ...(route.query === undefined ? {} : { querystring: route.query }),
      ...(route.params === undefined ? {} : { params: route.params }),
      response: {
        [status]: { ...route.answer, description: route.returns },
        '4xx': { ...apiErrorSchema, description: 'ApiError' },
      },
    },
    handler: async (request, reply) => {
      const { session } = request;
      const answer = await route.handler({
        // The schemas above have checked all three; a route without one never reads it.
        body: request.body as Body,
        query: request.query as Query,
        params: request.params as Params,
        request,
        reply,
        get session() {
          if (session === null) throw new HttpFailure('unauthenticated', 'log in first');
          return session;
        },
        actor: { username: session?.username ?? '-', address: request.ip },
      });
      if (reply.sent) return reply;
      // A handler with two good answers has chosen already.
      if (reply.statusCode === 200) reply.code(status);
      return status === 204 ? reply.send() : (answer ?? null);
    },
  });
}
