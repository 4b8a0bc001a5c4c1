/** What a leaf node may say and when, byte by byte: who is let in, what it is told, and what ends the connection. */
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { encodePublicNkey } from '@sluice/protocol';
import { describe, expect, it } from 'vitest';
import type { RawClient } from '../../support/raw-client.ts';
import { eventually, type LeafServer, useLeafs } from '../../support/use-leafs.ts';

const leafs = useLeafs();
const LISTEN = 'leafnodes { listen: "127.0.0.1:-1" }';
const start = (config = LISTEN): Promise<LeafServer> => leafs.start('ours', `server_name: hub\n${config}`);
const connectLine = (more: object = {}): string =>
  `CONNECT ${JSON.stringify({ name: 'raw', server_id: 'N1', version: '2.15.1', cluster: 'raw', headers: true, remote_account: 'X', ...more })}\r\n`;
const open = (server: LeafServer): Promise<RawClient> => leafs.raw(server.broker?.leafPort ?? 0);
/** A connection that has been let in; what it was told is read. */
const enter = async (server: LeafServer, more: object = {}): Promise<RawClient> => {
  const leaf = await open(server);
  leaf.take();
  leaf.send(connectLine(more));
  await leaf.until((text) => text.includes('LS+ $LDS.'));
  return leaf;
};
const last = async (server: LeafServer, line: string): Promise<string> => {
  const leaf = await open(server);
  leaf.take();
  return leaf.last(line);
};

describe('INFO', () => {
  it('says what a leaf node must know, and CONNECT is answered with the account and its rules', async () => {
    const server = await start(`${LISTEN}\nauthorization { users: [{user: l, password: p,
      permissions: {publish: {deny: ["no.>"]}, subscribe: {allow: ["yes.>"]}}}] }`);
    const leaf = await open(server);
    expect(leaf.info).toMatchObject({
      server_name: 'hub',
      headers: true,
      auth_required: true,
      compression: 'off',
      info_on_connect: true,
      leafnode_urls: [`127.0.0.1:${server.broker?.leafPort}`],
    });
    expect(leaf.info['nonce']).toMatch(/^[\w-]{15}$/);
    leaf.take();
    leaf.send(connectLine({ user: 'l', pass: 'p' }));
    await leaf.until((text) => text.includes('LS+ $LDS.'));
    expect(leaf.info).toMatchObject({
      connect_info: true,
      remote_account: '$G',
      import: { allow: ['yes.>'] },
      export: { deny: ['no.>'] },
    });
    expect(leaf.info['nonce']).toBeUndefined();
  });
});

