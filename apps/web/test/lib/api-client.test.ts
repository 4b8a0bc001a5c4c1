/** Requests: the CSRF token goes with changes and is renewed once; failures say what was wrong. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiFailure, apiGet, apiRequest, onUnauthenticated, setCsrfToken, withQuery } from '../../src/lib/api-client.ts';

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly token: string | null;
}

/** Answers requests in order and records them. */
function answer(...answers: (readonly [status: number, body: unknown])[]): Sent[] {
  const sent: Sent[] = [];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    sent.push({ url, method: init.method ?? 'GET', token: new Headers(init.headers).get('x-csrf-token') });
    const [status, body] = answers[sent.length - 1] ?? [500, undefined];
    return new Response(status === 204 ? null : JSON.stringify(body), { status });
  });
  return sent;
}

function refusal(code: string, extra: object = {}): unknown {
  return { error: { code, message: `because of ${code}`, requestId: 'r1', ...extra } };
}

afterEach(() => vi.unstubAllGlobals());

describe('a request', () => {
  it('carries the CSRF token when it changes something, and none when it reads', async () => {
    setCsrfToken('t1');
    const sent = answer([200, {}], [204, undefined]);
    await apiGet('/api/overview');
    await apiRequest('DELETE', '/api/session');
    expect(sent.map((each) => each.token)).toEqual([null, 't1']);
  });

  it('renews an old CSRF token and goes out again, once', async () => {
    setCsrfToken('old');
    const sent = answer([403, refusal('csrf')], [200, { csrfToken: 'new' }], [200, { ok: true }]);
    await expect(apiRequest('POST', '/api/publish', { body: {} })).resolves.toEqual({ ok: true });
    expect(sent.map((each) => `${each.method} ${each.url} ${each.token ?? '-'}`)).toEqual([
      'POST /api/publish old',
      'GET /api/session -',
      'POST /api/publish new',
    ]);
    answer([403, refusal('csrf')], [200, { csrfToken: 'new' }], [403, refusal('csrf')]);
    await expect(apiRequest('POST', '/api/publish', { body: {} })).rejects.toMatchObject({ code: 'csrf' });
  });

  it('fails in words when nobody answers a question for long, and waits for what changes something', async () => {
    vi.useFakeTimers();
    try {
      vi.spyOn(AbortSignal, 'timeout').mockImplementation((delayMs) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(new DOMException('late', 'TimeoutError')), delayMs);
        return controller.signal;
      });
      const signals: (AbortSignal | null | undefined)[] = [];
      vi.stubGlobal('fetch', (_url: string, { signal }: RequestInit) => {
        signals.push(signal);
        return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      });
      const failure = expect(apiGet('/api/streams')).rejects.toMatchObject({
        code: 'timeout',
        status: 0,
        message: expect.stringContaining('20 s'),
      });
      void apiRequest('POST', '/api/publish', { body: {} });
      await vi.advanceTimersByTimeAsync(20_000);
      await failure;
      expect(signals[1]).toBeUndefined();
    } finally {
      vi.useRealTimers();
      vi.restoreAllMocks();
    }
  });

  it('fails with the words, fields and waiting time of the server', async () => {
    const fields = [{ in: 'body', path: '/password', message: 'is too short' }];
    answer([429, refusal('too_many_attempts', { retryAfterMs: 4000, fields })]);
    const failure = await apiGet('/api/users').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApiFailure);
    expect(failure).toMatchObject({
      status: 429,
      message: 'because of too_many_attempts',
      retryAfterMs: 4000,
      fields,
      requestId: 'r1',
    });
  });

  it('fails as unreachable when no answer comes, and in words when the answer is not JSON', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('network')));
    await expect(apiGet('/api/overview')).rejects.toMatchObject({ code: 'unreachable', status: 0 });
    vi.stubGlobal('fetch', async () => new Response('<html>', { status: 502 }));
    await expect(apiGet('/api/overview')).rejects.toMatchObject({ code: 'internal', status: 502 });
  });

  it('tells the shell when the session is over, but not while asking for the session itself', async () => {
    let told = 0;
    onUnauthenticated(() => told++);
    answer([401, refusal('unauthenticated')]);
    await expect(apiGet('/api/session')).rejects.toThrow();
    expect(told).toBe(0);
    answer([401, refusal('unauthenticated')]);
    await expect(apiGet('/api/config')).rejects.toThrow();
    expect(told).toBe(1);
  });

  it('leaves empty values out of the query', () => {
    expect(withQuery('/x', { a: 'b c', b: '', c: undefined, d: 0, e: null })).toBe('/x?a=b+c&d=0');
    expect(withQuery('/x', {})).toBe('/x');
  });
});
