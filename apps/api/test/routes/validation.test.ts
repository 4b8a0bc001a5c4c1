/** What is wrong with a request is said, and where. */
import type { ApiError } from '@sluice/protocol/console';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, post, startHarness, storedUser } from '../support/console-harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

const publish = { subject: 'a', encoding: 'utf8', payload: '' };

describe('a body', () => {
  it.each([
    ['a missing field', { encoding: 'utf8', payload: '' }, '/subject', 'is missing'],
    ['an unknown field', { ...publish, topic: 'x' }, '/topic', 'is not known here'],
    ['a wrong type', { ...publish, subject: 7 }, '/subject', 'must be string'],
    ['a value outside a list', { ...publish, encoding: 'latin1' }, '/encoding', 'must be one of utf8, base64'],
    ['a wildcard', { ...publish, subject: 'a.*' }, '/subject', 'must be a subject without wildcards, spaces or empty tokens'],
    [
      'an empty token',
      { ...publish, subject: 'a..b' },
      '/subject',
      'must be a subject without wildcards, spaces or empty tokens',
    ],
    [
      'a deep place',
      {
        ...publish,
        headers: [
          ['A', 'b'],
          ['C', 3],
        ],
      },
      '/headers/1/1',
      'must be string',
    ],
    ['bad base64', { ...publish, encoding: 'base64', payload: '***' }, '/payload', 'is not valid base64'],
    ['a line break in a header', { ...publish, headers: [['A', 'b\r\nEvil: 1']] }, '/headers/0', undefined],
    ['too many headers', { ...publish, headers: Array.from({ length: 65 }, () => ['A', 'b']) }, '/headers', undefined],
    ['a huge repetition', { ...publish, repeat: { count: 1e9, perSecond: 1 } }, '/repeat/count', 'must be <= 1000000'],
    ['no allowed form', { ...publish, runAs: { kind: 'root' } }, '/runAs', 'has none of the allowed forms'],
  ])('with %s is refused with its place', async (_name, body, path, message) => {
    const answer = await harness.app.inject(post('/api/publish', harness.as('operator'), body));
    expect(answer.statusCode).toBe(400);
    const { error } = answer.json<ApiError>();
    expect(error.code).toBe('bad_request');
    expect(error.fields?.[0]).toMatchObject({ in: 'body', path, ...(message === undefined ? {} : { message }) });
    expect(error.message).toContain(path);
  });

  it('that is no JSON, or too large, is refused in words', async () => {
    const { headers } = harness.as('admin');
    const json = { ...headers, 'content-type': 'application/json' };
    const broken = await harness.app.inject({ method: 'POST', url: '/api/users', headers: json, payload: '{"a":' });
    expect(broken.statusCode).toBe(400);
    const large = await harness.app.inject({
      method: 'POST',
      url: '/api/users',
      headers: json,
      payload: JSON.stringify({ a: 'x'.repeat(2_000_000) }),
    });
    expect(large.statusCode).toBe(413);
    expect(large.json<ApiError>().error.code).toBe('too_large');
  });

  it('cannot reach a prototype', async () => {
    const { headers } = harness.as('admin');
    for (const payload of ['{"__proto__":{"isAdmin":true}}', '{"constructor":{"prototype":{"isAdmin":true}}}']) {
      const answer = await harness.app.inject({
        method: 'POST',
        url: '/api/users',
        headers: { ...headers, 'content-type': 'application/json' },
        payload,
      });
      expect(answer.statusCode).toBe(400);
    }
    expect('isAdmin' in {}).toBe(false);
  });

  it('that nests deeply is refused quickly', async () => {
    const { headers } = harness.as('admin');
    const payload = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const startedMs = performance.now();
    const answer = await harness.app.inject({
      method: 'POST',
      url: '/api/users',
      headers: { ...headers, 'content-type': 'application/json' },
      payload,
    });
    expect(answer.statusCode).toBe(400);
    expect(performance.now() - startedMs).toBeLessThan(500);
  });
});

describe('a query', () => {
  it.each([
    ['limit=501', '/limit'],
    ['limit=ten', '/limit'],
    ['offset=-1', '/offset'],
    ['order=up', '/order'],
    ['sort=password', '/sort'],
    ['limit=1&limit=2', '/limit'],
    ['nonsense=1', '/nonsense'],
  ])('with %s is refused with its place', async (query, path) => {
    const answer = await harness.app.inject({
      method: 'GET',
      url: `/api/connections?${query}`,
      headers: harness.as('viewer').headers,
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<ApiError>().error.fields?.[0]).toMatchObject({ in: 'query', path });
  });

  it('for users is sorted, searched and paged', async () => {
    for (const username of ['cleo', 'anna', 'bert']) {
      await harness.console.store.changeUsers(() => ({ put: storedUser(username), result: undefined }));
    }
    const ask = async (query: string) => {
      const answer = await harness.app.inject({
        method: 'GET',
        url: `/api/users?${query}`,
        headers: harness.as('admin').headers,
      });
      const page = answer.json<{ items: { username: string }[]; total: number }>();
      return [page.items.map((user) => user.username), page.total];
    };
    expect(await ask('sort=username&order=desc&limit=2')).toEqual([['cleo', 'bert'], 3]);
    expect(await ask('q=n&offset=0')).toEqual([['anna'], 1]);
    expect(await ask('offset=2')).toEqual([['cleo'], 3]);
  });
});

describe('without a broker', () => {
  it('lists say that the broker cannot be reached, and the overview says what is known', async () => {
    const { headers } = harness.as('operator');
    const list = await harness.app.inject({ method: 'GET', url: '/api/connections', headers });
    expect(list.statusCode).toBe(503);
    expect(list.json<ApiError>().error.code).toBe('unavailable');
    const overview = await harness.app.inject({ method: 'GET', url: '/api/overview', headers });
    expect(overview.statusCode).toBe(200);
    expect(overview.json()).toMatchObject({
      asOfMs: null,
      verdict: { level: 'unknown' },
      topTalkers: null,
      now: { connections: null },
    });
    expect((await harness.app.inject({ method: 'GET', url: '/readyz', headers })).statusCode).toBe(503);
    expect((await harness.app.inject({ method: 'GET', url: '/healthz', headers })).statusCode).toBe(200);
  });

  it('describes itself as OpenAPI with every route of the table', async () => {
    const answer = await harness.app.inject({ method: 'GET', url: '/api/openapi.json', headers: harness.as('viewer').headers });
    const { openapi, paths } = answer.json<{ openapi: string; paths: Record<string, Record<string, { description: string }>> }>();
    expect(openapi).toBe('3.1.0');
    expect(paths['/api/connections/{cid}/kick']?.['post']?.description).toContain('operator');
    expect(Object.keys(paths).length).toBeGreaterThan(20);
  });
});
