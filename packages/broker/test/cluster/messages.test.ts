/** Messages between servers of one cluster: interest, queue groups, replies, accounts, one hop. */
import { describe, expect, it } from 'vitest';
import { Broker } from '../../src/index.ts';
import type { RawClient } from '../support/raw-client.ts';
import { eventually, useCluster } from '../support/use-cluster.ts';

/** Waits until a server knows that another one wants the subject, or that none does. */
async function wanted(broker: Broker, subject: string, isWanted = true, account = '$G'): Promise<void> {
  const isThere = (): boolean => {
    const match = broker.server.accounts.get(account)?.matchOf(subject);
    return match?.plain.some(({ kind }) => kind === 4) === true;
  };
  await eventually(() => isThere() === isWanted, `interest of others in ${subject}`);
}

const count = (client: RawClient, what: string): number => client.received.split(what).length - 1;

describe('a message published on one server', () => {
  const cluster = useCluster();

  it('reaches subscribers of all servers once each', async () => {
    const brokers = await cluster.mesh(3);
    const clients = await Promise.all(brokers.map((broker) => cluster.client(broker)));
    for (const client of clients) await client.settle('SUB a.* 1\r\nSUB a.> 2\r\n');
    for (const broker of brokers) await wanted(broker, 'a.b');
    await Promise.all(clients.map((client) => client.settle('PUB a.sync 0\r\n\r\n')));
    for (const client of clients) await client.until(() => count(client, 'MSG a.sync') >= 4);
    for (const client of clients) client.take();
    clients[0]?.send('PUB a.b r 2\r\nhi\r\nPUB a.end 0\r\n\r\n');
    for (const client of clients) {
      await client.until(() => count(client, 'MSG a.end') === 2);
      const lines = client.take().split('\r\n');
      expect(lines.filter((line) => line.startsWith('MSG a.b')).sort()).toEqual(['MSG a.b 1 r 2', 'MSG a.b 2 r 2']);
    }
  });

  it('reaches those who subscribed before the servers met', async () => {
    const first = await cluster.start();
    const listener = await cluster.client(first);
    await listener.settle('SUB early.> 7\r\nSUB group g 8\r\n');
    const second = await cluster.start([first]);
    await wanted(second, 'early.x');
    const publisher = await cluster.client(second);
    await publisher.settle('PUB early.x 1\r\nx\r\nPUB group 1\r\ny\r\n');
    await listener.until((text) => text.includes('MSG group 8 1\r\ny\r\n'));
    expect(listener.take()).toBe('MSG early.x 7 1\r\nx\r\nMSG group 8 1\r\ny\r\n');
  });

  it('stops going where the last subscriber has left', async () => {
    const [first, second] = (await cluster.mesh(2)) as [Broker, Broker];
    const listener = await cluster.client(first);
    await listener.settle('SUB s 1\r\nSUB s 2\r\n');
    await wanted(second, 's');
    await listener.settle('UNSUB 1\r\n');
    const publisher = await cluster.client(second);
    await publisher.settle('PUB s 1\r\na\r\n');
    await listener.until((text) => text.includes('MSG s 2 1\r\na\r\n'));
    await listener.settle('UNSUB 2\r\n');
    await wanted(second, 's', false);
    await listener.settle('SUB s 3\r\n');
    await wanted(second, 's');
    listener.end();
    await wanted(second, 's', false);
  });

  it('keeps its headers, and loses them for who takes none', async () => {
    const [first, second] = (await cluster.mesh(2)) as [Broker, Broker];
    const modern = await cluster.client(first, { headers: true });
    const old = await cluster.client(first);
    await modern.settle('SUB h 1\r\n');
    await old.settle('SUB h 1\r\n');
    await wanted(second, 'h');
    const publisher = await cluster.client(second, { headers: true });
    await publisher.settle('HPUB h r 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\nHPUB h 0 2\r\nhi\r\n');
    await modern.until((text) => text.endsWith('MSG h 1 2\r\nhi\r\n'));
    expect(modern.take()).toBe('HMSG h 1 r 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\nMSG h 1 2\r\nhi\r\n');
    await old.until((text) => text.endsWith('MSG h 1 2\r\nhi\r\n'));
    expect(old.take()).toBe('MSG h 1 r 2\r\nhi\r\nMSG h 1 2\r\nhi\r\n');
  });

  it('arrives whole whatever its size', async () => {
    const [first, second] = (await cluster.mesh(2)) as [Broker, Broker];
    const listener = await cluster.client(first);
    await listener.settle('SUB big 1\r\nSUB big g 2\r\n');
    await wanted(second, 'big');
    const publisher = await cluster.client(second);
    const payload = 'x'.repeat(1_000_000);
    publisher.send(`PUB big 1000000\r\n${payload}\r\n`);
    await listener.until((text) => text.length > 2_000_000);
    expect(listener.take().split('MSG big ').sort()).toEqual(['', `1 1000000\r\n${payload}\r\n`, `2 1000000\r\n${payload}\r\n`]);
  });

  it('stays in its account', async () => {
    const accounts = [{ name: 'A' }, { name: 'B' }];
    const auth = {
      timeoutMs: 2000,
      users: ['A', 'B'].map((account) => ({ user: account, password: 'p', account })),
    };
    const [first, second] = (await cluster.mesh(2, { pinnedAccounts: ['B'] }, { accounts, auth })) as [Broker, Broker];
    const as = (broker: Broker, user: string) => cluster.client(broker, { user, pass: 'p' });
    const [a, b, publisher] = [await as(first, 'A'), await as(first, 'B'), await as(second, 'B')];
    await a.settle('SUB > 1\r\n');
    await b.settle('SUB > 1\r\n');
    await wanted(second, 'x', true, 'A');
    await wanted(second, 'x', true, 'B');
    await publisher.settle('PUB x 1\r\nb\r\n');
    await b.until((text) => text.includes('MSG x 1 1\r\nb\r\n'));
    expect(await a.settle()).toBe('');
    const pinned = second.server.cluster?.routes().find(({ account }) => account === 'B');
    expect(pinned?.outMessages).toBe(1);
    expect(second.server.accounts.get('B')?.routed.sent).toEqual({ messages: 1, bytes: 1 });
    expect(first.server.accounts.get('B')?.routed.received).toEqual({ messages: 1, bytes: 1 });
  });

  it('is answered with 503 when no server has a responder, and reaches one wherever it is', async () => {
    const [first, second] = (await cluster.mesh(2)) as [Broker, Broker];
    const requester = await cluster.client(first, { headers: true, no_responders: true });
    await requester.settle('SUB inbox.* 1\r\n');
    expect(await requester.settle('PUB svc inbox.1 0\r\n\r\n')).toContain('HMSG inbox.1 1 35 35\r\nNATS/1.0 503\r\n');
    const responder = await cluster.client(second);
    await responder.settle('SUB svc g 9\r\n');
    await wanted(first, 'svc');
    await wanted(second, 'inbox.2');
    expect(await requester.settle('PUB svc inbox.2 2\r\nhi\r\n')).toBe('');
    await responder.until((text) => text.includes('MSG svc 9 inbox.2 2\r\nhi\r\n'));
    responder.send('PUB inbox.2 3\r\nyes\r\n');
    await requester.until((text) => text.includes('MSG inbox.2 1 3\r\nyes\r\n'));
  });
});

