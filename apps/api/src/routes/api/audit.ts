/** `/api/audit`: who did what. Operators and administrators. */
import { Readable } from 'node:stream';
import { type AuditPage, PAGE_LIMIT_DEFAULT } from '@sluice/protocol/console';
import { auditPageSchema, auditQuerySchema } from '@sluice/protocol/console/schemas';
import type { Console } from '../../console.ts';
import { badField } from '../../http-failure.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';

export function auditRoutes({ store, audit }: Console): ApiRoute[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/audit',
      role: 'operator',
      summary: 'The audit log, newest first, with the state of its hash chain',
      query: auditQuerySchema,
      returns: 'AuditPage',
      answer: auditPageSchema,
      handler: async ({ query }): Promise<AuditPage> => {
        if (query.sort !== undefined && query.sort !== 'seq' && query.sort !== 'atMs') {
          throw badField('/sort', 'must be one of seq, atMs', 'query');
        }
        const { offset = 0, limit = PAGE_LIMIT_DEFAULT, actor, action, outcome, fromMs, toMs, q: text } = query;
        const filter = { actor, action, outcome, fromMs, toMs, text };
        const slice = await store.readAudit(filter, { offset, limit, isAscending: query.order === 'asc' });
        return { ...slice, offset, limit };
      },
    }),
    defineRoute({
      method: 'GET',
      url: '/api/audit/export',
      role: 'operator',
      summary: 'Everything the audit log keeps, as NDJSON, oldest first',
      returns: 'NDJSON of AuditEntry',
      handler: async ({ reply, actor }) => {
        await audit.record(actor, { action: 'audit.export', target: 'audit', detail: 'exported the audit log' });
        reply.header('content-disposition', 'attachment; filename="sluice-audit.ndjson"');
        reply.type('application/x-ndjson');
        return reply.send(Readable.from(store.exportAudit()));
      },
    }),
  ];
}
