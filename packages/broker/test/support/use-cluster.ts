/** Servers with routes to one another, for the tests of one file; all are stopped after each test. */
import { afterEach } from 'vitest';
import { Broker, type BrokerOptions, nodeEnv } from '../../src/index.ts';
import type { ClusterOptions } from '../../src/options.ts';
import { clusterDefaults } from './cluster-defaults.ts';
import { RawClient } from './raw-client.ts';

export { clusterDefaults } from './cluster-defaults.ts';

export interface ClusterFixture {
  /** Starts a server with routes to others. */
  start(
    to?: readonly Broker[],
    cluster?: Partial<ClusterOptions>,
    options?: BrokerOptions,
    env?: ReturnType<typeof nodeEnv>,
  ): Promise<Broker>;
  /** Starts servers, each with a route to the first, and waits until all know all. */
  mesh(count: number, cluster?: Partial<ClusterOptions>, options?: BrokerOptions): Promise<Broker[]>;
  client(broker: Broker, options?: Readonly<Record<string, unknown>>): Promise<RawClient>;
  keep(broker: Broker): Broker;
}

export function useCluster(): ClusterFixture {
  const brokers: Broker[] = [];
  const clients: RawClient[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) client.end();
    await Promise.all(brokers.splice(0).map((broker) => broker.stop()));
  });
  const keep = (broker: Broker): Broker => {
    brokers.push(broker);
    return broker;
  };
  const start: ClusterFixture['start'] = async (to = [], cluster = {}, options = {}, env = nodeEnv()) => {
    const routes = to.map((other) => routeTo(other, cluster));
    return keep(await Broker.start({ port: 0, cluster: { ...clusterDefaults, routes, ...cluster }, ...options }, env));
  };
  return {
    start,
    keep,
    mesh: async (count, cluster = {}, options = {}) => {
      const all = [await start([], cluster, options)];
      while (all.length < count) all.push(await start(all.slice(0, 1), cluster, options));
      await formed(...all);
      return all;
    },
    client: async (broker, options = {}) => {
      const client = await RawClient.ready(broker.port, options);
      clients.push(client);
      return client;
    },
  };
}

function routeTo(broker: Broker, { user, password }: Partial<ClusterOptions>): string {
  return `nats://${user === undefined ? '' : `${user}:${password}@`}127.0.0.1:${broker.clusterPort}`;
}

/** Waits until `isTrue` holds. */
export async function eventually(isTrue: () => boolean, what = 'it'): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Waits until every server has all its connections to every other. */
export async function formed(...brokers: Broker[]): Promise<void> {
  for (const broker of brokers) {
    const pool = broker.server.options.cluster?.poolSize ?? 0;
    const pinned = new Set([...(broker.server.options.cluster?.pinnedAccounts ?? []), broker.server.options.systemAccount]);
    const each = pool > 0 ? pool + pinned.size : 1;
    const others = brokers.length - 1;
    await eventually(
      () => broker.server.cluster?.remoteCount === others && broker.server.cluster.routes().length === others * each,
      `the cluster of ${brokers.length}`,
    );
  }
}
