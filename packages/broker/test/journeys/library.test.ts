/** The broker as a library, as its README shows it. */
import { once } from 'node:events';
import net from 'node:net';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { askOnce } from '../../examples/request-reply.ts';
import { Broker } from '../../src/index.ts';

describe('the broker as a library', () => {
  it('runs the example of the README', async () => {
    expect(await askOnce('joe')).toBe('hello joe');
  });

  it('frees its port when it stops', async () => {
    const first = await Broker.start({ port: 0 });
    const { port } = first;
    await first.stop();
    const second = await Broker.start({ port });
    expect(second.port).toBe(port);
    await second.stop();
    await second.stop();
  });

  it('rejects with the code of the system when the port is taken', async () => {
    const broker = await Broker.start({ port: 0 });
    await expect(Broker.start({ port: broker.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await broker.stop();
  });

  it('runs several times in one process, each apart from the others', async () => {
    const [left, right] = await Promise.all([Broker.start({ port: 0 }), Broker.start({ port: 0 })]);
    const [a, b] = await Promise.all([connect({ servers: left.url }), connect({ servers: right.url })]);
    let seen = 0;
    b.subscribe('>', {
      callback: () => {
        seen++;
      },
    });
    await b.flush();
    a.publish('x', '1');
    await a.flush();
    await b.flush();
    expect(seen).toBe(0);
    await Promise.all([a.close(), b.close()]);
    await Promise.all([left.stop(), right.stop()]);
  });

  it('ends the connections of its clients when it stops', async () => {
    const broker = await Broker.start({ port: 0 });
    const connection = await connect({ servers: broker.url, reconnect: false });
    const closed = connection.closed();
    await broker.stop();
    await closed;
    expect(connection.isClosed()).toBe(true);
  });

  it('leaves them open where the process ends next, and lets nobody in any more', async () => {
    const broker = await Broker.start({ port: 0 });
    const socket = net.connect(broker.port, '127.0.0.1');
    await once(socket, 'data');
    await broker.stop({ endsProcess: true });
    await expect(connect({ servers: broker.url, reconnect: false })).rejects.toThrow();
    expect({ hasEnded: socket.readableEnded, isClosed: socket.closed }).toEqual({ hasEnded: false, isClosed: false });
    socket.destroy();
    await once(socket, 'close');
  });
});
