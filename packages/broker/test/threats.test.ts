/** Named tests for the threats of docs/threats.md that no other file is about. Each is a class of attacks, not one case. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { checkImport } from '../src/account/link-imports.ts';
import { Broker, type BrokerOptions, nodeEnv, unlimitedAccount } from '../src/index.ts';
import type { AccountImport, AccountOptions } from '../src/options.ts';
import { RawClient } from './support/raw-client.ts';
import { useBroker } from './support/use-broker.ts';

const open: Broker[] = [];
afterEach(async () => {
  for (const broker of open.splice(0)) await broker.stop();
});

/** A broker whose log is kept as lines. */
async function start(options: BrokerOptions): Promise<{ broker: Broker; lines: string[] }> {
  const lines: string[] = [];
  const log = { isDebug: true, isTrace: true, write: (level: string, text: string) => lines.push(`[${level}] ${text}`) };
  const broker = await Broker.start({ port: 0, ...options }, { ...nodeEnv(), log });
  open.push(broker);
  return { broker, lines };
}

const user = (name: string, account: string, more: object = {}) => ({ user: name, password: 'p', account, ...more });

describe('T1: every length that a peer may name', () => {
  const fixture = useBroker({ maxPayloadBytes: 1000 });
  const LENGTHS = [
    '2147483647',
    '2147483648',
    '9007199254740991',
    '9223372036854775807',
    '9223372036854775808',
    '1e9',
    '-1',
    '0x10',
  ];

  it('is judged before memory is taken, and the peer is closed', async () => {
    for (const length of LENGTHS) {
      for (const line of [`PUB a ${length}`, `HPUB a ${length} ${length}`, `HPUB a 12 ${length}`, `HPUB a ${length} 12`]) {
        const client = await fixture.ready({ headers: true });
        const before = process.memoryUsage().arrayBuffers;
        expect(['', "-ERR 'Maximum Payload Violation'\r\n"], line).toContain(await client.last(`${line}\r\n`));
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_388_608);
      }
    }
  });

  it('is judged the same way where servers speak', async () => {
    const { broker } = await start({ leaf: { listen: { host: '127.0.0.1', port: 0 } } });
    for (const length of LENGTHS) {
      for (const line of [`LMSG a ${length}`, `HMSG a ${length} ${length}`, `HMSG a 12 ${length}`, `LMSG a + r q ${length}`]) {
        const leaf = await RawClient.open(broker.leafPort ?? 0);
        leaf.send('CONNECT {"name":"l","cluster":"l"}\r\n');
        await leaf.until((text) => text.includes('LS+ $LDS.'));
        const before = process.memoryUsage().arrayBuffers;
        await leaf.last(`${line}\r\n`);
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_388_608);
      }
    }
  });

  it('may be the largest allowed, and not one more', async () => {
    const client = await fixture.ready();
    const message = (size: number) => `PUB a ${size}\r\n${'x'.repeat(size)}\r\n`;
    expect(await client.settle(message(1000))).toBe('');
    expect(await client.last(message(1001))).toBe("-ERR 'Maximum Payload Violation'\r\n");
  });
});

describe('T2, T21: an operation out of its place', () => {
  const secured = useBroker({ auth: { users: [user('u', '$G')], timeoutMs: 2000 } });
  const anyone = useBroker();
  const OPERATIONS = ['PING', 'PONG', 'SUB a 1', 'UNSUB 1', 'PUB a 0\r\n', '+OK', 'INFO {}', 'HMSG a 1 0 0', "-ERR 'x'", 'ZORK'];
  const OF_SERVERS = [
    'RS+ $G a',
    'RS- $G a',
    'LS+ a',
    'LS- a',
    'RMSG $G a 0\r\n',
    'LMSG a 0\r\n',
    'MSG a 1 0\r\n',
    'A+ $G',
    'A- $G',
  ];

  it('before CONNECT is refused, whatever it is', async () => {
    for (const operation of [...OPERATIONS, ...OF_SERVERS]) {
      const client = await secured.open();
      expect(await client.last(`${operation}\r\n`), operation).toBe("-ERR 'Authorization Violation'\r\n");
    }
  });

  it('that only servers may say is unknown from a client', async () => {
    for (const operation of OF_SERVERS) {
      const client = await anyone.ready();
      expect(await client.last(`${operation}\r\n`), operation).toBe("-ERR 'Unknown Protocol Operation'\r\n");
    }
  });

  it('is refused on the port of leaf nodes, before CONNECT and after it', async () => {
    const { broker } = await start({ leaf: { listen: { host: '127.0.0.1', port: 0 } } });
    const open = (): Promise<RawClient> => RawClient.open(broker.leafPort ?? 0);
    for (const operation of [...OPERATIONS, ...OF_SERVERS]) {
      const stranger = await open();
      stranger.take();
      expect(await stranger.last(`${operation}\r\n`), operation).toBe("-ERR 'Authorization Violation'\r\n");
    }
    const ofLeafs = ['LS+ a', 'LS- a', 'LMSG a 0\r\n'];
    for (const operation of ['SUB a 1', 'UNSUB 1', 'PUB a 0\r\n', ...OF_SERVERS.filter((one) => !ofLeafs.includes(one))]) {
      const leaf = await open();
      leaf.send('CONNECT {"name":"l","cluster":"l"}\r\n');
      await leaf.until((text) => text.includes('LS+ $LDS.'));
      expect(await leaf.last(`${operation}\r\n`), operation).toContain("-ERR 'Unknown Protocol Operation'");
    }
    const twice = await open();
    await twice.last('CONNECT {"name":"l","cluster":"l"}\r\nCONNECT {"name":"l","cluster":"l"}\r\n');
  });

  it('has no listener where the feature is off', () => {
    const { broker } = anyone;
    expect([broker.clusterPort, broker.leafPort, broker.websocketPort, broker.monitorPort]).toEqual(Array(4).fill(undefined));
  });
});

