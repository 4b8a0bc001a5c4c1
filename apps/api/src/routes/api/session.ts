/** `/api/setup`, `/api/session`, `/api/sessions`: becoming and ceasing to be logged in. */
import type { SessionInfo, SetupState } from '@sluice/protocol/console';
import {
  idParamsSchema,
  loginRequestSchema,
  passwordChangeSchema,
  sessionsQuerySchema,
  setupRequestSchema,
} from '@sluice/protocol/console/schemas';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccountRefusal } from '../../auth/accounts.ts';
import { IDLE_TIMEOUT_MS, type Session } from '../../auth/sessions.ts';
import type { Console } from '../../console.ts';
import { badField, HttpFailure } from '../../http-failure.ts';
import { sessionCookieName, sessionOf } from '../../plugins/access-guard.ts';
import type { StoredUser } from '../../store/console-store.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';

export function sessionRoutes(services: Console): ApiRoute[] {
  const { accounts, sessions, audit, clock } = services;

  const info = (session: Session): SessionInfo => ({
    username: session.username,
    role: session.role,
    csrfToken: session.csrfToken,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    expiresAtMs: session.expiresAtMs,
    serverTimeMs: clock.nowMs(),
  });

  /** A fresh id at every login; a session the browser brought along ends. */
  const begin = (user: StoredUser, request: FastifyRequest, reply: FastifyReply): SessionInfo => {
    const old = sessionOf(request, sessions);
    if (old !== undefined) sessions.end(old);
    const client = { address: request.ip, userAgent: request.headers['user-agent'] ?? '' };
    const { id, session } = sessions.create(user, client);
    const isTls = request.protocol === 'https';
    reply.setCookie(sessionCookieName(isTls), id, { path: '/', httpOnly: true, sameSite: 'strict', secure: isTls });
    return info(session);
  };

  return [
    defineRoute({
      method: 'GET',
      url: '/api/setup',
      role: 'public',
      summary: 'Whether the first administrator is still to be created',
      returns: 'SetupState',
      handler: async (): Promise<SetupState> => ({ isRequired: accounts.isSetupRequired() }),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/setup',
      role: 'public',
      summary: 'Create the first administrator with the token of the one-time link',
      body: setupRequestSchema,
      status: 201,
      returns: 'SessionInfo',
      handler: async ({ body, request, reply }) => {
        const result = await accounts.setUp(body.token, body.username, body.password, request.ip);
        const actor = { username: body.username, address: request.ip };
        if (!result.ok) {
          const detail = refusalText(result.error);
          if (result.error.kind === 'not_open') {
            await audit.record(actor, { action: 'setup', target: body.username, outcome: 'denied', detail });
          }
          throw refusalFailure(result.error, 'password');
        }
        await audit.record(actor, { action: 'setup', target: body.username, detail: 'created the first administrator' });
        return begin(result.value, request, reply);
      },
    }),
    defineRoute({
      method: 'GET',
      url: '/api/session',
      role: 'viewer',
      summary: 'Who is logged in',
      returns: 'SessionInfo',
      handler: async ({ session }) => info(session),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/session',
      role: 'public',
      summary: 'Log in',
      body: loginRequestSchema,
      returns: 'SessionInfo',
      handler: async ({ body, request, reply }) => {
        const result = await accounts.logIn(body.username, body.password, request.ip);
        const actor = { username: result.ok ? body.username : '-', address: request.ip };
        const target = body.username.slice(0, 64);
        if (!result.ok) {
          if (result.error.kind === 'wrong_credentials') {
            await audit.record(actor, { action: 'session.login', target, outcome: 'failed', detail: 'wrong name or password' });
          }
          throw refusalFailure(result.error, 'password');
        }
        await audit.record(actor, { action: 'session.login', target, detail: 'logged in' });
        return begin(result.value, request, reply);
      },
    }),
    defineRoute({
      method: 'DELETE',
      url: '/api/session',
      role: 'viewer',
      summary: 'Log out',
      status: 204,
      returns: 'nothing',
      handler: async ({ session, request, reply, actor }) => {
        sessions.end(session);
        const isTls = request.protocol === 'https';
        reply.clearCookie(sessionCookieName(isTls), { path: '/', httpOnly: true, sameSite: 'strict', secure: isTls });
        await audit.record(actor, { action: 'session.logout', target: session.username, detail: 'logged out' });
      },
    }),
    defineRoute({
      method: 'POST',
      url: '/api/session/password',
      role: 'viewer',
      summary: "Change one's own password; every other session of the user ends",
      body: passwordChangeSchema,
      status: 204,
      returns: 'nothing',
      handler: async ({ body, session, request, actor }) => {
        const { currentPassword, newPassword } = body;
        const result = await accounts.changeOwnPassword(session.username, currentPassword, newPassword, request.ip);
        if (!result.ok) {
          const detail = refusalText(result.error);
          await audit.record(actor, { action: 'user.password', target: session.username, outcome: 'failed', detail });
          if (result.error.kind === 'wrong_credentials') throw badField('/currentPassword', 'is not your present password');
          throw refusalFailure(result.error, 'newPassword');
        }
        const ended = sessions.endAllOf(session.username, session);
        await audit.record(actor, {
          action: 'user.password',
          target: session.username,
          detail: `changed the own password; ${ended} other sessions ended`,
        });
      },
    }),
    defineRoute({
      method: 'GET',
      url: '/api/sessions',
      role: 'viewer',
      summary: "One's own sessions, or everybody's for an administrator",
      query: sessionsQuerySchema,
      returns: '{ items: SessionRow[] }',
      handler: async ({ query, session }) => {
        if (query.all === true && session.role !== 'admin')
          throw new HttpFailure('forbidden', 'only administrators see all sessions');
        return { items: sessions.list(session, query.all === true ? undefined : session.username) };
      },
    }),
    defineRoute({
      method: 'DELETE',
      url: '/api/sessions/:id',
      role: 'viewer',
      summary: "End a session: one's own, or anybody's as an administrator",
      params: idParamsSchema,
      status: 204,
      returns: 'nothing',
      handler: async ({ params, session, actor }) => {
        const target = sessions.byPublicId(params.id);
        if (target === undefined || (target.username !== session.username && session.role !== 'admin')) {
          throw new HttpFailure('not_found', 'no such session');
        }
        sessions.end(target);
        await audit.record(actor, { action: 'session.revoke', target: target.username, detail: `ended session ${params.id}` });
      },
    }),
  ];
}

