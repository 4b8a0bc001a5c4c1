/** `/api/overview`: the first page and its charts. */
import type { Overview, Series } from '@sluice/protocol/console';
import { overviewSchema, seriesQuerySchema, seriesSchema } from '@sluice/protocol/console/schemas';
import type { Console } from '../../console.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';

export function overviewRoutes({ overview, sampler }: Console): ApiRoute[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/overview',
      role: 'viewer',
      summary: 'Verdict, findings, rates, top talkers, hottest subjects, recent events',
      returns: 'Overview',
      answer: overviewSchema,
      handler: async (): Promise<Overview> => overview.build(),
    }),
    defineRoute({
      method: 'GET',
      url: '/api/overview/series',
      role: 'viewer',
      summary: 'Measurements of the last 15 minutes by the second, or of 6 hours by ten seconds',
      query: seriesQuerySchema,
      returns: 'Series',
      answer: seriesSchema,
      handler: async ({ query }): Promise<Series> => sampler.series(query.window ?? '15m'),
    }),
  ];
}
