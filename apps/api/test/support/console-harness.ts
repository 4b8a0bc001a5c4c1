/** A whole console on a temporary folder, asked through `inject`: no port, and no broker unless a test names one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CSRF_HEADER, type Role } from '@sluice/protocol/console';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { buildApp } from '../../src/app.ts';
import type { Session } from '../../src/auth/sessions.ts';
import { Console } from '../../src/console.ts';
import { type Clock, systemClock } from '../../src/env/clock.ts';
import { FileConsoleStore } from '../../src/store/file-console-store.ts';
import type { SystemCredentials } from '../../src/supervisor/messages.ts';

export const HOST = 'localhost:4280';
export const ORIGIN = `http://${HOST}`;
export const SETUP_TOKEN = 'one-time-token';

export interface Harness {
  readonly app: FastifyInstance;
  readonly console: Console;
  readonly folder: string;
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
  const store = await FileConsoleStore.open({ folder, clock });
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
    as(role, username = `a-${role}`) {
      const { id, session } = services.sessions.create({ username, role }, { address: '127.0.0.1', userAgent: 'test' });
      const headers = { host: HOST, origin: ORIGIN, cookie: `sluice_session=${id}`, [CSRF_HEADER]: session.csrfToken };
      return { headers, session };
    },
    async stop() {
      await app.close();
      await services.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
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
