/** TLS through a proxy that says first for whom it speaks: the header comes in the clear, then the handshake goes on with the client. */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker.ts';
import { nodeEnv } from '../../src/index.ts';
import type { TlsOptions } from '../../src/options.ts';
import { ManualClock } from '../support/manual-clock.ts';

const file = (name: string): string => fileURLToPath(new URL(`./certificates/${name}.pem`, import.meta.url));
const HEADER = 'PROXY TCP4 1.2.3.4 5.6.7.8 1111 2222\r\n';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startBroker(tls: Partial<TlsOptions> = {}): Promise<Broker> {
  const certificates = [{ certFile: file('server'), keyFile: file('server-key') }];
  const broker = await Broker.start({ port: 0, proxyProtocol: true, tls: { certificates, ...tls } });
  ends.push(() => broker.stop());
  return broker;
}

async function open(broker: Broker): Promise<Socket> {
  const socket = connectTcp(broker.port, '127.0.0.1');
  socket.on('error', () => undefined);
  ends.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function line(socket: Socket): Promise<string> {
  let text = '';
  while (!text.includes('\r\n')) text += String((await once(socket, 'data'))[0]);
  return text;
}

/** Handshake, CONNECT and PING on a connection; gives what comes back. */
async function work(socket: Socket): Promise<string> {
  const secured = connectTls({ socket, rejectUnauthorized: false });
  secured.on('error', () => undefined);
  await once(secured, 'secureConnect');
  secured.write('CONNECT {"verbose":false}\r\nPING\r\n');
  let text = '';
  while (!text.includes('PONG')) text += String((await once(secured, 'data'))[0]);
  return text;
}

const peersOf = (broker: Broker): string[] =>
  [...broker.server.clients.values()].map(({ peer }) => `${peer.address}:${peer.port}`);

describe('TLS behind a proxy', () => {
  it('is with the client that the header names, which INFO does not know yet', async () => {
    const broker = await startBroker();
    const socket = await open(broker);
    expect(await line(socket)).not.toContain('client_ip');
    socket.write(HEADER);
    await work(socket);
    expect(peersOf(broker)).toEqual(['1.2.3.4:1111']);
  });

  it('may come without a header', async () => {
    const broker = await startBroker();
    const socket = await open(broker);
    await line(socket);
    await work(socket);
    expect(peersOf(broker)).toEqual([`127.0.0.1:${socket.localPort}`]);
  });

  it.each([
    ['at once', {}],
    ['or after a while in the clear', { handshakeFallbackMs: 2000 }],
  ])('comes before INFO where the handshake does, %s', async (_how, more) => {
    const broker = await startBroker({ handshakeFirst: true, ...more });
    const socket = await open(broker);
    socket.write(HEADER);
    expect(await work(socket)).toContain('"client_ip":"1.2.3.4"');
    expect(peersOf(broker)).toEqual(['1.2.3.4:1111']);
  });

  it('does not begin after a wrong header', async () => {
    const broker = await startBroker();
    const socket = await open(broker);
    await line(socket);
    socket.write('PROXY TCP4 1.2.3.4\r\n');
    socket.resume();
    await once(socket, 'close');
    const closed = broker.server.clients.closed();
    expect(closed.map(({ reason }) => reason)).toEqual(['Protocol Violation']);
  });

  it.each([[false], [true]])(
    'waits for a header as long, and says as much, as without TLS (handshake first: %s)',
    async (handshakeFirst) => {
      const clock = new ManualClock();
      const lines: string[] = [];
      const log = { isDebug: false, isTrace: false, write: (_level: string, text: string) => lines.push(text) };
      const certificates = [{ certFile: file('server'), keyFile: file('server-key') }];
      const auth = { users: [{ user: 'a', password: 'b' }], timeoutMs: 2000 };
      const options = { port: 0, proxyProtocol: true, auth, tls: { certificates, handshakeFirst } };
      const broker = await Broker.start(options, { ...nodeEnv(), clock, log });
      const [silent, begun, gone] = [await open(broker), await open(broker), await open(broker)];
      begun.write('PROXY TCP4');
      gone.end('PRO');
      const all = [silent, begun, gone].map((socket) => once(socket.resume(), 'close'));
      const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
      // Whatever was sent has arrived when the end of the last connection has.
      while (lines.length < 1) await turn();
      while (lines.length < 3) {
        clock.advance(50);
        await turn();
      }
      const texts = lines.filter((text) => text.startsWith('Error reading')).map((text) => text.replace(/^.*?\d: /, ''));
      expect(texts.sort()).toEqual([
        'failed to read protocol version: EOF',
        'failed to read protocol version: unexpected EOF',
        expect.stringMatching(/^failed to read v1 line: read tcp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+: i\/o timeout$/),
      ]);
      await Promise.all(all);
      const stopped = broker.stop();
      clock.advance(60_000);
      await stopped;
    },
  );
});
