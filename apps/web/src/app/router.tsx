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

const subjectsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/subjects',
  component: lazyRouteComponent(() => import('../features/subjects/components/subjects-page.tsx'), 'SubjectsPage'),
});

const tapRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/tap',
  component: lazyRouteComponent(() => import('../features/tap/components/tap-page.tsx'), 'TapPage'),
});

const routeTree = rootRoute.addChildren([
  loginRoute,
  setupRoute,
  shellRoute.addChildren([overviewRoute, tapRoute, subjectsRoute]),
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
