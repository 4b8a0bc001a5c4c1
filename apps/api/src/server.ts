/** A console that listens: the composition of store, console and app, as the console process and the tests start it. */
import type { FastifyInstance } from 'fastify';
import { buildApp } from './app.ts';
import { Console } from './console.ts';
import { type Clock, systemClock } from './env/clock.ts';
import { FileConsoleStore } from './store/file-console-store.ts';
import type { ConsoleStart } from './supervisor/messages.ts';

export interface ConsoleServer {
  readonly port: number;
  readonly console: Console;
  readonly app: FastifyInstance;
  stop(): Promise<void>;
}

/** Starts the console. Rejects with the system's error when the port cannot be had or the data folder cannot be read. */
export async function startConsoleServer(start: ConsoleStart, clock: Clock = systemClock): Promise<ConsoleServer> {
  const store = await FileConsoleStore.open({ folder: start.folder, clock });
  const services = new Console({ clock, store, settings: start, onNotice: (text) => process.stderr.write(`console: ${text}\n`) });
  try {
    await services.start(start.adminPassword);
    const app = await buildApp(services, start);
    await app.listen({ host: start.host, port: start.port });
    const address = app.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : start.port;
    const stop = async (): Promise<void> => {
      services.live.stop();
      await app.close();
      await services.stop();
    };
    return { port, console: services, app, stop };
  } catch (error) {
    await services.stop();
    throw error;
  }
}
