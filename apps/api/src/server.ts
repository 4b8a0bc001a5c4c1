/** A console that listens: the composition of store, console and app, as the console process and the tests start it. */
import type { FastifyInstance } from 'fastify';
import { buildApp } from './app.ts';
import { AdminResets } from './auth/admin-reset.ts';
import { ABSOLUTE_TIMEOUT_MS } from './auth/sessions.ts';
import { Console } from './console.ts';
import { type Clock, systemClock } from './env/clock.ts';
import { JetStreamConsoleStore } from './store/jetstream-console-store.ts';
import type { ConsoleStart, ToConsole } from './supervisor/messages.ts';

export type BrokerNews = Omit<Extract<ToConsole, { type: 'broker' }>, 'type'>;

export interface ConsoleServer {
  readonly port: number;
  readonly console: Console;
  readonly app: FastifyInstance;
  /** The supervisor has news of the broker. */
  setBroker(news: BrokerNews): void;
  stop(): Promise<void>;
}

export interface ConsoleServerOptions {
  readonly clock?: Clock;
  /** Called now and then while a start takes long that gets on. */
  onProgress?(): void;
}

/** Starts the console. Rejects with the system's error when the port cannot be had, or when its state cannot be read. */
export async function startConsoleServer(
  start: ConsoleStart,
  { clock = systemClock, onProgress = () => undefined }: ConsoleServerOptions = {},
): Promise<ConsoleServer> {
  const onNotice = (text: string): boolean => process.stderr.write(`console: ${text}\n`);
  const { folder, state: credentials, stateUrl: url } = start;
  const sessionTtlMs = ABSOLUTE_TIMEOUT_MS;
  const store = await JetStreamConsoleStore.open({ folder, clock, credentials, url, sessionTtlMs, onNotice, onProgress });
  const services = new Console({ clock, store, settings: start, onNotice });
  const { accounts, audit } = services;
  const resets = new AdminResets({ folder, clock, accounts, audit, onNotice });
  try {
    await services.start(start.adminPassword);
    await resets.start();
    const app = await buildApp(services, start);
    await app.listen({ host: start.host, port: start.port });
    const address = app.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : start.port;
    const stop = async (): Promise<void> => {
      resets.stop();
      services.live.stop();
      await app.close();
      await services.stop();
    };
    const setBroker = ({ broker, natsUrl, stateUrl }: BrokerNews): void => {
      store.setUrl(stateUrl);
      services.setBroker(broker, natsUrl);
    };
    return { port, console: services, app, setBroker, stop };
  } catch (error) {
    resets.stop();
    await services.stop();
    throw error;
  }
}
