/** How this server stays connected to hubs: which address it tries, with what it proves who it is, and what makes it wait or stop. */
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from '@nats-io/jwt';
import { createAccount, createOperator, createUser } from '@nats-io/nkeys';
import { describe, expect, it } from 'vitest';
import { readConfigText, toOptions } from '../../../src/config/index.ts';
import { processSources } from '../../../src/nats-server/sources.ts';
import { unlimited } from '../../support/unlimited.ts';
import { eventually, type LeafServer, type Pair, pairs, useLeafs } from '../../support/use-leafs.ts';

const leafs = useLeafs();
const RECONNECT = 'reconnect: "50ms"';
const hubAt = (port: number, more = '', config = ''): string =>
  `server_name: hub${port}\nleafnodes { listen: "127.0.0.1:${port}", ${more} }\n${config}`;
const leafOf = (remote: string, config = ''): string =>
  `server_name: leaf\nleafnodes { ${RECONNECT}, remotes: [{ ${remote} }] }\n${config}`;
const connectionsOf = ({ broker }: LeafServer) => broker?.server.leafs?.connections() ?? [];
const joined = (server: LeafServer): Promise<void> => eventually(() => connectionsOf(server).length === 1, 'the hub');
const options = (text: string) => {
  const read = readConfigText(`listen: "127.0.0.1:-1"\n${text}`, 'test.conf', processSources);
  if (!read.ok) throw new Error(read.error);
  return toOptions(read.settings);
};
const certificate = (name: string): string => fileURLToPath(new URL(`../../tls/certificates/${name}.pem`, import.meta.url));

describe('the addresses of a remote', () => {
  it('are tried in their order with no_randomize, one after the other', async () => {
    const [dead, alive, spare] = [await leafs.freePort(), await leafs.freePort(), await leafs.freePort()];
    await leafs.start('ours', hubAt(alive));
    await leafs.start('ours', hubAt(spare));
    const urls = [dead, alive, spare].map((port) => `"nats://127.0.0.1:${port}"`).join(', ');
    const leaf = await leafs.start('ours', leafOf(`urls: [${urls}], no_randomize: true`));
    await joined(leaf);
    expect(connectionsOf(leaf)[0]?.remoteName).toBe(`hub${alive}`);
    expect(leaf.lines.join('\n')).toContain(
      `[ERR] Error trying to connect as leafnode to remote server "127.0.0.1:${dead}" (attempt 1)`,
    );
  });

  it.each([false, true])('are those that the hub tells of, too, unless they are to be ignored: %s', async (isIgnored) => {
    const [one, two] = [await leafs.freePort(), await leafs.freePort()];
    const cluster = await leafs.freePort();
    const routed = (more: string): string => `cluster { name: C, ${more} }`;
    const first = await leafs.start('ours', hubAt(one, '', routed(`listen: "127.0.0.1:${cluster}"`)));
    const second = await leafs.start(
      'ours',
      hubAt(two, '', routed(`listen: "127.0.0.1:-1", routes: ["nats://127.0.0.1:${cluster}"]`)),
    );
    await eventually(() => second.broker?.server.cluster?.remoteCount === 1, 'the cluster');
    const leaf = await leafs.start('ours', leafOf(`url: "nats://127.0.0.1:${one}", ignore_discovered_servers: ${isIgnored}`));
    await joined(leaf);
    await first.stop();
    if (isIgnored) {
      await eventually(() => leaf.lines.filter((line) => line.includes('Error trying to connect')).length >= 2, 'two tries');
      expect(connectionsOf(leaf)).toEqual([]);
      return;
    }
    await eventually(() => connectionsOf(leaf)[0]?.remoteName === `hub${two}`, 'the other hub');
  });

  it('name the port of leaf nodes, or the connection ends', async () => {
    const hub = await leafs.start('ours', 'server_name: hub');
    const leaf = await leafs.start('ours', leafOf(`url: "nats://127.0.0.1:${hub.port}"`));
    await eventually(() => leaf.lines.some((line) => line.includes('attempted to connect to wrong port')), 'the error');
  });
});

