/** A whole console on a temporary folder, asked through `inject`: no port, and no broker unless a test names one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CSRF_HEADER, type Role } from '@sluice/protocol/console';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { buildApp } from '../../src/app.ts';
import { ABSOLUTE_TIMEOUT_MS, type Session } from '../../src/auth/sessions.ts';
import { type StateBroker, startStateBroker } from '../../src/broker-host/state-broker.ts';
import { Console } from '../../src/console.ts';
import { type Clock, systemClock } from '../../src/env/clock.ts';
import { type ConsoleServer, startConsoleServer } from '../../src/server.ts';
import type { StoredUser } from '../../src/store/console-store.ts';
import { JetStreamConsoleStore } from '../../src/store/jetstream-console-store.ts';
import type { ConsoleStart, SystemCredentials } from '../../src/supervisor/messages.ts';

export const HOST = 'localhost:4280';
export const ORIGIN = `http://${HOST}`;
export const stateCredentials: SystemCredentials = { user: 'console', password: 'only the console knows' };
export const SETUP_TOKEN = 'one-time-token';

export interface Harness {
  readonly app: FastifyInstance;
  readonly console: Console;
  readonly folder: string;
  /** Takes the server away that keeps the console's state, and brings it back at another address. */
  haltState(): Promise<void>;
  resumeState(): Promise<void>;
  /** Headers of somebody with a role, as a browser sends them. */
  as(role: Role, username?: string): Headers & { session: Session };
  stop(): Promise<void>;
}

export interface Headers {
  readonly headers: Record<string, string>;
}

export interface HarnessOptions {
  readonly clock?: Clock;
  readonly natsUrl?: string;
  readonly system?: SystemCredentials;
  readonly metricsToken?: string;
  readonly isProxyTrusted?: boolean;
  readonly overridesFile?: string;
}

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-console-'));
  const clock = options.clock ?? systemClock;
  let state: StateBroker | undefined = await startStateBroker(folder, stateCredentials);
  const store = await openStore(folder, state.url, clock);
  const services = new Console({
    clock,
    store,
    settings: {
      system: options.system ?? { user: 'sys', password: 'sys' },
      setupToken: SETUP_TOKEN,
      broker: { state: 'running', sinceMs: clock.nowMs(), restarts: 0, lastExit: null, nextStartAtMs: null },
      natsUrl: options.natsUrl,
      overridesFile: options.overridesFile ?? join(folder, 'overrides.json'),
    },
    onNotice: () => undefined,
  });
  await services.start(undefined);
  const app = await buildApp(services, {
    host: '127.0.0.1',
    allowedHosts: [],
    isProxyTrusted: options.isProxyTrusted ?? false,
    metricsToken: options.metricsToken,
    isVerbose: false,
  });
  return {
    app,
    console: services,
    folder,
    async haltState() {
      await state?.stop();
      state = undefined;
    },
    async resumeState() {
      state = await startStateBroker(folder, stateCredentials);
      store.setUrl(state.url);
    },
    as(role, username = `a-${role}`) {
      const { id, session } = services.sessions.create({ username, role }, { address: '127.0.0.1', userAgent: 'test' });
      const headers = { host: HOST, origin: ORIGIN, cookie: `sluice_session=${id}`, [CSRF_HEADER]: session.csrfToken };
      return { headers, session };
    },
    async stop() {
      await app.close();
      await services.stop();
      await state?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A user who cannot log in: nobody knows a password that fits. */
export function storedUser(username: string, more: Partial<StoredUser> = {}): StoredUser {
  return {
    username,
    role: 'viewer',
    passwordHash: 'scrypt$15$8$1$AAAAAAAAAAAAAAAAAAAAAA$AAAA',
    isDisabled: false,
    createdAtMs: 1,
    updatedAtMs: 1,
    lastLoginAtMs: null,
    ...more,
  };
}

/** What differs between the consoles that tests start over a broker. */
export type OverBroker = Pick<ConsoleStart, 'system' | 'adminPassword'> & { folder: string; natsUrl: string };

/** A listening console over a broker, with a server for its state; stopping it stops both. */
export async function startConsoleOver({ folder, ...rest }: OverBroker): Promise<ConsoleServer> {
  const state = await startStateBroker(join(folder, 'console'), stateCredentials);
  const server = await startConsoleServer({
    host: '127.0.0.1',
    port: 0,
    folder: join(folder, 'console'),
    overridesFile: join(folder, 'overrides.json'),
    state: stateCredentials,
    stateUrl: state.url,
    broker: { state: 'running', sinceMs: Date.now(), restarts: 0, lastExit: null, nextStartAtMs: null },
    setupToken: 'x',
    allowedHosts: [],
    isProxyTrusted: false,
    metricsToken: undefined,
    isVerbose: false,
    ...rest,
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await state.stop();
  };
  return { ...server, stop };
}

/** The console's store over a state server that runs already. */
export function openStore(folder: string, url: string, clock: Clock = systemClock): Promise<JetStreamConsoleStore> {
  const credentials = stateCredentials;
  return JetStreamConsoleStore.open({
    folder,
    clock,
    credentials,
    url,
    sessionTtlMs: ABSOLUTE_TIMEOUT_MS,
    onNotice: () => undefined,
  });
}

/** What a browser sends that is not logged in. */
export const visitor: Headers = { headers: { host: HOST, origin: ORIGIN } };

/** A request with a JSON body. */
export function post(url: string, from: Headers, payload: object, method: 'POST' | 'PATCH' | 'DELETE' = 'POST'): InjectOptions {
  return { method, url, headers: { ...from.headers, 'content-type': 'application/json' }, payload };
}

/** Waits until `check` gives something. */
export async function eventually<T>(check: () => T | undefined | Promise<T | undefined>, deadlineMs = 8000): Promise<T> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const value = await check();
    if (value !== undefined) return value;
    if (performance.now() > endMs) throw new Error(`it did not come true within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
