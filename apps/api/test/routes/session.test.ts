/** Logging in and out, the one-time link, and how long a session lives. */
import type { SessionInfo } from '@sluice/protocol/console';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Harness, HOST, post, SETUP_TOKEN, startHarness, visitor } from '../support/console-harness.ts';
import { ManualClock } from '../support/manual-clock.ts';

const PASSWORD = 'a long and odd passphrase';
let clock: ManualClock;
let harness: Harness;
beforeEach(async () => {
  clock = new ManualClock();
  harness = await startHarness({ clock });
});
afterEach(() => harness.stop());

const setUp = () => harness.app.inject(post('/api/setup', visitor, { token: SETUP_TOKEN, username: 'kim', password: PASSWORD }));
const logIn = (password = PASSWORD, username = 'kim') =>
  harness.app.inject(post('/api/session', visitor, { username, password }));
const cookieOf = (answer: { headers: Record<string, unknown> }): string => String(answer.headers['set-cookie']);
const sessionWith = (cookie: string) =>
  harness.app.inject({ method: 'GET', url: '/api/session', headers: { host: HOST, cookie: cookie.split(';', 1)[0] ?? '' } });

describe('the one-time link', () => {
  it('creates the first administrator, once', async () => {
    expect((await harness.app.inject({ method: 'GET', url: '/api/setup', headers: visitor.headers })).json()).toEqual({
      isRequired: true,
    });
    const answer = await setUp();
    expect(answer.statusCode).toBe(201);
    expect(answer.json<SessionInfo>()).toMatchObject({ username: 'kim', role: 'admin' });
    expect((await harness.app.inject({ method: 'GET', url: '/api/setup', headers: visitor.headers })).json()).toEqual({
      isRequired: false,
    });
    expect((await setUp()).statusCode).toBe(403);
  });

  it('works with no other token and slows down guessing', async () => {
    const guess = () => harness.app.inject(post('/api/setup', visitor, { token: 'guess', username: 'kim', password: PASSWORD }));
    for (let attempt = 0; attempt < 5; attempt++) expect((await guess()).statusCode).toBe(403);
    expect((await guess()).statusCode).toBe(429);
    expect((await setUp()).statusCode).toBe(429);
    clock.advance(2000);
    expect((await setUp()).statusCode).toBe(201);
  });

  it('refuses passwords that are short, common or hold the name', async () => {
    for (const [password, status] of [
      ['short', 400],
      ['passwordpassword', 400],
      ['my name is kimberley', 400],
    ] as const) {
      const answer = await harness.app.inject(
        post('/api/setup', visitor, { token: SETUP_TOKEN, username: 'kimberley', password }),
      );
      expect(answer.statusCode, password).toBe(status);
      expect(answer.json()).toMatchObject({ error: { fields: [{ in: 'body', path: '/password' }] } });
    }
  });
});

