/**
 * Routes by code. Pages load when they are visited; whoever is not logged in is led to the login and back. This is the only place
 * that knows all features: a new page is a folder in `features/`, a route here and a line in `navigation.ts`.
 */
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { sessionQuery } from '../lib/session.ts';
import { parseSearch, stringifySearch } from '../lib/url-state.ts';
import { NotFoundPage, RouteFailure } from './route-failure.tsx';
import { Shell } from './shell.tsx';

interface RouterContext {
  readonly queryClient: QueryClient;
}

const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  errorComponent: RouteFailure,
  notFoundComponent: NotFoundPage,
});

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/login',
  component: lazyRouteComponent(() => import('../features/session/components/login-page.tsx'), 'LoginPage'),
});

const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/setup',
  component: lazyRouteComponent(() => import('../features/session/components/setup-page.tsx'), 'SetupPage'),
});

const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  beforeLoad: async ({ context, location }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery);
    if (session === null) throw redirect({ to: '/login', search: location.href === '/' ? {} : { next: location.href } });
  },
  component: Shell,
  errorComponent: RouteFailure,
});

const overviewRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/',
  component: lazyRouteComponent(() => import('../features/overview/components/overview-page.tsx'), 'OverviewPage'),
});

const connectionsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/connections',
  component: lazyRouteComponent(() => import('../features/connections/components/connections-page.tsx'), 'ConnectionsPage'),
});

const subjectsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/subjects',
  component: lazyRouteComponent(() => import('../features/subjects/components/subjects-page.tsx'), 'SubjectsPage'),
});

const subscriptionsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/subscriptions',
  component: lazyRouteComponent(() => import('../features/subscriptions/components/subscriptions-page.tsx'), 'SubscriptionsPage'),
});

const tapRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/tap',
  component: lazyRouteComponent(() => import('../features/tap/components/tap-page.tsx'), 'TapPage'),
});

const workbenchRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/workbench',
  component: lazyRouteComponent(() => import('../features/workbench/components/workbench-page.tsx'), 'WorkbenchPage'),
});

const streamsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/streams',
  component: lazyRouteComponent(() => import('../features/streams/components/streams-page.tsx'), 'StreamsPage'),
});

const streamRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/streams/$name',
  component: lazyRouteComponent(() => import('../features/streams/components/stream-page.tsx'), 'StreamPage'),
});

const consumersRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/consumers',
  component: lazyRouteComponent(() => import('../features/consumers/components/consumers-page.tsx'), 'ConsumersPage'),
});

const keyValueRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/key-value',
  component: lazyRouteComponent(() => import('../features/key-value/components/key-value-page.tsx'), 'KeyValuePage'),
});

const objectsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/objects',
  component: lazyRouteComponent(() => import('../features/objects/components/objects-page.tsx'), 'ObjectsPage'),
});

const authFailuresRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/auth-failures',
  component: lazyRouteComponent(() => import('../features/auth-failures/components/auth-failures-page.tsx'), 'AuthFailuresPage'),
});

const configRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/config',
  component: lazyRouteComponent(() => import('../features/config/components/config-page.tsx'), 'ConfigPage'),
});

const auditRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/audit',
  component: lazyRouteComponent(() => import('../features/audit/components/audit-page.tsx'), 'AuditPage'),
});

const settingsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/settings',
  component: lazyRouteComponent(() => import('../features/settings/components/settings-page.tsx'), 'SettingsPage'),
});

const routeTree = rootRoute.addChildren([
  loginRoute,
  setupRoute,
  shellRoute.addChildren([
    overviewRoute,
    connectionsRoute,
    subjectsRoute,
    subscriptionsRoute,
    tapRoute,
    workbenchRoute,
    streamsRoute,
    streamRoute,
    consumersRoute,
    keyValueRoute,
    objectsRoute,
    authFailuresRoute,
    configRoute,
    auditRoute,
    settingsRoute,
  ]),
]);

/** The router of the page, with the query client in its context. */
export function createConsoleRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultPendingMs: 300,
    defaultPendingMinMs: 200,
    scrollRestoration: false,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
