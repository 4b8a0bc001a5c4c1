/** What the log tells of a client, in the words and in the order of nats-server 2.15.1, at each level; a reload changes it at once. */
import { afterEach, describe, expect, it } from 'vitest';
import { nodeEnv } from '../../src/env/node/node-env.ts';
import { Broker, type BrokerOptions } from '../../src/index.ts';
import { CollectedLog } from '../support/collected-log.ts';
import { connectLine, RawClient } from '../support/raw-client.ts';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function start(
  options: BrokerOptions = {},
  levels: { isDebug?: boolean; isTrace?: boolean } = { isDebug: true, isTrace: true },
) {
  const log = Object.assign(new CollectedLog(), levels);
  const broker = await Broker.start({ port: 0, ...options }, nodeEnv(log));
  endings.push(() => broker.stop());
  log.take();
  return { broker, log };
}

async function enter(broker: Broker, options: Readonly<Record<string, unknown>> = {}): Promise<RawClient> {
  const client = await RawClient.ready(broker.port, options);
  endings.push(() => client.end());
  return client;
}

/** What a client that has just come in does, and what is logged of it. */
async function linesOf(
  sent: string,
  options: BrokerOptions = {},
  connect: Readonly<Record<string, unknown>> = {},
): Promise<string[]> {
  const { broker, log } = await start(options);
  const client = await enter(broker, connect);
  log.take();
  client.send(`${sent}PING\r\n`);
  await client.until((text) => text.includes('PONG') || client.isClosed);
  await new Promise((resolve) => setImmediate(resolve));
  return log.take().filter((line) => !line.endsWith('<<- [PING]') && !line.endsWith('->> [PONG]'));
}

