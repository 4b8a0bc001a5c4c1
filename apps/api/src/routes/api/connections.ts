/** `/api/connections`: the list, one connection, and kicking. */
import type {
  BulkKickResult,
  ConnectionDetail,
  ConnectionFacets,
  ConnectionRow,
  ConnectionsPage,
  ConnectionsQuery,
  KickResult,
} from '@sluice/protocol/console';
import {
  bulkKickRequestSchema,
  bulkKickResultSchema,
  connectionDetailQuerySchema,
  connectionDetailSchema,
  connectionFacetsSchema,
  connectionParamsSchema,
  connectionsPageSchema,
  connectionsQuerySchema,
  kickRequestSchema,
  kickResultSchema,
} from '@sluice/protocol/console/schemas';
import type { Actor } from '../../audit-trail.ts';
import type { Console } from '../../console.ts';
import { HttpFailure } from '../../http-failure.ts';
import { countFacets, selectConnections } from '../../lists/connection-query.ts';
import { mustAnswer } from '../../nats/service-failure.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';

/** Kicks under way at the same time in a bulk kick. */
const PARALLEL_KICKS = 20;

export function connectionRoutes(services: Console): ApiRoute[] {
  return [list, facets, detail, kickOne, kickMany].map((route) => route(services));
}

function list(services: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/connections',
    role: 'viewer',
    summary: 'Client connections, open or closed, filtered, sorted and paged',
    query: connectionsQuerySchema,
    returns: 'ConnectionsPage',
    answer: connectionsPageSchema,
    handler: async ({ query }): Promise<ConnectionsPage> => {
      const { snapshot, rows, asOfMs } = await rowsFor(services, query);
      const page = selectConnections(rows, query, services.clock.nowMs());
      return { ...page, asOfMs, totalUnfiltered: rows.length, presetCounts: snapshot.presetCounts };
    },
  });
}

function facets(services: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/connections/facets',
    role: 'viewer',
    summary: 'Counts per account, user, client library, kind, server, TLS and closed reason',
    query: connectionsQuerySchema,
    returns: 'ConnectionFacets',
    answer: connectionFacetsSchema,
    handler: async ({ query }): Promise<ConnectionFacets> =>
      countFacets((await rowsFor(services, query)).rows, query, services.clock.nowMs()),
  });
}

function detail(services: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/connections/:cid',
    role: 'viewer',
    summary: 'One connection with subscriptions, permissions and the last minutes',
    params: connectionParamsSchema,
    query: connectionDetailQuerySchema,
    returns: 'ConnectionDetail',
    answer: connectionDetailSchema,
    handler: async ({ params, query }) => connectionDetail(services, params.cid, query.serverId),
  });
}

function kickOne(services: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/connections/:cid/kick',
    role: 'operator',
    summary: 'Disconnect one client',
    params: connectionParamsSchema,
    body: kickRequestSchema,
    returns: 'KickResult',
    answer: kickResultSchema,
    handler: async ({ params, body, actor }) => kick(services, actor, { cid: params.cid, ...body }),
  });
}

function kickMany(services: Console): ApiRoute {
  return defineRoute({
    method: 'POST',
    url: '/api/connections/kick',
    role: 'operator',
    summary: 'Disconnect up to 1000 clients',
    body: bulkKickRequestSchema,
    returns: 'BulkKickResult',
    answer: bulkKickResultSchema,
    handler: async ({ body, actor }): Promise<BulkKickResult> => {
      const result: BulkKickResult = { kicked: [], failed: [] };
      const { reason } = body;
      for (let from = 0; from < body.connections.length; from += PARALLEL_KICKS) {
        const some = body.connections.slice(from, from + PARALLEL_KICKS);
        await Promise.all(
          some.map(async (target) => {
            try {
              result.kicked.push(await kick(services, actor, { ...target, ...(reason === undefined ? {} : { reason }) }));
            } catch (error) {
              if (!(error instanceof HttpFailure)) throw error;
              result.failed.push({ cid: target.cid, message: error.message });
            }
          }),
        );
      }
      return result;
    },
  });
}

/** The rows that a query is about: open connections, or the closed ones. */
async function rowsFor({ connections }: Console, query: ConnectionsQuery) {
  const snapshot = mustAnswer(await connections.snapshot());
  if (query.preset !== 'closed') return { snapshot, rows: snapshot.open, asOfMs: snapshot.asOfMs };
  const closed = mustAnswer(await connections.closed());
  return { snapshot, rows: closed.rows, asOfMs: closed.asOfMs };
}

async function connectionDetail(services: Console, cid: number, wantedServer: string | undefined): Promise<ConnectionDetail> {
  const { connections, watch, nats, config, clock, sampler } = services;
  const serverId = wantedServer ?? connections.find(cid)?.serverId ?? nats.serverId;
  const detail = await watch.detail(cid, serverId);
  const maxPendingBytes = sampler.totals.find((totals) => totals.serverId === serverId)?.maxPendingBytes ?? null;
  if (detail !== undefined) {
    const permissions = await config.permissionsOf(detail.row.user);
    const { row: connection, subscriptions, subscriptionsTotal, history } = detail;
    return { asOfMs: clock.nowMs(), connection, subscriptions, subscriptionsTotal, permissions, history, maxPendingBytes };
  }
  const closed = await connections.findClosed(cid, serverId);
  if (closed === undefined)
    throw new HttpFailure('not_found', `connection ${cid} is neither open nor among the closed ones still known`);
  return {
    asOfMs: clock.nowMs(),
    connection: closed,
    subscriptions: [],
    subscriptionsTotal: closed.subscriptions,
    permissions: await config.permissionsOf(closed.user),
    history: {
      stepMs: 1000,
      startMs: clock.nowMs(),
      inMsgsPerS: [],
      outMsgsPerS: [],
      inBytesPerS: [],
      outBytesPerS: [],
      pendingBytes: [],
    },
    maxPendingBytes,
  };
}

interface KickTarget {
  readonly cid: number;
  readonly serverId?: string;
  readonly reason?: string;
}

/** Disconnects one client and leaves a trace of it, whatever comes of it. */
async function kick(services: Console, actor: Actor, target: KickTarget): Promise<KickResult> {
  const { nats, connections, audit } = services;
  const { cid, reason } = target;
  const serverId = target.serverId ?? connections.find(cid)?.serverId ?? nats.serverId;
  if (serverId === nats.serverId && cid === nats.ownCid)
    throw new HttpFailure('conflict', "that is the console's own connection");
  const row = await openRow(services, cid, serverId);
  const base = {
    action: 'connection.kick',
    target: `cid ${cid}`,
    before: { name: row.name, user: row.user, address: `${row.ip}:${row.port}` },
  };
  const answer = await nats.ask('KICK', { cid }, serverId);
  connections.expire();
  if (!answer.ok) {
    await audit.record(actor, { ...base, outcome: 'failed', detail: answer.error.message });
    mustAnswer(answer);
  }
  await audit.record(actor, {
    ...base,
    detail: reason === undefined || reason === '' ? 'disconnected a client' : `disconnected a client: ${reason}`,
  });
  return { cid, serverId, name: row.name };
}

async function openRow(services: Console, cid: number, serverId: string): Promise<ConnectionRow> {
  const known = await services.watch.detail(cid, serverId);
  if (known === undefined) throw new HttpFailure('not_found', `there is no open connection ${cid}`);
  return known.row;
}
