/** Lines to a syslog server. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openSyslog } from '../../../src/env/node/syslog.ts';

describe('openSyslog', () => {
  it('sends datagrams with priority, tag and pid', async () => {
    const server = createSocket('udp4');
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    const received = new Promise<string>((resolve) => server.once('message', (message) => resolve(message.toString())));
    const opened = openSyslog(`udp://127.0.0.1:${server.address().port}`, 7, () => undefined);
    if (!opened.ok) throw new Error(opened.error);
    opened.sink.write('WRN', 'careful');
    expect(await received).toBe('<28>nats-server[7]: careful');
    opened.sink.close();
    server.close();
  });

  it('sends lines over TCP', async () => {
    const received = new Promise<string>((resolve) => {
      const server = createServer((socket) => {
        socket.once('data', (chunk) => {
          resolve(chunk.toString());
          server.close();
        });
      });
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        const port = address !== null && typeof address === 'object' ? address.port : 0;
        const opened = openSyslog(`tcp://127.0.0.1:${port}`, 7, () => undefined);
        if (!opened.ok) throw new Error(opened.error);
        opened.sink.write('INF', 'one');
        opened.sink.close();
      });
    });
    expect(await received).toBe('<29>nats-server[7]: one\n');
  });

  it('refuses an address that is none', () => {
    expect(openSyslog('http://x', 7, () => undefined)).toEqual({ ok: false, error: 'error invalid network type: "http"' });
    expect(openSyslog('nonsense', 7, () => undefined)).toEqual({ ok: false, error: 'error invalid network type: ""' });
  });
});
