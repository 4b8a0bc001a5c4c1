/** The broker's process: one broker, no Fastify, started and watched by the supervisor. */
import { type RunningBroker, startHostedBroker } from './broker-host/hosted-broker.ts';
import { runChildProcess, tellSupervisor } from './supervisor/child-process.ts';
import type { BrokerStart } from './supervisor/messages.ts';
import { describeStartError } from './supervisor/start-error.ts';

let broker: RunningBroker | undefined;

runChildProcess<BrokerStart, never>({
  async start(start) {
    try {
      broker = await startHostedBroker(start);
    } catch (error) {
      const failure = describeStartError(error, 'NATS', '--port');
      await tellSupervisor({ type: 'failed', ...failure });
      throw error;
    }
    const { host, port, stateUrl } = broker;
    await tellSupervisor({ type: 'ready', host, port, stateUrl });
  },
  async stop() {
    await broker?.stop();
  },
});
