/** Sessions across restarts of the console, and while the disk takes nothing. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sessions } from '../../src/auth/sessions.ts';
import type { StoredUser } from '../../src/store/console-store.ts';
import type { JetStreamConsoleStore } from '../../src/store/jetstream-console-store.ts';
import { eventually, storedUser } from '../support/console-harness.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { StateServer } from '../support/state-server.ts';

const client = { address: '10.0.0.1', userAgent: 'test' };
const kim = storedUser('kim', { role: 'operator', updatedAtMs: 7 });
let clock: ManualClock;
let server: StateServer;
let store: JetStreamConsoleStore;
let opened: Sessions[];
let notices: string[];
beforeEach(async () => {
  clock = new ManualClock();
  server = await new StateServer(clock).start();
  store = await server.open();
  opened = [];
  notices = [];
});
afterEach(async () => {
  for (const sessions of opened) await sessions.close();
  await server.stop();
});

/** The table of a console that starts now. */
async function restart(user: StoredUser | undefined = kim): Promise<Sessions> {
  const sessions = new Sessions({ clock, records: store.sessions, onNotice: (text) => notices.push(text) });
  opened.push(sessions);
  await sessions.load(() => user);
  return sessions;
}

/** What the clock has begun goes on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function loggedIn(): Promise<{ sessions: Sessions; id: string; csrfToken: string }> {
  const sessions = await restart();
  const { id, session } = sessions.create(kim, client);
  await sessions.keep(session);
  return { sessions, id, csrfToken: session.csrfToken };
}

describe('a session', () => {
  it('is the same after a restart, with its role, its CSRF token and its age', async () => {
    const { id, csrfToken } = await loggedIn();
    clock.advance(60_000);
    const found = (await restart()).find(id, false);
    expect(found).toMatchObject({ username: 'kim', role: 'operator', csrfToken, address: '10.0.0.1' });
    expect(found?.createdAtMs).toBe(clock.nowMs() - 60_000);
  });

  it('is kept without its cookie and without its CSRF token', async () => {
    const { id, csrfToken } = await loggedIn();
    const text = JSON.stringify(await store.sessions.load());
    expect(text).toContain('"kim"');
    expect(text).not.toContain(id);
    expect(text).not.toContain(csrfToken);
  });

  it('does not come back after it was ended', async () => {
    const { sessions, id } = await loggedIn();
    const session = sessions.find(id);
    if (session !== undefined) await sessions.end(session);
    expect((await restart()).find(id)).toBeUndefined();
  });

  it.each([
    ['is gone', undefined],
    ['is disabled', { ...kim, isDisabled: true }],
    ['was changed since', { ...kim, updatedAtMs: 8 }],
  ])('does not come back when its user %s', async (_name, user) => {
    const { id } = await loggedIn();
    const sessions = new Sessions({ clock, records: store.sessions, onNotice: () => undefined });
    opened.push(sessions);
    await sessions.load(() => user);
    expect(sessions.find(id)).toBeUndefined();
  });

  it('comes back when it is the one in which its user was changed', async () => {
    const { sessions, id } = await loggedIn();
    const session = sessions.find(id);
    if (session !== undefined) await sessions.rebind(session, { updatedAtMs: 8 });
    expect((await restart({ ...kim, updatedAtMs: 8 })).find(id)).toBeDefined();
  });

  it('does not come back after half an hour without a request, counted across the restart', async () => {
    const { sessions, id } = await loggedIn();
    clock.advance(29 * 60_000);
    await settled();
    sessions.find(id);
    clock.advance(60_000);
    // The table writes down by itself who was active.
    const lastSeenAtMs = clock.nowMs() - 60_000;
    await eventually(async () => ((await store.sessions.load())[0]?.[1].lastSeenAtMs === lastSeenAtMs ? true : undefined));
    clock.advance(28 * 60_000);
    expect((await restart()).find(id, false)).toBeDefined();
    clock.advance(60_000);
    expect((await restart()).find(id, false)).toBeUndefined();
  });

  it('works while nothing can be stored, and is written as soon as it can be', async () => {
    await server.reconfigure('KV_sessions', { max_bytes: 100 });
    const sessions = await restart();
    const { id, session } = sessions.create(kim, client);
    await expect(sessions.keep(session)).rejects.toMatchObject({ code: 'unavailable' });
    expect(sessions.find(id)).toBe(session);
    clock.advance(30_000);
    await eventually(() => notices.find((text) => text.includes('sessions cannot be written')));
    await server.reconfigure('KV_sessions', { max_bytes: 100_000 });
    clock.advance(30_000);
    await eventually(async () => ((await store.sessions.load()).length === 1 ? true : undefined));
    expect((await restart()).find(id)).toBeDefined();
  });

  it('goes from the disk in time by itself', async () => {
    await loggedIn();
    const { config } = (await server.api('STREAM.INFO.KV_sessions')) as { config: Record<string, unknown> };
    expect(config).toMatchObject({ max_age: 12 * 3_600_000_000_000, max_msgs_per_subject: 1 });
  });
});
