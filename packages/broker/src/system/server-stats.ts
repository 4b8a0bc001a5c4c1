/** STATSZ: the figures that a system of servers is watched by, on request and every ten seconds. */
import { type RouteStat, type ServerStats, usToTimestamp } from '@sluice/protocol';
import type { MonitorFacts } from '../monitor/facts.ts';
import { peerTraffic, slowCounts, staleCounts } from '../monitor/varz.ts';
import type { PeerServers } from './peer-servers.ts';

export function buildServerStats(facts: MonitorFacts, peers: PeerServers): ServerStats {
  const { server } = facts;
  facts.settleCounters();
  const { counters } = server;
  const usage = facts.usage();
  const toClients = { msgs: counters.outMessages, bytes: counters.outBytes };
  const fromClients = { msgs: counters.inMessages, bytes: counters.inBytes };
  const others = peerTraffic(server);
  return {
    start: usToTimestamp(server.startUs),
    mem: usage.memoryBytes,
    cores: usage.cores,
    cpu: usage.cpuPercent,
    connections: server.clients.size,
    total_connections: counters.totalConnections,
    active_accounts: facts.activeAccounts().length,
    subscriptions: facts.subscriptionCount(),
    sent: { msgs: toClients.msgs + others.outMessages, bytes: toClients.bytes + others.outBytes },
    sent_to_clients: toClients,
    received: { msgs: fromClients.msgs + others.inMessages, bytes: fromClients.bytes + others.inBytes },
    received_from_clients: fromClients,
    slow_consumers: counters.slowConsumers,
    ...(counters.slowConsumers > 0 ? { slow_consumer_stats: slowCounts(counters) } : {}),
    ...(counters.staleConnections > 0
      ? {
          stale_connections: counters.staleConnections,
          stale_connection_stats: staleCounts(counters),
        }
      : {}),
    ...(counters.stalledClients > 0 ? { stalled_clients: counters.stalledClients } : {}),
    ...routeStats(server),
    active_servers: peers.activeCount(),
    gomaxprocs: usage.cores,
  };
}

function routeStats({ cluster }: MonitorFacts['server']): { routes?: RouteStat[] } {
  const routes = cluster?.routes() ?? [];
  if (routes.length === 0) return {};
  return {
    routes: routes.map((route) => ({
      rid: route.rid,
      ...(route.remoteName === '' ? {} : { name: route.remoteName }),
      sent: { msgs: route.outMessages, bytes: route.outBytes },
      received: { msgs: route.inMessages, bytes: route.inBytes },
      pending: route.pendingBytes,
    })),
  };
}
