/** Endpoints of features that this server has not, answered as nats-server answers them with the feature switched off. */
import { type DisabledJsz, type Gatewayz, type IpQueuesz, usToTimestamp } from '@sluice/protocol';
import type { JszOptions } from '../jetstream/facts.ts';
import type { Server } from '../server.ts';

/** `/gatewayz`: no gateways. */
export function buildGatewayz(server: Server): Gatewayz {
  return { server_id: server.id, now: now(server), outbound_gateways: {}, inbound_gateways: {} };
}

/** `/jsz`, with JetStream or without. */
export function buildJsz(server: Server, options: JszOptions): object {
  if (server.jetstream === undefined) return buildDisabledJsz(server);
  return server.jetstream.jsz(options, server.id);
}

function buildDisabledJsz(server: Server): DisabledJsz {
  return {
    memory: 0,
    storage: 0,
    reserved_memory: 0,
    reserved_storage: 0,
    accounts: 0,
    ha_assets: 0,
    api: { level: 0, total: 0, errors: 0 },
    server_id: server.id,
    now: now(server),
    disabled: true,
    config: { max_memory: 0, max_storage: 0 },
    streams: 0,
    consumers: 0,
    messages: 0,
    bytes: 0,
    total: 0,
  };
}

/** `/ipqueuesz`: the queues between goroutines of nats-server. Here the event loop is the only queue, and nothing waits in it by name. */
export function buildIpQueuesz(): IpQueuesz {
  return {};
}

/** The text that `/raftz` refuses with, status 404. */
export const NO_RAFT_NODES = 'No Raft nodes registered';

function now(server: Server): string {
  return usToTimestamp(server.env.clock.nowUs());
}
