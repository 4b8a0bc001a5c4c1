/** Messages across a leaf node, with this server on both sides and with nats-server on either: who gets what, and how often. */
import { describe, expect, it } from 'vitest';
import type { RawClient } from '../../support/raw-client.ts';
import { eventually, type LeafServer, type Pair, pairs, useLeafs } from '../../support/use-leafs.ts';

const count = (client: RawClient, text: string): number => client.received.split(text).length - 1;

describe.each(pairs)('a leaf node ($leaf) of a hub ($hub)', (pair: Pair) => {
  const leafs = useLeafs();

  /** A hub and a leaf node of it; the texts are added to their configurations, `remote` to the remote. */
  const start = async ({ hub = '', leaf = '', listen = '', remote = '', login = '' } = {}): Promise<[LeafServer, LeafServer]> => {
    const port = await leafs.freePort();
    const up = await leafs.start(pair.hub, `server_name: hub\nleafnodes { listen: "127.0.0.1:${port}", ${listen} }\n${hub}`);
    const urls = `url: "nats://${login}127.0.0.1:${port}"`;
    const text = `server_name: leaf\nleafnodes { reconnect: "100ms", remotes: [{ ${urls}, ${remote} }] }\n${leaf}`;
    return [up, await leafs.start(pair.leaf, text)];
  };

  it('exchanges messages, requests and headers both ways', async () => {
    const [hub, leaf] = await start();
    const [up, down] = [await leafs.client(hub), await leafs.client(leaf)];
    await leafs.connected(up, down);
    await leafs.connected(down, up);
    for (const [asker, server] of [
      [up, down],
      [down, up],
    ] as const) {
      await server.settle('SUB svc.* s\r\n');
      await asker.settle('SUB inbox.> i\r\n');
      await eventually(() => {
        asker.send('PUB svc.x inbox.1 3\r\n1+1\r\n');
        return server.received.includes('MSG svc.x s inbox.1 3\r\n1+1\r\n');
      }, 'the request');
      server.take();
      server.send('HPUB inbox.2 12 13\r\nNATS/1.0\r\n\r\n2\r\n');
      await asker.until((text) => text.includes('HMSG inbox.2 i 12 13\r\nNATS/1.0\r\n\r\n2\r\n'));
      await server.settle('UNSUB s\r\n');
      await asker.settle('UNSUB i\r\n');
      asker.take();
    }
  });

  it('says at once when nobody responds on either side', async () => {
    const [hub, leaf] = await start();
    const [up, down] = [await leafs.client(hub), await leafs.client(leaf)];
    await leafs.connected(up, down);
    for (const client of [up, down]) {
      await client.settle('SUB i.> 1\r\n');
      expect(await client.settle('PUB nobody i.1 0\r\n\r\n')).toContain('NATS/1.0 503');
    }
  });

  it('prefers queue members of its own side, and serves those of the other once', async () => {
    const [hub, leaf] = await start();
    const [up, down] = [await leafs.client(hub), await leafs.client(leaf)];
    await leafs.connected(up, down);
    await leafs.connected(down, up);
    await up.settle('SUB job g 1\r\nSUB one g 2\r\n');
    await down.settle('SUB job g 3\r\nSUB other h 1\r\nSUB other h 2\r\n');
    await leafs.connected(up, down);
    await leafs.connected(down, up);
    for (const [publisher, idle] of [
      [up, down],
      [down, up],
    ] as const) {
      publisher.send('PUB job 1\r\nx\r\n'.repeat(50));
      await eventually(() => count(publisher, 'MSG job') === 50, 'all of them here');
      expect(count(idle, 'MSG job')).toBe(0);
      publisher.take();
    }
    down.send('PUB one 1\r\nx\r\n'.repeat(20));
    up.send('PUB other 1\r\nx\r\n'.repeat(20));
    await eventually(() => count(up, 'MSG one') === 20 && count(down, 'MSG other') === 20, 'all of them there');
    expect(count(down, 'MSG other 1')).toBeGreaterThan(0);
    expect(count(down, 'MSG other 2')).toBeGreaterThan(0);
  });

  it('sends a message once, however many of the other side want it, and nothing back', async () => {
    const [hub, leaf] = await start();
    const [up, down] = [await leafs.client(hub), await leafs.client(leaf)];
    await down.settle('SUB a.b 1\r\nSUB a.* 2\r\nSUB > 3\r\n');
    await up.settle('SUB a.> 4\r\n');
    await leafs.connected(up, down);
    await leafs.connected(down, up);
    const tell = async (from: RawClient): Promise<void> => {
      from.send('PUB a.b 2\r\nhi\r\n');
      await eventually(() => count(down, 'MSG a.b') === 3 && count(up, 'MSG a.b') === 1, 'each once');
      await leafs.connected(up, down);
      await leafs.connected(down, up);
    };
    await tell(up);
    await tell(down);
    expect([count(down, 'MSG a.b'), count(up, 'MSG a.b')]).toEqual([0, 0]);
  });

  it('forgets what nobody wants any more', async () => {
    const [hub, leaf] = await start();
    const [up, down] = [await leafs.client(hub), await leafs.client(leaf)];
    await leafs.connected(up, down);
    await up.settle('SUB i.> i\r\n');
    await down.settle('SUB gone 1\r\n');
    await eventually(() => {
      up.send('PUB gone i.1 0\r\n\r\n');
      return down.received.includes('MSG gone');
    }, 'interest');
    await down.settle('UNSUB 1\r\n');
    up.take();
    await eventually(() => {
      up.send('PUB gone i.1 0\r\n\r\n');
      return up.received.includes('503');
    }, 'its end');
  });

  it('connects again when the hub comes back', async () => {
    const port = await leafs.freePort();
    const text = `server_name: hub\nleafnodes { listen: "127.0.0.1:${port}" }`;
    const first = await leafs.start(pair.hub, text);
    const remote = `leafnodes { reconnect: "100ms", remotes: [{ url: "nats://127.0.0.1:${port}" }] }`;
    const leaf = await leafs.start(pair.leaf, `server_name: leaf\n${remote}`);
    const down = await leafs.client(leaf);
    await leafs.connected(await leafs.client(first), down);
    await first.stop();
    const second = await leafs.start(pair.hub, text);
    await leafs.connected(await leafs.client(second), down);
  });

  it('keeps accounts apart, and crosses imports of both sides', async () => {
    const accounts = (side: string) => `accounts {
      A { users: [{user: a, password: p}], exports: [{service: "${side}.svc"}, {stream: "${side}.news.>"}] }
      B { users: [{user: b, password: p}], imports: [{service: {account: A, subject: "${side}.svc"}, to: "b.svc"}, {stream: {account: A, subject: "${side}.news.>"}}] }
    }`;
    const [hub, leaf] = await start({
      hub: accounts('hub'),
      leaf: accounts('leaf'),
      listen: 'authorization { users: [{user: l, password: s, account: B}] }',
      remote: 'account: B',
      login: 'l:s@',
    });
    const as = (user: string) => ({ user, pass: 'p' });
    const [upA, upB] = [await leafs.client(hub, as('a')), await leafs.client(hub, as('b'))];
    const [downA, downB] = [await leafs.client(leaf, as('a')), await leafs.client(leaf, as('b'))];
    await leafs.connected(upB, downB);
    await leafs.connected(downB, upB);
    // A service of the hub's A, imported by the hub's B, asked by the leaf node's B.
    await upA.settle('SUB hub.svc s\r\n');
    await downB.settle('SUB inbox.> i\r\nSUB hub.news.> n\r\n');
    await eventually(() => {
      downB.send('PUB b.svc inbox.1 3\r\n1+1\r\n');
      return upA.received.includes('MSG hub.svc');
    }, 'the request');
    const reply = /MSG hub\.svc s (_R_\.\S+) /.exec(upA.take())?.[1] ?? '';
    upA.send(`PUB ${reply} 1\r\n2\r\nPUB hub.news.x 2\r\nok\r\n`);
    await downB.until((text) => text.includes('MSG inbox.1 i 1\r\n2\r\n') && text.includes('MSG hub.news.x n 2\r\nok\r\n'));
    expect(count(downB, 'MSG hub.news.x')).toBe(1);
    // A stays apart.
    await downA.settle('SUB > all\r\n');
    await leafs.connected(upB, downB);
    upA.send('PUB private 1\r\nx\r\n');
    await upA.settle();
    await leafs.connected(upB, downB);
    expect(downA.received).not.toContain('private');
  });

  it('answers with mappings of either side', async () => {
    const [hub, leaf] = await start({ hub: 'mappings { "old.*": "new.$1" }' });
    const [up, down] = [await leafs.client(hub), await leafs.client(leaf)];
    await leafs.connected(down, up);
    await up.settle('SUB new.* 1\r\nSUB new.* g 2\r\n');
    await eventually(() => {
      down.send('PUB old.x 2\r\nhi\r\n');
      return up.received.includes('MSG new.x 1 2\r\nhi\r\n');
    }, 'the mapped message');
    await eventually(() => up.received.includes('MSG new.x 2 2\r\nhi\r\n'), 'the member of the group');
  });

  it('lets through what the rules of its user allow', async () => {
    const users = `authorization { users: [{user: l, password: s, permissions: {
      publish: {allow: ["up.>"]}, subscribe: {allow: ["down.>"], deny: ["down.secret"]} }}, {user: c, password: s}] }`;
    const [hub, leaf] = await start({ hub: users, login: 'l:s@' });
    const up = await leafs.client(hub, { user: 'c', pass: 's' });
    const down = await leafs.client(leaf);
    await up.settle('SUB > 1\r\n');
    await down.settle('SUB > 1\r\nSUB down.a 2\r\n');
    await eventually(() => {
      down.send('PUB other 1\r\nx\r\nPUB up.a 1\r\nx\r\n');
      return up.received.includes('MSG up.a 1');
    }, 'what may go up');
    await eventually(() => {
      up.send('PUB elsewhere 1\r\nx\r\nPUB down.secret 1\r\nx\r\nPUB down.a 1\r\nx\r\n');
      return down.received.includes('MSG down.a 2');
    }, 'what may come down');
    expect(up.received).not.toContain('MSG other');
    expect(down.received).not.toMatch(/MSG (elsewhere|down\.secret)/);
  });

  it('denies what its own configuration denies', async () => {
    const [hub, leaf] = await start({ remote: 'deny_imports: ["in.no"], deny_exports: ["out.no"]' });
    const [up, down] = [await leafs.client(hub), await leafs.client(leaf)];
    await up.settle('SUB > 1\r\n');
    await down.settle('SUB in.* 1\r\n');
    await leafs.connected(up, down);
    await leafs.connected(down, up);
    up.send('PUB in.no 1\r\nx\r\nPUB in.yes 1\r\nx\r\n');
    await down.until((text) => text.includes('MSG in.yes 1'));
    down.send('PUB out.no 1\r\nx\r\nPUB out.yes 1\r\nx\r\n');
    await up.until((text) => text.includes('MSG out.yes 1'));
    expect(down.received).not.toContain('in.no');
    expect(up.received).not.toContain('MSG out.no');
  });

  it('carries a message of any size whole', async () => {
    const [hub, leaf] = await start();
    const [up, down] = [await leafs.client(hub), await leafs.client(leaf)];
    await down.settle('SUB big 1\r\n');
    await leafs.connected(up, down);
    for (const size of [0, 1, 65_535, 200_000, 1_048_576]) {
      up.send(`PUB big ${size}\r\n${'x'.repeat(size)}\r\n`);
      await down.until((text) => text.length >= size && text.includes(`MSG big 1 ${size}\r\n${'x'.repeat(size)}\r\n`));
      down.take();
    }
  });
});
