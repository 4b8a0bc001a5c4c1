/** The HTTP side: what opens a WebSocket, what is refused and with which status. */
import { describe, expect, it } from 'vitest';
import { answerHandshake, checkHeaders } from '../../src/connection/websocket/handshake.ts';
import { originRefusal } from '../../src/connection/websocket/origin.ts';
import type { WebSocketOptions } from '../../src/options.ts';

const options: WebSocketOptions = {
  host: '127.0.0.1',
  port: 0,
  noTls: true,
  sameOrigin: false,
  allowedOrigins: [],
  compression: false,
  handshakeTimeoutMs: 1000,
  headers: {},
};

const facts = { isTls: false, nowMs: 0 };

type Headers = Record<string, string | undefined>;
const good: Headers = {
  Host: 'nats.example:8080',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
};

function head(headers: Headers = {}, line = 'GET / HTTP/1.1'): string {
  const lines = Object.entries({ ...good, ...headers }).filter(([, value]) => value !== undefined);
  return `${[line, ...lines.map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`;
}

function statusOf(text: string, more: Partial<WebSocketOptions> = {}): string {
  return answerHandshake(text, { ...options, ...more }, facts).response.split(' ')[1] ?? '';
}

function agreementOf(headers: Headers, more: Partial<WebSocketOptions> = {}) {
  const answer = answerHandshake(head(headers), { ...options, ...more }, facts);
  return answer.ok ? answer.agreement : undefined;
}

describe('a good request', () => {
  it('gets the accept key of RFC 6455 and nothing that was not asked for', () => {
    expect(answerHandshake(head(), options, facts).response).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    );
  });

  it('may list several values, in any case, on any path, in HTTP/1.0 too', () => {
    expect(statusOf(head({ Upgrade: 'h2c, WebSocket', Connection: 'keep-alive, upgrade' }))).toBe('101');
    expect(statusOf(head({}, 'GET /any/path?query=1 HTTP/1.0'))).toBe('101');
  });

  it('may end its lines with a line feed alone, and say its key twice', () => {
    expect(statusOf(head().replaceAll('\r\n', '\n'))).toBe('101');
    expect(statusOf(head({ 'X-A': 'a\r\nSec-WebSocket-Key: again' }))).toBe('101');
  });

  it('is answered with the configured headers', () => {
    expect(answerHandshake(head(), { ...options, headers: { 'X-Region': 'eu' } }, facts).response).toContain(
      '\r\nX-Region: eu\r\n',
    );
  });
});

describe('a refusal', () => {
  it.each([
    ['another method', head({}, 'POST / HTTP/1.1'), '405'],
    ['no Host', head({ Host: undefined }), '400'],
    ['no Upgrade', head({ Upgrade: undefined }), '400'],
    ['another Upgrade', head({ Upgrade: 'h2c' }), '400'],
    ['no Connection', head({ Connection: undefined }), '400'],
    ['no key', head({ 'Sec-WebSocket-Key': undefined }), '400'],
    ['a short key', head({ 'Sec-WebSocket-Key': 'xx' }), '400'],
    ['no version', head({ 'Sec-WebSocket-Version': undefined }), '400'],
    ['version 12', head({ 'Sec-WebSocket-Version': '12' }), '400'],
    ['the MQTT path', head({}, 'GET /mqtt HTTP/1.1'), '404'],
    ['HTTP/2', head({}, 'GET / HTTP/2.0'), '505'],
    ['everything', head({}, 'OPTIONS * HTTP/1.1'), '400'],
    ['a path that is another one', head({}, 'GET //a/../b HTTP/1.1'), '301'],
    ['two lengths of a body', head({ 'Content-Length': '1\r\nContent-Length: 2' }, 'POST / HTTP/1.1'), '405'],
    ['no HTTP at all', 'INFO {}\r\n\r\n', '400'],
    ['a second Host', `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`, '400'],
    ['a folded header', head({ 'X-A': 'a\r\n b' }), '400'],
    ['a blank before the colon', head({ 'X-A ': 'a' }), '400'],
    ['a control character', head({ 'X-A': 'a\x01' }), '400'],
    ['more than 100 headers', head(Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`X-${i}`, 'a']))), '400'],
  ])('of %s', (_name, text, status) => {
    expect(statusOf(text)).toBe(status);
  });

  it('leaves the connection to another request, unless HTTP says that it ends', () => {
    const skippedBytes = (text: string): number | undefined => {
      const answer = answerHandshake(text, options, facts);
      expect(answer.response.includes('Connection: close')).toBe(!answer.ok && answer.skippedBytes === undefined);
      return answer.ok ? undefined : answer.skippedBytes;
    };
    expect(skippedBytes(head({ 'Content-Length': '7' }, 'POST / HTTP/1.1'))).toBe(7);
    expect(skippedBytes(head({}, 'HEAD / HTTP/1.1'))).toBe(0);
    const last = [
      head({}, 'POST / HTTP/1.0'),
      head({}, 'CONNECT / HTTP/1.1'),
      head({ Connection: 'close' }),
      head({ 'Transfer-Encoding': 'chunked' }, 'POST / HTTP/1.1'),
      head({ 'Content-Length': '99999999' }, 'POST / HTTP/1.1'),
      head({ 'X A': 'b' }),
    ];
    for (const text of last) expect(skippedBytes(text), text).toBeUndefined();
  });

  it("speaks as Go's HTTP server where there is no request at all", () => {
    const words = [
      head({ Host: undefined }),
      head({ 'X-A ': 'a' }),
      head({ 'X-A': 'a\x01' }),
      head({ 'X-A': 'b\r\nfoo' }),
      'GET /\r\n\r\n',
    ];
    expect(words.map((text) => answerHandshake(text, options, facts).response.split('\r\n')[0])).toEqual([
      'HTTP/1.1 400 Bad Request: missing required Host header',
      'HTTP/1.1 400 Bad Request: invalid header name',
      'HTTP/1.1 400 Bad Request: invalid header value',
      'HTTP/1.1 400 Bad Request',
      'HTTP/1.1 400 Bad Request',
    ]);
    expect(answerHandshake(head({}, 'GET /a//b?c=<d> HTTP/1.1'), options, facts).response).toBe(
      'HTTP/1.1 301 Moved Permanently\r\nContent-Type: text/html; charset=utf-8\r\nLocation: /a/b?c=<d>\r\n' +
        'Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 51\r\n\r\n<a href="/a/b?c=&lt;d&gt;">Moved Permanently</a>.\n\n',
    );
  });

  it("has nats-server's text and tells the version", () => {
    const { response } = answerHandshake(head({ Upgrade: undefined }), options, facts);
    expect(response).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(response).toContain('\r\nSec-Websocket-Version: 13\r\n');
    expect(response.endsWith('\r\n\r\nBad Request\n')).toBe(true);
  });
});

