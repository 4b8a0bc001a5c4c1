/** The WebSocket listener and the clients that people use: `ws`, and the official client's `wsconnect`. */
import { type NatsConnection, wsconnect } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { Broker } from '../../src/index.ts';

const options = {
  port: 0,
  websocket: {
    host: '127.0.0.1',
    port: 0,
    noTls: true,
    sameOrigin: false,
    allowedOrigins: [],
    compression: true,
    handshakeTimeoutMs: 2000,
    headers: {},
  },
};

let broker: Broker;
let url: string;
const hadWebSocket = globalThis.WebSocket;
beforeAll(async () => {
  broker = await Broker.start(options);
  url = `ws://127.0.0.1:${broker.websocketPort}`;
  // Node 20 has no WebSocket of its own, and the official client looks for the browser's.
  Object.defineProperty(globalThis, 'WebSocket', { value: WebSocket, configurable: true, writable: true });
});
afterAll(async () => {
  Object.defineProperty(globalThis, 'WebSocket', { value: hadWebSocket, configurable: true, writable: true });
  await broker.stop();
});

/** Sends text and collects what comes until `isEnough`. */
function exchange(socket: WebSocket, text: string, isEnough: (seen: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = '';
    socket.on('message', (data: Buffer) => {
      seen += data.toString('latin1');
      if (isEnough(seen)) resolve(seen);
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${seen}`)));
    socket.send(text);
  });
}

const opened = (socket: WebSocket): Promise<void> => new Promise((resolve) => socket.once('open', () => resolve()));

describe('ws', () => {
  it.each([
    ['without compression', false],
    ['with compression', true],
  ])('exchanges messages of every size class %s', async (_name, perMessageDeflate) => {
    const socket = new WebSocket(url, { perMessageDeflate });
    await opened(socket);
    expect(socket.extensions).toBe(perMessageDeflate ? 'permessage-deflate' : '');
    for (const size of [0, 1, 100, 126, 70_000, 700_000]) {
      const payload = 'x1y2z3'.repeat(Math.ceil(size / 6)).slice(0, size);
      const frame = `MSG echo.${size} 1 ${size}\r\n${payload}\r\n`;
      const sent = `CONNECT {"verbose":false}\r\nSUB echo.${size} 1\r\nPUB echo.${size} ${size}\r\n${payload}\r\n`;
      expect(await exchange(socket, sent, (seen) => seen.endsWith(frame))).toContain(frame);
    }
    socket.terminate();
  });

  it('is pinged back and closed in order', async () => {
    const socket = new WebSocket(url);
    await opened(socket);
    const pong = new Promise((resolve) => socket.once('pong', (data) => resolve(data.toString())));
    socket.ping('there?');
    expect(await pong).toBe('there?');
    const closed = new Promise((resolve) => socket.once('close', (code) => resolve(code)));
    socket.close(1000);
    expect(await closed).toBe(1000);
  });
});

describe('the official client', () => {
  const open: NatsConnection[] = [];
  const keep = async (connection: Promise<NatsConnection>): Promise<NatsConnection> => {
    open.push(await connection);
    return connection;
  };
  afterAll(async () => {
    for (const connection of open) await connection.close();
  });

  it('over WebSocket asks a service that is attached over TCP, and the other way round', async () => {
    const web = await keep(wsconnect({ servers: url }));
    const tcp = await keep(connect({ servers: broker.url }));
    web.subscribe('from.tcp', { callback: (_error, message) => void message.respond(`web ${message.string()}`) });
    tcp.subscribe('from.web', { callback: (_error, message) => void message.respond(`tcp ${message.string()}`) });
    await web.flush();
    await tcp.flush();
    expect((await web.request('from.web', 'a')).string()).toBe('tcp a');
    expect((await tcp.request('from.tcp', 'b')).string()).toBe('web b');
  });

  it('publishes 20,000 messages over WebSocket without losing one or changing their order', async () => {
    const web = await keep(wsconnect({ servers: url }));
    const tcp = await keep(connect({ servers: broker.url }));
    const count = 20_000;
    let next = 0;
    const all = new Promise<void>((resolve, reject) => {
      tcp.subscribe('stream.>', {
        callback: (error, message) => {
          if (error !== null || Number(message.string()) !== next)
            return reject(new Error(`${message.string()} came, not ${next}`));
          if (++next === count) resolve();
        },
      });
    });
    await tcp.flush();
    for (let index = 0; index < count; index++) web.publish(`stream.${index % 3}`, `${index}`);
    await web.flush();
    await all;
    expect(next).toBe(count);
  });

  it('hears at once that nobody answers', async () => {
    const web = await keep(wsconnect({ servers: url }));
    await expect(web.request('nobody', '', { timeout: 5000 })).rejects.toThrow(/no responders/i);
  });
});
