/** The WebSocket listener of a running broker: handshake on the wire, frames, close frames, and clients beside TCP ones. */
import { connect } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Broker, type BrokerOptions, nodeEnv, type WebSocketOptions } from '../../src/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { connectLine, RawClient } from '../support/raw-client.ts';
import { clientFrame, readClose, type ServerFrame, serverFrames } from '../support/websocket-frames.ts';

const CLOSE = 8;
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const listening: WebSocketOptions = {
  host: '127.0.0.1',
  port: 0,
  noTls: true,
  sameOrigin: false,
  allowedOrigins: [],
  compression: false,
  handshakeTimeoutMs: 2000,
  headers: {},
};

function startBroker(webSocket: Partial<WebSocketOptions> = {}, options: BrokerOptions = {}): { get(): Broker } {
  let broker: Broker | undefined;
  beforeAll(async () => {
    broker = await Broker.start({ port: 0, websocket: { ...listening, ...webSocket }, ...options });
  });
  afterAll(() => broker?.stop());
  return {
    get: () => {
      if (broker === undefined) throw new Error('the broker has not started');
      return broker;
    },
  };
}

/** A WebSocket by hand. */
class RawWebSocket {
  private readonly client: RawClient;
  head = '';

  constructor(client: RawClient) {
    this.client = client;
  }

