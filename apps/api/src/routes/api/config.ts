/** `/api/config`: the configuration in force, and changes to it. */
import type { ConfigChangeReport, ConfigChangeRequest, ConsoleConfig } from '@sluice/protocol/console';
import { configChangeSchema, configReportSchema, consoleConfigSchema } from '@sluice/protocol/console/schemas';
import type { Console } from '../../console.ts';
import { HttpFailure } from '../../http-failure.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';

export function configRoutes({ config, audit }: Console): ApiRoute[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/config',
      role: 'viewer',
      summary: 'The configuration in force, without secrets',
      returns: 'ConsoleConfig',
      answer: consoleConfigSchema,
      handler: async (): Promise<ConsoleConfig> => config.read(),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/config/check',
      role: 'operator',
      summary: 'What a change would do; changes nothing',
      body: configChangeSchema,
      returns: 'ConfigChangeReport',
      answer: configReportSchema,
      handler: async ({ body }): Promise<ConfigChangeReport> => config.check(body),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/config/apply',
      role: 'operator',
      summary: 'Apply a change, now and at every restart',
      body: configChangeSchema,
      returns: 'ConfigChangeReport',
      answer: configReportSchema,
      handler: async ({ body, actor }): Promise<ConfigChangeReport> => {
        const report = await config.apply(body);
        if (report.problems.some((problem) => problem.path === '/revision')) {
          throw new HttpFailure('conflict', 'the configuration was changed meanwhile; read it again');
        }
        await audit.record(actor, {
          action: 'config.apply',
          target: changedPaths(body).slice(0, 256),
          outcome: report.isApplied ? 'ok' : 'failed',
          detail: report.message,
          before: Object.fromEntries(report.changes.map((change) => [change.path, change.before])),
          after: Object.fromEntries(report.changes.map((change) => [change.path, change.after])),
        });
        return report;
      },
    }),
  ];
}

function changedPaths(change: ConfigChangeRequest): string {
  const users = [...(change.users ?? []).map((user) => user.username), ...(change.removeUsers ?? [])];
  return [...Object.keys(change.settings ?? {}), ...users.map((username) => `users[${username}]`)].join(', ');
}
