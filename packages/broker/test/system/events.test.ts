/** Events on the system account, as an official client hears them. */
import { connect } from '@nats-io/transport-node';
import type {
  AccountConnectionsEvent,
  ClientConnectEvent,
  ClientDisconnectEvent,
  EventServer,
  ServerStatsMessage,
} from '@sluice/protocol';
import { describe, expect, it } from 'vitest';
import { Broker } from '../../src/index.ts';
import { collect, systemUsers, useSystem } from '../support/use-system.ts';

const system = useSystem({ serverName: 'north' });

async function listen(subject: string) {
  const sys = await system.client('sys');
  const heard = collect(sys, subject);
  await sys.flush();
  return heard;
}

describe('events of clients', () => {
  it('announces who connects', async () => {
    const heard = await listen('$SYS.ACCOUNT.A.CONNECT');
    const client = await system.client('a', 'newcomer');
    const [message] = await heard.first(1);
    const event = message?.json<ClientConnectEvent>();
    expect(event).toMatchObject({
      type: 'io.nats.server.advisory.v1.client_connect',
      server: { name: 'north', id: system.broker.id },
      client: {
        id: client.info?.client_id,
        acc: 'A',
        user: 'a',
        name: 'newcomer',
        kind: 'Client',
        client_type: 'nats',
        host: '127.0.0.1',
      },
    });
    expect(event?.id).toMatch(/^[0-9A-Za-z]{22}$/);
    expect(event?.client.stop).toBeUndefined();
  });

  it('announces who leaves, why, and what it had sent and received', async () => {
    const client = await system.client('a', 'leaving');
    const heard = await listen('$SYS.ACCOUNT.A.DISCONNECT');
    client.subscribe('x');
    client.publish('x', 'hello');
    await client.flush();
    await client.close();
    const [message] = await heard.first(1);
    const event = message?.json<ClientDisconnectEvent>();
    expect(event).toMatchObject({
      client: { name: 'leaving', acc: 'A' },
      sent: { msgs: 1, bytes: 5 },
      received: { msgs: 1, bytes: 5 },
      reason: 'Client Closed',
    });
    expect(event?.client.stop).toMatch(/Z$/);
  });

  it('announces the connections of an account when they change, on both subjects', async () => {
    const current = await listen('$SYS.ACCOUNT.B.SERVER.CONNS');
    const old = await listen('$SYS.SERVER.ACCOUNT.B.CONNS');
    const client = await system.client('b');
    await current.first(1);
    await client.close();
    const counts = (await current.first(2)).map((message) => message.json<AccountConnectionsEvent>().conns);
    expect(counts).toEqual([1, 0]);
    expect((await old.first(2)).map((message) => message.json<AccountConnectionsEvent>().acc)).toEqual(['B', 'B']);
  });

  it('announces a refused login', async () => {
    const heard = await listen('$SYS.SERVER.*.CLIENT.AUTH.ERR');
    await expect(system.client('zork', 'intruder')).rejects.toThrow('Authorization Violation');
    const [message] = await heard.first(1);
    expect(message?.subject).toBe(`$SYS.SERVER.${system.broker.id}.CLIENT.AUTH.ERR`);
    expect(message?.json<ClientDisconnectEvent>()).toMatchObject({
      type: 'io.nats.server.advisory.v1.client_disconnect',
      client: { user: 'zork', name: 'intruder' },
      reason: 'Authentication Failure',
    });
  });
});

describe('events of the server', () => {
  it('announces its figures when they change', async () => {
    const heard = await listen(`$SYS.SERVER.${system.broker.id}.STATSZ`);
    const [message] = await heard.first(1);
    expect(message?.json<ServerStatsMessage>()).toMatchObject({ server: { name: 'north' }, statsz: { active_servers: 1 } });
  });

  it('says goodbye before it stops', async () => {
    const broker = await Broker.start({ port: 0, auth: { users: systemUsers, timeoutMs: 2000 } });
    const sys = await connect({ servers: broker.url, user: 'sys', pass: 'x', reconnect: false });
    const heard = collect(sys, '$SYS.SERVER.*.SHUTDOWN');
    await sys.flush();
    await broker.stop();
    const [message] = await heard.first(1);
    expect(message?.json<EventServer>()).toMatchObject({ id: broker.id, ver: '2.15.1' });
    await sys.close();
  });

  it('says that it is a lame duck', async () => {
    const options = { port: 0, auth: { users: systemUsers, timeoutMs: 2000 }, lameDuckDurationMs: 20, lameDuckGracePeriodMs: 10 };
    const broker = await Broker.start(options);
    const sys = await connect({ servers: broker.url, user: 'sys', pass: 'x', reconnect: false });
    const heard = collect(sys, '$SYS.SERVER.*.LAMEDUCK');
    await sys.flush();
    await broker.lameDuck();
    const [message] = await heard.first(1);
    expect(message?.json<EventServer>().id).toBe(broker.id);
    await sys.close();
  });
});