  static async open(broker: Broker, headers: Readonly<Record<string, string>> = {}): Promise<RawWebSocket> {
    const socket = new RawWebSocket(RawClient.openAtOnce(broker.websocketPort ?? 0));
    const all = {
      Host: 'h',
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Key': KEY,
      'Sec-WebSocket-Version': '13',
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.client.send(`GET / HTTP/1.1\r\n${lines.join('')}\r\n`);
    await socket.client.until(
      (text) => text.includes('\r\n\r\n') && (!text.startsWith('HTTP/1.1 101') || text.split('\r\n\r\n')[1] !== ''),
    );
    const end = socket.client.received.indexOf('\r\n\r\n') + 4;
    socket.head = socket.client.received.slice(0, end);
    socket.client.received = socket.client.received.slice(end);
    return socket;
  }

  get isClosed(): boolean {
    return this.client.isClosed;
  }

  send(...frames: Buffer[]): void {
    this.client.send(Buffer.concat(frames));
  }

  frames(): ServerFrame[] {
    return serverFrames(Buffer.from(this.client.received, 'latin1'));
  }

  /** The protocol text of all data frames so far. */
  text(): string {
    return this.frames()
      .filter((frame) => frame.opcode < CLOSE)
      .map((frame) => frame.payload.toString('latin1'))
      .join('');
  }

  async until(isEnough: (socket: RawWebSocket) => boolean): Promise<void> {
    await this.client.until(() => isEnough(this));
  }

  /** Waits for the end; returns the close frame, which must be the last frame. */
  async closed(): Promise<{ status: number; text: string }> {
    await this.client.closed();
    const last = this.frames().at(-1);
    if (last?.opcode !== CLOSE) throw new Error('the last frame is no close frame');
    return readClose(last.payload);
  }

  end(): void {
    this.client.end();
  }
}

describe('a WebSocket client', () => {
  const fixture = startBroker({ headers: { 'X-Cell': 'blue' } });

  it('gets INFO of its listener in a binary frame', async () => {
    const socket = await RawWebSocket.open(fixture.get());
    expect(socket.head).toContain('X-Cell: blue\r\n');
    const [frame] = socket.frames();
    expect(frame).toMatchObject({ opcode: 2, isFinal: true });
    expect(JSON.parse(frame?.payload.toString().slice(5) ?? '')).toMatchObject({
      host: '127.0.0.1',
      port: fixture.get().websocketPort,
    });
    socket.end();
  });

  it('exchanges messages with TCP clients, in text and binary frames cut anywhere', async () => {
    const tcp = await RawClient.ready(fixture.get().port);
    const socket = await RawWebSocket.open(fixture.get());
    const text = Buffer.from(`${connectLine()}SUB to.web 1\r\nPUB to.tcp 5\r\nhello\r\nPING\r\n`);
    await tcp.settle('SUB to.tcp 9\r\n');
    socket.send(
      clientFrame(1, text.subarray(0, 30), { isFinal: false }),
      clientFrame(0, text.subarray(30, 31)),
      clientFrame(2, text.subarray(31)),
    );
    await socket.until((seen) => seen.text().includes('PONG'));
    expect(await tcp.settle('PUB to.web 2\r\nhi\r\n')).toBe('MSG to.tcp 9 5\r\nhello\r\n');
    await socket.until((seen) => seen.text().endsWith('MSG to.web 1 2\r\nhi\r\n'));
    tcp.end();
    socket.end();
  });

  it('is on record as one', async () => {
    const socket = await RawWebSocket.open(fixture.get(), { 'X-Forwarded-For': '203.0.113.9' });
    const known = [...fixture.get().server.clients.values()].find((client) => client.peer.forwardedFor !== undefined);
    // What a proxy of HTTP says is shown in the log alone: anybody may say it.
    expect(known?.peer).toMatchObject({ kind: 'websocket', isTls: false, address: '127.0.0.1', forwardedFor: '203.0.113.9' });
    socket.end();
  });

  it('gets each ping answered with its own payload', async () => {
    const socket = await RawWebSocket.open(fixture.get());
    socket.send(clientFrame(9, 'one'), clientFrame(9, ''), clientFrame(10, 'unasked'));
    await socket.until((seen) => seen.frames().length >= 3);
    expect(
      socket
        .frames()
        .slice(1)
        .map((frame) => [frame.opcode, frame.payload.toString()]),
    ).toEqual([
      [10, 'one'],
      [10, ''],
    ]);
    socket.end();
  });

  it('gets its close frame back after the answers that it is owed', async () => {
    const socket = await RawWebSocket.open(fixture.get());
    socket.send(clientFrame(2, `${connectLine()}PING\r\n`), clientFrame(CLOSE, Buffer.from('\x03\xe8bye', 'latin1')));
    expect(await socket.closed()).toEqual({ status: 1000, text: 'bye' });
    expect(socket.text()).toMatch(/PONG\r\n$/);
    expect(fixture.get().server.clients.closed().at(-1)?.reason).toBe('Client Closed');
  });

  it.each([
    ['BLAH\r\n', 1002, 'Protocol Violation', "-ERR 'Unknown Protocol Operation'\r\n"],
    ['SUB a\r\n', 1002, 'Protocol Violation', ''],
    ['PUB a 99999999\r\n', 1009, 'Maximum Message Payload Exceeded', "-ERR 'Maximum Payload Violation'\r\n"],
    [`SUB ${'a'.repeat(5000)} 1\r\n`, 1008, 'Maximum Control Line Exceeded', "-ERR 'maximum control line exceeded'\r\n"],
  ])('is told why it is closed: %j', async (text, status, reason, error) => {
    const socket = await RawWebSocket.open(fixture.get());
    socket.send(clientFrame(2, connectLine() + text));
    expect(await socket.closed()).toEqual({ status, text: reason });
    expect(socket.text().replace(/^INFO .* \r\n/, '')).toBe(error);
  });

  it('that breaks the framing is told so, and its record says Read Error', async () => {
    const socket = await RawWebSocket.open(fixture.get());
    socket.send(clientFrame(2, 'PING\r\n', { isMasked: false }));
    expect(await socket.closed()).toEqual({ status: 1002, text: 'mask bit missing' });
    expect(fixture.get().server.clients.closed().at(-1)?.reason).toBe('Read Error');
  });

  it('that claims a huge frame costs nothing and can be ended', async () => {
    const socket = await RawWebSocket.open(fixture.get());
    const before = process.memoryUsage().arrayBuffers;
    socket.send(clientFrame(2, `${connectLine()}PING\r\n`, { claimedBytes: 2n ** 52n }));
    await socket.until((seen) => seen.text().includes('PONG'));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000);
    socket.end();
  });

  it('gets large messages whole, a browser in frames of at most 4096 bytes', async () => {
    const payload = 'abcdefgh'.repeat(12_500);
    for (const [agent, isBrowser] of [
      ['nats', false],
      ['Mozilla/5.0 (X11) Chrome/120', true],
    ] as const) {
      const socket = await RawWebSocket.open(fixture.get(), { 'User-Agent': agent });
      socket.send(clientFrame(2, `${connectLine()}SUB big 1\r\nPUB big ${payload.length}\r\n${payload}\r\n`));
      await socket.until((seen) => seen.text().endsWith(`MSG big 1 ${payload.length}\r\n${payload}\r\n`));
      const longest = Math.max(...socket.frames().map((frame) => frame.payload.length));
      if (isBrowser) expect(longest).toBe(4096);
      else expect(longest).toBeGreaterThan(65_536);
      socket.end();
    }
  });

  it('is closed with 1001 when the server stops', async () => {
    const broker = await Broker.start({ port: 0, websocket: listening });
    const socket = await RawWebSocket.open(broker);
    await broker.stop();
    expect(await socket.closed()).toEqual({ status: 1001, text: 'Server Shutdown' });
  });
});