describe('logging in', () => {
  it('sets a cookie that scripts cannot read and other sites do not send', async () => {
    await setUp();
    const cookie = cookieOf(await logIn());
    expect(cookie).toMatch(/^sluice_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await sessionWith(cookie)).json()).toMatchObject({ username: 'kim', role: 'admin' });
  });

  it('uses a __Host- cookie behind TLS', async () => {
    await harness.stop();
    harness = await startHarness({ clock, isProxyTrusted: true });
    await setUp();
    const headers = { ...visitor.headers, origin: `https://${HOST}`, 'x-forwarded-proto': 'https' };
    const answer = await harness.app.inject(post('/api/session', { headers }, { username: 'kim', password: PASSWORD }));
    expect(cookieOf(answer)).toMatch(/^__Host-sluice_session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    expect(answer.headers['strict-transport-security']).toContain('max-age=31536000');
  });

  it('gives a new id every time and ends the session that was brought along', async () => {
    await setUp();
    const first = cookieOf(await logIn());
    const answer = await harness.app.inject(
      post(
        '/api/session',
        { headers: { ...visitor.headers, cookie: first.split(';', 1)[0] ?? '' } },
        { username: 'kim', password: PASSWORD },
      ),
    );
    expect(cookieOf(answer)).not.toBe(first);
    expect((await sessionWith(first)).statusCode).toBe(401);
  });

  it('says the same for a wrong name and a wrong password', async () => {
    await setUp();
    const [wrongPassword, wrongName] = [await logIn('wrong'), await logIn(PASSWORD, 'nobody')];
    expect(wrongPassword.statusCode).toBe(401);
    expect(wrongName.statusCode).toBe(401);
    const text = (answer: { json(): { error: { message: string } } }): string => answer.json().error.message;
    expect(text(wrongName)).toBe(text(wrongPassword));
  });

  it('makes the sixth wrong attempt wait, twice as long each time, and lets the right password in afterwards', async () => {
    await setUp();
    for (let attempt = 0; attempt < 5; attempt++) expect((await logIn('wrong')).statusCode).toBe(401);
    const sixth = await logIn();
    expect(sixth.statusCode).toBe(429);
    expect(sixth.headers['retry-after']).toBe('1');
    clock.advance(1000);
    expect((await logIn('wrong')).statusCode).toBe(401);
    clock.advance(1000);
    expect((await logIn()).statusCode).toBe(429);
    clock.advance(1000);
    expect((await logIn()).statusCode).toBe(200);
    expect((await logIn('wrong')).statusCode).toBe(401);
  });

  it('leaves a trace of success and failure, without the password', async () => {
    await setUp();
    await logIn('canary-wrong-secret');
    await logIn();
    const { items } = await harness.console.store.readAudit({ action: 'session' }, { offset: 0, limit: 10, isAscending: true });
    expect(items.map(({ action, outcome, target }) => [action, outcome, target])).toEqual([
      ['session.login', 'failed', 'kim'],
      ['session.login', 'ok', 'kim'],
    ]);
    expect(JSON.stringify(items)).not.toContain('canary');
  });
});

describe('a session', () => {
  it('ends after 30 minutes without a request', async () => {
    await setUp();
    const cookie = cookieOf(await logIn());
    clock.advance(29 * 60_000);
    expect((await sessionWith(cookie)).statusCode).toBe(200);
    clock.advance(29 * 60_000);
    expect((await sessionWith(cookie)).statusCode).toBe(200);
    clock.advance(30 * 60_000);
    expect((await sessionWith(cookie)).statusCode).toBe(401);
  });

  it('ends after 12 hours whatever happens', async () => {
    await setUp();
    const cookie = cookieOf(await logIn());
    for (let minutes = 0; minutes < 12 * 60 - 20; minutes += 20) {
      clock.advance(20 * 60_000);
      expect((await sessionWith(cookie)).statusCode).toBe(200);
    }
    clock.advance(20 * 60_000);
    expect((await sessionWith(cookie)).statusCode).toBe(401);
  });

  it('ends at logout, and the browser forgets the cookie', async () => {
    const { headers } = harness.as('viewer');
    const answer = await harness.app.inject({ method: 'DELETE', url: '/api/session', headers });
    expect(answer.statusCode).toBe(204);
    expect(cookieOf(answer)).toContain('Expires=Thu, 01 Jan 1970');
    expect((await harness.app.inject({ method: 'GET', url: '/api/session', headers })).statusCode).toBe(401);
  });

  it('is seen and ended by its owner, and by administrators only otherwise', async () => {
    const [kim, lee, admin] = [harness.as('viewer', 'kim'), harness.as('operator', 'lee'), harness.as('admin', 'ada')];
    const list = await harness.app.inject({ method: 'GET', url: '/api/sessions', headers: kim.headers });
    expect(list.json<{ items: { username: string }[] }>().items.map((row) => row.username)).toEqual(['kim']);
    expect((await harness.app.inject({ method: 'GET', url: '/api/sessions?all=true', headers: kim.headers })).statusCode).toBe(
      403,
    );
    const end = (headers: Record<string, string>) =>
      harness.app.inject({ method: 'DELETE', url: `/api/sessions/${lee.session.publicId}`, headers });
    expect((await end(kim.headers)).statusCode).toBe(404);
    expect((await end(admin.headers)).statusCode).toBe(204);
    expect((await harness.app.inject({ method: 'GET', url: '/api/session', headers: lee.headers })).statusCode).toBe(401);
  });
});

