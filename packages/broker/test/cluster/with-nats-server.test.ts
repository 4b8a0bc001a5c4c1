/** One cluster of this server and a real nats-server: who connected to whom must not matter. Skipped where there is none. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as join2 } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findReference, type RunningReference, startReference } from '../conformance/reference.ts';
import { RawClient } from '../support/raw-client.ts';
import { eventually, useCluster } from '../support/use-cluster.ts';

const reference = findReference();
if (reference === undefined) {
  process.stdout.write('with-nats-server.test.ts is skipped: NATS_SERVER_BIN is unset and no nats-server 2.15 is on PATH\n');
}

describe.skipIf(reference === undefined)('a cluster with nats-server', () => {
  const cluster = useCluster();
  const running: RunningReference[] = [];
  const clients: RawClient[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) client.end();
    await Promise.all(running.splice(0).map((server) => server.stop()));
  });

  /** `block`: what its cluster block holds beside name and port. */
  const startOther = async (block = '', config = ''): Promise<RunningReference> => {
    const text = `server_name: other\ncluster { name: C, listen: "127.0.0.1:-1", ${block} }\n${config}`;
    const other = await startReference(reference ?? '', text);
    running.push(other);
    return other;
  };
  const join = async (port: number, options: Readonly<Record<string, unknown>> = {}): Promise<RawClient> => {
    const client = await RawClient.ready(port, { protocol: 1, ...options });
    clients.push(client);
    return client;
  };
  /** Waits until a message of one client reaches the other. */
  const connected = async (from: RawClient, to: RawClient): Promise<void> => {
    await to.settle('SUB probe probe\r\n');
    await eventually(() => {
      from.send('PUB probe 0\r\n\r\n');
      return to.received.includes('MSG probe');
    }, 'a message from one server to the other');
    to.take();
  };

  for (const who of ['this server', 'nats-server'] as const) {
    it(`exchanges messages when ${who} connects`, async () => {
      const ours = await cluster.start([], {}, { serverName: 'ours' });
      const other = await startOther(who === 'nats-server' ? `routes: ["nats://127.0.0.1:${ours.clusterPort}"]` : '');
      const own =
        who === 'nats-server'
          ? ours
          : await cluster.start([], { routes: [`nats://127.0.0.1:${other.clusterPort}`] }, { serverName: 'ours2' });
      await eventually(() => own.server.cluster?.routes().length === 4, 'a pool of three and one for the system account');
      const here = await join(own.port, { headers: true });
      const there = await join(other.port, { headers: true });
      await connected(here, there);
      await connected(there, here);
      await here.settle('SUB q.* g 1\r\nSUB plain.> 2\r\n');
      await there.settle('SUB q.* g 1\r\nSUB plain.* 2\r\n');
      await new Promise((resolve) => setTimeout(resolve, 100));
      const count = (text: string): number => text.split('MSG q.a 1').length - 1;
      for (const publisher of [here, there]) {
        publisher.send(`${'PUB q.a r 1\r\nx\r\n'.repeat(100)}HPUB plain.x r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n`);
        const last = 'HMSG plain.x 2 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n';
        for (const client of [here, there]) await client.until((text) => text.includes(last));
        const [mine, theirs] = [count(here.take()), count(there.take())];
        expect(mine + theirs).toBe(100);
        expect(Math.min(mine, theirs)).toBeGreaterThan(10);
      }
    });
  }

  it.each([
    ['compression: s2_auto', 4],
    ['compression: s2_fast', 4],
    ['compression: off', 4],
    ['pool_size: 1', 4],
    ['pool_size: 5', 6],
    ['pool_size: -1', 1],
  ])('comes together when nats-server says %s', async (block, count) => {
    const ours = await cluster.start([], {}, { serverName: 'ours' });
    const guest = await startOther(`${block}, routes: ["nats://127.0.0.1:${ours.clusterPort}"]`);
    await eventually(() => ours.server.cluster?.routes().length === count, 'nats-server as a guest');
    const host = await startOther(block);
    const routes = [`nats://127.0.0.1:${host.clusterPort}`];
    const own = await cluster.start([], { name: 'C', routes }, { serverName: 'own' });
    await eventually(() => own.server.cluster?.routes().length === count, 'a guest of nats-server');
    for (const [here, there] of [
      [ours.port, guest.port],
      [own.port, host.port],
    ] as const) {
      const [one, two] = [await join(here), await join(there)];
      await connected(one, two);
      await connected(two, one);
    }
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(own.server.cluster?.routes().length).toBe(count);
  });

  it('is a mesh of three by gossip, in which all are told of all', async () => {
    const first = await cluster.start([], {}, { serverName: 'first' });
    const other = await startOther(`routes: ["nats://127.0.0.1:${first.clusterPort}"]`);
    const third = await cluster.start([], { routes: [`nats://127.0.0.1:${other.clusterPort}`] }, { serverName: 'third' });
    const all = [first.port, other.port, third.port];
    await eventually(() => [first, third].every(({ server }) => server.cluster?.routes().length === 8), 'two pools each');
    for (const port of all) {
      const client = await RawClient.open(port);
      clients.push(client);
      const urls = client.info['connect_urls'] as string[];
      expect(urls[0]).toBe(`127.0.0.1:${port}`);
      expect(urls.slice().sort()).toEqual(all.map((one) => `127.0.0.1:${one}`).sort());
      expect(client.info['cluster']).toBe('C');
    }
    const joined = await Promise.all(all.map((port) => join(port)));
    for (const client of joined) await client.settle('SUB m 1\r\n');
    for (const client of joined) await connected(client, joined.find((other) => other !== client) ?? client);
    for (const client of joined) client.send('PUB m 0\r\n\r\n');
    for (const client of joined) await client.until((text) => text.split('MSG m 1').length === 4);
  });

  it('asks for credentials in both directions', async () => {
    const secret = { user: 'r', password: 's' };
    const block = 'authorization { user: r, password: s, timeout: 2 }';
    const ours = await cluster.start([], secret, { serverName: 'ours' });
    const guest = await startOther(`${block}, routes: ["nats://r:s@127.0.0.1:${ours.clusterPort}"]`);
    await eventually(() => ours.server.cluster?.routes().length === 4, 'nats-server as a guest');
    const wrong = await cluster.start([], { routes: [`nats://r:no@127.0.0.1:${guest.clusterPort}`] }, { serverName: 'wrong' });
    const right = await cluster.start(
      [],
      { ...secret, routes: [`nats://r:s@127.0.0.1:${guest.clusterPort}`] },
      { serverName: 'right' },
    );
    await eventually(() => right.server.cluster?.remoteCount === 2, 'a guest of nats-server');
    expect(wrong.server.cluster?.remoteCount).toBe(0);
  });

  it('keeps accounts apart, each on its connection, and crosses imports', async () => {
    const config = `accounts {
      A { users: [{user: a, password: p}], exports: [{service: "svc.>"}, {stream: "news.>"}] }
      B { users: [{user: b, password: p}], imports: [{service: {account: A, subject: "svc.x"}, to: x}, {stream: {account: A, subject: "news.>"}}] }
    }`;
    const accounts = [
      {
        name: 'A',
        exports: [
          { kind: 'service', subject: 'svc.>' },
          { kind: 'stream', subject: 'news.>' },
        ],
      },
      {
        name: 'B',
        imports: [
          { kind: 'service', account: 'A', subject: 'svc.x', to: 'x' },
          { kind: 'stream', account: 'A', subject: 'news.>' },
        ],
      },
    ] as const;
    const users = ['A', 'B'].map((account) => ({ user: account.toLowerCase(), password: 'p', account }));
    const ours = await cluster.start(
      [],
      { pinnedAccounts: ['A'] },
      { accounts, auth: { timeoutMs: 2000, users }, serverName: 'ours' },
    );
    const other = await startOther(`accounts: [A], routes: ["nats://127.0.0.1:${ours.clusterPort}"]`, config);
    await eventually(() => ours.server.cluster?.routes().length === 5, 'pool, system account and A');
    const as = (user: string) => ({ user, pass: 'p', headers: true, no_responders: true });
    for (const [near, far] of [
      [ours.port, other.port],
      [other.port, ours.port],
    ] as const) {
      const service = await join(near, as('a'));
      const caller = await join(far, as('b'));
      await service.settle('SUB svc.x s\r\n');
      await caller.settle('SUB inbox.> i\r\nSUB news.> n\r\n');
      await eventually(() => {
        if (!service.received.includes('MSG svc.x')) caller.send('PUB x inbox.1 3\r\n1+1\r\n');
        return service.received.includes('MSG svc.x');
      }, 'the request');
      const reply = /MSG svc\.x s (_R_\.\S+) /.exec(service.take())?.[1] ?? '';
      service.send(`PUB ${reply} 1\r\n2\r\nPUB news.x 2\r\nok\r\n`);
      await caller.until((text) => text.includes('MSG inbox.1 i 1\r\n2\r\n') && text.includes('MSG news.x n 2\r\nok\r\n'));
      expect(caller.received.split('MSG news.x').length).toBe(2);
      service.end();
      caller.end();
    }
  });

  it('says at once when nobody responds anywhere, and lets the system account ask all', async () => {
    const auth = {
      timeoutMs: 2000,
      users: [
        { user: 's', password: 'p', account: '$SYS' },
        { user: 'u', password: 'p' },
      ],
    };
    const ours = await cluster.start([], {}, { auth, serverName: 'ours' });
    const config = 'accounts { $SYS { users: [{user: s, password: p}] }, U { users: [{user: u, password: p}] } }';
    const other = await startOther(`routes: ["nats://127.0.0.1:${ours.clusterPort}"]`, config);
    await eventually(() => ours.server.cluster?.routes().length === 4, 'the cluster');
    for (const port of [ours.port, other.port]) {
      const requester = await join(port, { user: 'u', pass: 'p', headers: true, no_responders: true });
      await requester.settle('SUB i.> 1\r\n');
      expect(await requester.settle('PUB nobody i.1 0\r\n\r\n')).toContain('NATS/1.0 503');
      const system = await join(port, { user: 's', pass: 'p' });
      await system.settle('SUB i.> 1\r\n');
      await eventually(() => {
        system.send('PUB $SYS.REQ.SERVER.PING.IDZ i.1 0\r\n\r\n');
        return system.received.includes('"name":"other"') && system.received.includes('"name":"ours"');
      }, 'an answer of each server');
    }
  });

  it('serves clients of nats-server from the streams here', async () => {
    const storeDir = mkdtempSync(join2(tmpdir(), 'sluice-cluster-'));
    const ours = await cluster.start([], {}, { serverName: 'ours', jetstream: { storeDir } });
    const other = await startOther(`routes: ["nats://127.0.0.1:${ours.clusterPort}"]`);
    await eventually(() => ours.server.cluster?.routes().length === 4, 'the cluster');
    const client = await join(other.port, { headers: true, no_responders: true });
    await client.settle('SUB i.> 1\r\nSUB deliver 2\r\n');
    const ask = async (subject: string, body: object): Promise<string> => {
      const json = JSON.stringify(body);
      await eventually(() => {
        client.take();
        client.send(`PUB ${subject} i.1 ${json.length}\r\n${json}\r\n`);
        return true;
      });
      await client.until((text) => /MSG i\.1 1 .*\r\n/.test(text) && text.includes('}\r\n'));
      return client.take();
    };
    await connected(await join(ours.port), client);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await ask('$JS.API.STREAM.CREATE.S', { name: 'S', subjects: ['orders.>'], storage: 'memory' })).toContain(
      '"name":"S"',
    );
    const consumer = { durable_name: 'D', deliver_subject: 'deliver', ack_policy: 'explicit' };
    expect(await ask('$JS.API.CONSUMER.DURABLE.CREATE.S.D', { stream_name: 'S', config: consumer })).not.toContain('"error"');
    client.send('PUB orders.1 i.2 2\r\nhi\r\n');
    await client.until((text) => text.includes('"seq":1') && text.includes('MSG orders.1 2 $JS.ACK.S.D.'));
    const [, reply = ''] = /MSG orders\.1 2 (\$JS\.ACK\S+) 2\r\nhi\r\n/.exec(client.take()) ?? [];
    expect(reply).not.toContain('@');
    client.send(`PUB ${reply} i.3 4\r\n+ACK\r\n`);
    await client.until((text) => text.includes('MSG i.3 1 0\r\n'));
    expect(await ask('$JS.API.CONSUMER.INFO.S.D', {})).toContain('"num_ack_pending":0');
    await ours.stop();
    rmSync(storeDir, { recursive: true, force: true });
  });
});