describe('CONNECT', () => {
  it.each([
    ['a client', 'CONNECT {"lang":"go","verbose":false}\r\n', 'attempted to connect to leaf node port'],
    ['anything but CONNECT', 'PING\r\n', 'Authorization Violation'],
    ['interest before CONNECT', 'LS+ foo\r\n', 'Authorization Violation'],
    ['a message before CONNECT', 'LMSG foo 2\r\nhi\r\n', 'Authorization Violation'],
    ['a gateway', connectLine({ gateway: 'G' }), 'Rejecting connection from gateway "G" on the leafnode port'],
    ['a cluster with blanks', connectLine({ cluster: 'a b' }), 'cluster name cannot contain spaces'],
    ['a cluster that holds a line', connectLine({ cluster: 'a\r\nRS+ $SYS >' }), 'cluster name cannot contain spaces'],
    ['a cluster that holds a tab', connectLine({ cluster: 'a\tb' }), 'cluster name cannot contain spaces'],
  ])('tells %s why it is refused', async (_who, line, text) => {
    expect(await last(await start(), line)).toBe(`-ERR '${text}'\r\n`);
  });

  it('is refused of the same cluster, and of a server that is too old', async () => {
    const named = await start('leafnodes { listen: "127.0.0.1:-1" }\ncluster { name: same, listen: "127.0.0.1:-1" }');
    expect(await last(named, connectLine({ cluster: 'same' }))).toContain("-ERR 'remote leafnode has same cluster name'");
    const recent = await start('leafnodes { listen: "127.0.0.1:-1", min_version: "2.10.0" }');
    expect(await last(recent, connectLine({ version: '2.9.25' }))).toContain(
      `-ERR 'connection rejected since minimum version required is "2.10.0"'`,
    );
    await enter(recent, { version: '2.10.0' });
  });

  it('is owed in time, and is bounded like every line', async () => {
    const server = await start('leafnodes { listen: "127.0.0.1:-1", authorization { timeout: 0.1 } }');
    const silent = await open(server);
    silent.take();
    await silent.closed();
    expect(silent.take()).toBe("-ERR 'Authentication Timeout'\r\n");
    const patient = await start();
    expect(await last(patient, `CONNECT {"name":"${'x'.repeat(70_000)}`)).toBe("-ERR 'maximum control line exceeded'\r\n");
    expect(await last(patient, 'x'.repeat(70_000))).toContain('-ERR');
  });

  it('binds to the account of its user, by password, nkey or a user of the server', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const nkey = encodePublicNkey('user', publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
    const accounts = 'accounts { A { users: [{user: a, password: p}] }, B {} }';
    const list = await start(
      `${accounts}\nleafnodes { listen: "127.0.0.1:-1", authorization { users: [{user: x, password: p, account: A}, {user: y, password: p, account: B}] } }`,
    );
    for (const [user, account] of [
      ['x', 'A'],
      ['y', 'B'],
    ]) {
      expect((await enter(list, { user, pass: 'p' })).info['remote_account']).toBe(account);
    }
    expect(await last(list, connectLine({ user: 'x', pass: 'wrong' }))).toBe("-ERR 'Authorization Violation'\r\n");
    expect(await last(list, connectLine({ user: 'a', pass: 'p' }))).toBe("-ERR 'Authorization Violation'\r\n");
    const own = await start(`${accounts}\n${LISTEN}`);
    expect((await enter(own, { user: 'a', pass: 'p' })).info['remote_account']).toBe('A');
    expect(await last(own, connectLine())).toBe("-ERR 'Authorization Violation'\r\n");
    const keyed = await start(`${accounts}\nleafnodes { listen: "127.0.0.1:-1", authorization { nkey: ${nkey}, account: B } }`);
    const leaf = await open(keyed);
    const nonce = Buffer.from(String(leaf.info['nonce']));
    const pem = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
    leaf.send(connectLine({ nkey, sig: sign(null, nonce, pem).toString('base64url') }));
    await leaf.until((text) => text.includes('"remote_account":"B"'));
    expect(await last(keyed, connectLine({ nkey, sig: sign(null, Buffer.from('other'), pem).toString('base64url') }))).toBe(
      "-ERR 'Authorization Violation'\r\n",
    );
  });

  it('is let in as a user that may come as a leaf node, and refused as one that may not', async () => {
    const server = await start(`${LISTEN}\nauthorization { users: [
      {user: l, password: p, allowed_connection_types: ["LEAFNODE"]}, {user: s, password: p, allowed_connection_types: ["STANDARD"]}] }`);
    await enter(server, { user: 'l', pass: 'p' });
    expect(await last(server, connectLine({ user: 's', pass: 'p' }))).toBe("-ERR 'Authorization Violation'\r\n");
  });

  it('is refused when the account has as many leaf nodes as it may', async () => {
    const accounts = 'accounts { A { users: [{user: a, password: p}], limits { max_leafnodes: 1 } } }';
    const server = await start(`${accounts}\n${LISTEN}`);
    await enter(server, { user: 'a', pass: 'p' });
    expect(await last(server, connectLine({ user: 'a', pass: 'p', name: 'other' }))).toBe(
      "-ERR 'maximum account active connections exceeded'\r\n",
    );
  });

  it('of the same server for the same account takes the place of the one before', async () => {
    const server = await start();
    const first = await enter(server);
    const second = await enter(server);
    await first.closed();
    expect(first.take()).toContain("-ERR 'Duplicate Remote LeafNode Connection'");
    await second.settle('LS+ foo\r\n');
    expect(server.broker?.server.leafs?.connections()).toHaveLength(1);
    await enter(server, { remote_account: 'another' });
    expect(server.broker?.server.leafs?.connections()).toHaveLength(2);
  });
});

