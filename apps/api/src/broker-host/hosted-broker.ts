/**
 * The broker as `sluice` runs it: options from the configuration file and the command line, changes applied in the console on top,
 * and a system user for the console that nobody else knows. Clients need no credentials unless something asks for them.
 */
import { Broker, nodeEnv } from '@sluice/broker';
import type { BrokerStart } from '../supervisor/messages.ts';
import { hostedOptions } from './hosted-options.ts';
import { readOverrides } from './overrides.ts';
import { startStateBroker } from './state-broker.ts';

export interface RunningBroker {
  readonly host: string;
  readonly port: number;
  /** Where the console's own state is. */
  readonly stateUrl: string;
  stop(): Promise<void>;
}

/**
 * Starts the broker and the server of the console's state. Rejects when the port cannot be had, when the kept changes do not fit any more,
 * or when the state cannot be read.
 */
export async function startHostedBroker(start: BrokerStart): Promise<RunningBroker> {
  const { options, warnings } = hostedOptions(start);
  for (const warning of warnings) process.stderr.write(`broker: ${warning}\n`);
  const configOverrides = await readOverrides(start.overridesFile);
  const state = await startStateBroker(start.stateFolder, start.state);
  try {
    const broker = await Broker.start(options, nodeEnv(), configOverrides === undefined ? {} : { configOverrides });
    const stop = async (): Promise<void> => {
      await broker.stop();
      await state.stop();
    };
    return { host: broker.host, port: broker.port, stateUrl: state.url, stop };
  } catch (error) {
    await state.stop();
    throw error;
  }
}