describe('a handshake', () => {
  const fixture = startBroker({ handshakeTimeoutMs: 1000, sameOrigin: true });
  const open = (): RawClient => RawClient.openAtOnce(fixture.get().websocketPort ?? 0);

  it('that is refused is answered in HTTP and closed', async () => {
    const client = open();
    const answer = await client.last('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    const foreign = open();
    expect(
      await foreign.last(
        `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\nOrigin: http://evil\r\n\r\n`,
      ),
    ).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
  });

  it('may follow refused requests on the same connection', async () => {
    const client = open();
    const upgrade = `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`;
    client.send('HEAD / HTTP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe');
    await client.until((text) => text.split('405 Method Not Allowed').length === 3);
    client.send(`llo${upgrade}`);
    await client.until((text) => text.includes('101 Switching Protocols'));
    expect(client.received).not.toContain('400 Bad Request');
    client.end();
  });

  it('is over after too many refused requests', async () => {
    const client = open();
    const answers = await client.last('HEAD / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(150));
    expect(answers.split('405 Method Not Allowed')).toHaveLength(101);
  });

  it('that never comes, or never ends, is cut off in time', async () => {
    const [mute, slow] = [open(), open()];
    slow.send('GET / HTTP/1.1\r\nHost: x\r\nX-');
    const start = performance.now();
    await Promise.all([mute.closed(), slow.closed()]);
    expect(performance.now() - start).toBeLessThan(5000);
    expect(mute.received).toBe('');
    expect(slow.received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  });

  it('that is too large is refused without reading on', async () => {
    const client = open();
    expect(await client.last(`GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${'a'.repeat(9000)}`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('with frames before its answer is closed without one', async () => {
    const client = open();
    const head = `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`;
    client.send(Buffer.concat([Buffer.from(head), clientFrame(2, 'PING\r\n')]));
    await client.closed();
    expect(client.received).toBe('');
  });

  it('byte by byte is as good as in one piece', async () => {
    const client = open();
    const head = `GET /x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`;
    for (const char of head) {
      client.send(char);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.until((text) => text.includes('101 Switching Protocols'));
    client.end();
  });

  it('leaves nothing behind when the peer goes away in the middle', async () => {
    const before = fixture.get().server.clients.size;
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const socket = connect(fixture.get().websocketPort ?? 0, '127.0.0.1');
        await new Promise((resolve) => socket.on('connect', resolve));
        socket.write('GET / HTTP/1.1\r\n');
        socket.destroy();
      }),
    );
    expect(fixture.get().server.clients.size).toBe(before);
  });
});

describe('compression', () => {
  const fixture = startBroker({ compression: true }, { maxPayloadBytes: 100_000 });
  const offer = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
  const zip = (text: string | Buffer): Buffer => deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4);

  it('is used both ways where both sides want it', async () => {
    const socket = await RawWebSocket.open(fixture.get(), offer);
    expect(socket.frames()[0]?.isCompressed).toBe(true);
    const before = socket.frames().length;
    const payload = 'compressible '.repeat(100);
    socket.send(clientFrame(2, zip(`${connectLine()}SUB z 1\r\nPUB z ${payload.length}\r\n${payload}\r\n`), { reserved: 4 }));
    await socket.until((seen) => seen.frames().length > before);
    const frame = socket.frames().at(-1);
    expect(frame?.isCompressed).toBe(true);
    expect(frame?.payload.length).toBeLessThan(payload.length / 5);
    socket.end();
  });

  it('leaves short output alone', async () => {
    const socket = await RawWebSocket.open(fixture.get(), offer);
    const before = socket.frames().length;
    socket.send(clientFrame(2, `${connectLine()}PING\r\n`));
    await socket.until((seen) => seen.frames().length > before);
    expect(socket.frames().at(-1)).toMatchObject({ isCompressed: false, payload: Buffer.from('PONG\r\n') });
    socket.end();
  });

  it('closes at what is no compressed data', async () => {
    const socket = await RawWebSocket.open(fixture.get(), offer);
    socket.send(clientFrame(2, 'not deflate at all', { reserved: 4 }));
    expect(await socket.closed()).toEqual({ status: 1007, text: 'invalid compressed data' });
  });

  it('closes a bomb with 1009 as soon as it passes eight times max_payload', async () => {
    const bomb = zip(Buffer.alloc(20_000_000));
    const before = process.memoryUsage().rss;
    for (let count = 0; count < 50; count++) {
      const socket = await RawWebSocket.open(fixture.get(), offer);
      socket.send(clientFrame(2, bomb, { reserved: 4 }));
      expect(await socket.closed()).toEqual({ status: 1009, text: 'message too big' });
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(64_000_000);
  });
});

describe('compression before CONNECT', () => {
  const fixture = startBroker({ compression: true }, { auth: { users: [], token: 'secret', timeoutMs: 2000 } });

  it('may unfold to 64 KiB only', async () => {
    const socket = await RawWebSocket.open(fixture.get(), { 'Sec-WebSocket-Extensions': 'permessage-deflate' });
    const bomb = deflateRawSync(Buffer.alloc(1_000_000), { finishFlush: 2 }).subarray(0, -4);
    socket.send(clientFrame(2, bomb, { reserved: 4 }));
    expect(await socket.closed()).toEqual({ status: 1009, text: 'message too big' });
  });
});

describe('authentication over WebSocket', () => {
  const fixture = startBroker(
    { noAuthUser: 'guest' },
    {
      auth: {
        users: [
          { user: 'guest', password: 'x', permissions: { publish: { allow: ['open'], deny: [] } } },
          { user: 'tcp', password: 'x', allowedConnectionTypes: ['STANDARD'] },
        ],
        timeoutMs: 2000,
      },
    },
  );

  it('has a no_auth_user of its own', async () => {
    const socket = await RawWebSocket.open(fixture.get());
    // INFO says what the server asks for in general, as nats-server's does.
    expect(socket.text()).toContain('"auth_required":true');
    socket.send(clientFrame(2, `${connectLine()}PUB closed 0\r\n\r\nPING\r\n`));
    await socket.until((seen) => seen.text().includes('PONG'));
    expect(socket.text()).toContain('Permissions Violation for Publish to "closed"');
    socket.end();
    const tcp = await RawClient.open(fixture.get().port);
    expect(tcp.info['auth_required']).toBe(true);
    tcp.end();
  });

  it('refuses users that may not attach this way', async () => {
    const socket = await RawWebSocket.open(fixture.get());
    socket.send(clientFrame(2, connectLine({ user: 'tcp', pass: 'x' })));
    expect(await socket.closed()).toEqual({ status: 1008, text: 'Authentication Failure' });
  });
});

describe('ping_interval', () => {
  const clock = new ManualClock();
  let broker: Broker;
  beforeAll(async () => {
    const websocket = { ...listening, pingIntervalMs: 1000 };
    broker = await Broker.start({ port: 0, websocket, writeDeadlineMs: 1000 }, { ...nodeEnv(), clock });
  });
  afterAll(async () => {
    const stopped = broker.stop();
    clock.advance(60_000);
    await stopped;
  });

  it('may be shorter for WebSocket clients than for others', async () => {
    const [web, tcp] = [await RawWebSocket.open(broker), await RawClient.ready(broker.port)];
    web.send(clientFrame(2, connectLine()));
    const pings = (text: string): number => text.split('PING\r\n').length - 1;
    for (let step = 0; step < 12; step++) {
      clock.advance(500);
      web.send(clientFrame(2, 'PONG\r\n'));
      await tcp.settle('PONG\r\n');
    }
    await web.until((seen) => pings(seen.text()) >= 1);
    clock.advance(5000);
    await web.closed();
    expect(web.text()).toContain('Stale Connection');
    expect(tcp.isClosed).toBe(false);
    tcp.end();
  });
});

describe('a listener', () => {
  it('does not start in the clear where TLS is meant', async () => {
    await expect(Broker.start({ port: 0, websocket: { ...listening, noTls: false } })).rejects.toThrow(
      'websocket requires TLS configuration',
    );
  });

  it('rejects with the code of the system when the port is taken', async () => {
    const broker = await Broker.start({ port: 0, websocket: listening });
    const port = broker.websocketPort ?? 0;
    await expect(Broker.start({ port: 0, websocket: { ...listening, port } })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await broker.stop();
  });
});