describe('what a leaf node that was let in says', () => {
  it('ends the connection when its interest or its message is not allowed', async () => {
    const server = await start(`${LISTEN}\nauthorization { users: [{user: l, password: p,
      permissions: {publish: {deny: ["no.out"]}, subscribe: {deny: ["no.in"]}}}] }`);
    const login = { user: 'l', pass: 'p' };
    const wants = await enter(server, login);
    expect(await wants.last('LS+ no.in\r\n')).toContain(`-ERR 'Permissions Violation for Subscription to "no.in"'`);
    const says = await enter(server, login);
    expect(await says.last('LMSG no.out 0\r\n\r\n')).toContain(`-ERR 'Permissions Violation for Publish to "no.out"'`);
  });

  it('ends in an error when it leads back here', async () => {
    const server = await start();
    const leaf = await enter(server);
    const own = /LS\+ (\$LDS\.\S+)/.exec(leaf.take())?.[1] ?? '';
    expect(await leaf.last(`LS+ ${own}\r\n`)).toBe(
      `-ERR 'Loop detected for leafnode account="$G". Delaying attempt to reconnect for 30s'\r\n`,
    );
  });

  it('does not come back to it, nor to others of its cluster, but reaches other leaf nodes', async () => {
    const server = await start();
    const [one, two, other] = [
      await enter(server, { name: 'one', cluster: 'c' }),
      await enter(server, { name: 'two', cluster: 'c' }),
      await enter(server, { name: 'other', cluster: 'd' }),
    ];
    for (const leaf of [one, two, other]) await leaf.settle('LS+ a\r\n');
    // Those of one cluster hear of the other's interest, not of their own.
    expect([await one.settle(), await two.settle(), await other.settle()]).toEqual(['LS+ a\r\n', 'LS+ a\r\n', '']);
    one.send('LMSG a 1\r\nx\r\n');
    await one.settle();
    expect(await two.settle()).toBe('');
    expect(await other.settle()).toBe('LMSG a 1\r\nx\r\n');
    expect(one.received).toBe('');
  });

  it('is not told what other leaf nodes want when it asks for that, and is told as a hub otherwise', async () => {
    const server = await start();
    const client = await leafs.client(server);
    await client.settle('SUB mine 1\r\n');
    const alone = await enter(server, { name: 'alone', cluster: 'c', isolate: true });
    const hub = await enter(server, { name: 'hub', cluster: 'h', is_hub: true });
    const other = await enter(server, { name: 'other', cluster: 'd' });
    await other.settle('LS+ theirs\r\n');
    expect(await alone.settle()).not.toContain('theirs');
    expect(await hub.settle()).toContain('LS+ theirs\r\n');
    expect(await hub.settle('LS+ above\r\n')).toBe('');
    // What a hub wants goes to leaf nodes; the rest is as for a leaf node.
    expect(await other.settle()).toContain('LS+ above\r\n');
    hub.send('LMSG theirs 2\r\nhi\r\n');
    await other.until((text) => text.includes('LMSG theirs 2\r\nhi\r\n'));
    const facts = server.broker?.server.leafs?.connections() ?? [];
    expect(facts.map(({ isSpoke, isIsolated }) => [isSpoke, isIsolated])).toEqual([
      [false, true],
      [true, false],
      [false, false],
    ]);
  });

  it('counts queue groups by their weight, and chooses among leaf nodes', async () => {
    const server = await start();
    const [light, heavy] = [
      await enter(server, { name: 'one', cluster: 'c' }),
      await enter(server, { name: 'two', cluster: 'd' }),
    ];
    await light.settle('LS+ q g 1\r\n');
    await heavy.settle('LS+ q g 2\r\nLS+ q g 9\r\n');
    const client = await leafs.client(server);
    client.send('PUB q r 1\r\nx\r\n'.repeat(1000));
    const count = (leaf: RawClient) => leaf.received.split('LMSG q + r g 1\r\n').length - 1;
    await eventually(() => count(light) + count(heavy) === 1000, 'every message once');
    expect(count(light)).toBeGreaterThan(40);
    expect(count(light)).toBeLessThan(200);
  });

  it.each(['LS+ a b\r\n', 'LS+ a b 1 2\r\n', 'LS+ a..b\r\n', 'LS- \r\n', 'LMSG a x\r\n', 'LMSG a | q\r\n'])(
    'ends the connection when it is %j',
    async (line) => {
      const leaf = await enter(await start());
      await leaf.last(line);
    },
  );

  it.each(['RS+ A a\r\n', 'RMSG A a 0\r\n\r\n', 'PUB a 0\r\n\r\n', 'SUB a 1\r\n', 'A+ a\r\n'])(
    'is an unknown operation when it is %j, which others say',
    async (line) => {
      const leaf = await enter(await start());
      expect(await leaf.last(line)).toContain("-ERR 'Unknown Protocol Operation'");
    },
  );

  it('is short enough to go on to others in a line of theirs', async () => {
    const server = await start('leafnodes { listen: "127.0.0.1:-1" }\ncluster { name: H, listen: "127.0.0.1:-1" }');
    const long = (bytes: number): string => 'x'.repeat(bytes);
    const fits = await enter(server);
    expect(await fits.settle(`LS+ ${long(32_000)}\r\nLMSG ${long(32_000)} 2\r\nhi\r\n`)).not.toContain('-ERR');
    for (const line of [`LS+ ${long(33_000)}\r\n`, `LMSG ${long(20_000)} ${long(20_000)} 2\r\nhi\r\n`]) {
      expect(await (await enter(server)).last(line)).toContain("-ERR 'maximum control line exceeded'");
    }
  });

  it('is bounded in what it wants', async () => {
    const server = await start(`max_subscriptions: 3\n${LISTEN}`);
    const leaf = await enter(server);
    expect(await leaf.settle('LS+ a\r\nLS+ b\r\nLS+ c\r\n')).not.toContain('-ERR');
    expect(await leaf.settle('LS+ d\r\n')).toBe("-ERR 'maximum subscriptions exceeded'\r\n");
    expect(await leaf.settle('LS- a\r\nLS+ d\r\n')).toBe('');
  });

  it('leaves nothing behind when it has gone', async () => {
    const server = await start();
    const leaf = await enter(server);
    await leaf.settle('LS+ a\r\nLS+ b q 3\r\n');
    const account = server.broker?.server.globalAccount;
    expect([account?.hasInterest('a'), account?.leafCount]).toEqual([true, 1]);
    leaf.end();
    await eventually(() => account?.leafCount === 0, 'its end');
    expect([account?.hasInterest('a'), account?.hasInterest('b')]).toEqual([false, false]);
  });
});
