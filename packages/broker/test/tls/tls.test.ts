/** TLS on the client port and on WebSocket, with the official client and with raw sockets. */
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { connect } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { Broker, type BrokerOptions } from '../../src/broker.ts';
import type { TlsOptions } from '../../src/options.ts';

const file = (name: string): string => fileURLToPath(new URL(`./certificates/${name}.pem`, import.meta.url));
const pair = (name: string) => ({ certFile: file(name), keyFile: file(`${name}-key`) });
const ca = readFileSync(file('ca'));
const clientPair = { cert: readFileSync(file('client')), key: readFileSync(file('client-key')) };

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startBroker(tls: Partial<TlsOptions>, more: BrokerOptions = {}): Promise<Broker> {
  const broker = await Broker.start({ port: 0, tls: { certificates: [pair('server')], ...tls }, ...more });
  ends.push(() => broker.stop());
  return broker;
}

/** Everything that arrives until `isEnough` says so or the socket is closed. */
function readUntil(socket: Socket, isEnough: (text: string) => boolean): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (isEnough(text)) resolve(text);
    });
    socket.on('close', () => resolve(text));
    socket.on('error', () => undefined);
  });
}

function open(socket: Socket | TLSSocket): Socket {
  ends.push(() => socket.destroy());
  return socket;
}

/** INFO as it comes on a new connection, in the clear. */
async function readInfo(broker: Broker): Promise<Record<string, unknown>> {
  const text = await readUntil(open(connectTcp(broker.port, '127.0.0.1')), (seen) => seen.includes('\r\n'));
  return JSON.parse(text.slice('INFO '.length)) as Record<string, unknown>;
}