describe('a queue group', () => {
  const cluster = useCluster();

  it('is served by its members evenly, wherever they are', async () => {
    const [first, second, third] = (await cluster.mesh(3)) as [Broker, Broker, Broker];
    const here = await cluster.client(first);
    const there = await cluster.client(second);
    await here.settle('SUB job g 1\r\n');
    await there.settle('SUB job g 1\r\nSUB job g 2\r\nSUB job g 3\r\n');
    await wanted(third, 'job');
    const weights = (broker: Broker): number[] => {
      const queue = broker.server.globalAccount.matchOf('job').routed?.queues[0];
      return [...(queue?.members ?? []).map(() => 0), ...(queue?.routes ?? []).map(({ weight }) => weight)].sort();
    };
    await eventually(() => weights(third).join() === '1,3' && weights(first).join() === '0,3', 'the weights');
    for (const broker of [first, third]) {
      const publisher = await cluster.client(broker);
      const total = 2000;
      publisher.send('PUB job 0\r\n\r\n'.repeat(total));
      await eventually(() => count(here, 'MSG job') + count(there, 'MSG job') === total, 'every message once');
      expect(count(here, 'MSG job')).toBeGreaterThan(total / 4 - 150);
      expect(count(here, 'MSG job')).toBeLessThan(total / 4 + 150);
      here.take();
      there.take();
    }
  });

  it('gets a message once, beside plain subscribers and other groups', async () => {
    const [first, second] = (await cluster.mesh(2)) as [Broker, Broker];
    const clients = [await cluster.client(first), await cluster.client(second)];
    for (const client of clients) await client.settle('SUB a.* g1 1\r\nSUB a.b g2 2\r\nSUB a.> 3\r\n');
    await wanted(first, 'a.b');
    await wanted(second, 'a.b');
    await eventually(() => first.server.globalAccount.matchOf('a.b').routed?.queues.length === 2, 'both groups');
    clients[0]?.send('PUB a.b r 2\r\nhi\r\nPUB a.b 0\r\n\r\n');
    const sum = (what: string): number => clients.reduce((total, client) => total + count(client, what), 0);
    await eventually(() => sum('MSG a.b 3 0') === 2, 'the last message');
    expect([sum('MSG a.b 1 r 2\r\nhi'), sum('MSG a.b 2 r 2\r\nhi'), sum('MSG a.b 3 r 2\r\nhi')]).toEqual([1, 1, 2]);
  });

  it('goes to another server when the member here wants no echo', async () => {
    const [first, second] = (await cluster.mesh(2)) as [Broker, Broker];
    const there = await cluster.client(second);
    await there.settle('SUB e g 5\r\n');
    const silent = await cluster.client(first, { echo: false });
    await silent.settle('SUB e g 1\r\n');
    await wanted(first, 'e');
    silent.send('PUB e 0\r\n\r\n'.repeat(50));
    await eventually(() => count(there, 'MSG e 5') === 50, 'all messages to the other');
  });
});