/** What a refusal of `Accounts` means, in words. */
function refusalText(error: AccountRefusal): string {
  switch (error.kind) {
    case 'wrong_credentials':
      return 'wrong name or password';
    case 'wait':
      return 'too many failed attempts';
    case 'weak_password':
      return `the password ${error.message}`;
    case 'exists':
      return 'there is a user of that name already';
    case 'unknown_user':
      return 'no such user';
    case 'last_admin':
      return 'this is the last administrator who can log in';
    case 'not_open':
      return 'the link is wrong or was used already';
  }
}

/** A refusal of `Accounts` as an answer; `field` names the password in the body. */
export function refusalFailure(error: AccountRefusal, field: string): HttpFailure {
  const text = refusalText(error);
  switch (error.kind) {
    case 'wrong_credentials':
      return new HttpFailure('unauthenticated', text);
    case 'wait': {
      const seconds = Math.ceil(error.waitMs / 1000);
      return new HttpFailure('too_many_attempts', `${text}; wait ${seconds} s`, { retryAfterMs: error.waitMs });
    }
    case 'weak_password':
      return badField(`/${field}`, error.message);
    case 'exists':
    case 'last_admin':
      return new HttpFailure('conflict', text);
    case 'unknown_user':
      return new HttpFailure('not_found', text);
    case 'not_open':
      return new HttpFailure('forbidden', text);
  }
}
