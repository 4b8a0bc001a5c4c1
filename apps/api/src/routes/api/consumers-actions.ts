/** What an operator does with a running consumer: pause, resume, reset, unpin, pull one message and answer for it. */
import type { AckResult, ConsumerDetail, PullResult } from '@sluice/protocol/console';
import {
  accountQuerySchema,
  ackResultSchema,
  ackSchema,
  type ConsumerParams,
  consumerDetailSchema,
  consumerParamsSchema,
  pauseSchema,
  pullResultSchema,
  pullSchema,
  resetSchema,
  unpinSchema,
} from '@sluice/protocol/console/schemas';
import type { Actor } from '../../audit-trail.ts';
import type { Console } from '../../console.ts';
import { badField, HttpFailure } from '../../http-failure.ts';
import { answerFor, pullOne } from '../../nats/jetstream/pull-one.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';
import { consumerDetail } from './consumers.ts';
import { targetText } from './jetstream.ts';

export function consumerActionRoutes(services: Console): ApiRoute[] {
  return [pause, resume, reset, unpin, pull, acknowledge].map((route) => route(services));
}

interface Change {
  readonly params: ConsumerParams;
  readonly account: string | undefined;
  readonly actor: Actor;
  /** `CONSUMER.PAUSE` and the like. */
  readonly api: string;
  readonly body: object | '';
  readonly action: string;
  readonly detail: string;
}

/** Asks for a change, leaves a trace, and reads the consumer anew. */
async function change(services: Console, { params, account, actor, api, body, action, detail }: Change): Promise<ConsumerDetail> {
  const { stream, consumer } = params;
  const js = await services.jetstream.open(account);
  await js.must(`${api}.${stream}.${consumer}`, body);
  services.jetstream.listings(account).expire();
  await services.audit.record(actor, { action, target: targetText(`${stream} / ${consumer}`, account), detail });
  return consumerDetail(services, await js.must(`CONSUMER.INFO.${stream}.${consumer}`), account);
}

function pause(services: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/streams/:stream/consumers/:consumer/pause',
    role: 'operator',
    summary: 'Deliver nothing until a time',
    params: consumerParamsSchema,
    query: accountQuerySchema,
    body: pauseSchema,
    returns: 'ConsumerDetail',
    answer: consumerDetailSchema,
    handler: async ({ params, query, body, actor }): Promise<ConsumerDetail> => {
      if (body.untilMs <= services.clock.nowMs()) throw badField('/untilMs', 'must be in the future');
      const until = new Date(body.untilMs).toISOString();
      return change(services, {
        params,
        account: query.account,
        actor,
        api: 'CONSUMER.PAUSE',
        body: { pause_until: until },
        action: 'consumer.pause',
        detail: `paused ${params.consumer} until ${until}`,
      });
    },
  });
}

function resume(services: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/streams/:stream/consumers/:consumer/resume',
    role: 'operator',
    summary: 'Deliver again',
    params: consumerParamsSchema,
    query: accountQuerySchema,
    returns: 'ConsumerDetail',
    answer: consumerDetailSchema,
    handler: async ({ params, query, actor }): Promise<ConsumerDetail> =>
      change(services, {
        params,
        account: query.account,
        actor,
        api: 'CONSUMER.PAUSE',
        body: '',
        action: 'consumer.resume',
        detail: `resumed ${params.consumer}`,
      }),
  });
}

function reset(services: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/streams/:stream/consumers/:consumer/reset',
    role: 'operator',
    summary: 'Begin again at a stream sequence, or at the ack floor',
    params: consumerParamsSchema,
    query: accountQuerySchema,
    body: resetSchema,
    returns: 'ConsumerDetail',
    answer: consumerDetailSchema,
    handler: async ({ params, query, body, actor }): Promise<ConsumerDetail> =>
      change(services, {
        params,
        account: query.account,
        actor,
        api: 'CONSUMER.RESET',
        body: body.seq === undefined ? '' : { seq: body.seq },
        action: 'consumer.reset',
        detail: `reset ${params.consumer} to ${body.seq === undefined ? 'its ack floor' : `sequence ${body.seq}`}`,
      }),
  });
}

function unpin(services: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/streams/:stream/consumers/:consumer/unpin',
    role: 'operator',
    summary: 'Let another client of a priority group have the pin',
    params: consumerParamsSchema,
    query: accountQuerySchema,
    body: unpinSchema,
    returns: 'ConsumerDetail',
    answer: consumerDetailSchema,
    handler: async ({ params, query, body, actor }): Promise<ConsumerDetail> =>
      change(services, {
        params,
        account: query.account,
        actor,
        api: 'CONSUMER.UNPIN',
        body: { group: body.group },
        action: 'consumer.unpin',
        detail: `unpinned the group ${body.group} of ${params.consumer}`,
      }),
  });
}

function pull({ jetstream, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/streams/:stream/consumers/:consumer/pull',
    role: 'operator',
    summary: 'Take one message as a client of this consumer would',
    params: consumerParamsSchema,
    query: accountQuerySchema,
    body: pullSchema,
    returns: 'PullResult',
    answer: pullResultSchema,
    handler: async ({ params, query, body, actor, session }): Promise<PullResult> => {
      const js = await jetstream.open(query.account);
      const target = { ...params, account: query.account, owner: session.username };
      const result = await pullOne(js, target, body, jetstream.pulled);
      if (result.message !== null) {
        await audit.record(actor, {
          action: 'consumer.pull',
          target: targetText(`${params.stream} / ${params.consumer}`, query.account),
          detail: `pulled message ${result.message.seq}`,
        });
      }
      return result;
    },
  });
}

function acknowledge({ jetstream, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/streams/:stream/consumers/:consumer/ack',
    role: 'operator',
    summary: 'Answer for a message that was pulled: ack, nak, term, or more time',
    params: consumerParamsSchema,
    query: accountQuerySchema,
    body: ackSchema,
    returns: 'AckResult',
    answer: ackResultSchema,
    handler: async ({ params, query, body, actor, session }): Promise<AckResult> => {
      const delivery = jetstream.pulled.find(body.handle, session.username);
      if (delivery === undefined || delivery.stream !== params.stream || delivery.consumer !== params.consumer)
        throw new HttpFailure('not_found', 'this delivery is not held any more; the server delivers the message again');
      const js = await jetstream.open(delivery.account);
      const result = await answerFor(js, delivery, body, jetstream.pulled);
      await audit.record(actor, {
        action: `consumer.${body.action}`,
        target: targetText(`${params.stream} / ${params.consumer}`, query.account),
        outcome: result.isConfirmed ? 'ok' : 'failed',
        detail: `${body.action} of message ${delivery.seq}`,
      });
      return result;
    },
  });
}
