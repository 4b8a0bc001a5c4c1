/** How servers meet, stay together and part: gossip, duplicates, names, credentials, rules, what clients are told of it. */
import bcrypt from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { Broker, nodeEnv } from '../../src/index.ts';
import { RawClient } from '../support/raw-client.ts';
import { clusterDefaults, eventually, formed, useCluster } from '../support/use-cluster.ts';

/** Lines that a server logs. */
function logging(): { env: ReturnType<typeof nodeEnv>; lines: string[] } {
  const lines: string[] = [];
  const env = nodeEnv({ isDebug: true, isTrace: false, write: (level, text) => void lines.push(`${level} ${text}`) });
  return { env, lines };
}

const urls = (client: RawClient): unknown => {
  const infos = [...client.received.matchAll(/INFO (\{.*?\}) \r\n/g)];
  return (JSON.parse(infos.at(-1)?.[1] ?? '{}') as Record<string, unknown>)['connect_urls'];
};

describe('servers', () => {
  const cluster = useCluster();

  it('form a full mesh of five from one route each', async () => {
    const brokers = await cluster.mesh(5);
    for (const broker of brokers) {
      const known = new Set(broker.server.cluster?.routes().map((route) => route.remoteId));
      const others = brokers.filter((other) => other !== broker).map(({ id }) => id);
      expect([...known].sort()).toEqual(others.sort());
    }
  });

  it('form a chain into a mesh', async () => {
    const first = await cluster.start();
    const second = await cluster.start([first]);
    const third = await cluster.start([second]);
    const fourth = await cluster.start([third]);
    await formed(first, second, third, fourth);
  });

  it('do not connect to themselves, and keep one connection of two', async () => {
    const free = await Promise.all([cluster.start(), cluster.start()]);
    const [a = 0, b = 0] = free.map((broker) => broker.clusterPort ?? 0);
    await Promise.all(free.map((broker) => broker.stop()));
    const routes = [`nats://127.0.0.1:${a}`, `nats://127.0.0.1:${b}`];
    const both = await Promise.all([a, b].map((own) => cluster.start([], { routes, port: own })));
    await formed(...both);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await formed(...both);
  });

  it('meet again when one comes back on its port', async () => {
    const first = await cluster.start();
    const second = await cluster.start([first]);
    await formed(first, second);
    const { clusterPort: port = 0 } = first;
    await first.stop();
    await eventually(() => second.server.cluster?.remoteCount === 0, 'the loss');
    const again = await cluster.start([], { port });
    await formed(again, second);
  });

  it.each([
    ['one has none', -1, 3],
    ['neither has one', -1, -1],
    ['one has a single connection', 1, 3],
    ['they are of other sizes', 5, 2],
  ])('talk over pools where %s', async (_what, firstSize, secondSize) => {
    const auth = { timeoutMs: 2000, users: ['A', 'B', 'D', 'E'].map((user) => ({ user, password: 'p', account: user })) };
    const first = await cluster.start([], { poolSize: firstSize }, { auth });
    const second = await cluster.start([first], { poolSize: secondSize }, { auth });
    const isPooled = firstSize > 0 && secondSize > 0;
    const total = isPooled ? Math.max(firstSize, secondSize) + 1 : 1;
    await eventually(() => first.server.cluster?.routes().length === total && second.server.cluster?.routes().length === total);
    for (const { user } of auth.users) {
      const [here, there] = [await cluster.client(first, { user, pass: 'p' }), await cluster.client(second, { user, pass: 'p' })];
      for (const [from, to] of [
        [here, there],
        [there, here],
      ] as const) {
        await to.settle('SUB s 1\r\n');
        await eventually(() => {
          from.send('PUB s 0\r\n\r\n');
          return to.received.includes('MSG s 1');
        }, `a message of ${user}`);
      }
    }
  });

  it('of one made-up name take the larger, and a made-up name yields to a configured one', async () => {
    const { name: _configured, ...unnamed } = clusterDefaults;
    const start = async (routes: string[], name?: string): Promise<Broker> => {
      const options = { ...unnamed, routes, ...(name === undefined ? {} : { name }) };
      return cluster.keep(await Broker.start({ port: 0, cluster: options }));
    };
    const first = await start([]);
    const second = await start([`nats://127.0.0.1:${first.clusterPort}`]);
    const [a = '', b = ''] = [first.server.cluster?.name, second.server.cluster?.name];
    await formed(first, second);
    expect([first.server.cluster?.name, second.server.cluster?.name]).toEqual([a > b ? a : b, a > b ? a : b]);
    const third = await start([`nats://127.0.0.1:${first.clusterPort}`], 'AA');
    await formed(first, second, third);
    expect(first.server.cluster?.name).toBe('AA');
    expect(second.server.cluster?.name).toBe('AA');
  });

  it('of other names do not mix', async () => {
    const { env, lines } = logging();
    const first = await cluster.start([], {}, {}, env);
    await cluster.start([first], { name: 'other' });
    const text = 'Rejecting connection, cluster name "other" does not match "C"';
    await eventually(() => lines.some((line) => line.endsWith(text)));
    expect(first.server.cluster?.remoteCount).toBe(0);
  });

  it('with the name of one that is there are refused', async () => {
    const { env, lines } = logging();
    const first = await cluster.start([], {}, { serverName: 'twin' }, env);
    await cluster.start([first], {}, { serverName: 'twin' });
    await eventually(() => lines.some((line) => line.endsWith('Remote server has a duplicate name: "twin"')));
    expect(first.server.cluster?.remoteCount).toBe(0);
  });

  it('let in only whoever knows the password', async () => {
    const { env, lines } = logging();
    const secret = { user: 'route', password: 's3cret' };
    const first = await cluster.start([], secret, {}, env);
    const second = await cluster.start([first], secret);
    await formed(first, second);
    const third = await cluster.start([first], { user: 'route', password: 'wrong' });
    await eventually(() => lines.some((line) => line.endsWith('- Authorization Violation')));
    // The line is written before the other side has read why.
    await eventually(() => third.server.cluster?.remoteCount === 0);
    const fourth = await cluster.start([second], secret);
    await formed(first, second, fourth);
  });

  it('check a password that is a bcrypt hash', async () => {
    const { env, lines } = logging();
    const first = await cluster.start([], { user: 'route', password: bcrypt.hashSync('s3cret', 4) }, {}, env);
    const join = (password: string) => cluster.start([], { routes: [`nats://route:${password}@127.0.0.1:${first.clusterPort}`] });
    const right = await join('s3cret');
    await formed(first, right);
    const wrong = await join('no');
    await eventually(() => lines.some((line) => line.endsWith('- Authorization Violation')));
    await eventually(() => wrong.server.cluster?.remoteCount === 0);
    expect(first.server.cluster?.remoteCount).toBe(1);
  });

  it('import and export what their rules allow', async () => {
    const permissions = {
      publish: { allow: ['in.>', 'both'], deny: [] },
      subscribe: { allow: ['out.>', 'both'], deny: ['out.no'] },
    };
    const first = await cluster.start([], { permissions });
    const second = await cluster.start([first]);
    await eventually(() => first.server.cluster?.remoteCount === 1 && second.server.cluster?.remoteCount === 1);
    const here = await cluster.client(first);
    const there = await cluster.client(second);
    await here.settle('SUB in.a 1\r\nSUB secret 2\r\nSUB both 3\r\n');
    await there.settle('SUB out.a 1\r\nSUB out.no 2\r\nSUB hidden 3\r\nSUB both 4\r\n');
    const wants = (broker: Broker): string[] => {
      const routes = broker.server.cluster?.routes() ?? [];
      return routes.flatMap((route) => route.subscriptions().map(({ subject }) => subject)).filter((s) => !s.startsWith('$SYS'));
    };
    await eventually(() => wants(second).length === 2 && wants(first).length === 2);
    expect(wants(second).sort()).toEqual(['both', 'in.a']);
    expect(wants(first).sort()).toEqual(['both', 'out.a']);
  });

  it('are looked for again and again with growing pauses', async () => {
    const { env, lines } = logging();
    const delays: number[] = [];
    const clock = {
      nowMs: () => env.clock.nowMs(),
      nowUs: () => env.clock.nowUs(),
      monotonicMs: () => env.clock.monotonicMs(),
      afterInput: (task: () => void) => env.clock.afterInput(task),
      setRepeatingTimer: (ms: number, task: () => void) => env.clock.setRepeatingTimer(ms, task),
      setTimer: (ms: number, task: () => void) => {
        if (ms >= 1000 && ms % 1000 === 0) delays.push(ms);
        return env.clock.setTimer(ms >= 1000 && ms % 1000 === 0 ? 1 : ms, task);
      },
    };
    await cluster.start([], { routes: ['nats://127.0.0.1:1'], connectBackoff: true, poolSize: -1 }, {}, { ...env, clock });
    await eventually(() => delays.length >= 8);
    expect(delays.slice(0, 7)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(lines.filter((line) => line.startsWith('ERR Error trying to connect to route (attempt 1)')).length).toBe(1);
  });
});

describe('the route port', () => {
  const cluster = useCluster();

  it('sends INFO, and tells a client that it is at the wrong place', async () => {
    const broker = await cluster.start();
    const client = await RawClient.open(broker.clusterPort ?? 0);
    expect(client.info).toMatchObject({ cluster: 'C', compression: 'off', route_pool_size: 3, headers: true });
    expect(await client.last('CONNECT {"lang":"go","verbose":false}\r\n')).toBe("-ERR 'attempted to connect to route port'\r\n");
  });

  it('refuses who does not begin with CONNECT, who breaks the protocol, and gateways', async () => {
    const { env, lines } = logging();
    const broker = await cluster.start([], {}, {}, env);
    const open = () => RawClient.open(broker.clusterPort ?? 0);
    expect(await (await open()).last('PING\r\n')).toBe("-ERR 'Authorization Violation'\r\n");
    const connect = 'CONNECT {"cluster":"C","name":"N1"}\r\n';
    expect(await (await open()).last(`${connect}HELLO\r\n`)).toBe("-ERR 'Unknown Protocol Operation'\r\n");
    expect(await (await open()).last(`${connect}RS+ $G s\r\n`)).toBe('');
    expect(await (await open()).last(`${connect}RMSG $G s 1\r\nx\r\n`)).toBe('');
    expect(await (await open()).last('CONNECT {"gateway":"G"}\r\n')).toBe(
      `-ERR 'Rejecting connection from gateway "G" on the Route port'\r\n`,
    );
    expect(await (await open()).last(`${connect}INFO ${'x'.repeat(70_000)}`)).toBe("-ERR 'maximum control line exceeded'\r\n");
    expect(await (await open()).last(`${connect}INFO [1]\r\n`)).toBe('');
    expect(
      await (await open()).last(
        `${connect}INFO {"server_id":"N1","cluster":"C","route_account":"nobody","route_pool_size":3}\r\n`,
      ),
    ).toBe(`-ERR 'Unable to lookup account "nobody": account missing'\r\n`);
    expect(
      await (await open()).last(`${connect}INFO {"server_id":"N1","cluster":"C","route_pool_idx":7,"route_pool_size":3}\r\n`),
    ).toBe("-ERR 'Invalid route pool index: 7 - pool size is 3'\r\n");
    expect(lines.filter((line) => line.includes('internal error'))).toEqual([]);
  });

  it('lets nobody stay silent', async () => {
    const broker = await cluster.start([], { authTimeoutMs: 50 });
    const silent = await RawClient.open(broker.clusterPort ?? 0);
    await silent.closed();
    expect(silent.take()).toBe("-ERR 'Authentication Timeout'\r\n");
    const half = await RawClient.open(broker.clusterPort ?? 0);
    expect(await half.last('CONNECT {"cluster":"C","name":"N1"}\r\n')).toBe("-ERR 'Authentication Timeout'\r\n");
  });

  it('pings, and ends a server that does not answer', async () => {
    const broker = await cluster.start([], { pingIntervalMs: 20, pingMax: 2 });
    const peer = await RawClient.open(broker.clusterPort ?? 0);
    peer.send('CONNECT {"cluster":"C","name":"N1"}\r\nINFO {"server_id":"N1","server_name":"n1","cluster":"C"}\r\n');
    await peer.closed();
    const text = peer.take();
    expect(text.split('\r\n').filter((line) => line === 'PING').length).toBe(2);
    expect(text.endsWith("-ERR 'Stale Connection'\r\n")).toBe(true);
    expect(broker.server.counters).toMatchObject({ staleConnections: 1, routeStaleConnections: 1 });
  });

  it('ends a server that takes nothing, and serves the others on', async () => {
    const broker = await cluster.start([], {}, { maxPendingBytes: 1_048_576 });
    const peer = await RawClient.open(broker.clusterPort ?? 0);
    peer.send('CONNECT {"cluster":"C","name":"N1"}\r\nINFO {"server_id":"N1","server_name":"n1","cluster":"C"}\r\nRS+ $G s\r\n');
    await eventually(() => broker.server.globalAccount.hasInterest('s'));
    peer.pause();
    const client = await cluster.client(broker);
    const payload = 'x'.repeat(100_000);
    for (let sent = 0; sent < 200 && broker.server.cluster?.remoteCount === 1; sent++) {
      expect(await client.settle(`PUB s 100000\r\n${payload}\r\n`)).toBe('');
    }
    await eventually(() => broker.server.cluster?.remoteCount === 0, 'the end of the slow one');
    expect(broker.server.counters).toMatchObject({ slowConsumers: 1, routeSlowConsumers: 1 });
    peer.end();
  });

  it('does with interest and messages what a server asks for by hand', async () => {
    const broker = await cluster.start();
    const client = await cluster.client(broker);
    await client.settle('SUB here g 1\r\nSUB here 2\r\n');
    const peer = await RawClient.open(broker.clusterPort ?? 0);
    peer.send(
      'CONNECT {"cluster":"C","name":"N1","headers":true}\r\nINFO {"server_id":"N1","server_name":"n1","cluster":"C","headers":true}\r\n',
    );
    await peer.until((text) => text.includes('RS+ $G here g 1\r\n') && text.includes('RS+ $G here\r\n'));
    await peer.settle('RS+ $G there\r\nRS+ $G there.q g 2\r\n');
    await client.settle('PUB there r 2\r\nhi\r\nPUB there.q 1\r\na\r\nPUB there.q r 1\r\nb\r\n');
    await peer.until((text) => text.includes('\r\nb\r\n'));
    expect(peer.take()).toContain('RMSG $G there r 2\r\nhi\r\nRMSG $G there.q | g 1\r\na\r\nRMSG $G there.q + r g 1\r\nb\r\n');
    await peer.settle('RMSG $G here 1\r\nx\r\nRMSG $G here | g 1\r\ny\r\nRMSG $G here + r g other 1\r\nz\r\n');
    expect(await client.settle()).toBe(
      'MSG here 2 1\r\nx\r\nMSG here 2 1\r\ny\r\nMSG here 1 1\r\ny\r\nMSG here 2 r 1\r\nz\r\nMSG here 1 r 1\r\nz\r\n',
    );
    await peer.settle('RS- $G there\r\nRS- $G there.q g\r\n');
    expect(broker.server.globalAccount.hasInterest('there')).toBe(false);
    expect(broker.server.globalAccount.hasInterest('there.q')).toBe(false);
    peer.end();
  });
});

describe('clients', () => {
  const cluster = useCluster();

  it('are told of servers that join and leave', async () => {
    const first = await cluster.start();
    const client = await cluster.client(first, { protocol: 1 });
    const own = `127.0.0.1:${first.port}`;
    const second = await cluster.start([first]);
    const other = `127.0.0.1:${second.port}`;
    await eventually(() => String(urls(client)) === `${own},${other}`, 'the news of the second');
    const later = await RawClient.open(first.port);
    expect(later.info).toMatchObject({ cluster: 'C', connect_urls: [own, other] });
    later.end();
    await second.stop();
    await eventually(() => String(urls(client)) === own, 'the news that it left');
  });

  it('are not told where that is not wanted', async () => {
    const first = await cluster.start([], { noAdvertise: true });
    const client = await cluster.client(first, { protocol: 1 });
    await formed(first, await cluster.start([first], {}));
    client.take();
    const open = await RawClient.open(first.port);
    expect(open.info['connect_urls']).toBeUndefined();
    open.end();
  });

  it('are sent away from a server in lame duck mode, and others no longer named it', async () => {
    const lameDuck = { lameDuckDurationMs: 200, lameDuckGracePeriodMs: 100 };
    const first = await cluster.start([], {}, lameDuck);
    const second = await cluster.start([first]);
    await formed(first, second);
    const leaving = await cluster.client(first, { protocol: 1 });
    const staying = await cluster.client(second, { protocol: 1 });
    const end = first.lameDuck();
    await leaving.until((text) => text.includes('"ldm":true'));
    expect(urls(leaving)).toEqual([`127.0.0.1:${second.port}`]);
    await eventually(() => String(urls(staying)) === `127.0.0.1:${second.port}`, 'the news');
    await end;
  });
});

describe('monitoring and the system account', () => {
  const cluster = useCluster();

  it('answer from every server', async () => {
    const auth = { timeoutMs: 2000, users: [{ user: 'sys', password: 'p', account: '$SYS' }] };
    const brokers = await cluster.mesh(3, {}, { auth });
    const client = await cluster.client(brokers[0] as Broker, { user: 'sys', pass: 'p' });
    await client.settle('SUB i.* 1\r\n');
    await eventually(() => brokers.every((broker) => broker.server.systemAccount?.hasInterest('i.x') === true));
    client.send('PUB $SYS.REQ.SERVER.PING i.a 0\r\n\r\n');
    await eventually(() => client.received.split('MSG i.a').length === 4, 'three answers');
    const ids = [...client.take().matchAll(/"id":"(N[A-Z0-9]{55})","cluster":"C"/g)].map(([, id]) => id);
    expect(ids.sort()).toEqual(brokers.map(({ id }) => id).sort());
    const asked = brokers[1] as Broker;
    client.send(`PUB $SYS.REQ.SERVER.${asked.id}.ROUTEZ i.b 0\r\n\r\n`);
    await client.until((text) => text.includes('MSG i.b'));
    const { data } = JSON.parse(/MSG i\.b 1 \d+\r\n(.*)\r\n/.exec(client.take())?.[1] ?? '{}');
    expect(data.num_routes).toBe(8);
    expect(new Set(data.routes.map((route: { remote_id: string }) => route.remote_id)).size).toBe(2);
    client.send(`PUB $SYS.REQ.SERVER.${asked.id}.STATSZ i.c 0\r\n\r\n`);
    await client.until((text) => text.includes('MSG i.c'));
    const { statsz } = JSON.parse(/MSG i\.c 1 \d+\r\n(.*)\r\n/.exec(client.take())?.[1] ?? '{}');
    expect(statsz.routes.length).toBe(8);
    client.send(`PUB $SYS.REQ.SERVER.PING.STATSZ i.d 16\r\n{"cluster":"no"}\r\n`);
    expect(await client.settle()).not.toContain('MSG i.d');
  });
});