describe('T7: a subject of any bytes', () => {
  const fixture = useBroker();

  it('is refused, or arrives as one frame with exactly that subject', async () => {
    const [publisher, listener] = [await fixture.ready(), await fixture.ready()];
    await listener.settle('SUB > 1\r\n');
    const odd = fc.string({
      unit: fc.constantFrom('a', '.', '*', '>', '\0', '\x7f', '\xff', '"', '-', '\v', '\f', '\x1b'),
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(odd, async (subject) => {
        await publisher.settle(`PUB ${subject} 2\r\nhi\r\n`);
        const got = await listener.settle();
        expect(['', `MSG ${subject} 1 2\r\nhi\r\n`]).toContain(got);
      }),
      { numRuns: 300 },
    );
  });

  it('may have thousands of tokens without using up the stack', async () => {
    const client = await fixture.ready();
    const deep = Array(2000).fill('a').join('.');
    expect(await client.settle(`SUB ${deep} 1\r\nSUB ${deep}.> 2\r\nPUB ${deep} 0\r\n\r\nUNSUB 1\r\nUNSUB 2\r\n`)).toContain(
      `MSG ${deep} 1 0\r\n`,
    );
  });
});

describe('T10: the JetStream API of one account', () => {
  it('knows nothing of the streams of another, whatever is asked', async () => {
    const { mkdtempSync, rmSync } = await import('node:fs');
    const storeDir = mkdtempSync(`${process.env['TMPDIR'] ?? '/tmp'}/sluice-threats-`);
    const accounts = [
      { name: 'A', jetstream: unlimitedAccount },
      { name: 'B', jetstream: unlimitedAccount },
    ];
    const auth = { users: [user('a', 'A'), user('b', 'B')], timeoutMs: 2000 };
    const { broker } = await start({ accounts, auth, jetstream: { storeDir } });
    const as = (name: string) => RawClient.ready(broker.port, { user: name, pass: 'p' });
    const [a, b] = [await as('a'), await as('b')];
    const ask = async (client: RawClient, verb: string, body = ''): Promise<string> => {
      client.send(`SUB in 1\r\nPUB $JS.API.${verb} in ${body.length}\r\n${body}\r\n`);
      await client.until((text) => /MSG in 1 .*\r\n.*\r\n/.test(text));
      return client.settle('UNSUB 1\r\n');
    };
    const config = '{"name":"S","subjects":["s"],"storage":"memory"}';
    expect(await ask(a, 'STREAM.CREATE.S', config)).toContain('"name":"S"');
    const consumer = '{"stream_name":"S","config":{"name":"C"}}';
    expect(await ask(a, 'CONSUMER.CREATE.S.C', consumer)).toContain('"name":"C"');
    const verbs: [string, string?][] = [
      ['STREAM.INFO.S'],
      ['STREAM.UPDATE.S', config],
      ['STREAM.PURGE.S'],
      ['STREAM.DELETE.S'],
      ['STREAM.MSG.GET.S', '{"seq":1}'],
      ['STREAM.MSG.DELETE.S', '{"seq":1}'],
      ['STREAM.SNAPSHOT.S', '{"deliver_subject":"x"}'],
      ['CONSUMER.CREATE.S.D', '{"stream_name":"S","config":{"name":"D"}}'],
      ['CONSUMER.INFO.S.C'],
      ['CONSUMER.DELETE.S.C'],
      ['CONSUMER.PAUSE.S.C', '{"pause_until":"2030-01-01T00:00:00Z"}'],
    ];
    for (const [verb, body] of verbs) expect(await ask(b, verb, body), verb).toMatch(/"err_code":(10059|10014)/);
    expect(await ask(b, 'STREAM.NAMES')).toContain('"total":0');
    expect(await ask(a, 'STREAM.INFO.S')).toContain('"consumer_count":1');
    await broker.stop();
    rmSync(storeDir, { recursive: true, force: true });
  });
});

describe('T11: a header that only the server writes', () => {
  const fixture = useBroker({
    accounts: [
      { name: 'A', exports: [{ kind: 'service', subject: 'svc' }] },
      { name: 'B', imports: [{ kind: 'service', account: 'A', subject: 'svc' }] },
    ],
    auth: { users: [user('a', 'A'), user('b', 'B')], timeoutMs: 2000 },
  });

  it('is taken out of what a client sends, in any case and as often as it comes', async () => {
    const service = await fixture.ready({ user: 'a', pass: 'p', headers: true });
    const client = await fixture.ready({ user: 'b', pass: 'p', headers: true });
    await service.settle('SUB svc 1\r\n');
    for (const names of [['Nats-Request-Info'], ['nats-request-info'], ['NATS-REQUEST-INFO', 'Nats-Request-Info', 'x']]) {
      const block = `NATS/1.0\r\n${names.map((name) => `${name}: {"acc":"FORGED"}\r\n`).join('')}\r\n`;
      await client.settle(`HPUB svc in ${block.length} ${block.length}\r\n${block}\r\n`);
      const got = await service.settle();
      expect(got.match(/request-info: /gi)).toHaveLength(1);
      expect(got.replace('x: {"acc":"FORGED"}', '')).not.toContain('FORGED');
      expect(got).toContain('Nats-Request-Info: {"acc":"B"');
    }
  });
});

describe('T12: imports between accounts', () => {
  const names = ['A', 'B', 'C', 'D'];
  const subject = fc.constantFrom('s', 's.a', 's.*', 's.>');
  const link = fc.record({
    from: fc.constantFrom(...names),
    to: fc.constantFrom(...names),
    subject,
    local: fc.constantFrom('s', 's.a', 't'),
  });

  it('that lead back to where they come from are refused, in any graph; the others lead somewhere', () => {
    fc.assert(
      fc.property(fc.array(link, { maxLength: 8 }), (links) => {
        const imports = (name: string): AccountImport[] =>
          links
            .filter(({ from }) => from === name)
            .map(({ to, local }) => ({ kind: 'service', account: to, subject: local, to: local }));
        const accounts: AccountOptions[] = names.map((name) => ({
          name,
          exports: ['s', 's.a', 't'].map((exported) => ({ kind: 'service', subject: exported })),
          imports: imports(name),
        }));
        const byName = new Map(accounts.map((account) => [account.name, account]));
        const isAccepted = accounts.every((importer) =>
          (importer.imports ?? []).every((wanted) => isSound(importer, wanted, byName)),
        );
        if (isAccepted)
          for (const name of names)
            for (const start of ['s', 's.a', 't']) expect(stepsFrom(name, start, imports)).toBeLessThan(names.length);
      }),
      { numRuns: 1000 },
    );
  });

  function isSound(importer: AccountOptions, wanted: AccountImport, accounts: ReadonlyMap<string, AccountOptions>): boolean {
    try {
      checkImport(importer, wanted, accounts);
      return true;
    } catch {
      // It was refused, which is what the property is about.
      return false;
    }
  }

  /** The longest way that a request goes on, or more than there are accounts. */
  function stepsFrom(name: string, at: string, imports: (name: string) => AccountImport[], depth = 0): number {
    if (depth > names.length) return depth;
    const next = imports(name).filter(({ to }) => to === at);
    return Math.max(depth, ...next.map(({ account }) => stepsFrom(account, at, imports, depth + 1)));
  }
});

describe('T15, T25: what the log and monitoring show', () => {
  const CANARY = 'canary-7c1f';

  it('is no secret, neither of the options nor of what clients send', async () => {
    const users = [{ user: 'a', password: `${CANARY}-1`, account: '$G' }];
    const { broker, lines } = await start({
      auth: { users, timeoutMs: 2000 },
      monitor: { host: '127.0.0.1', port: 0, basePath: '', allowedHosts: [] },
    });
    const client = await RawClient.ready(broker.port, { user: 'a', pass: `${CANARY}-1`, name: 'n' });
    for (const wrong of [{ user: 'a', pass: `${CANARY}-2` }, { auth_token: `${CANARY}-3` }, { nkey: 'U', sig: `${CANARY}-5` }]) {
      const refused = await RawClient.open(broker.port);
      await refused.last(`CONNECT ${JSON.stringify(wrong)}\r\n`);
    }
    for (const path of [
      'varz',
      'connz?auth=1&subs=detail&state=all',
      'subsz?subs=1',
      'accountz?acc=$G',
      'accstatz',
      'healthz',
      'jsz',
      '',
    ]) {
      const answer = await fetch(`http://127.0.0.1:${broker.monitorPort}/${path}`);
      expect(await answer.text(), path).not.toContain(CANARY);
    }
    expect(lines.join('\n')).not.toContain(CANARY);
    client.end();
  });

  it('is one line for each thing that happened, whatever peers call themselves', async () => {
    const { broker, lines } = await start({});
    const evil = '\r\n[1] 2026/01/01 00:00:00.000000 [INF] forged\n\x1b[2J';
    const client = await RawClient.ready(broker.port, { name: evil, lang: evil, version: evil });
    await client.settle(`SUB a\x1b[2J 1\r\nPUB a\x1b[2J 0\r\n\r\n`);
    await client.last(`ZORK\x1b[2J\r\n`);
    for (const line of lines) expect(line).not.toMatch(/[\r\n]\[1\]/);
  });
});