describe('a trace', () => {
  it('shows an operation, what came of it, and then the next one', async () => {
    const sent = 'SUB  a   1\r\nPUB a 5\r\nhello\r\nHPUB a 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\nUNSUB 1\r\n';
    expect(await linesOf(sent, {}, { headers: true })).toEqual([
      '[TRC] <<- [SUB a   1]',
      '[TRC] <<- [PUB a 5]',
      '[TRC] <<- MSG_PAYLOAD: ["hello"]',
      '[TRC] ->> [MSG a 1 5]',
      '[TRC] ->> MSG_PAYLOAD: ["hello"]',
      '[TRC] <<- [HPUB a 18 20]',
      '[TRC] <<- MSG_PAYLOAD: ["NATS/1.0\\r\\nA: b\\r\\n\\r\\nhi"]',
      '[TRC] ->> [HMSG a 1 18 20]',
      '[TRC] ->> MSG_PAYLOAD: ["NATS/1.0\\r\\nA: b\\r\\n\\r\\nhi"]',
      '[TRC] <<- [UNSUB 1]',
      '[TRC] <-> [DELSUB 1]',
    ]);
  });

  it('shows a payload once, however late it comes', async () => {
    const { broker, log } = await start();
    const client = await enter(broker);
    log.take();
    for (const piece of ['PU', 'B a 10\r\n012', '34567', '89\r\nPI', 'NG\r\n']) {
      client.send(piece);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await client.until((text) => text.includes('PONG'));
    expect(log.take().slice(0, 2)).toEqual(['[TRC] <<- [PUB a 10]', '[TRC] <<- MSG_PAYLOAD: ["0123456789"]']);
  });

  it('tells of a mapping before the payload, and of no responders not at all', async () => {
    const mapping = { source: 'a', destinations: [{ destination: 'b', weight: 100 }] };
    const accounts = [{ name: '$G', mappings: [mapping] }];
    expect(await linesOf('SUB r 1\r\nPUB a r 2\r\nhi\r\n', { accounts }, { headers: true, no_responders: true })).toEqual([
      '[TRC] <<- [SUB r 1]',
      '[TRC] <<- [PUB a r 2]',
      '[TRC] <<- [MAPPING a -> b]',
      '[TRC] <<- MSG_PAYLOAD: ["hi"]',
    ]);
  });

  it('never shows passwords, tokens, keys or signatures', async () => {
    const { broker, log } = await start();
    const secret = { user: 'u', pass: 'p1', auth_token: 't1', nkey: 'UX', sig: 's1', proxy_sig: 'x1', signal: 'ok' };
    const client = await RawClient.open(broker.port);
    endings.push(() => client.end());
    client.send(`CONNECT ${JSON.stringify(secret)}\r\n`);
    await client.settle();
    expect(log.take().find((line) => line.includes('CONNECT'))).toBe(
      '[TRC] <<- [CONNECT {"user":"u","pass":"[REDACTED]","auth_token":"[REDACTED]","nkey":"[REDACTED]","sig":"[REDACTED]",' +
        '"proxy_sig":"[REDACTED]","signal":"ok"}]',
    );
  });

  it('shows what the server says in the system account where it is told to', async () => {
    const { broker, log } = await start({ tracesSystemAccount: true, maxTracedMessageBytes: 8 });
    await enter(broker);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const lines = log.take().filter((line) => line.includes('SYSTEM - '));
    const connect = lines.findIndex((line) => /^\[TRC\] SYSTEM - <<- \[PUB \$SYS\.ACCOUNT\.\$G\.CONNECT {2}\d+\]$/.test(line));
    expect(lines[connect + 1]).toBe('[TRC] SYSTEM - <<- MSG_PAYLOAD: ["{\\"type\\":..."]');
    expect(connect).toBeGreaterThanOrEqual(0);
  });

  it('begins and ends with a reload, for connections that are there, and cuts as the reload says', async () => {
    const { broker, log } = await start({}, {});
    const client = await enter(broker);
    // A remembered line must be looked at again when it is to be shown.
    await client.settle('SUB a 1\r\nPUB a 5\r\nhello\r\nPUB a 5\r\nhello\r\n');
    log.isTrace = true;
    broker.reload({ maxTracedMessageBytes: 2 });
    await client.settle('PUB a 5\r\nhello\r\nPUB a 5\r\nworld\r\n');
    const seen = (payload: string): string[] => [
      '[TRC] <<- [PUB a 5]',
      `[TRC] <<- MSG_PAYLOAD: ["${payload}"]`,
      '[TRC] ->> [MSG a 1 5]',
      `[TRC] ->> MSG_PAYLOAD: ["${payload}"]`,
    ];
    expect(log.take()).toEqual([...seen('he...'), ...seen('wo...'), '[TRC] <<- [PING]', '[TRC] ->> [PONG]']);
    broker.reload({ tracesHeadersOnly: true });
    await client.settle('PUB a 5\r\nhello\r\n');
    expect(log.take()).toEqual(['[TRC] <<- [PUB a 5]', '[TRC] ->> [MSG a 1 5]', '[TRC] <<- [PING]', '[TRC] ->> [PONG]']);
    const { tracesHeadersOnly: _gone, ...rest } = broker.server.options;
    broker.replaceOptions({ ...rest, maxTracedMessageBytes: 0 });
    await client.settle('PUB a 5\r\nhello\r\n');
    expect(log.take().slice(0, 4)).toEqual(seen('hello'));
    log.isTrace = false;
    broker.reload({});
    expect(await client.settle('PUB a 5\r\nhello\r\nPUB a 5\r\nhello\r\n')).toBe('MSG a 1 5\r\nhello\r\n'.repeat(2));
    expect(log.take()).toEqual([]);
  });
});

describe('the log', () => {
  const denied = {
    user: 'u',
    password: 'p',
    permissions: { publish: { allow: ['ok'], deny: [] }, subscribe: { allow: ['ok'], deny: [] } },
  };
  const users = { auth: { users: [denied], timeoutMs: 2000 } };
  it.each<[string, string, BrokerOptions, string[]]>([
    [
      'a violation after the word that the client gets',
      'SUB no 1\r\nPUB no 1\r\nx\r\n',
      users,
      [
        '[TRC] <<- [SUB no 1]',
        '[TRC] ->> [-ERR Permissions Violation for Subscription to "no"]',
        '[ERR] Subscription Violation - Subject "no", SID 1',
        '[TRC] <<- [PUB no 1]',
        '[TRC] <<- MSG_PAYLOAD: ["x"]',
        '[TRC] ->> [-ERR Permissions Violation for Publish to "no"]',
        '[ERR] Publish Violation - Subject "no"',
      ],
    ],
    [
      'what is no operation before the end of the connection',
      'ZORK\r\n',
      {},
      [
        '[TRC] ->> [-ERR Unknown Protocol Operation]',
        `[ERR] Client parser ERROR, state=0, i=0: proto='"ZORK\\r\\nPING\\r"...'`,
        '[DBG] Client connection closed: Protocol Violation',
      ],
    ],
    [
      'too large a payload without showing it',
      'PUB a 11\r\n01234567890\r\n',
      { maxPayloadBytes: 10 },
      [
        '[TRC] <<- [PUB a 11]',
        '[ERR] maximum payload exceeded: 11 vs 10',
        '[TRC] ->> [-ERR Maximum Payload Violation]',
        '[DBG] Client connection closed: Maximum Message Payload Exceeded',
      ],
    ],
    [
      'a limit of subscriptions once for all that ran into it',
      'SUB a 1\r\nSUB b 2\r\nSUB c 3\r\n',
      { maxSubscriptions: 1 },
      [
        '[TRC] <<- [SUB a 1]',
        '[TRC] <<- [SUB b 2]',
        '[ERR] maximum subscriptions exceeded',
        '[TRC] ->> [-ERR maximum subscriptions exceeded]',
        '[TRC] <<- [SUB c 3]',
        '[TRC] ->> [-ERR maximum subscriptions exceeded]',
      ],
    ],
    [
      'the end of a subscription with its last message',
      'SUB a 1\r\nUNSUB 1 1\r\nPUB a 1\r\nx\r\n',
      {},
      [
        '[TRC] <<- [SUB a 1]',
        '[TRC] <<- [UNSUB 1 1]',
        '[TRC] <<- [PUB a 1]',
        '[TRC] <<- MSG_PAYLOAD: ["x"]',
        "[DBG] Auto-unsubscribe limit of 1 reached for sid '1'",
        '[TRC] ->> [MSG a 1 1]',
        '[TRC] ->> MSG_PAYLOAD: ["x"]',
        '[TRC] <-> [DELSUB 1]',
      ],
    ],
  ])('tells of %s', async (_what, sent, options, lines) => {
    const connect = options === users ? { user: 'u', pass: 'p' } : {};
    const seen = await linesOf(sent, options, connect);
    expect(seen.filter((line) => !line.startsWith('[TRC] <-> ') || lines.includes(line))).toEqual(lines);
  });

  it('tells of one of those who come when there is no room', async () => {
    const { broker, log } = await start({ maxConnections: 1 }, {});
    await enter(broker);
    for (let count = 0; count < 3; count++) {
      const late = await RawClient.open(broker.port);
      await late.closed();
    }
    expect(log.take()).toEqual(['[ERR] maximum connections exceeded']);
  });

  it('tells of PINGs, and of who does not answer them', async () => {
    const { broker, log } = await start({ pingIntervalMs: 40, pingMax: 1 });
    const client = await RawClient.open(broker.port);
    client.send(connectLine());
    await client.closed();
    expect(client.take()).toMatch(/PING\r\n-ERR 'Stale Connection'\r\n$/);
    expect(log.take().slice(2)).toEqual([
      '[DBG] Client Ping Timer',
      '[TRC] ->> [PING]',
      '[DBG] Client Ping Timer',
      '[DBG] Stale Client Connection - Closing',
      '[DBG] Client connection closed: Stale Connection',
    ]);
  });
});
