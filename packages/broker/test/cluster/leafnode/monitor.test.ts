/** What monitoring and the system account tell of leaf nodes, on both sides of one. */
import { describe, expect, it } from 'vitest';
import { eventually, useLeafs } from '../../support/use-leafs.ts';

describe('leaf nodes', () => {
  const leafs = useLeafs();
  const accounts = `accounts { A { users: [{user: a, password: p}] }, B {}, $SYS { users: [{user: s, password: p}] } }`;

  const start = async () => {
    const port = await leafs.freePort();
    const listen = `leafnodes { listen: "127.0.0.1:${port}", authorization { user: l, password: p, account: A } }`;
    const hub = await leafs.start('ours', `server_name: hub\nhttp: "127.0.0.1:-1"\n${listen}\n${accounts}`);
    const system = await leafs.client(hub, { user: 's', pass: 'p' });
    await system.settle('SUB $SYS.ACCOUNT.A.> e\r\nSUB answer.> i\r\n');
    const remote = `leafnodes { remotes: [{ url: "nats://l:p@127.0.0.1:${port}", account: A, deny_imports: ["no.>"] }] }`;
    const leaf = await leafs.start('ours', `server_name: leaf\nhttp: "127.0.0.1:-1"\n${remote}\n${accounts}`);
    const [above, below] = [
      await leafs.client(hub, { user: 'a', pass: 'p' }),
      await leafs.client(leaf, { user: 'a', pass: 'p' }),
    ];
    await leafs.connected(above, below);
    await leafs.connected(below, above);
    const page = async (server: typeof hub, path: string): Promise<Record<string, unknown>> =>
      (await fetch(`http://127.0.0.1:${server.broker?.monitorPort}${path}`)).json() as Promise<Record<string, unknown>>;
    return { port, hub, leaf, system, above, below, page };
  };

  it('show in leafz, varz, accountz and accstatz of both sides', async () => {
    const { port, hub, leaf, below, page } = await start();
    await below.settle('SUB wanted.here 1\r\n');
    await eventually(() => hub.broker?.server.accounts.get('A')?.hasInterest('wanted.here') === true, 'interest');
    const [up, down] = [await page(hub, '/leafz?subs=1'), await page(leaf, '/leafz')];
    expect(up).toMatchObject({ leafnodes: 1, leafs: [{ name: 'leaf', is_spoke: false, account: 'A', ip: '127.0.0.1' }] });
    expect(JSON.stringify(up)).toContain('"wanted.here"');
    expect(down).toMatchObject({
      leafnodes: 1,
      leafs: [{ name: 'hub', is_spoke: true, account: 'A', port, compression: 'off' }],
    });
    expect((await page(hub, '/leafz?acc=B'))['leafs']).toEqual([]);
    expect(await page(hub, '/varz')).toMatchObject({
      leafnodes: 1,
      leaf: { host: '127.0.0.1', port, auth_timeout: 2 },
      slow_consumer_stats: { leafs: 0 },
    });
    expect(await page(leaf, '/varz')).toMatchObject({
      leafnodes: 1,
      leaf: { remotes: [{ local_account: 'A', urls: [`127.0.0.1:${port}`], deny: { imports: ['no.>'] } }] },
    });
    const listed = (await page(hub, '/connz?auth=1&sort=subs')) as { total: number; connections: Record<string, unknown>[] };
    expect(listed.total).toBe(3);
    const shown = listed.connections.find(({ kind }) => kind === 'Leafnode');
    expect(shown).toMatchObject({ name: 'leaf', ip: '127.0.0.1', authorized_user: 'l', account: 'A', name_tag: 'A' });
    expect(shown?.['type']).toBeUndefined();
    expect(await page(hub, `/connz?cid=${String(shown?.['cid'])}`)).toMatchObject({ num_connections: 1 });
    expect(await page(hub, '/connz?acc=A')).toMatchObject({ num_connections: 2 });
    expect(await page(hub, '/accountz?acc=A')).toMatchObject({
      account_detail: { leafnode_connections: 1, client_connections: 1 },
    });
    const stats = (await page(hub, '/accstatz')) as { account_statz: { acc: string }[] };
    expect(stats.account_statz.find(({ acc }) => acc === 'A')).toMatchObject({
      conns: 1,
      leafnodes: 1,
      total_conns: 2,
      received: { leafs: { msgs: expect.toSatisfy((msgs: number) => msgs > 0) } },
      sent: { leafs: { msgs: expect.toSatisfy((msgs: number) => msgs > 0) } },
    });
  });

  it('are told of by the system account: when they come and go, and when it is asked', async () => {
    const { hub, leaf, system } = await start();
    await system.until((text) => /MSG \$SYS\.ACCOUNT\.A\.CONNECT e .*\r\n.*"user":"l".*"kind":"Leafnode"/.test(text));
    await system.until((text) => /MSG \$SYS\.ACCOUNT\.A\.SERVER\.CONNS e .*\r\n.*"leafnodes":1/.test(text));
    system.take();
    system.send(
      'PUB $SYS.REQ.SERVER.PING.LEAFZ answer.1 22\r\n{"subscriptions":true}\r\nPUB $SYS.REQ.ACCOUNT.B.LEAFZ answer.2 0\r\n\r\n',
    );
    await system.until(
      (text) => /MSG answer\.1 i .*\r\n.*"leafnodes":1,/.test(text) && /MSG answer\.2 i .*\r\n.*"leafnodes":0,/.test(text),
    );
    // A kicked leaf node comes again.
    const [connection] = hub.broker?.server.leafs?.connections() ?? [];
    const kick = JSON.stringify({ cid: connection?.cid });
    system.send(`PUB $SYS.REQ.SERVER.${hub.broker?.id}.KICK answer.3 ${kick.length}\r\n${kick}\r\n`);
    await system.until(
      (text) => /MSG answer\.3 i .*\r\n(?!.*error)/.test(text) && /"kind":"Leafnode".*"reason":"Kicked"/.test(text),
    );
    await eventually(() => hub.broker?.server.leafs?.connections().length === 1, 'the next connection');
    await leaf.stop();
    await system.until((text) =>
      /MSG \$SYS\.ACCOUNT\.A\.DISCONNECT e .*\r\n.*"kind":"Leafnode".*"reason":"Client Closed"/.test(text),
    );
  });
});
