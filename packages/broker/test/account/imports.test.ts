/** Accounts: isolation, and the streams and services that cross it. */
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker.ts';
import type { AccountOptions } from '../../src/options.ts';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const closable of open.splice(0).reverse()) await closable.close();
});

/** A broker with one user per account, named like the account. */
async function startBroker(accounts: AccountOptions[]): Promise<(account: string) => Promise<NatsConnection>> {
  const users = accounts.map(({ name }) => ({ user: name, password: 'p', account: name }));
  const broker = await Broker.start({ port: 0, accounts, auth: { users, timeoutMs: 2000 } });
  open.push({ close: () => broker.stop() });
  return async (account) => {
    const connection = await connect({ servers: broker.url, user: account, pass: 'p', reconnect: false });
    open.push(connection);
    return connection;
  };
}

/** Subjects and payloads of the next `count` messages. */
async function collect(connection: NatsConnection, subject: string, count: number): Promise<() => Promise<string[]>> {
  const subscription = connection.subscribe(subject, { max: count });
  await connection.flush();
  return async () => {
    const seen: string[] = [];
    for await (const message of subscription) seen.push(`${message.subject}=${message.string()}`);
    return seen;
  };
}

describe('accounts', () => {
  it('keep their subjects apart', async () => {
    const client = await startBroker([{ name: 'A' }, { name: 'B' }]);
    const a = await client('A');
    const b = await client('B');
    const seen = await collect(b, '>', 1);
    a.publish('x', 'from A');
    await a.flush();
    b.publish('x', 'from B');
    expect(await seen()).toEqual(['x=from B']);
  });

  it('see an imported stream under its prefix, narrowed to what they subscribe to', async () => {
    const client = await startBroker([
      { name: 'B', exports: [{ kind: 'stream', subject: 'orders.>' }] },
      { name: 'A', imports: [{ kind: 'stream', account: 'B', subject: 'orders.>', prefix: 'b' }] },
    ]);
    const a = await client('A');
    const b = await client('B');
    const seen = await collect(a, 'b.orders.eu.*', 2);
    for (const subject of ['orders.us.1', 'orders.eu.1', 'other.eu.1', 'orders.eu.2']) b.publish(subject, subject);
    expect(await seen()).toEqual(['b.orders.eu.1=orders.eu.1', 'b.orders.eu.2=orders.eu.2']);
  });

  it('see an imported stream under a subject with its wildcards in another order', async () => {
    const client = await startBroker([
      { name: 'B', exports: [{ kind: 'stream', subject: 'e.*.*' }] },
      { name: 'A', imports: [{ kind: 'stream', account: 'B', subject: 'e.*.*', to: 'm.$2.x.$1' }] },
    ]);
    const a = await client('A');
    const b = await client('B');
    const seen = await collect(a, 'm.>', 1);
    b.publish('e.1.2', 'hi');
    expect(await seen()).toEqual(['m.2.x.1=hi']);
  });

  it('stop receiving an imported stream after they unsubscribe', async () => {
    const client = await startBroker([
      { name: 'B', exports: [{ kind: 'stream', subject: 's' }] },
      { name: 'A', imports: [{ kind: 'stream', account: 'B', subject: 's' }] },
    ]);
    const a = await client('A');
    const b = await client('B');
    const subscription = a.subscribe('s');
    await a.flush();
    subscription.unsubscribe();
    await a.flush();
    await expect(b.request('s', 'anybody?')).rejects.toThrow(/no responders/i);
  });

  it('ask a service of another account and get its answer on their own reply subject', async () => {
    const client = await startBroker([
      { name: 'B', exports: [{ kind: 'service', subject: 'help' }] },
      { name: 'A', imports: [{ kind: 'service', account: 'B', subject: 'help', to: 'local.help' }] },
    ]);
    const a = await client('A');
    const b = await client('B');
    let request = { subject: '', reply: '', account: '' };
    b.subscribe('help', {
      callback: (_error, message) => {
        const info = JSON.parse(message.headers?.get('Nats-Request-Info') ?? '{}') as { acc?: string };
        request = { subject: message.subject, reply: message.reply ?? '', account: info.acc ?? '' };
        message.respond(`re: ${message.string()}`);
      },
    });
    await b.flush();
    const answer = await a.request('local.help', 'me');
    expect(answer.string()).toBe('re: me');
    expect(request.subject).toBe('help');
    expect(request.account).toBe('A');
    expect(request.reply).toMatch(/^_R_\./);
  });

  it('hear at once when the imported service has no responder', async () => {
    const client = await startBroker([
      { name: 'B', exports: [{ kind: 'service', subject: 'help' }] },
      { name: 'A', imports: [{ kind: 'service', account: 'B', subject: 'help' }] },
    ]);
    const a = await client('A');
    await expect(a.request('help', 'me')).rejects.toThrow(/no responders/i);
  });

  it.each<[string, AccountOptions[], string]>([
    [
      'is not offered',
      [{ name: 'B' }, { name: 'A', imports: [{ kind: 'service', account: 'B', subject: 'x' }] }],
      'service import not authorized',
    ],
    [
      'is offered to others only',
      [
        { name: 'B', exports: [{ kind: 'stream', subject: 'x', accounts: ['C'] }] },
        { name: 'A', imports: [{ kind: 'stream', account: 'B', subject: 'x' }] },
      ],
      'stream import not authorized',
    ],
    [
      'leads back to itself',
      [
        {
          name: 'A',
          exports: [{ kind: 'service', subject: 'x' }],
          imports: [{ kind: 'service', account: 'B', subject: 'x' }],
        },
        {
          name: 'B',
          exports: [{ kind: 'service', subject: 'x' }],
          imports: [{ kind: 'service', account: 'A', subject: 'x' }],
        },
      ],
      'import forms a cycle',
    ],
  ])('are refused an import that %s', async (_what, accounts, text) => {
    await expect(startBroker(accounts)).rejects.toThrow(text);
  });

  it('see nothing of what another account asks a service, although its subject is in their stream', async () => {
    const service: AccountOptions = {
      name: 'A',
      exports: [
        { kind: 'stream', subject: 'y.>' },
        { kind: 'service', subject: 'y.svc' },
      ],
    };
    const client = await startBroker([
      service,
      {
        name: 'B',
        exports: [{ kind: 'stream', subject: '_INBOX.>' }],
        imports: [{ kind: 'service', account: 'A', subject: 'y.svc', to: 's' }],
      },
      {
        name: 'C',
        imports: [
          { kind: 'stream', account: 'A', subject: 'y.>' },
          { kind: 'stream', account: 'B', subject: '_INBOX.>' },
        ],
      },
    ]);
    const [a, b, c] = [await client('A'), await client('B'), await client('C')];
    const overheard = await collect(c, '>', 1);
    await expect(b.request('s', 'anybody?')).rejects.toThrow(/no responders/i);
    a.subscribe('y.svc', { callback: (_error, message) => void message.respond('pong') });
    await a.flush();
    expect((await b.request('s', 'ping')).string()).toBe('pong');
    a.publish('y.last', 'only this');
    expect(await overheard()).toEqual(['y.last=only this']);
  });

  const service = (responseType: 'single' | 'stream' | 'chunked', more: Partial<AccountOptions> = {}): AccountOptions[] => [
    { name: 'A', exports: [{ kind: 'service', subject: 'svc', responseType }], ...more },
    { name: 'B', imports: [{ kind: 'service', account: 'A', subject: 'svc' }] },
  ];

  it.each([
    ['single', ['1']],
    ['stream', ['1', '2', '']],
    ['chunked', ['1', '2', '']],
  ] as const)('hear of a service with %s answers no more, even of those sent at once', async (responseType, expected) => {
    const client = await startBroker(service(responseType));
    const [a, b] = [await client('A'), await client('B')];
    a.subscribe('svc', {
      callback: (_error, message) => {
        for (const answer of ['1', '2', '', 'late']) message.respond(answer);
      },
    });
    await a.flush();
    const heard = await collect(b, 'inbox', expected.length + 1);
    b.publish('svc', 'q', { reply: 'inbox' });
    await b.flush();
    await a.flush();
    await b.flush();
    b.publish('inbox', 'own');
    expect(await heard()).toEqual([...expected, 'own'].map((text) => `inbox=${text}`));
  });

  it('are asked where their own mappings lead', async () => {
    const mappings = [{ source: 'svc', destinations: [{ destination: 'inner', weight: 100, cluster: '' }] }];
    const client = await startBroker(service('single', { mappings }));
    const [a, b] = [await client('A'), await client('B')];
    a.subscribe('inner', { callback: (_error, message) => void message.respond('from inside') });
    await a.flush();
    expect((await b.request('svc', 'q')).string()).toBe('from inside');
  });

  it('may be answered with a question, which is answered in turn', async () => {
    const client = await startBroker(service('single'));
    const [a, b] = [await client('A'), await client('B')];
    const seen = await collect(a, 'back', 1);
    a.subscribe('svc', { callback: (_error, message) => void message.respond('which?', { reply: 'back' }) });
    await a.flush();
    const question = await b.request('svc', 'q');
    expect(question.reply).toMatch(/^_R_\./);
    question.respond('this one');
    expect(await seen()).toEqual(['back=this one']);
  });

  it('are not asked by their own answer', async () => {
    const client = await startBroker(service('single'));
    const [a, b] = [await client('A'), await client('B')];
    const asked = await collect(a, 'svc', 2);
    a.subscribe('svc', { queue: 'q', callback: (_error, message) => void message.respond('again?') });
    await a.flush();
    b.publish('svc', 'first', { reply: 'svc' });
    await b.flush();
    await a.flush();
    await b.flush();
    b.publish('svc', 'second');
    expect(await asked()).toEqual(['svc=first', 'svc=second']);
  });
});
