/** Requests that Node's client does not make: what the monitoring port answers to them, as Go's net/http does. */
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { useSystem } from '../support/use-system.ts';

const system = useSystem({ monitor: { host: '127.0.0.1', port: 0, basePath: '', allowedHosts: [] } });

/** Everything that comes until the server closes; requests ask it to. */
function ask(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: system.broker.monitorPort ?? 0 }, () => socket.write(bytes));
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

const refusal = (status: string): string =>
  `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`;

describe('the monitoring port, asked by hand', () => {
  it.each([
    ['garbage\r\n\r\n', '400 Bad Request'],
    ['GET healthz HTTP/1.1\r\nHost: x\r\n\r\n', '400 Bad Request'],
    ['GET /healthz HTTP/1.1\r\n\r\n', '400 Bad Request: missing required Host header'],
    ['GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', '400 Bad Request'],
    ['GET /healthz HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n', '400 Bad Request: invalid header name'],
    ['GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n', '505 HTTP Version Not Supported: unsupported protocol version'],
  ])('refuses %j', async (bytes, status) => {
    expect(await ask(bytes)).toBe(refusal(status));
  });

  it.each(['/healthz', 'http://elsewhere/healthz', '/%68ealthz', '/healthz?js-enabled=1;x', '/healthz?js-enabled=%zz'])(
    'answers %s as /healthz',
    async (target) => {
      const answer = await ask(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n\{"status":"ok"\}$/);
    },
  );

  it('needs no host of a client of HTTP/1.0', async () => {
    expect(await ask('GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/\{"status":"ok"\}$/);
  });

  it('tunnels nowhere', async () => {
    expect(await ask('CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 404 Not Found\r\n[\s\S]*404 page not found\n$/,
    );
  });

  it('refuses a path with a broken escape', async () => {
    expect(await ask('GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  });
});
