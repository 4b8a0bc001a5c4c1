/** New users and permissions in a running server: who stays, who goes, and what is taken away. Spec 10.4 and 4.11. */
import { afterEach, describe, expect, it } from 'vitest';
import { type AuthOptions, Broker, type BrokerOptions, type UserOptions } from '../../src/index.ts';
import { connectLine, RawClient } from '../support/raw-client.ts';

const brokers: Broker[] = [];
const clients: RawClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.end();
  await Promise.all(brokers.splice(0).map((broker) => broker.stop()));
});

const authOf = (users: readonly UserOptions[], more: Partial<AuthOptions> = {}): { auth: AuthOptions } => ({
  auth: { users, timeoutMs: 2000, ...more },
});

async function start(options: BrokerOptions): Promise<Broker> {
  const broker = await Broker.start({ port: 0, ...options });
  brokers.push(broker);
  return broker;
}

async function enter(broker: Broker, options: Readonly<Record<string, unknown>> = {}): Promise<RawClient> {
  const client = await RawClient.ready(broker.port, options);
  clients.push(client);
  return client;
}

describe('a reload', () => {
  it('ends who is no longer a user or whose password has changed, and leaves everybody else', async () => {
    const broker = await start(
      authOf([
        { user: 'stays', password: 'x' },
        { user: 'goes', password: 'x' },
        { user: 'changes', password: 'x' },
      ]),
    );
    const [stays, goes, changes] = [
      await enter(broker, { user: 'stays', pass: 'x' }),
      await enter(broker, { user: 'goes', pass: 'x' }),
      await enter(broker, { user: 'changes', pass: 'x' }),
    ];
    await stays.settle('SUB kept 1\r\n');
    broker.reload(
      authOf([
        { user: 'stays', password: 'x' },
        { user: 'changes', password: 'y' },
        { user: 'new', password: 'x' },
      ]),
    );
    await Promise.all([goes.closed(), changes.closed()]);
    expect(goes.take()).toBe('');
    expect(changes.take()).toBe("-ERR 'Authorization Violation'\r\n");
    expect(await stays.settle('PUB kept 0\r\n\r\n')).toBe('MSG kept 1 0\r\n\r\n');
    expect(await (await enter(broker, { user: 'new', pass: 'x' })).settle()).toBe('');
  });

  it('takes away subscriptions that are no longer allowed, says which, and filters what is only overlapped', async () => {
    const broker = await start(authOf([{ user: 'u', password: 'x' }]));
    const client = await enter(broker, { user: 'u', pass: 'x' });
    await client.settle('SUB a.b 7\r\nSUB a.* 8\r\nSUB q w 9\r\n');
    broker.reload(authOf([{ user: 'u', password: 'x', permissions: { subscribe: { allow: [], deny: ['a.b', 'q w'] } } }]));
    await client.until((text) => text.includes('(sid "9")'));
    expect(client.take()).toBe(
      '-ERR \'Permissions Violation for Subscription to "a.b" (sid "7")\'\r\n' +
        '-ERR \'Permissions Violation for Subscription to "q" using queue "w" (sid "9")\'\r\n',
    );
    expect(await client.settle('PUB a.b 0\r\n\r\nPUB a.c 0\r\n\r\nPUB q 0\r\n\r\n')).toBe('MSG a.c 8 0\r\n\r\n');
  });

  it('refuses publishing that is no longer allowed, also in the middle of a run of equal lines', async () => {
    const broker = await start(authOf([{ user: 'u', password: 'x' }]));
    const client = await enter(broker, { user: 'u', pass: 'x' });
    await client.settle('SUB p 1\r\n');
    const line = 'PUB p 1\r\nx\r\n';
    expect(await client.settle(line.repeat(3))).toBe('MSG p 1 1\r\nx\r\n'.repeat(3));
    broker.reload(authOf([{ user: 'u', password: 'x', permissions: { publish: { allow: [], deny: ['p'] } } }]));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await client.settle(line.repeat(2))).toBe('-ERR \'Permissions Violation for Publish to "p"\'\r\n'.repeat(2));
  });

  it('gives back what permissions took away', async () => {
    const broker = await start(authOf([{ user: 'u', password: 'x', permissions: { subscribe: { allow: [], deny: ['a.b'] } } }]));
    const client = await enter(broker, { user: 'u', pass: 'x' });
    expect(await client.settle('SUB a.* 1\r\nPUB a.b 0\r\n\r\n')).toBe('');
    broker.reload(authOf([{ user: 'u', password: 'x' }]));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await client.settle('PUB a.b 0\r\n\r\n')).toBe('MSG a.b 1 0\r\n\r\n');
  });

  it('that brings authentication ends who never said CONNECT', async () => {
    const broker = await start({});
    const client = await RawClient.open(broker.port);
    clients.push(client);
    client.send('PING\r\n');
    await client.until((text) => text.includes('PONG'));
    broker.reload(authOf([{ user: 'u', password: 'x' }]));
    await client.closed();
    expect(client.take()).toContain("-ERR 'Authentication Timeout'");
  });

  it('binds who works without CONNECT to the new permissions of the no_auth_user', async () => {
    const guest = (deny: string[]): UserOptions => ({
      user: 'guest',
      password: 'x',
      permissions: { publish: { allow: [], deny } },
    });
    const broker = await start(authOf([guest([])], { noAuthUser: 'guest' }));
    const client = await RawClient.open(broker.port);
    clients.push(client);
    client.take();
    expect(await client.settle('PUB a 0\r\n\r\n')).toBe('+OK\r\n');
    broker.reload(authOf([guest(['a'])], { noAuthUser: 'guest' }));
    expect(await client.settle('PUB a 0\r\n\r\n')).toBe('-ERR \'Permissions Violation for Publish to "a"\'\r\n');
  });

  it('with options that contradict themselves changes nothing', async () => {
    const broker = await start(authOf([{ user: 'u', password: 'x' }]));
    const client = await enter(broker, { user: 'u', pass: 'x' });
    const before = broker.server.options;
    expect(() => broker.reload(authOf([{ user: 'v', password: 'x' }], { noAuthUser: 'nobody' }))).toThrow(/nobody/);
    expect(broker.server.options).toBe(before);
    expect(await client.settle('PUB a 0\r\n\r\n')).toBe('');
    expect(await (await enter(broker, { user: 'u', pass: 'x' })).settle()).toBe('');
    const wrong = await RawClient.open(broker.port);
    clients.push(wrong);
    wrong.take();
    expect(await wrong.last(connectLine({ user: 'v', pass: 'x' }))).toBe("-ERR 'Authorization Violation'\r\n");
  });

  it('while a password is being checked ends the check, and the client may come again', async () => {
    const { default: bcrypt } = await import('bcryptjs');
    const users = [{ user: 'u', password: bcrypt.hashSync('x', 12) }];
    const patient = { timeoutMs: 60_000 };
    const broker = await start(authOf(users, patient));
    const client = await RawClient.open(broker.port);
    clients.push(client);
    client.take();
    client.send(connectLine({ user: 'u', pass: 'x' }));
    const { clients: registry } = broker.server;
    while (registry.get(client.cid)?.connectOptions == null) await new Promise((resolve) => setTimeout(resolve, 1));
    broker.reload(authOf([...users, { user: 'v', password: 'y' }], patient));
    await client.closed();
    expect(client.take()).toBe("-ERR 'Authorization Violation'\r\n");
    expect(await (await enter(broker, { user: 'u', pass: 'x' })).settle()).toBe('');
  });

  it('lets those stay that came first when fewer may be there', async () => {
    const broker = await start({ maxConnections: 5 });
    const [first, second, third] = [await enter(broker), await enter(broker), await enter(broker)];
    broker.reload({ maxConnections: 1 });
    await Promise.all([second.closed(), third.closed()]);
    expect(third.take()).toBe("-ERR 'maximum connections exceeded'\r\n");
    expect(await first.settle()).toBe('');
  });

  it('lets nobody stay when nobody may be there', async () => {
    const broker = await start({ maxConnections: 5 });
    const [first, second] = [await enter(broker), await enter(broker)];
    broker.reload({ maxConnections: -1 });
    await Promise.all([first.closed(), second.closed()]);
    expect(first.take()).toBe("-ERR 'maximum connections exceeded'\r\n");
  });
});
