/** Every route against every role, and every way another site could ask. Walks the same table that registers the routes. */
import { roleAllows, roles } from '@sluice/protocol/console';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../src/app.ts';
import { useAccessGuard } from '../../src/plugins/access-guard.ts';
import { type Harness, HOST, ORIGIN, post, startHarness, visitor } from '../support/console-harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ metricsToken: 'scrape-me' });
});
afterAll(() => harness.stop());

const urlOf = (url: string): string =>
  url
    .replace(':cid', '7')
    .replace(':seq', '7')
    .replace(/:[a-z]+/g, 'nobody');

describe('roles', () => {
  it('walks a table that holds every resource of the API', () => {
    const urls = new Set(apiRoutes(harness.console).map((route) => route.url.split('/').slice(0, 3).join('/')));
    for (const name of [
      'session',
      'overview',
      'connections',
      'subjects',
      'subscriptions',
      'publish',
      'request',
      'config',
      'users',
      'audit',
      'jetstream',
      'streams',
      'consumers',
      'kv',
      'objects',
    ]) {
      expect(urls).toContain(`/api/${name}`);
    }
  });

  it('lets through exactly the roles that a route declares, on every route', async () => {
    const routes = apiRoutes(harness.console).filter((route) => !(route.method === 'DELETE' && route.url === '/api/session'));
    let checked = 0;
    for (const route of routes) {
      const { method, role } = route;
      const url = urlOf(route.url);
      const hasBody = method === 'POST' || method === 'PUT' || method === 'PATCH';
      const ask = async (headers: Record<string, string>) =>
        harness.app.inject(
          hasBody
            ? { method, url, headers: { ...headers, 'content-type': 'application/json' }, payload: {} }
            : { method, url, headers },
        );
      const anonymous = await ask(visitor.headers);
      if (role === 'public') {
        expect([401, 403], `${method} ${url} is public`).not.toContain(anonymous.statusCode);
        continue;
      }
      expect(anonymous.statusCode, `${method} ${url} without a session`).toBe(401);
      for (const held of roles) {
        const { headers } = harness.as(held);
        const answer = await ask(headers);
        if (roleAllows(held, role)) expect([401, 403], `${method} ${url} as ${held}`).not.toContain(answer.statusCode);
        else expect(answer.statusCode, `${method} ${url} as ${held}`).toBe(403);
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(200);
  });

  it('refuses to start with a route that declares no role', async () => {
    const app = Fastify();
    useAccessGuard(app, {
      sessions: harness.console.sessions,
      audit: harness.console.audit,
      metricsToken: undefined,
    });
    expect(() => app.get('/forgotten', async () => 'secret')).toThrow(/declares no role/);
    await app.close();
  });

  it('writes a refused attempt to the audit log', async () => {
    const { headers } = harness.as('viewer', 'nosy');
    await harness.app.inject({ method: 'GET', url: '/api/users', headers });
    const { items } = await harness.console.store.readAudit({ actor: 'nosy' }, { offset: 0, limit: 1, isAscending: false });
    expect(items[0]).toMatchObject({ action: 'access.denied', outcome: 'denied', target: 'GET /api/users' });
  });

  it('cannot be made to flush the audit log with refusals', async () => {
    const { headers } = harness.as('viewer', 'flood');
    for (let attempt = 0; attempt < 150; attempt++) {
      expect((await harness.app.inject({ method: 'GET', url: '/api/users', headers })).statusCode).toBe(403);
    }
    const { total } = await harness.console.store.readAudit({ actor: 'flood' }, { offset: 0, limit: 1, isAscending: false });
    expect(total).toBe(100);
  });

  it('lets a scraper with the token read metrics and nothing else', async () => {
    const headers = { host: HOST, authorization: 'Bearer scrape-me' };
    const metrics = await harness.app.inject({ method: 'GET', url: '/metrics', headers });
    expect(metrics.statusCode).toBe(200);
    expect(metrics.body).toContain('sluice_broker_up 0');
    expect((await harness.app.inject({ method: 'GET', url: '/api/users', headers })).statusCode).toBe(401);
    const wrong = { host: HOST, authorization: 'Bearer scrape-mf' };
    expect((await harness.app.inject({ method: 'GET', url: '/metrics', headers: wrong })).statusCode).toBe(401);
  });
});

describe('requests that other sites cause', () => {
  const body = { username: 'a', password: 'b' };

  it.each([
    ['another origin', { origin: 'http://evil.example' }],
    ['another port', { origin: 'http://localhost:4281' }],
    ['a null origin', { origin: 'null' }],
    ['an origin that is no URL', { origin: 'nonsense' }],
    ['a cross-site fetch without an origin', { 'sec-fetch-site': 'cross-site' }],
    ['a same-site fetch from another port', { 'sec-fetch-site': 'same-site' }],
    ['its own origin but cross-site', { origin: ORIGIN, 'sec-fetch-site': 'cross-site' }],
  ])('are refused with %s', async (_name, sent) => {
    const answer = await harness.app.inject(post('/api/session', { headers: { host: HOST, ...sent } }, body));
    expect(answer.statusCode).toBe(403);
    const { headers } = harness.as('admin');
    const { origin: _origin, ...withoutOrigin } = headers;
    const change = await harness.app.inject(post('/api/users', { headers: { ...withoutOrigin, ...sent } }, {}));
    expect(change.statusCode).toBe(403);
  });

  it('are refused on every unsafe route when the CSRF token is missing, wrong or of another session', async () => {
    const other = harness.as('admin').session.csrfToken;
    let checked = 0;
    for (const route of apiRoutes(harness.console)) {
      if (route.method === 'GET' || route.role === 'public') continue;
      const { 'x-csrf-token': _token, ...headers } = harness.as('admin').headers;
      for (const token of [undefined, 'wrong', other]) {
        const sent = token === undefined ? headers : { ...headers, 'x-csrf-token': token };
        const answer = await harness.app.inject({ method: route.method, url: urlOf(route.url), headers: sent });
        expect(answer.statusCode, `${route.method} ${route.url}`).toBe(403);
        expect(answer.json()).toMatchObject({ error: { code: 'csrf' } });
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(100);
  });

  it('cannot log anybody in with a form', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x']) {
      const headers = { host: HOST, 'content-type': type };
      const answer = await harness.app.inject({ method: 'POST', url: '/api/session', headers, payload: JSON.stringify(body) });
      expect(answer.statusCode, type).toBe(400);
    }
  });
});

describe('host names', () => {
  it.each(['evil.example', 'evil.example:4280', 'localhost.evil.example', 'a b', '127.0.0.1.evil.example'])(
    'answers nothing to %j',
    async (host) => {
      const answer = await harness.app.inject({ method: 'GET', url: '/api/setup', headers: { host } });
      expect(answer.statusCode).toBe(403);
    },
  );

  it.each(['localhost', 'localhost:4280', '127.0.0.1:1', '[::1]:4280', '192.168.1.20:4280', 'LOCALHOST'])(
    'answers to %s',
    async (host) => {
      expect((await harness.app.inject({ method: 'GET', url: '/api/setup', headers: { host } })).statusCode).toBe(200);
    },
  );
});

describe('headers of every answer', () => {
  it.each(['/', '/api/setup', '/api/users', '/api/nothing', '/healthz', '/assets/none.js', '/connections'])(
    'protect %s',
    async (url) => {
      const answer = await harness.app.inject({ method: 'GET', url, headers: visitor.headers });
      const policy = String(answer.headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/script-src[^;]*unsafe/);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['referrer-policy']).toBe('no-referrer');
      if (url.startsWith('/api/')) expect(answer.headers['cache-control']).toBe('no-store');
    },
  );

  it('never allow another origin to read', async () => {
    const answer = await harness.app.inject({
      method: 'OPTIONS',
      url: '/api/users',
      headers: { host: HOST, origin: 'http://evil.example' },
    });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
  });
});
