/** PROXY protocol: the pure reader, and clients behind a proxy. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker.ts';
import { readProxyHeader } from '../../src/connection/proxy-header.ts';
import { nodeEnv } from '../../src/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RawClient } from '../support/raw-client.ts';

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

function v2(command: number, family: number, body: Buffer): Buffer {
  return Buffer.concat([signature, Buffer.from([0x20 | command, family, body.length >> 8, body.length & 255]), body]);
}

const v4Body = Buffer.from([9, 8, 7, 6, 1, 1, 1, 1, 0x10, 0, 0x20, 0]);
const v6Body = Buffer.concat([
  Buffer.from('fd000000000000000000000000000001', 'hex'),
  Buffer.alloc(16),
  Buffer.from([0x10, 1, 0, 1]),
]);

const read = (bytes: Buffer | string) => {
  const buffer = Buffer.from(bytes);
  return readProxyHeader(buffer, buffer.length);
};

describe('a PROXY header', () => {
  it.each<[string, Buffer | string, object]>([
    [
      'names an IPv4 client',
      'PROXY TCP4 1.2.3.4 5.6.7.8 1111 2222\r\n',
      { kind: 'header', source: { address: '1.2.3.4', port: 1111 } },
    ],
    ['names an IPv6 client', 'PROXY TCP6 ::1 ::2 1111 2222\r\n', { kind: 'header', source: { address: '::1', port: 1111 } }],
    ['may not know its client', 'PROXY UNKNOWN\r\n', { kind: 'header', source: undefined }],
    [
      'names a client in binary',
      v2(1, 0x11, v4Body),
      { kind: 'header', lengthBytes: 28, source: { address: '9.8.7.6', port: 4096 } },
    ],
    ['names an IPv6 client in binary', v2(1, 0x21, v6Body), { kind: 'header', source: { address: 'fd00::1', port: 4097 } }],
    ['may be the proxy asking for itself', v2(0, 0, Buffer.alloc(0)), { kind: 'header', source: undefined }],
    ['is refused with a port missing', 'PROXY TCP4 1.2.3.4 5.6.7.8 1111\r\n', { kind: 'invalid' }],
    ['is refused when its line is too long', `PROXY TCP4 ${'x'.repeat(200)}\r\n`, { kind: 'invalid' }],
    ['is refused for datagrams', v2(1, 0x12, v4Body), { kind: 'invalid' }],
    ['is refused for an unknown command', v2(2, 0x11, v4Body), { kind: 'invalid' }],
    ['is refused with too few address bytes', v2(1, 0x11, Buffer.alloc(4)), { kind: 'invalid' }],
    ['is absent before a CONNECT', 'CONNECT {}\r\n', { kind: 'absent' }],
    ['may still come after the first letters', 'PROX', { kind: 'incomplete', doing: 'read protocol version', isBegun: true }],
    ['is waited for', '', { kind: 'incomplete', doing: 'read protocol version', isBegun: false }],
    ['is waited for to the end of its line', 'PROXY TCP4 1.2', { kind: 'incomplete', doing: 'read v1 line', isBegun: false }],
    ['is waited for to the end of its signature', signature.subarray(0, 8), { kind: 'incomplete', doing: 'read v2 signature' }],
    ['is waited for to its length', signature, { kind: 'incomplete', doing: 'read v2 header', isBegun: false }],
    [
      'is waited for to the end of its addresses',
      v2(1, 0x11, v4Body).subarray(0, 20),
      { kind: 'incomplete', doing: 'read IPv4 address data', isBegun: true },
    ],
    ['is refused with another signature', Buffer.concat([signature.subarray(0, 6), Buffer.alloc(10)]), { kind: 'invalid' }],
    ['is refused for an address with a zone', 'PROXY TCP6 fe80::1%e ::2 1 2\r\n', { kind: 'invalid' }],
    [
      'may have any blanks',
      'PROXY \t TCP4  1.2.3.4\t5.6.7.8 1 2  \r\n',
      { kind: 'header', source: { address: '1.2.3.4', port: 1 } },
    ],
    [
      'names IPv4 inside IPv6 as IPv4',
      'PROXY TCP6 ::FFFF:1.2.3.4 ::1 1 2\r\n',
      { kind: 'header', source: { address: '1.2.3.4', port: 1 } },
    ],
    [
      'names IPv6 in its usual form',
      'PROXY TCP6 2001:DB8::0001 ::1 1 2\r\n',
      { kind: 'header', source: { address: '2001:db8::1', port: 1 } },
    ],
  ])('%s', (_what, bytes, expected) => {
    expect(read(bytes)).toMatchObject(expected);
  });

  it('is read without an exception whatever the bytes are', () => {
    const withPrefix = fc.uint8Array({ maxLength: 200 }).map((tail) => Buffer.concat([signature, tail]));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
          withPrefix,
        ),
        (bytes) => {
          expect(['incomplete', 'absent', 'invalid', 'header']).toContain(readProxyHeader(bytes, bytes.length).kind);
        },
      ),
    );
  });
});

describe('clients behind a proxy', () => {
  let broker: Broker | undefined;
  afterEach(() => broker?.stop());

  async function open(): Promise<RawClient> {
    broker = await Broker.start({ port: 0, proxyProtocol: true });
    return RawClient.open(broker.port);
  }

  it('are shown with the address that the proxy names, however the header is cut', async () => {
    const client = await open();
    const bytes = Buffer.concat([v2(1, 0x11, v4Body), Buffer.from('CONNECT {"verbose":false}\r\nPING\r\n')]);
    for (const byte of bytes) client.send(Uint8Array.of(byte));
    await client.until((text) => text.includes('PONG'));
    const [connection] = [...(broker?.server.clients.values() ?? [])];
    expect(connection?.peer).toMatchObject({ address: '9.8.7.6', port: 4096 });
  });

  it('are logged with the end of the proxy when they go wrong', async () => {
    const lines: string[] = [];
    const log = { isDebug: false, isTrace: false, write: (_level: string, text: string) => lines.push(text) };
    broker = await Broker.start({ port: 0, proxyProtocol: true }, { ...nodeEnv(), log });
    const client = await RawClient.open(broker.port);
    client.send('PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nPING\r\nZORK\r\n');
    await client.closed();
    expect(lines.at(-1)).toMatch(/^127\.0\.0\.1:\d+ - cid:\d+ - Client parser ERROR, state=0, i=6: proto='"ZORK\\r"\.\.\.'$/);
  });

  it('that never send a whole header are closed in time, and the log says how far they came', async () => {
    const clock = new ManualClock();
    const lines: string[] = [];
    const log = { isDebug: false, isTrace: false, write: (_level: string, text: string) => lines.push(text) };
    broker = await Broker.start({ port: 0, proxyProtocol: true }, { ...nodeEnv(), clock, log });
    const [silent, begun, gone] = [
      await RawClient.open(broker.port),
      await RawClient.open(broker.port),
      await RawClient.open(broker.port),
    ];
    begun.send('PROXY TCP4');
    gone.end();
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    // Whatever was sent has arrived when the end of the last connection has.
    while (lines.length < 1) await turn();
    while (lines.length < 3) {
      clock.advance(50);
      await turn();
    }
    const texts = lines.filter((line) => line.startsWith('Error reading')).map((line) => line.replace(/^.*?\d: /, ''));
    expect(texts.sort()).toEqual([
      expect.stringMatching(/^failed to read protocol version: EOF$/),
      expect.stringMatching(/^failed to read protocol version: EOF$/),
      expect.stringMatching(/^failed to read v1 line: read tcp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+: i\/o timeout$/),
    ]);
    await Promise.all([silent.closed(), begun.closed()]);
    const stopped = broker.stop();
    clock.advance(60_000);
    await stopped;
    broker = undefined;
  });

  it('are served without a header too, with no address in INFO', async () => {
    const client = await open();
    expect(client.info).not.toHaveProperty('client_ip');
    client.send('CONNECT {"verbose":false}\r\nPING\r\n');
    await client.until((text) => text.includes('PONG'));
  });

  it('are closed after a wrong header', async () => {
    const client = await open();
    client.send('PROXY TCP4 nonsense\r\n');
    await client.closed();
    expect(broker?.server.clients.closed().map(({ reason }) => reason)).toEqual(['Protocol Violation']);
  });
});
