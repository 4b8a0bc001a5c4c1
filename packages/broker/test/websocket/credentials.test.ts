/** Who a browser is: cookies that stand in for fields of CONNECT, credentials that only WebSocket clients have, and TLS below it all. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { Broker, type BrokerOptions } from '../../src/broker.ts';
import type { WebSocketOptions } from '../../src/options.ts';
import { RawClient } from '../support/raw-client.ts';

const file = (name: string): string => fileURLToPath(new URL(`../tls/certificates/${name}.pem`, import.meta.url));
const users = [{ user: 'ann', password: 'secret' }];

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startBroker(websocket: Partial<WebSocketOptions>, more: BrokerOptions = {}): Promise<Broker> {
  const base = { host: '127.0.0.1', port: 0, noTls: true, sameOrigin: false, allowedOrigins: [], compression: false };
  const options = { ...base, handshakeTimeoutMs: 2000, headers: {}, ...websocket };
  const broker = await Broker.start({ port: 0, websocket: options, ...more });
  ends.push(() => broker.stop());
  return broker;
}

/** What the server says after CONNECT and PING, to its PONG or its end. */
function login(broker: Broker, options: WebSocket.ClientOptions, connect: object = {}, scheme = 'ws'): Promise<string> {
  const socket = new WebSocket(`${scheme}://127.0.0.1:${broker.websocketPort}`, options);
  ends.push(() => socket.terminate());
  return new Promise((resolve, reject) => {
    let seen = '';
    socket.on('open', () => socket.send(`CONNECT ${JSON.stringify({ verbose: false, ...connect })}\r\nPING\r\n`));
    socket.on('message', (data: Buffer) => {
      seen += data.toString('latin1');
      if (seen.includes('PONG')) resolve(seen);
    });
    socket.on('close', () => resolve(seen));
    socket.on('error', reject);
  });
}

describe('cookies', () => {
  const cookieNames = { user: 'who', pass: 'word' };
  const auth = { users, timeoutMs: 2000 };

  it('stand in for what CONNECT leaves out', async () => {
    const broker = await startBroker({ cookieNames }, { auth });
    expect(await login(broker, { headers: { Cookie: 'a=b; who=ann; word=secret' } })).toContain('PONG');
  });

  it('let nobody in with a wrong value, or under another name', async () => {
    const broker = await startBroker({ cookieNames }, { auth });
    const refused = "-ERR 'Authorization Violation'";
    expect(await login(broker, { headers: { Cookie: 'who=ann; word=wrong' } })).toContain(refused);
    expect(await login(broker, { headers: { Cookie: 'user=ann; pass=secret' } })).toContain(refused);
  });

  it('give way to what CONNECT says', async () => {
    const broker = await startBroker({ cookieNames }, { auth });
    const options = { headers: { Cookie: 'who=ann; word=secret' } };
    expect(await login(broker, options, { user: 'ann', pass: 'wrong' })).toContain('-ERR');
  });
});

describe('credentials of WebSocket clients', () => {
  it('take the place of the server’s own, which count elsewhere only', async () => {
    const broker = await startBroker({ auth: { user: 'browser', password: 'b' } }, { auth: { users, timeoutMs: 2000 } });
    expect(await login(broker, {}, { user: 'browser', pass: 'b' })).toContain('PONG');
    expect(await login(broker, {}, { user: 'ann', pass: 'secret' })).toContain('-ERR');
    const plain = await RawClient.open(broker.port);
    expect(await plain.settle('CONNECT {"verbose":false,"user":"ann","pass":"secret"}\r\n')).not.toContain('-ERR');
    plain.end();
  });
});

describe('a server without credentials but for WebSocket', () => {
  it('asks nobody else for any', async () => {
    const broker = await startBroker({ auth: { user: 'browser', password: 'b' } });
    expect(await login(broker, {})).toContain("-ERR 'Authorization Violation'");
    expect(await login(broker, {}, { user: 'browser', pass: 'b' })).toContain('PONG');
    const plain = await RawClient.open(broker.port);
    expect(plain.info['auth_required']).toBeUndefined();
    expect(await plain.settle('CONNECT {"verbose":false}\r\n')).not.toContain('-ERR');
    plain.end();
  });
});

describe('WebSocket over TLS', () => {
  it('is served with certificates of its own', async () => {
    const tls = { certificates: [{ certFile: file('server'), keyFile: file('server-key') }] };
    const broker = await startBroker({ noTls: false, tls });
    const options = { ca: readFileSync(file('ca')), servername: 'localhost' };
    expect(await login(broker, options, {}, 'wss')).toContain('PONG');
    await expect(login(broker, {}, {}, 'ws')).rejects.toThrow();
  });
});