describe('origins', () => {
  it.each([
    ['http://nats.example:8080', '101'],
    ['http://NATS.example:8080', '101'],
    ['http://nats.example', '403'],
    ['http://nats.example:8081', '403'],
    ['http://evil.example:8080', '403'],
    ['null', '403'],
    ['http://nats.example:8080@evil.example', '403'],
    ['file://', '403'],
  ])('same_origin answers %s with %s', (Origin, status) => {
    expect(statusOf(head({ Origin }), { sameOrigin: true })).toBe(status);
  });

  it('let clients without one in', () => {
    expect(statusOf(head(), { sameOrigin: true, allowedOrigins: ['https://a.example'] })).toBe('101');
  });

  it('of the list count with scheme and port', () => {
    const rules = { sameOrigin: false, allowedOrigins: ['https://a.example', 'http://b.example:81'] };
    expect(originRefusal(rules, 'https://a.example', 'h', false)).toBeUndefined();
    expect(originRefusal(rules, 'https://a.example:443', 'h', false)).toBeUndefined();
    expect(originRefusal(rules, 'http://b.example:81', 'h', false)).toBeUndefined();
    expect(originRefusal(rules, 'http://a.example', 'h', false)).toBe('not in the allowed list');
    expect(originRefusal(rules, 'https://b.example:81', 'h', false)).toBe('not in the allowed list');
  });

  it('must pass both checks when both are asked for', () => {
    const rules = { sameOrigin: true, allowedOrigins: ['http://a.example'] };
    expect(originRefusal(rules, 'http://a.example', 'a.example', false)).toBeUndefined();
    expect(originRefusal(rules, 'http://a.example', 'h.example', false)).toBe('not same origin');
    expect(originRefusal(rules, 'http://h.example', 'h.example', false)).toBe('not in the allowed list');
  });

  it('know the default port of TLS', () => {
    const rules = { sameOrigin: true, allowedOrigins: [] };
    expect(originRefusal(rules, 'https://h.example', 'h.example', true)).toBeUndefined();
    expect(originRefusal(rules, 'http://h.example', 'h.example', true)).toBe('not same origin');
  });

  it('are read from the old header too', () => {
    expect(statusOf(head({ 'Sec-WebSocket-Origin': 'http://evil.example' }), { sameOrigin: true })).toBe('403');
  });
});

describe('what is agreed on', () => {
  it('is compression only when both want it', () => {
    const offer = { 'Sec-WebSocket-Extensions': 'x-other, permessage-deflate; client_max_window_bits' };
    expect(agreementOf(offer)?.hasCompression).toBe(false);
    expect(agreementOf({}, { compression: true })?.hasCompression).toBe(false);
    expect(agreementOf(offer, { compression: true })?.hasCompression).toBe(true);
    expect(answerHandshake(head(offer), { ...options, compression: true }, facts).response).toContain(
      'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n',
    );
  });

  it('knows browsers, and Safari among them', () => {
    expect(agreementOf({ 'User-Agent': 'nats.py' })).toMatchObject({ isBrowser: false });
    const chrome = 'Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36';
    expect(agreementOf({ 'User-Agent': chrome })).toMatchObject({ isBrowser: true, takesCompressedFragments: true });
    const safari = 'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15';
    expect(agreementOf({ 'User-Agent': safari })).toMatchObject({ isBrowser: true, takesCompressedFragments: false });
  });

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
    ['203.0.113.7, 10.0.0.1', undefined],
    ['256.0.0.1', undefined],
    ['1.2.3', undefined],
    ['evil.example', undefined],
    [`${'1'.repeat(60)}`, undefined],
  ])('takes X-Forwarded-For %s for %s', (value, expected) => {
    expect(agreementOf({ 'X-Forwarded-For': value })?.forwardedFor).toBe(expected);
  });
});

describe('configured headers', () => {
  it('are refused at the start when they could not be sent', () => {
    expect(() => checkHeaders({ 'X-Good': 'yes' })).not.toThrow();
    expect(() => checkHeaders({ 'X-Bad': 'a\r\nSet-Cookie: x' })).toThrow(/cannot be sent/);
    expect(() => checkHeaders({ 'X Bad': 'a' })).toThrow(/cannot be sent/);
  });
});