describe.each(pairs)('a leaf node ($leaf) proves who it is to a hub ($hub)', (pair: Pair) => {
  it('by a name alone, which is a token', async () => {
    const port = await leafs.freePort();
    const hub = await leafs.start(pair.hub, hubAt(port, '', 'authorization { token: secret }'));
    const leaf = await leafs.start(pair.leaf, leafOf(`url: "nats://secret@127.0.0.1:${port}"`));
    await leafs.connected(await leafs.client(hub, { auth_token: 'secret' }), await leafs.client(leaf));
  });

  it('with an nkey', async () => {
    const key = createUser();
    const port = await leafs.freePort();
    const users = `authorization { users: [{nkey: ${key.getPublicKey()}}, {user: c, password: p}] }`;
    const hub = await leafs.start(pair.hub, hubAt(port, '', users));
    const seed = Buffer.from(key.getSeed()).toString();
    const leaf = await leafs.start(pair.leaf, leafOf(`url: "nats://127.0.0.1:${port}", nkey: "${seed}"`));
    await leafs.connected(await leafs.client(hub, { user: 'c', pass: 'p' }), await leafs.client(leaf));
  });

  it('with a credentials file, and has the rules of that user', async () => {
    const [operator, account, user] = [createOperator(), createAccount(), createUser()];
    const jwt = await encodeAccount('A', account, { limits: unlimited }, { signer: operator });
    const file = join(tmpdir(), `sluice-leaf-${process.pid}-${account.getPublicKey().slice(0, 8)}.creds`);
    const userJwt = await encodeUser('leaf', user, account, {
      sub: { deny: ['secret'] },
      allowed_connection_types: ['LEAFNODE'],
    } as Parameters<typeof encodeUser>[3]);
    writeFileSync(file, fmtCreds(userJwt, user));
    const port = await leafs.freePort();
    const operated = `operator: ${await encodeOperator('O', operator)}\nresolver: MEMORY\nresolver_preload { ${account.getPublicKey()}: ${jwt} }`;
    const hub = await leafs.start(pair.hub, hubAt(port, '', operated));
    const leaf = await leafs.start(pair.leaf, leafOf(`url: "nats://127.0.0.1:${port}", credentials: "${file}"`));
    const bearer = await encodeUser('client', createUser(), account, { bearer_token: true });
    const [above, below] = [await leafs.client(hub, { jwt: bearer }), await leafs.client(leaf)];
    await leafs.connected(above, below);
    await below.settle('SUB > 1\r\n');
    above.send('PUB secret 1\r\nx\r\n');
    await leafs.connected(above, below);
    expect(below.received).not.toContain('MSG secret');
    rmSync(file);
  });

  it('and trusts it, over TLS', async () => {
    const port = await leafs.freePort();
    const [server, key, ca] = [certificate('server'), certificate('server-key'), certificate('ca')];
    const hub = await leafs.start(pair.hub, hubAt(port, `tls { cert_file: "${server}", key_file: "${key}", ca_file: "${ca}" }`));
    const leaf = await leafs.start(pair.leaf, leafOf(`url: "nats://localhost:${port}", tls { ca_file: "${ca}" }`));
    const [above, below] = [await leafs.client(hub), await leafs.client(leaf)];
    await leafs.connected(above, below);
    await leafs.connected(below, above);
  });
});

describe.each(pairs)('a leaf node ($leaf) behind a WebSocket of a hub ($hub)', (pair: Pair) => {
  it.each(['', 'compression: true'])('exchanges messages of any size (%s)', async (more) => {
    const port = await leafs.freePort();
    const webSocket = `websocket { listen: "127.0.0.1:${port}", no_tls: true, ${more} }`;
    const hub = await leafs.start(pair.hub, `server_name: hub\nleafnodes { listen: "127.0.0.1:-1" }\n${webSocket}`);
    const leaf = await leafs.start(pair.leaf, leafOf(`url: "ws://127.0.0.1:${port}", ws_compression: ${more !== ''}`));
    const [above, below] = [await leafs.client(hub), await leafs.client(leaf)];
    await leafs.connected(above, below);
    await leafs.connected(below, above);
    await below.settle('SUB big 1\r\n');
    await leafs.connected(above, below);
    for (const size of [0, 200, 100_000, 1_048_576]) {
      above.send(`PUB big ${size}\r\n${'x'.repeat(size)}\r\n`);
      await below.until((text) => text.includes(`MSG big 1 ${size}\r\n${'x'.repeat(size)}\r\n`));
      below.take();
    }
    if (hub.broker !== undefined) expect(connectionsOf(hub)).toHaveLength(1);
  });

  it('and TLS exchanges messages, too', async () => {
    const port = await leafs.freePort();
    const [server, key, ca] = [certificate('server'), certificate('server-key'), certificate('ca')];
    const webSocket = `websocket { listen: "127.0.0.1:${port}", tls { cert_file: "${server}", key_file: "${key}" } }`;
    const hub = await leafs.start(pair.hub, `server_name: hub\nleafnodes { listen: "127.0.0.1:-1" }\n${webSocket}`);
    const leaf = await leafs.start(pair.leaf, leafOf(`url: "wss://localhost:${port}", tls { ca_file: "${ca}" }`));
    const [above, below] = [await leafs.client(hub), await leafs.client(leaf)];
    await leafs.connected(above, below);
    await leafs.connected(below, above);
  });
});

