/** `/routez` and ROUTEZ: every connection to another server of the cluster. Source: nats-server server/monitor.go Routez. */
import { formatDuration, formatUptime, type RouteInfo, type Routez, type SubDetail, usToTimestamp } from '@sluice/protocol';
import { type RouteFacts, shownRules } from '../cluster/facts.ts';
import type { SubjectRules } from '../options.ts';
import type { Server } from '../server.ts';
import { fromWireText } from './wire-text.ts';

export interface RoutezOptions {
  readonly withSubscriptions: boolean;
  readonly withSubscriptionDetail: boolean;
}

export function buildRoutez(server: Server, options: RoutezOptions): Routez {
  const nowUs = server.env.clock.nowUs();
  const routes = server.cluster?.routes() ?? [];
  const { publish, subscribe } = server.options.cluster?.permissions ?? {};
  return {
    server_id: server.id,
    server_name: server.name,
    now: usToTimestamp(nowUs),
    ...rulesOf('import', publish),
    ...rulesOf('export', subscribe),
    num_routes: routes.length,
    routes: routes.map((route) => routeInfo(route, options, nowUs)),
  };
}

function rulesOf(name: 'import' | 'export', rules: SubjectRules | undefined): Pick<Routez, 'import' | 'export'> {
  return rules === undefined ? {} : { [name]: shownRules(rules) };
}

function routeInfo(route: RouteFacts, options: RoutezOptions, nowUs: number): RouteInfo {
  const lastUs = route.lastActivityMs * 1000;
  return {
    rid: route.rid,
    remote_id: route.remoteId,
    remote_name: route.remoteName,
    did_solicit: route.didSolicit,
    is_configured: route.isConfigured,
    ip: route.address,
    port: route.port,
    start: usToTimestamp(route.startUs),
    last_activity: usToTimestamp(lastUs),
    ...(route.rttUs > 0 ? { rtt: formatDuration(route.rttUs * 1000) } : {}),
    uptime: formatUptime((nowUs - route.startUs) * 1000),
    idle: formatUptime(Math.max(0, nowUs - lastUs) * 1000),
    ...(route.imported === undefined ? {} : { import: route.imported }),
    ...(route.exported === undefined ? {} : { export: route.exported }),
    pending_size: route.pendingBytes,
    in_msgs: route.inMessages,
    out_msgs: route.outMessages,
    in_bytes: route.inBytes,
    out_bytes: route.outBytes,
    subscriptions: route.subscriptionCount,
    ...subscriptionsOf(route, options),
    ...(route.account === '' ? {} : { account: route.account }),
    compression: 'off',
  };
}

function subscriptionsOf(
  route: RouteFacts,
  { withSubscriptions, withSubscriptionDetail }: RoutezOptions,
): Pick<RouteInfo, 'subscriptions_list' | 'subscriptions_list_detail'> {
  if (!withSubscriptions && !withSubscriptionDetail) return {};
  const subscriptions = route.subscriptions();
  if (subscriptions.length === 0) return {};
  if (!withSubscriptionDetail) return { subscriptions_list: subscriptions.map(({ subject }) => fromWireText(subject)) };
  return {
    subscriptions_list_detail: subscriptions.map(({ subject, queue, sid }): SubDetail => {
      const group = queue === '' ? {} : { qgroup: fromWireText(queue) };
      return { subject: fromWireText(subject), ...group, sid: fromWireText(sid), msgs: 0, cid: route.rid };
    }),
  };
}
