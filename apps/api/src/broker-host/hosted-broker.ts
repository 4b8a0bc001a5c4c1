/**
 * The broker as `sluice` runs it: options from the configuration file and the command line, changes applied in the console on top,
 * and a system user for the console that nobody else knows. Clients need no credentials unless something asks for them.
 */
import { Broker } from '@sluice/broker';
import type { BrokerStart } from '../supervisor/messages.ts';
import { hostedOptions } from './hosted-options.ts';

export interface RunningBroker {
  readonly host: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the broker; rejects with the system's error when the port cannot be had. */
export async function startHostedBroker(start: BrokerStart): Promise<RunningBroker> {
  const broker = await Broker.start(await hostedOptions(start));
  return { host: broker.host, port: broker.port, stop: () => broker.stop() };
}
