/**
 * Who may do what. Every route declares the role it needs; a route that declares none makes the start fail. Before a body is
 * read: session, role, and for everything that is not GET or HEAD the origin and the CSRF token. Whatever fails here denies.
 */
import { CSRF_HEADER, type Role, roleAllows } from '@sluice/protocol/console';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuditTrail } from '../audit-trail.ts';
import { sameSecret } from '../auth/accounts.ts';
import type { Session, Sessions } from '../auth/sessions.ts';
import { HttpFailure } from '../http-failure.ts';

/** What a route asks of whoever calls it. */
export type RouteRole = Role | 'public';

declare module 'fastify' {
  interface FastifyContextConfig {
    role?: RouteRole;
    /** The `Origin` header must be there: WebSocket upgrades, which carry no CSRF token. */
    isOriginRequired?: boolean;
    /** A bearer token of this name is as good as a session. */
    bearer?: 'metrics';
    /** Reading this does not count as activity of the session. */
    isPassive?: boolean;
  }
  interface FastifyRequest {
    session: Session | null;
  }
}

export const SESSION_COOKIE = 'sluice_session';

/** Cookie name: with TLS the browser itself then refuses to take or send it over anything else. */
export function sessionCookieName(isTls: boolean): string {
  return isTls ? `__Host-${SESSION_COOKIE}` : SESSION_COOKIE;
}

export interface AccessGuardOptions {
  readonly sessions: Sessions;
  readonly audit: AuditTrail;
  readonly metricsToken: string | undefined;
}

export function useAccessGuard(app: FastifyInstance, options: AccessGuardOptions): void {
  app.decorateRequest('session', null);
  app.addHook('onRoute', (route) => {
    if (route.config?.role === undefined) throw new Error(`route ${String(route.method)} ${route.url} declares no role`);
  });
  app.addHook('onRequest', async (request) => {
    const { config } = request.routeOptions;
    const isUnsafe = request.method !== 'GET' && request.method !== 'HEAD';
    if (isUnsafe || config.isOriginRequired === true) checkOrigin(request, config.isOriginRequired === true);
    // The not-found handler has no route; it tells nothing.
    if (request.is404 || config.role === 'public') return;
    if (config.bearer === 'metrics' && hasBearer(request, options.metricsToken)) return;
    const session = sessionOf(request, options.sessions);
    if (session === undefined) throw new HttpFailure('unauthenticated', 'log in first');
    if (isUnsafe) checkCsrf(request, session);
    if (config.role === undefined || !roleAllows(session.role, config.role)) await deny(request, session, options.audit);
    request.session = session;
  });
}

/** The session behind the request's cookie. */
export function sessionOf(request: FastifyRequest, sessions: Sessions): Session | undefined {
  const id = request.cookies[sessionCookieName(request.protocol === 'https')];
  if (id === undefined || id.length > 128) return undefined;
  return sessions.find(id, request.routeOptions.config.isPassive !== true);
}

/** A browser always tells where a request comes from; a program that sends neither header is no browser and has no cookies to ride on. */
function checkOrigin(request: FastifyRequest, isRequired: boolean): void {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (origin === undefined) {
    if (!isRequired && (site === undefined || site === 'same-origin')) return;
    throw new HttpFailure('forbidden', 'the request does not say that it comes from this console');
  }
  if (isSameOrigin(origin, host) && (site === undefined || site === 'same-origin')) return;
  throw new HttpFailure('forbidden', 'the request comes from another site');
}

/** True when the page at `origin` was served under this `Host`. */
export function isSameOrigin(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const url = new URL(origin);
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.host === host.toLowerCase();
}

function checkCsrf(request: FastifyRequest, session: Session): void {
  const token = request.headers[CSRF_HEADER];
  if (typeof token === 'string' && sameSecret(token, session.csrfToken)) return;
  throw new HttpFailure('csrf', `the ${CSRF_HEADER} header is missing or old`);
}

function hasBearer(request: FastifyRequest, token: string | undefined): boolean {
  const header = request.headers.authorization;
  return token !== undefined && header !== undefined && sameSecret(header, `Bearer ${token}`);
}

/** Refusals of one session that leave a trace: enough to see it, too few to flush the log with. */
const MAX_TRACED_REFUSALS = 100;
const tracedRefusals = new WeakMap<Session, number>();

async function deny(request: FastifyRequest, session: Session, audit: AuditTrail): Promise<never> {
  const needed = request.routeOptions.config.role;
  const failure = new HttpFailure('forbidden', `this needs the role ${needed}; you are ${session.role}`);
  const traced = tracedRefusals.get(session) ?? 0;
  if (traced >= MAX_TRACED_REFUSALS) throw failure;
  tracedRefusals.set(session, traced + 1);
  await audit.recordEvenLate(
    { username: session.username, address: request.ip },
    {
      action: 'access.denied',
      target: `${request.method} ${request.routeOptions.url ?? ''}`,
      outcome: 'denied',
      detail: `role ${session.role}, needed ${needed}`,
    },
  );
  throw failure;
}
