/** `/healthz` (this process answers), `/readyz` (the broker answers too), `/metrics` (Prometheus). */

import { metricNames } from '@sluice/protocol/console';
import type { FastifyInstance } from 'fastify';
import { Gauge, Registry } from 'prom-client';
import type { Console } from '../console.ts';
import type { JetStreamDamage } from '../nats/jetstream/jetstream-watch.ts';

export function registerHealth(app: FastifyInstance, services: Console): void {
  const registry = metricsOf(services);
  app.get('/healthz', { config: { role: 'public' }, schema: { hide: true } }, async () => ({ status: 'ok' }));
  app.get('/readyz', { config: { role: 'public' }, schema: { hide: true } }, async (_request, reply) => {
    const broker = services.brokerState().state;
    const isReady = broker === 'running' && services.nats.isConnected;
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready', broker });
  });
  app.get(
    '/metrics',
    { config: { role: 'viewer', bearer: 'metrics', isPassive: true }, schema: { hide: true } },
    async (_request, reply) => {
      reply.type(registry.contentType);
      return reply.send(await registry.metrics());
    },
  );
}

const metricHelp = {
  inMsgsPerS: ['sluice_in_messages_per_second', 'Messages that clients published in the last second.'],
  outMsgsPerS: ['sluice_out_messages_per_second', 'Messages delivered to clients in the last second.'],
  inBytesPerS: ['sluice_in_bytes_per_second', 'Bytes that clients published in the last second.'],
  outBytesPerS: ['sluice_out_bytes_per_second', 'Bytes delivered to clients in the last second.'],
  connections: ['sluice_connections', 'Open client connections.'],
  subscriptions: ['sluice_subscriptions', 'Subscriptions.'],
  slowConsumers: ['sluice_slow_consumers_total', 'Clients cut off for being slow since the broker started.'],
  cpuPercent: ['sluice_broker_cpu_percent', 'CPU use of the broker, 100 is one core.'],
  memoryBytes: ['sluice_broker_memory_bytes', 'Memory of the broker.'],
  storedBytes: ['sluice_jetstream_stored_bytes', 'What JetStream keeps, in files and in memory.'],
} as const;

const damageHelp = [
  ['lostMessages', 'sluice_jetstream_lost_messages', 'Messages that streams have lost to damage of their files and report.'],
  ['lostBytes', 'sluice_jetstream_lost_bytes', 'Bytes that streams have lost to damage of their files and report.'],
  ['damagedStreams', 'sluice_jetstream_damaged_streams', 'Streams that have lost messages.'],
  ['readOnlyStreams', 'sluice_jetstream_read_only_streams', 'Streams whose disk failed and that refuse messages since.'],
] as const satisfies readonly (readonly [keyof JetStreamDamage, string, string])[];

/** Gauges that read at scrape time; a value that is not known is left out. */
function metricsOf(services: Console): Registry {
  const registry = new Registry();
  const gauge = (name: string, help: string, read: () => number | null | Promise<number | null>): void => {
    const made: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const value = await read();
        this.reset();
        if (value === null) this.remove();
        else this.set(value);
      },
    });
    registry.registerMetric(made);
  };
  for (const metric of metricNames) {
    const [name, help] = metricHelp[metric];
    gauge(name, help, () => services.sampler.now[metric]);
  }
  for (const [figure, name, help] of damageHelp) {
    gauge(name, help, async () => (await services.jetstreamWatch.freshSight())?.damage?.[figure] ?? null);
  }
  const { store } = services;
  gauge('sluice_console_state_stored', '0 while users, sessions and audit of the console cannot be stored.', () =>
    store.problem === null ? 1 : 0,
  );
  gauge('sluice_broker_up', '1 while the broker answers the console.', () => (services.nats.isConnected ? 1 : 0));
  gauge('sluice_broker_restarts_total', 'Restarts of the broker process.', () => services.brokerState().restarts);
  gauge('sluice_console_live_sockets', 'Browsers with a live socket.', () => services.live.socketCount);
  gauge('sluice_console_memory_bytes', 'Memory of the console process.', () => process.memoryUsage.rss());
  return registry;
}