describe('users', () => {
  const create = (username: string, role: string, by: Record<string, string>) =>
    harness.app.inject(post('/api/users', { headers: by }, { username, role, password: PASSWORD }));

  it('are created, changed and removed by administrators, with before and after in the audit log', async () => {
    await setUp();
    const { headers } = harness.as('admin', 'kim');
    expect((await create('lee', 'viewer', headers)).statusCode).toBe(201);
    expect((await create('lee', 'viewer', headers)).statusCode).toBe(409);
    const change = await harness.app.inject(post('/api/users/lee', { headers }, { role: 'operator' }, 'PATCH'));
    expect(change.json()).toMatchObject({ username: 'lee', role: 'operator' });
    expect(JSON.stringify(change.json())).not.toContain('scrypt');
    expect((await harness.app.inject({ method: 'DELETE', url: '/api/users/lee', headers })).statusCode).toBe(204);
    const { items } = await harness.console.store.readAudit({ action: 'user' }, { offset: 0, limit: 10, isAscending: true });
    expect(items.map((entry) => [entry.action, entry.before, entry.after])).toEqual([
      ['user.create', undefined, { role: 'viewer', isDisabled: false }],
      ['user.update', { role: 'viewer', isDisabled: false }, { role: 'operator', isDisabled: false }],
      ['user.delete', { role: 'operator', isDisabled: false }, undefined],
    ]);
  });

  it('are changed and removed only over the revision that was looked at', async () => {
    await setUp();
    const { headers } = harness.as('admin', 'kim');
    await create('lee', 'viewer', headers);
    const url = '/api/users/lee';
    const list = await harness.app.inject({ method: 'GET', url: '/api/users?q=lee', headers });
    const { revision } = list.json<{ items: { revision: number }[] }>().items[0] ?? { revision: -1 };
    const change = (body: object) => harness.app.inject(post(url, { headers }, body, 'PATCH'));
    expect((await change({ expectedRevision: revision })).statusCode).toBe(400);
    const first = await change({ role: 'operator', expectedRevision: revision });
    expect(first.json()).toMatchObject({ role: 'operator' });
    const second = await change({ role: 'admin', expectedRevision: revision });
    expect([second.statusCode, second.json().error.code]).toEqual([409, 'conflict']);
    const remove = (expected: number) =>
      harness.app.inject({ method: 'DELETE', url: `${url}?expectedRevision=${expected}`, headers });
    expect((await remove(revision)).statusCode).toBe(409);
    await logIn(PASSWORD, 'lee');
    expect((await remove(first.json().revision)).statusCode).toBe(204);
  });

  it('lose their sessions when they are disabled or get another role', async () => {
    await setUp();
    const { headers } = harness.as('admin', 'kim');
    await create('lee', 'viewer', headers);
    const lee = harness.as('viewer', 'lee');
    let isTold = false;
    lee.session.whenEnded.add(() => {
      isTold = true;
    });
    await harness.app.inject(post('/api/users/lee', { headers }, { isDisabled: true }, 'PATCH'));
    expect(isTold).toBe(true);
    expect((await harness.app.inject({ method: 'GET', url: '/api/session', headers: lee.headers })).statusCode).toBe(401);
    expect((await logIn(PASSWORD, 'lee')).statusCode).toBe(401);
  });

  it('always leave one administrator who can log in', async () => {
    await setUp();
    const { headers } = harness.as('admin', 'kim');
    for (const change of [{ role: 'viewer' }, { isDisabled: true }]) {
      expect((await harness.app.inject(post('/api/users/kim', { headers }, change, 'PATCH'))).statusCode).toBe(409);
    }
    expect((await harness.app.inject({ method: 'DELETE', url: '/api/users/kim', headers })).statusCode).toBe(409);
  });

  it('change their own password with the present one as proof', async () => {
    await setUp();
    const kim = harness.as('admin', 'kim');
    const other = harness.as('admin', 'kim');
    const change = (currentPassword: string) =>
      harness.app.inject(post('/api/session/password', kim, { currentPassword, newPassword: 'quite another passphrase' }));
    expect((await change('wrong')).statusCode).toBe(400);
    expect((await change(PASSWORD)).statusCode).toBe(204);
    expect((await harness.app.inject({ method: 'GET', url: '/api/session', headers: other.headers })).statusCode).toBe(401);
    expect((await harness.app.inject({ method: 'GET', url: '/api/session', headers: kim.headers })).statusCode).toBe(200);
    expect((await logIn('quite another passphrase')).statusCode).toBe(200);
  });
});
