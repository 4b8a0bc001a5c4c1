/** The HTTP side of the console: guards first, then the route table. */
import cookie from '@fastify/cookie';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { Console } from './console.ts';
import { useAccessGuard } from './plugins/access-guard.ts';
import { useErrors } from './plugins/errors.ts';
import { useHostGuard } from './plugins/host-guard.ts';
import { useRequestValidation } from './plugins/request-validation.ts';
import { useSecurityHeaders } from './plugins/security-headers.ts';
import { findWebFolder, useStaticFiles } from './plugins/static-files.ts';
import { auditRoutes } from './routes/api/audit.ts';
import { authFailureRoutes } from './routes/api/auth-failures.ts';
import { capabilityRoutes } from './routes/api/capabilities.ts';
import { configRoutes } from './routes/api/config.ts';
import { connectionRoutes } from './routes/api/connections.ts';
import { consumerRoutes } from './routes/api/consumers.ts';
import { consumerActionRoutes } from './routes/api/consumers-actions.ts';
import { jetStreamRoutes } from './routes/api/jetstream.ts';
import { kvRoutes } from './routes/api/kv.ts';
import { objectRoutes } from './routes/api/objects.ts';
import { objectContentRoutes } from './routes/api/objects-content.ts';
import { overviewRoutes } from './routes/api/overview.ts';
import { savedMessageRoutes } from './routes/api/saved-messages.ts';
import { sessionRoutes } from './routes/api/session.ts';
import { streamRoutes } from './routes/api/streams.ts';
import { streamMessageRoutes } from './routes/api/streams-messages.ts';
import { subjectRoutes } from './routes/api/subjects.ts';
import { subscriptionRoutes } from './routes/api/subscriptions.ts';
import { userRoutes } from './routes/api/users.ts';
import { workbenchRoutes } from './routes/api/workbench.ts';
import type { ApiRoute } from './routes/define-route.ts';
import { registerHealth } from './routes/health.ts';
import { registerLive } from './routes/live.ts';
import type { ConsoleStart } from './supervisor/messages.ts';
import { SLUICE_VERSION } from './version.ts';

export type AppSettings = Pick<ConsoleStart, 'host' | 'allowedHosts' | 'isProxyTrusted' | 'metricsToken' | 'isVerbose'>;

const BODY_LIMIT_BYTES = 1_048_576;

/** Every route under `/api`, for registration and for the tests that walk it. */
export function apiRoutes(services: Console): ApiRoute[] {
  return [
    ...sessionRoutes(services),
    ...capabilityRoutes(services),
    ...overviewRoutes(services),
    ...connectionRoutes(services),
    ...subjectRoutes(services),
    ...subscriptionRoutes(services),
    ...workbenchRoutes(services),
    ...configRoutes(services),
    ...jetStreamRoutes(services),
    ...streamRoutes(services),
    ...streamMessageRoutes(services),
    ...consumerRoutes(services),
    ...consumerActionRoutes(services),
    ...kvRoutes(services),
    ...objectRoutes(services),
    ...objectContentRoutes(services),
    ...authFailureRoutes(services),
    ...userRoutes(services),
    ...savedMessageRoutes(services),
    ...auditRoutes(services),
  ];
}

/** Builds the app; it does not listen yet. */
export async function buildApp(services: Console, settings: AppSettings): Promise<FastifyInstance> {
  const app = Fastify({
    logger: settings.isVerbose ? { level: 'info' } : { level: 'warn' },
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: settings.isProxyTrusted,
    bodyLimit: BODY_LIMIT_BYTES,
    requestIdHeader: false,
    genReqId: requestIds(),
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: true,
  });
  app.removeContentTypeParser('text/plain');
  useSecurityHeaders(app);
  useErrors(app);
  useRequestValidation(app);
  useHostGuard(app, settings);
  await app.register(cookie);
  useAccessGuard(app, { sessions: services.sessions, audit: services.audit, metricsToken: settings.metricsToken });
  await app.register(swagger, { openapi: openApiHead });
  for (const route of apiRoutes(services)) route.register(app);
  app.get('/api/openapi.json', { config: { role: 'viewer' }, schema: { hide: true } }, async () => app.swagger());
  registerHealth(app, services);
  await registerLive(app, services);
  await useStaticFiles(app, findWebFolder());
  await app.ready();
  return app;
}

const openApiHead = {
  openapi: '3.1.0',
  info: {
    title: 'Sluice console',
    version: SLUICE_VERSION,
    description: 'Types are named as in packages/protocol/src/console.',
    license: { name: 'Apache-2.0' },
  },
  components: {
    securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'sluice_session' } },
  },
} as const;

/** Short ids that rise; they only have to find a line in this process's log. */
function requestIds(): () => string {
  let last = 0;
  return () => {
    last += 1;
    return `r${last.toString(36)}`;
  };
}
