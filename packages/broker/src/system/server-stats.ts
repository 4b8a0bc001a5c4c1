/** STATSZ: the figures that a system of servers is watched by, on request and every ten seconds. */
import { type ServerStats, usToTimestamp } from '@sluice/protocol';
import type { MonitorFacts } from '../monitor/facts.ts';
import { clientsOnly } from '../monitor/varz.ts';
import type { PeerServers } from './peer-servers.ts';

export function buildServerStats(facts: MonitorFacts, peers: PeerServers): ServerStats {
  const { server } = facts;
  facts.settleCounters();
  const { counters } = server;
  const usage = facts.usage();
  const sent = { msgs: counters.outMessages, bytes: counters.outBytes };
  const received = { msgs: counters.inMessages, bytes: counters.inBytes };
  return {
    start: usToTimestamp(server.startUs),
    mem: usage.memoryBytes,
    cores: usage.cores,
    cpu: usage.cpuPercent,
    connections: server.clients.size,
    total_connections: counters.totalConnections,
    active_accounts: facts.activeAccounts().length,
    subscriptions: facts.subscriptionCount(),
    sent,
    sent_to_clients: sent,
    received,
    received_from_clients: received,
    slow_consumers: counters.slowConsumers,
    ...(counters.slowConsumers > 0 ? { slow_consumer_stats: clientsOnly(counters.slowConsumers) } : {}),
    ...(counters.staleConnections > 0
      ? { stale_connections: counters.staleConnections, stale_connection_stats: clientsOnly(counters.staleConnections) }
      : {}),
    ...(counters.stalledClients > 0 ? { stalled_clients: counters.stalledClients } : {}),
    active_servers: peers.activeCount(),
    gomaxprocs: usage.cores,
  };
}