describe('a remote', () => {
  it('without TLS of its own comes again with it when the hub asks for it, and trusts no stranger', async () => {
    const port = await leafs.freePort();
    const tls = `tls { cert_file: "${certificate('server')}", key_file: "${certificate('server-key')}" }`;
    await leafs.start('ours', hubAt(port, tls));
    const leaf = await leafs.start('ours', leafOf(`url: "nats://localhost:${port}"`));
    await eventually(() => leaf.lines.some((line) => line.includes('TLS leafnode handshake error')), 'the handshake');
    expect(connectionsOf(leaf)).toEqual([]);
  });

  it('that is disabled stays away', async () => {
    const port = await leafs.freePort();
    await leafs.start('ours', hubAt(port));
    const leaf = await leafs.start('ours', leafOf(`url: "nats://127.0.0.1:${port}", disabled: true`));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(connectionsOf(leaf)).toEqual([]);
  });

  it('is connected to when a reload brings it, and let go when a reload takes it away', async () => {
    const [one, two] = [await leafs.freePort(), await leafs.freePort()];
    await leafs.start('ours', hubAt(one));
    await leafs.start('ours', hubAt(two));
    const leaf = await leafs.start('ours', leafOf(`url: "nats://127.0.0.1:${one}"`));
    await joined(leaf);
    const { serverName: _unused, ...next } = options(leafOf(`url: "nats://127.0.0.1:${two}"`));
    leaf.broker?.reload({ ...(next.leaf === undefined ? {} : { leaf: next.leaf }) });
    await eventually(() => connectionsOf(leaf)[0]?.remoteName === `hub${two}`, 'the other hub');
    expect(connectionsOf(leaf)).toHaveLength(1);
    const listening = options(`leafnodes { listen: "127.0.0.1:${one}" }`).leaf ?? {};
    expect(() => leaf.broker?.reload({ leaf: listening })).toThrow('config reload not supported for LeafNode');
  });

  it('goes when a reload takes its user away', async () => {
    const port = await leafs.freePort();
    const users = (name: string): string => `authorization { users: [{user: ${name}, password: p}] }`;
    const hub = await leafs.start('ours', hubAt(port, '', users('l')));
    const leaf = await leafs.start('ours', leafOf(`url: "nats://l:p@127.0.0.1:${port}"`));
    await joined(leaf);
    hub.broker?.reload({ auth: options(users('other')).auth });
    await eventually(() => connectionsOf(hub).length === 0, 'its end');
    await eventually(() => leaf.lines.some((line) => line.includes("Leafnode Error 'Authorization Violation'")), 'the error');
  });

  it('that leads back waits before it is tried again', async () => {
    const [one, two] = [await leafs.freePort(), await leafs.freePort()];
    const both = (name: string, own: number, other: number): string =>
      `server_name: ${name}\nleafnodes { listen: "127.0.0.1:${own}", ${RECONNECT}, remotes: [{ url: "nats://127.0.0.1:${other}" }] }`;
    const first = await leafs.start('ours', both('first', one, two));
    const second = await leafs.start('ours', both('second', two, one));
    const text = 'Loop detected for leafnode account="$G". Delaying attempt to reconnect for 30s';
    await eventually(() => [first, second].some(({ lines }) => lines.some((line) => line.includes(text))), 'the loop');
  });
});

describe.each(pairs)('clusters of leaf nodes ($leaf) and of hubs ($hub)', (pair: Pair) => {
  it('exchange every message once, wherever it comes from', async () => {
    const ports = [await leafs.freePort(), await leafs.freePort(), await leafs.freePort(), await leafs.freePort()];
    const routes = [await leafs.freePort(), await leafs.freePort()];
    const cluster = (name: string, route = 0, isFirst = true): string =>
      `cluster { name: ${name}, listen: "127.0.0.1:${isFirst ? route : -1}", ${isFirst ? '' : `routes: ["nats://127.0.0.1:${route}"]`} }`;
    const hub = (index: number, kind: Pair['hub']) =>
      leafs.start(
        kind,
        `server_name: h${index}\nleafnodes { listen: "127.0.0.1:${ports[index]}" }\n${cluster('H', routes[0], index === 0)}`,
      );
    const leaf = (index: number, kind: Pair['leaf']) =>
      leafs.start(
        kind,
        `server_name: l${index}\nleafnodes { ${RECONNECT}, remotes: [{ url: "nats://127.0.0.1:${ports[index]}", ignore_discovered_servers: true }] }\n${cluster('L', routes[1], index === 0)}`,
      );
    // One server of each cluster is always this one, so that routes carry what leaf nodes bring.
    const servers = [await hub(0, 'ours'), await hub(1, pair.hub), await leaf(0, 'ours'), await leaf(1, pair.leaf)];
    const clients = await Promise.all(servers.map((server) => leafs.client(server)));
    for (const from of clients) for (const to of clients) if (from !== to) await leafs.connected(from, to);
    for (const [index, client] of clients.entries()) await client.settle(`SUB all a\r\nSUB group g ${index}\r\n`);
    for (const from of clients) for (const to of clients) if (from !== to) await leafs.connected(from, to);
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const client of clients) client.take();
    for (const client of clients) client.send('PUB all 1\r\nx\r\n'.repeat(10));
    const count = (text: string): number[] => clients.map((client) => client.received.split(text).length - 1);
    await eventually(() => count('MSG all').every((seen) => seen >= 40), 'all of them');
    for (const client of clients) client.send('PUB group 1\r\nx\r\n'.repeat(25));
    await eventually(() => count('MSG group').reduce((sum, seen) => sum + seen, 0) >= 100, 'the group');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(count('MSG all')).toEqual([40, 40, 40, 40]);
    expect(count('MSG group').reduce((sum, seen) => sum + seen, 0)).toBe(100);
  }, 60_000);
});
