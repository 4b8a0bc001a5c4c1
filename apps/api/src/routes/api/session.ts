/** `/api/setup`, `/api/session`, `/api/sessions`: becoming and ceasing to be logged in. */
import type { SessionInfo, SetupState } from '@sluice/protocol/console';
import {
  idParamsSchema,
  loginRequestSchema,
  passwordChangeSchema,
  sessionInfoSchema,
  sessionListSchema,
  sessionsQuerySchema,
  setupRequestSchema,
  setupStateSchema,
} from '@sluice/protocol/console/schemas';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IDLE_TIMEOUT_MS, type Session } from '../../auth/sessions.ts';
import type { Console } from '../../console.ts';
import { badField, HttpFailure, isUnavailable } from '../../http-failure.ts';
import { sessionCookieName, sessionOf } from '../../plugins/access-guard.ts';
import type { StoredUser } from '../../store/console-store.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';
import { refusalFailure, refusalText } from './account-refusals.ts';

export function sessionRoutes(services: Console): ApiRoute[] {
  const routes = [setupState, setUp, whoAmI, logIn, logOut, changePassword, listSessions, endSession];
  return routes.map((route) => route(services));
}

function setupState({ accounts }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/setup',
    role: 'public',
    summary: 'Whether the first administrator is still to be created',
    returns: 'SetupState',
    answer: setupStateSchema,
    handler: async (): Promise<SetupState> => ({ isRequired: accounts.isSetupRequired() }),
  });
}

function setUp(services: Console): ApiRoute {
  const { accounts, audit } = services;
  return defineRoute({
    method: 'POST',
    url: '/api/setup',
    role: 'public',
    summary: 'Create the first administrator with the token of the one-time link',
    body: setupRequestSchema,
    status: 201,
    returns: 'SessionInfo',
    answer: sessionInfoSchema,
    handler: async ({ body, request, reply }) => {
      const result = await accounts.setUp(body.token, body.username, body.password, request.ip);
      const actor = { username: body.username, address: request.ip };
      if (!result.ok) {
        const detail = refusalText(result.error);
        if (result.error.kind === 'not_open') {
          await audit.recordEvenLate(actor, { action: 'setup', target: body.username, outcome: 'denied', detail });
        }
        throw refusalFailure(result.error, 'password');
      }
      await audit.record(actor, { action: 'setup', target: body.username, detail: 'created the first administrator' });
      return begin(services, result.value, request, reply);
    },
  });
}

function whoAmI(services: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/session',
    role: 'viewer',
    summary: 'Who is logged in',
    returns: 'SessionInfo',
    answer: sessionInfoSchema,
    handler: async ({ session }) => sessionInfo(services, session),
  });
}

function logIn(services: Console): ApiRoute {
  const { accounts, audit } = services;
  return defineRoute({
    method: 'POST',
    url: '/api/session',
    role: 'public',
    summary: 'Log in',
    body: loginRequestSchema,
    returns: 'SessionInfo',
    answer: sessionInfoSchema,
    handler: async ({ body, request, reply }) => {
      const result = await accounts.logIn(body.username, body.password, request.ip);
      const actor = { username: result.ok ? body.username : '-', address: request.ip };
      const target = body.username.slice(0, 64);
      if (!result.ok) {
        if (result.error.kind === 'wrong_credentials') {
          const detail = 'wrong name or password';
          await audit.recordEvenLate(actor, { action: 'session.login', target, outcome: 'failed', detail });
        }
        throw refusalFailure(result.error, 'password');
      }
      await audit.recordEvenLate(actor, { action: 'session.login', target, detail: 'logged in' });
      return begin(services, result.value, request, reply);
    },
  });
}

function logOut({ sessions, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'DELETE',
    url: '/api/session',
    role: 'viewer',
    summary: 'Log out',
    status: 204,
    returns: 'nothing',
    handler: async ({ session, request, reply, actor }) => {
      const isTls = request.protocol === 'https';
      reply.clearCookie(sessionCookieName(isTls), { path: '/', httpOnly: true, sameSite: 'strict', secure: isTls });
      await unlessUnavailable(sessions.end(session));
      await audit.recordEvenLate(actor, { action: 'session.logout', target: session.username, detail: 'logged out' });
    },
  });
}

function changePassword({ accounts, sessions, audit }: Console): ApiRoute {
  return defineRoute({
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
        await audit.recordEvenLate(actor, { action: 'user.password', target: session.username, outcome: 'failed', detail });
        if (result.error.kind === 'wrong_credentials') throw badField('/currentPassword', 'is not your present password');
        throw refusalFailure(result.error, 'newPassword');
      }
      const ended = sessions.endAllOf(session.username, session);
      await unlessUnavailable(sessions.rebind(session, result.value));
      await audit.record(actor, {
        action: 'user.password',
        target: session.username,
        detail: `changed the own password; ${ended} other sessions ended`,
      });
    },
  });
}

function listSessions({ sessions }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/sessions',
    role: 'viewer',
    summary: "One's own sessions, or everybody's for an administrator",
    query: sessionsQuerySchema,
    returns: '{ items: SessionRow[] }',
    answer: sessionListSchema,
    handler: async ({ query, session }) => {
      if (query.all === true && session.role !== 'admin')
        throw new HttpFailure('forbidden', 'only administrators see all sessions');
      return { items: sessions.list(session, query.all === true ? undefined : session.username) };
    },
  });
}

function endSession({ sessions, audit }: Console): ApiRoute {
  return defineRoute({
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
      await sessions.end(target);
      await audit.record(actor, { action: 'session.revoke', target: target.username, detail: `ended session ${params.id}` });
    },
  });
}

function sessionInfo({ clock }: Console, session: Session): SessionInfo {
  return {
    username: session.username,
    role: session.role,
    csrfToken: session.csrfToken,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    expiresAtMs: session.expiresAtMs,
    serverTimeMs: clock.nowMs(),
  };
}

/** Somebody may come and go while nothing can be stored: sessions are written as soon as that works again. */
async function unlessUnavailable(stored: Promise<void>): Promise<void> {
  try {
    await stored;
  } catch (error) {
    if (!isUnavailable(error)) throw error;
  }
}

/** Starts a session under a fresh id, whatever the browser brought along; an old session of it ends. */
async function begin(services: Console, user: StoredUser, request: FastifyRequest, reply: FastifyReply): Promise<SessionInfo> {
  const { sessions } = services;
  const old = sessionOf(request, sessions);
  if (old !== undefined) await unlessUnavailable(sessions.end(old));
  const client = { address: request.ip, userAgent: request.headers['user-agent'] ?? '' };
  const { id, session } = sessions.create(user, client);
  await unlessUnavailable(sessions.keep(session));
  const isTls = request.protocol === 'https';
  reply.setCookie(sessionCookieName(isTls), id, { path: '/', httpOnly: true, sameSite: 'strict', secure: isTls });
  return sessionInfo(services, session);
}
