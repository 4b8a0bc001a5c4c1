/** `/api/publish` and `/api/request`: the workbench. Payloads leave no trace in the audit log, only where they went. */
import type { PublishJob, PublishResult, RequestResult, RunAs } from '@sluice/protocol/console';
import {
  idParamsSchema,
  publishJobSchema,
  publishRequestSchema,
  publishResultSchema,
  requestRequestSchema,
  requestResultSchema,
} from '@sluice/protocol/console/schemas';
import Type from 'typebox';
import type { Actor, AuditTrail } from '../../audit-trail.ts';
import type { Console } from '../../console.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';

/** Base64 of the largest payload nats-server can be told to take (64 MiB), with room for the rest. */
const BODY_LIMIT_BYTES = 92_000_000;

export function workbenchRoutes(services: Console): ApiRoute[] {
  return [publish, readJob, stopJob, request].map((route) => route(services));
}

function publish({ workbench, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/publish',
    role: 'operator',
    summary: 'Publish a message as a chosen user, once or repeatedly',
    body: publishRequestSchema,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    returns: 'PublishResult, or PublishJob (202) with repeat',
    answer: publishedSchema,
    handler: async ({ body, actor, reply }): Promise<PublishResult | PublishJob> => {
      const who = runAsText(body.runAs);
      const { repeat } = body;
      if (repeat !== undefined) {
        const job = await workbench.startJob({ ...body, repeat }, actor.username);
        const detail = `publishes ${repeat.count} messages at ${repeat.perSecond} /s as ${who}`;
        await trace(audit, actor, { action: 'publish', subject: body.subject, detail, isOk: true });
        reply.code(202);
        return job;
      }
      const result = await workbench.publish(body);
      const detail =
        result.outcome === 'published' ? `published ${result.sizeBytes} bytes as ${who}` : `as ${who}: ${result.message}`;
      await trace(audit, actor, {
        action: 'publish',
        subject: body.subject,
        detail,
        isOk: result.outcome === 'published',
      });
      return result;
    },
  });
}

function readJob({ workbench }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/publish/jobs/:id',
    role: 'operator',
    summary: 'How a repeated publication goes',
    params: idParamsSchema,
    returns: 'PublishJob',
    answer: publishJobSchema,
    handler: async ({ params, actor }): Promise<PublishJob> => workbench.job(params.id, actor.username),
  });
}

function stopJob({ workbench, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'DELETE',
    url: '/api/publish/jobs/:id',
    role: 'operator',
    summary: 'Stop a repeated publication',
    params: idParamsSchema,
    returns: 'PublishJob',
    answer: publishJobSchema,
    handler: async ({ params, actor }): Promise<PublishJob> => {
      const job = workbench.stopJob(params.id, actor.username);
      const detail = `stopped a publication at ${job.published} of ${job.count} messages`;
      await audit.record(actor, { action: 'publish.stop', target: `job ${params.id}`, detail });
      return job;
    },
  });
}

function request({ workbench, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/request',
    role: 'operator',
    summary: 'Send a request as a chosen user and gather replies',
    body: requestRequestSchema,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    returns: 'RequestResult',
    answer: requestResultSchema,
    handler: async ({ body, actor }): Promise<RequestResult> => {
      const result = await workbench.request(body);
      const isAllowed = result.outcome !== 'denied' && result.outcome !== 'unreachable';
      await trace(audit, actor, {
        action: 'request',
        subject: body.subject,
        detail: `as ${runAsText(body.runAs)}: ${result.message}`,
        isOk: isAllowed,
      });
      return result;
    },
  });
}

const publishedSchema = Type.Unsafe<PublishResult | PublishJob>(Type.Union([publishResultSchema, publishJobSchema]));

/** Payloads leave no trace, only where they went. */
function trace(
  audit: AuditTrail,
  actor: Actor,
  use: { action: string; subject: string; detail: string; isOk: boolean },
): Promise<void> {
  const { action, subject, detail, isOk } = use;
  return audit.record(actor, { action, target: subject.slice(0, 256), outcome: isOk ? 'ok' : 'denied', detail });
}

/** Who, without secrets. */
function runAsText(runAs: RunAs | undefined): string {
  switch (runAs?.kind) {
    case 'user':
      return `user ${runAs.username}`;
    case 'token':
      return 'the holder of a token';
    default:
      return 'a client without credentials';
  }
}
