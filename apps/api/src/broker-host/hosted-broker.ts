/**
 * The broker as `sluice` runs it: options from the configuration file and the command line, changes applied in the console on top,
 * and a system user for the console that nobody else knows. Clients need no credentials unless something asks for them.
 */
import { Broker, nodeEnv } from '@sluice/broker';
import type { BrokerStart } from '../supervisor/messages.ts';
import { hostedOptions } from './hosted-options.ts';
import { readOverrides } from './overrides.ts';

export interface RunningBroker {
  readonly host: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the broker; rejects when the port cannot be had, or when the kept changes do not fit any more. */
export async function startHostedBroker(start: BrokerStart): Promise<RunningBroker> {
  const { options, warnings } = hostedOptions(start);
  for (const warning of warnings) process.stderr.write(`broker: ${warning}\n`);
  const configOverrides = await readOverrides(start.overridesFile);
  const broker = await Broker.start(options, nodeEnv(), configOverrides === undefined ? {} : { configOverrides });
  return { host: broker.host, port: broker.port, stop: () => broker.stop() };
}
