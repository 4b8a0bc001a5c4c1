/** `/api/auth-failures`: which clients could not log in, and why. */
import { type AuthFailuresPage, authFailureSortKeys } from '@sluice/protocol/console';
import { authFailuresPageSchema, pageQuerySchema } from '@sluice/protocol/console/schemas';
import type { Console } from '../../console.ts';
import { pageOf } from '../../lists/page.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';

export function authFailureRoutes({ clock, config, events, sampler }: Console): ApiRoute[] {
  const sinceMs = clock.nowMs();
  return [
    defineRoute({
      method: 'GET',
      url: '/api/auth-failures',
      role: 'viewer',
      summary: 'Logins of NATS clients that were refused, by who tried, with the reason and what would help',
      query: pageQuerySchema,
      returns: 'AuthFailuresPage',
      answer: authFailuresPageSchema,
      handler: async ({ query }): Promise<AuthFailuresPage> => {
        for (const { serverId } of sampler.totals)
          events.authFailures.learn(serverId, sampler.ownStatistics(serverId)?.authErrors ?? []);
        const text = query.q?.trim().toLowerCase() ?? '';
        const rows = events.authFailures
          .rows(await config.known())
          .filter((row) =>
            [row.user, row.name, row.address, row.reason].some((field) => field?.toLowerCase().includes(text) === true),
          );
        return { ...pageOf(rows, query, authFailureSortKeys, 'desc'), sinceMs };
      },
    }),
  ];
}