describe('TLS for clients', () => {
  it('serves the official client, which upgrades after INFO', async () => {
    const broker = await startBroker({});
    const connection = await connect({ servers: `localhost:${broker.port}`, tls: { ca: ca.toString() }, reconnect: false });
    ends.push(() => connection.close());
    connection.subscribe('echo', { callback: (_error, message) => void message.respond(message.data) });
    const payload = new Uint8Array(300_000).fill(7);
    const answer = await connection.request('echo', payload);
    expect(answer.data).toEqual(payload);
  });

  it('says in INFO that TLS is required, and that certificates are verified', async () => {
    expect(await readInfo(await startBroker({}))).toMatchObject({ tls_required: true });
    expect(await readInfo(await startBroker({ verify: true, caFile: file('ca') }))).toMatchObject({ tls_verify: true });
  });

  it('closes a client that goes on in the clear, without a word', async () => {
    const broker = await startBroker({});
    const socket = open(connectTcp(broker.port, '127.0.0.1'));
    socket.write('CONNECT {"verbose":false}\r\nPING\r\n');
    const text = await readUntil(socket, () => false);
    expect(text).not.toContain('PONG');
    expect(text.match(/-ERR/)).toBeNull();
    expect(broker.server.clients.closed().map(({ reason }) => reason)).toEqual(['TLS Handshake Failure']);
  });

  it('serves both on one port when clients may do without', async () => {
    const broker = await startBroker({}, { allowNonTls: true });
    expect(await readInfo(broker)).toMatchObject({ tls_available: true });
    const plain = open(connectTcp(broker.port, '127.0.0.1'));
    plain.write('CONNECT {"verbose":false}\r\nPING\r\n');
    expect(await readUntil(plain, (text) => text.includes('PONG'))).toContain('PONG');
    const secure = await connect({ servers: `localhost:${broker.port}`, tls: { ca: ca.toString() }, reconnect: false });
    await secure.flush();
    await secure.close();
  });

  it('begins with TLS when it is told to, and INFO comes inside', async () => {
    const broker = await startBroker({ handshakeFirst: true });
    const socket = open(connectTls({ port: broker.port, host: '127.0.0.1', ca, servername: 'localhost' }));
    expect(await readUntil(socket, (text) => text.includes('\r\n'))).toMatch(/^INFO \{/);
  });

  it('waits for a TLS hello for a while and then sends INFO in the clear', async () => {
    const broker = await startBroker({ handshakeFirst: true, handshakeFallbackMs: 30 });
    expect(await readInfo(broker)).toMatchObject({ tls_required: true });
    const socket = open(connectTls({ port: broker.port, host: '127.0.0.1', ca, servername: 'localhost' }));
    expect(await readUntil(socket, (text) => text.includes('\r\n'))).toMatch(/^INFO \{/);
  });

  it('says nothing to who speaks in the clear in that while', async () => {
    const broker = await startBroker({ handshakeFirst: true, handshakeFallbackMs: 5000 });
    const socket = open(connectTcp(broker.port, '127.0.0.1'));
    let received = '';
    socket.on('data', (chunk) => {
      received += String(chunk);
    });
    socket.on('error', () => undefined);
    socket.write('CONNECT {}\r\nPING\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(received).not.toContain('INFO');
  });

  it('refuses a client without a certificate, or with one of a stranger, when it must verify', async () => {
    const broker = await startBroker({ verify: true, caFile: file('ca') });
    const servers = `localhost:${broker.port}`;
    const stranger = { cert: readFileSync(file('stranger'), 'utf8'), key: readFileSync(file('stranger-key'), 'utf8') };
    await expect(connect({ servers, tls: { ca: ca.toString() }, reconnect: false })).rejects.toThrow();
    await expect(connect({ servers, tls: { ca: ca.toString(), ...stranger }, reconnect: false })).rejects.toThrow();
    const tls = { ca: ca.toString(), cert: clientPair.cert.toString(), key: clientPair.key.toString() };
    const connection = await connect({ servers, tls, reconnect: false });
    await connection.close();
  });

  it.each(['joe@sluice.test', 'CN=client,O=Sluice', 'O=Sluice,CN=client', 'cn=client,o=Sluice'])(
    'maps a certificate to the user %s',
    async (user) => {
      const auth = { users: [{ user, password: '' }], timeoutMs: 2000 };
      const broker = await startBroker({ verifyAndMap: true, caFile: file('ca') }, { auth });
      const tls = { ca: ca.toString(), cert: clientPair.cert.toString(), key: clientPair.key.toString() };
      const connection = await connect({ servers: `localhost:${broker.port}`, tls, reconnect: false });
      const [client] = [...broker.server.clients.values()];
      expect(client?.identity?.user).toBe(user);
      await connection.close();
    },
  );

  it.each([
    ['a password that is not given', [{ user: 'joe@sluice.test', password: 'p' }], {}, false],
    ['its password', [{ user: 'joe@sluice.test', password: 'p' }], { user: 'any', pass: 'p' }, true],
    ['another name in CONNECT', [{ user: 'joe@sluice.test', password: '' }], { user: 'u' }, true],
    [
      'credentials of another user',
      [
        { user: 'joe@sluice.test', password: '' },
        { user: 'u', password: 'p' },
      ],
      { user: 'u', pass: 'p' },
      false,
    ],
    ['the user of those without', [{ user: 'guest', password: 'p' }], {}, false],
  ] as const)('maps a certificate to a user with %s, or not', async (_name, users, credentials, isIn) => {
    const auth = { users: [...users], timeoutMs: 2000, ...(users[0].user === 'guest' ? { noAuthUser: 'guest' } : {}) };
    const broker = await startBroker({ verifyAndMap: true, caFile: file('ca') }, { auth });
    const tls = { ca: ca.toString(), cert: clientPair.cert.toString(), key: clientPair.key.toString() };
    const login = connect({ servers: `localhost:${broker.port}`, tls, reconnect: false, ...credentials });
    if (isIn) await (await login).close();
    else await expect(login).rejects.toThrow(/Authorization Violation/i);
  });

  it('knows the chain by which a certificate was verified, with the authority that was not sent', async () => {
    const broker = await startBroker({ verify: true, caFile: file('ca'), handshakeFirst: true });
    // Without an authority of its own this client has none to send.
    const socket = open(connectTls({ port: broker.port, host: '127.0.0.1', rejectUnauthorized: false, ...clientPair }));
    await readUntil(socket, (seen) => seen.includes('\r\n'));
    const [client] = [...broker.server.clients.values()];
    const subjects = client?.peer.tls?.pemChain().map((pem) => new X509Certificate(pem).subject);
    expect(subjects).toEqual([clientPair.cert, ca].map((pem) => new X509Certificate(pem).subject));
    expect(client?.peer.tls?.certificates).toHaveLength(1);
  });

  it('accepts only pinned keys', async () => {
    const spki = new X509Certificate(clientPair.cert).publicKey.export({ type: 'spki', format: 'der' });
    const pin = createHash('sha256').update(spki).digest('hex');
    const tls = { ca: ca.toString(), cert: clientPair.cert.toString(), key: clientPair.key.toString() };
    const pinned = await startBroker({ verify: true, caFile: file('ca'), pinnedCerts: [pin] });
    const connection = await connect({ servers: `localhost:${pinned.port}`, tls, reconnect: false });
    await connection.close();
    for (const handshakeFirst of [false, true]) {
      const other = await startBroker({ verify: true, caFile: file('ca'), pinnedCerts: ['0'.repeat(64)], handshakeFirst });
      const login = connect({
        servers: `localhost:${other.port}`,
        tls: { ...tls, handshakeFirst },
        reconnect: false,
        timeout: 2000,
      });
      await expect(login).rejects.toThrow();
      expect(other.server.counters.totalConnections).toBe(handshakeFirst ? 0 : 1);
    }
  });

  it('lets a mapped user in only by the ways that it is bound to', async () => {
    const tls = { ca: ca.toString(), cert: clientPair.cert.toString(), key: clientPair.key.toString() };
    for (const way of ['STANDARD', 'WEBSOCKET']) {
      const auth = { users: [{ user: 'joe@sluice.test', password: '', allowedConnectionTypes: [way] }], timeoutMs: 2000 };
      const broker = await startBroker({ verifyAndMap: true, caFile: file('ca') }, { auth });
      const login = connect({ servers: `localhost:${broker.port}`, tls, reconnect: false });
      if (way === 'STANDARD') await (await login).close();
      else await expect(login).rejects.toThrow(/Authorization Violation/i);
    }
  });

  it('chooses the certificate by the name that the client asks for', async () => {
    const broker = await startBroker({ handshakeFirst: true, certificates: [pair('server'), pair('other')] });
    const subjectFor = (servername: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connectTls({ port: broker.port, host: '127.0.0.1', ca, servername }, () => {
          resolve(String(socket.getPeerCertificate().subject.CN));
        });
        socket.on('error', reject);
        open(socket);
      });
    expect(await subjectFor('localhost')).toBe('localhost');
    expect(await subjectFor('other.test')).toBe('other.test');
  });

  it('does not speak TLS 1.2 when 1.3 is the minimum', async () => {
    const broker = await startBroker({ handshakeFirst: true, minVersion: '1.3' });
    const socket = connectTls({ port: broker.port, host: '127.0.0.1', ca, servername: 'localhost', maxVersion: 'TLSv1.2' });
    const failure = await new Promise<Error | undefined>((resolve) => {
      socket.on('error', resolve);
      socket.on('secureConnect', () => resolve(undefined));
    });
    socket.destroy();
    expect(failure).toBeDefined();
  });

  it('says so when there are too many handshakes in a second', async () => {
    const broker = await startBroker({ connectionRateLimit: 1 });
    const texts = await Promise.all(
      [1, 2, 3].map(() => readUntil(open(connectTcp(broker.port, '127.0.0.1')), (text) => text.includes('\r\n'))),
    );
    const refused = texts.filter((text) => text.includes("-ERR 'Connection throttling is active. Please try again later.'"));
    expect(refused.length).toBeGreaterThanOrEqual(1);
  });

  it('serves WebSocket clients over TLS', async () => {
    const broker = await Broker.start({
      port: 0,
      websocket: {
        host: '127.0.0.1',
        port: 0,
        noTls: false,
        tls: { certificates: [pair('server')] },
        sameOrigin: false,
        allowedOrigins: [],
        compression: false,
        handshakeTimeoutMs: 2000,
        headers: {},
      },
    });
    ends.push(() => broker.stop());
    const socket = new WebSocket(`wss://localhost:${broker.websocketPort}`, { ca });
    const first = await new Promise<string>((resolve, reject) => {
      socket.on('message', (data) => resolve(String(data)));
      socket.on('error', reject);
    });
    socket.close();
    expect(first).toContain('"tls_required":true');
  });

  it('refuses to start with a certificate that is not there', async () => {
    const tls = { certificates: [{ certFile: '/nowhere/cert.pem', keyFile: '/nowhere/key.pem' }] };
    await expect(Broker.start({ port: 0, tls })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
