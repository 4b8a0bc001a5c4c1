/** The server of the console's state on a disk that fails for a while. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Env, nodeEnv } from '@sluice/broker';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LOOK_INTERVAL_MS, type StateBroker, startStateBroker } from '../../src/broker-host/state-broker.ts';
import type { JetStreamConsoleStore } from '../../src/store/jetstream-console-store.ts';
import { eventually, openStore, stateCredentials, storedUser } from '../support/console-harness.ts';
import { ManualClock } from '../support/manual-clock.ts';

let folder: string;
let isFull: boolean;
let clock: ManualClock;
let state: StateBroker;
let store: JetStreamConsoleStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-full-'));
  isFull = false;
  clock = new ManualClock();
  state = await startStateBroker(folder, stateCredentials, { clock, env: envWithFullDisk() });
  store = await openStore(folder, state.url);
});
afterEach(async () => {
  await store.close();
  await state.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The machine, but for a disk that takes nothing while `isFull`. */
function envWithFullDisk(): Env {
  const real = nodeEnv();
  const refuse = (): void => {
    if (isFull) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
  const wrapped: Env['disk'] = Object.create(real.disk, {
    openSync: {
      value: (...args: Parameters<Env['disk']['openSync']>) => {
        const file = real.disk.openSync(...args);
        const writeSync: typeof file.writeSync = (...bytes) => {
          refuse();
          file.writeSync(...bytes);
        };
        return new Proxy(file, {
          get: (target, name) => {
            if (name === 'writeSync') return writeSync;
            const value: unknown = Reflect.get(target, name);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        });
      },
    },
  });
  return { ...real, disk: wrapped };
}

const put = (username: string): Promise<void> => store.changeUsers(() => ({ put: storedUser(username), result: undefined }));
const entry = { actor: 'a', address: '-', action: 'test', target: 't', outcome: 'ok' as const, detail: 'd' };

it('refuses what it cannot store, keeps the rest readable, and takes changes again when there is room', async () => {
  await put('ann');
  await store.appendAudit(entry);
  isFull = true;
  await expect(put('bob')).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('cannot store this') });
  await expect(store.appendAudit(entry)).rejects.toMatchObject({ code: 'unavailable' });
  expect(store.users().map((user) => user.username)).toEqual(['ann']);
  expect(store.problem).toContain('read-only');
  const page = { offset: 0, limit: 10, isAscending: true };
  expect((await store.readAudit({}, page)).total).toBe(1);
  // Opened anew while it is still full: no better, and nothing lost.
  clock.advance(LOOK_INTERVAL_MS);
  await eventually(async () => ((await put('bob').catch(() => undefined)) === undefined ? true : undefined));
  isFull = false;
  for (let look = 0; look < 4; look++) {
    clock.advance(10 * LOOK_INTERVAL_MS);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  await eventually(() =>
    put('carl').then(
      () => true,
      () => undefined,
    ),
  );
  const written = await eventually(() => store.appendAudit(entry).catch(() => undefined));
  expect(written.seq).toBe(2);
  expect(store.problem).toBeNull();
  expect((await store.readAudit({}, page)).chain).toMatchObject({ isIntact: true, lastSeq: 2 });
  const again = await openStore(folder, state.url);
  expect(again.users().map((user) => user.username)).toContain('carl');
  await again.close();
}, 30_000);