describe('a mapping for one cluster', () => {
  const cluster = useCluster();
  const mappings = [
    {
      source: 'm.*',
      destinations: [
        { destination: 'here.$1', weight: 100, cluster: 'C' },
        { destination: 'there.$1', weight: 100, cluster: 'D' },
        { destination: 'else.$1', weight: 100 },
      ],
    },
  ];

  it.each([
    ['C', 'here.x'],
    ['D', 'there.x'],
    ['E', 'else.x'],
    ['', 'else.x'],
  ])('is that of the cluster %j', async (name, expected) => {
    const options = { accounts: [{ name: '$G', mappings }] };
    const broker =
      name === '' ? cluster.keep(await Broker.start({ port: 0, ...options })) : await cluster.start([], { name }, options);
    const client = await cluster.client(broker);
    expect(await client.settle('SUB > 1\r\nPUB m.x 1\r\na\r\n')).toBe(`MSG ${expected} 1 1\r\na\r\n`);
  });
});

describe('imports across a cluster', () => {
  const cluster = useCluster();
  const accounts = [
    {
      name: 'S',
      exports: [
        { kind: 'service', subject: 'svc.>' },
        { kind: 'stream', subject: 'news.>' },
      ],
    },
    {
      name: 'C',
      imports: [
        { kind: 'service', account: 'S', subject: 'svc.add', to: 'add' },
        { kind: 'stream', account: 'S', subject: 'news.>', prefix: 'from' },
      ],
    },
  ] as const;
  const auth = { timeoutMs: 2000, users: ['S', 'C'].map((account) => ({ user: account, password: 'p', account })) };

  it('find the service and the publisher on another server', async () => {
    const [first, second] = (await cluster.mesh(2, {}, { accounts, auth })) as [Broker, Broker];
    const service = await cluster.client(first, { user: 'S', pass: 'p' });
    const caller = await cluster.client(second, { user: 'C', pass: 'p', headers: true, no_responders: true });
    await caller.settle('SUB inbox.> 1\r\nSUB from.news.* 2\r\n');
    expect(await caller.settle('PUB add inbox.0 0\r\n\r\n')).toContain(' 503\r\n');
    await service.settle('SUB svc.* 1\r\n');
    await wanted(second, 'svc.add', true, 'S');
    await caller.settle('PUB add inbox.1 3\r\n1+1\r\n');
    await service.until((text) => text.includes('\r\n1+1\r\n'));
    const reply = /MSG svc\.add 1 (_R_\.\S+) /.exec(service.take())?.[1] ?? '';
    await service.settle(`PUB ${reply} 1\r\n2\r\n`);
    await caller.until((text) => text.includes('MSG inbox.1 1 1\r\n2\r\n'));
    await wanted(first, 'news.x', true, 'S');
    await service.settle('PUB news.x 2\r\nok\r\n');
    await caller.until((text) => text.includes('MSG from.news.x 2 2\r\nok\r\n'));
    expect(count(caller, 'MSG from.news.x')).toBe(1);
  });
});
